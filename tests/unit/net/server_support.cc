#include "server_support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <future>
#include <stdexcept>

namespace trunkline::test {

struct EchoRoom::Seat final : WebSocketListener {
    Seat(EchoRoom* in, std::unique_ptr<WebSocket> with) : room(in), socket(std::move(with)) {}
    void on_text(std::string_view message) override {
        if (message == "close me") return socket->close(4000, "as you wish");
        if (message == "abort me") return socket->abort(true);
        socket->send_text(message);
    }
    void on_binary(std::span<const uint8_t> message) override { socket->send_binary(message); }
    void on_close(CloseCause, uint16_t code, std::string_view) override {
        room->last_code = code;
        ++room->closed;
        std::erase_if(room->seats_, [this](const auto& seat) { return seat.get() == this; });
    }
    EchoRoom* room;
    std::unique_ptr<WebSocket> socket;
};

EchoRoom::EchoRoom() = default;
EchoRoom::~EchoRoom() = default;
void EchoRoom::clear() { seats_.clear(); }

void EchoRoom::take(std::unique_ptr<WebSocket> socket) {
    seats_.push_back(std::make_unique<Seat>(this, std::move(socket)));
    seats_.back()->socket->set_listener(seats_.back().get());
    ++opened;
}

TestServer::TestServer(HttpServerOptions options, size_t shards) : pool(shards) {
    for (size_t i = 0; i < pool.size(); ++i) rooms.push_back(std::make_unique<EchoRoom>());
    options.port = 0;
    server = std::make_unique<HttpServer>(&pool, options);
    auto text = [](std::string body) {
        HttpResponse response;
        response.body = std::move(body);
        return response;
    };
    server->route("GET", "/hello", [=, this](Shard* shard, const HttpRequest& request, const HttpReply& reply) {
        ++handled;
        reply(
            text("hello from shard " + std::to_string(shard->on_shard() ? shard->index() : -1) + " " + request.query));
        reply(text("a second answer"));
    });
    server->route("POST", "/echo", [=, this](Shard*, const HttpRequest& request, const HttpReply& reply) {
        ++handled;
        reply(text(request.body));
    });
    server->route("GET", "/late", [this](Shard*, const HttpRequest&, HttpReply reply) {
        late.push_back(std::move(reply));
        ++handled;
    });
    server->route("GET", "/never", [](Shard*, const HttpRequest&, const HttpReply&) {});
    server->route("GET", "/injected", [=](Shard*, const HttpRequest&, const HttpReply& reply) {
        auto response = text("x");
        response.headers = {{"X-Good", "1"}, {"X-Bad", "1\r\nX-Evil: 2"}};
        reply(response);
    });
    server->route("GET", "/calls/*/log", [=](Shard*, const HttpRequest& request, const HttpReply& reply) {
        reply(text(request.path + " " + request.captures.at(0)));
    });
    server->upgrade("/echo/*", [this](Shard* shard, const HttpRequest& request, auto* accepted) {
        {
            std::lock_guard lock(mutex);
            captured = request.captures.at(0);
        }
        auto* room = rooms[static_cast<size_t>(shard->index())].get();
        *accepted = [room](std::unique_ptr<WebSocket> socket) { room->take(std::move(socket)); };
        return std::optional<HttpResponse>();
    });
    server->upgrade("/closed", [](Shard*, const HttpRequest&, auto*) {
        auto response = HttpResponse::problem(403, "Forbidden", "the signature is missing", "X-Twilio-Signature");
        response.headers.emplace_back("dg-error", "no entry");
        return std::optional<HttpResponse>(response);
    });
    if (auto status = server->listen(); !status) throw std::runtime_error(status.error().message);
}

TestServer::~TestServer() {
    server.reset();
    pool.run_on_each([this](Shard* shard) {
        rooms[static_cast<size_t>(shard->index())]->clear();
        if (shard->index() == 0) late.clear();
    });
    pool.stop();
}

void TestServer::on_shard(const std::function<void()>& task) {
    std::promise<void> done;
    pool.at(0)->post([&] {
        task();
        done.set_value();
    });
    done.get_future().wait();
}

RawClient::RawClient(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval limit{5, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) throw std::runtime_error("connect");
}

RawClient::~RawClient() { ::close(fd_); }

RawClient& RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) break;  // refused: the test reads why
        bytes.remove_prefix(static_cast<size_t>(n));
    }
    return *this;
}

size_t RawClient::send_what_fits(std::string_view bytes) {
    size_t sent = 0;
    pollfd room{fd_, POLLOUT, 0};
    // The kernel moves bytes from our buffer to the peer's in its own time: full is what stays full for a moment.
    while (sent < bytes.size() && ::poll(&room, 1, 200) == 1) {
        ssize_t n = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN) break;
        if (n > 0) sent += static_cast<size_t>(n);
    }
    return sent;
}

std::string RawClient::read_until(const std::function<bool(const std::string&)>& done) {
    std::string got = std::exchange(rest, {});
    char buffer[16384];
    while (!done(got)) {
        ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
        if (n <= 0) {
            ended = n == 0 || errno == ECONNRESET;
            break;
        }
        got.append(buffer, static_cast<size_t>(n));
    }
    return got;
}

std::string RawClient::read_head() {
    std::string got = read_until([](const std::string& text) { return text.find("\r\n\r\n") != std::string::npos; });
    size_t end = got.find("\r\n\r\n");
    if (end == std::string::npos) return got;
    rest = got.substr(end + 4);
    return got.substr(0, end + 4);
}

std::string RawClient::read_to_end() {
    return read_until([](const std::string&) { return false; });
}

CertificateFolder::CertificateFolder() {
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 "
        "-subj '/CN=Trunkline test CA' -addext basicConstraints=critical,CA:TRUE");
    std::ofstream(path_ + "/index.txt").flush();
}

void CertificateFolder::run(const std::string& command) const {
    if (std::system(("cd " + path_ + " && " + command + " >log 2>&1").c_str()) != 0)
        throw std::runtime_error("failed: " + command);
}

Certificate CertificateFolder::issue(const std::string& name, const std::string& names, bool expired) {
    run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + name + ".key -out " + name +
        ".csr -subj /CN=" + name);
    std::ofstream(path_ + "/" + name + ".ext") << "subjectAltName=" << names << "\nextendedKeyUsage=serverAuth\n";
    std::ofstream(path_ + "/ca.cnf") << "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nrand_serial=yes\n"
                                        "new_certs_dir=.\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n";
    std::string dates = expired ? "-startdate 20200101000000Z -enddate 20200201000000Z" : "-days 2";
    run("openssl ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -notext -in " + name + ".csr -out " + name +
        ".pem -extfile " + name + ".ext " + dates);
    return {path_ + "/" + name + ".pem", path_ + "/" + name + ".key"};
}

Certificate CertificateFolder::self_signed(const std::string& name, const std::string& names) {
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + name + ".key -out " + name +
        ".pem -days 2 -subj /CN=" + name + " -addext subjectAltName=" + names);
    return {path_ + "/" + name + ".pem", path_ + "/" + name + ".key"};
}

}  // namespace trunkline::test
