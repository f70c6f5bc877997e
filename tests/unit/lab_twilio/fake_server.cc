// Plain blocking sockets; see the header.
#include "tests/unit/lab_twilio/fake_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "engine/core/base64.h"
#include "engine/core/json.h"
#include "lab/carrier/ws_frames.h"

namespace trunkline::lab::test {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(kPatienceMs);

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

std::string unescape(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

std::map<std::string, std::string> parse_form(std::string_view form) {
    std::map<std::string, std::string> fields;
    while (!form.empty()) {
        std::string_view pair = form.substr(0, form.find('&'));
        form.remove_prefix(std::min(form.size(), pair.size() + 1));
        size_t equal = pair.find('=');
        if (equal != std::string_view::npos) fields[unescape(pair.substr(0, equal))] = unescape(pair.substr(equal + 1));
    }
    return fields;
}

/// Appends what arrives to `into`; false at the end, after an error or after the patience is over.
bool read_some(int fd, std::string& into, bool* reset = nullptr) {
    pollfd wanted{fd, POLLIN, 0};
    if (poll(&wanted, 1, kPatienceMs) <= 0) return false;
    char buffer[65536];
    ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got < 0 && errno == ECONNRESET && reset != nullptr) *reset = true;
    if (got <= 0) return false;
    into.append(buffer, static_cast<size_t>(got));
    return true;
}

void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<size_t>(sent));
    }
}

std::optional<Request> read_request(int fd, std::string& rest) {
    size_t end = std::string::npos;
    while ((end = rest.find("\r\n\r\n")) == std::string::npos) {
        if (!read_some(fd, rest)) return std::nullopt;
        if (rest.front() == '\x16') {  // a TLS greeting: answer as a plain server does
            send_all(fd, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
            return std::nullopt;
        }
    }
    Request request;
    request.head = rest.substr(0, end + 2);
    rest.erase(0, end + 4);
    size_t line = request.head.find("\r\n");
    size_t space = request.head.find(' ');
    request.method = request.head.substr(0, space);
    request.target = request.head.substr(space + 1, request.head.find(' ', space + 1) - space - 1);
    request.path = request.target.substr(0, request.target.find('?'));
    while (line + 2 < request.head.size()) {
        size_t next = request.head.find("\r\n", line + 2);
        std::string field = request.head.substr(line + 2, next - line - 2);
        request.headers[field.substr(0, field.find(':'))] = field.substr(field.find(':') + 2);
        line = next;
    }
    std::string length = request.header("content-length");
    const size_t size = length.empty() ? 0 : std::stoul(length);
    while (rest.size() < size) {
        if (!read_some(fd, rest)) return std::nullopt;
    }
    request.body = rest.substr(0, size);
    rest.erase(0, size);
    size_t query = request.target.find('?');
    request.fields = parse_form(request.method == "POST"     ? std::string_view(request.body)
                                : query == std::string::npos ? std::string_view()
                                                             : std::string_view(request.target).substr(query + 1));
    return request;
}

}  // namespace

std::string Request::header(const std::string& lower_name) const {
    for (const auto& [name, value] : headers)
        if (lower(name) == lower_name) return value;
    return "";
}

FakeSocket::FakeSocket(int fd, Request request, std::string first_bytes)
    : fd_(fd), request_(std::move(request)), first_bytes_(first_bytes), input_(std::move(first_bytes)) {}

FakeSocket::~FakeSocket() { shut(); }

void FakeSocket::shut() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

bool FakeSocket::fill() { return fd_ >= 0 && read_some(fd_, input_, &reset_); }

std::optional<std::pair<uint8_t, std::string>> FakeSocket::next_frame() {
    auto byte = [this](size_t i) { return static_cast<uint8_t>(input_[i]); };
    auto need = [this](size_t n) {
        while (input_.size() < n)
            if (!fill()) return false;
        return true;
    };
    if (!need(2)) return std::nullopt;
    size_t header = 2;
    size_t size = byte(1) & 0x7F;
    if (size >= 126) {
        const size_t wide = size == 126 ? 2 : 8;
        if (!need(2 + wide)) return std::nullopt;
        size = 0;
        for (size_t i = 0; i < wide; ++i) size = size << 8 | byte(2 + i);
        header += wide;
    }
    if (!need(header + 4 + size)) return std::nullopt;
    std::string payload = input_.substr(header + 4, size);
    for (size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(payload[i] ^ input_[header + (i & 3)]);
    const uint8_t first = byte(0);
    input_.erase(0, header + 4 + size);
    return std::make_pair(first, payload);
}

void FakeSocket::take_control(uint8_t opcode, const std::string& payload) {
    if (opcode == kWsPong) ++pongs_;
    if (opcode == kWsClose && payload.size() >= 2) {
        close_code_ = static_cast<uint16_t>(static_cast<uint8_t>(payload[0]) << 8 | static_cast<uint8_t>(payload[1]));
    }
}

std::optional<FakeSocket::Message> FakeSocket::next_message() {
    while (auto frame = next_frame()) {
        const uint8_t opcode = frame->first & 0x0F;
        take_control(opcode, frame->second);
        if (opcode == kWsText || opcode == kWsBinary) return Message{opcode == kWsBinary, std::move(frame->second)};
    }
    return std::nullopt;
}

bool FakeSocket::next_close() {
    while (close_code_ == 0) {
        auto frame = next_frame();
        if (!frame) return false;
        take_control(frame->first & 0x0F, frame->second);
    }
    return true;
}

std::optional<std::string> FakeSocket::next_text() {
    while (auto message = next_message()) {
        if (message->binary) continue;
        auto json = Json::parse(message->data);
        if (json && (*json)["event"].text_or("") == "start") stream_sid_ = (*json)["streamSid"].text_or("");
        return message->data;
    }
    return std::nullopt;
}

std::optional<std::string> FakeSocket::next(std::string_view event) {
    const auto limit = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < limit) {
        auto text = next_text();
        if (!text) return std::nullopt;
        auto json = Json::parse(*text);
        if (json && (*json)["event"].text_or("") == event) return text;
        seen.push_back(*text);
    }
    return std::nullopt;
}

void FakeSocket::send_frame(uint8_t first, std::string_view payload) {
    std::string out(1, static_cast<char>(first));
    const size_t size = payload.size();
    if (size < 126) {
        out += static_cast<char>(size);
    } else {
        const int bytes = size <= 0xFFFF ? 2 : 8;
        out += static_cast<char>(bytes == 2 ? 126 : 127);
        for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(static_cast<uint64_t>(size) >> (8 * i) & 0xFF);
    }
    send_raw(out + std::string(payload));
}

void FakeSocket::send_raw(std::string_view bytes) { send_all(fd_, bytes); }

void FakeSocket::media(const std::vector<uint8_t>& audio) {
    send_text(R"({"event":"media","streamSid":")" + stream_sid_ + R"(","media":{"payload":")" + base64_encode(audio) +
              R"("}})");
}

void FakeSocket::mark(const std::string& name) {
    send_text(R"({"event":"mark","streamSid":")" + stream_sid_ + R"(","mark":{"name":")" + name + R"("}})");
}

void FakeSocket::clear() { send_text(R"({"event":"clear","streamSid":")" + stream_sid_ + R"("})"); }

void FakeSocket::close(uint16_t code) { send_frame(0x88, ws_close_payload(code, "")); }

bool FakeSocket::ended() {
    const auto limit = std::chrono::steady_clock::now() + kPatience;
    while (next_text())
        if (std::chrono::steady_clock::now() > limit) return false;
    pollfd wanted{fd_, POLLIN, 0};
    char byte = 0;
    return reset_ || (poll(&wanted, 1, 0) == 1 && recv(fd_, &byte, 1, MSG_PEEK) <= 0);
}

FakeServer::FakeServer() {
    acceptor_ = std::thread([this] { accept_all(); });
}

FakeServer::~FakeServer() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
        for (int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    changed_.notify_all();
    ::shutdown(listener_.fd(), SHUT_RDWR);
    acceptor_.join();
    for (auto& thread : threads_) thread.join();
}

void FakeServer::accept_all() {
    while (true) {
        int fd = ::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        std::lock_guard lock(mutex_);
        if (stopping_) return void(::close(fd));
        open_.push_back(fd);
        threads_.emplace_back([this, fd] { serve(fd); });
    }
}

void FakeServer::serve(int fd) {
    std::string rest;
    auto request = read_request(fd, rest);
    std::unique_lock lock(mutex_);
    auto give_up = [&] {
        open_.remove(fd);
        ::close(fd);
    };
    if (!request || stopping_) return give_up();
    requests_.push_back(*request);
    changed_.notify_all();
    if (!request->header("sec-websocket-key").empty()) {
        if (!refusal_.empty()) {
            send_all(fd, refusal_);
            return give_up();
        }
        send_all(
            fd,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
                ws_accept_for(request->header("sec-websocket-key")) +
                (subprotocol_.empty() ? "" : "\r\nSec-WebSocket-Protocol: " + subprotocol_) + "\r\n\r\n");
        open_.remove(fd);
        sockets_.push_back(std::make_unique<FakeSocket>(fd, *request, rest));
        return changed_.notify_all();
    }
    auto handler = handlers_.find(request->path);
    Reply reply =
        handler == handlers_.end() ? Reply{404, "text/plain", "nothing here", false} : handler->second(*request);
    if (reply.never) {
        changed_.wait(lock, [&] { return stopping_; });
        return give_up();
    }
    send_all(fd, "HTTP/1.1 " + std::to_string(reply.status) + " X\r\nContent-Type: " + reply.type +
                     "\r\nConnection: close\r\nContent-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n" +
                     reply.body);
    give_up();
}

void FakeServer::answer(const std::string& path, std::function<Reply(const Request&)> handler) {
    std::lock_guard lock(mutex_);
    handlers_[path] = std::move(handler);
}

void FakeServer::answer(const std::string& path, Reply reply) {
    answer(path, [reply](const Request&) { return reply; });
}

void FakeServer::twiml(const std::string& path, const std::string& verbs) {
    answer(path, Reply{200, "text/xml", "<?xml version=\"1.0\"?><Response>" + verbs + "</Response>", false});
}

void FakeServer::refuse_upgrades(std::string raw_reply) {
    std::lock_guard lock(mutex_);
    refusal_ = std::move(raw_reply);
}

void FakeServer::select_subprotocol(std::string name) {
    std::lock_guard lock(mutex_);
    subprotocol_ = std::move(name);
}

std::optional<Request> FakeServer::request(const std::string& path, size_t n) {
    std::unique_lock lock(mutex_);
    std::optional<Request> found;
    changed_.wait_for(lock, kPatience, [&] {
        size_t left = n;
        for (const auto& one : requests_) {
            if (one.path == path && left-- == 0) found = one;
        }
        return found.has_value();
    });
    return found;
}

size_t FakeServer::count(const std::string& path) {
    std::lock_guard lock(mutex_);
    return static_cast<size_t>(
        std::count_if(requests_.begin(), requests_.end(), [&](const auto& r) { return r.path == path; }));
}

std::unique_ptr<FakeSocket> FakeServer::socket() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return !sockets_.empty(); })) return nullptr;
    auto socket = std::move(sockets_.front());
    sockets_.pop_front();
    return socket;
}

}  // namespace trunkline::lab::test
