// trunkline-attack: hostile clients against an HTTP port, at a bounded rate, until SIGTERM; beside a measurement it
// shows what garbage costs the calls. Its own CPU is read from outside (trunkline-load) or from its last line.
//
//   idle     connects and says nothing          loris    a request whose head comes a line a second
//   post     a body that comes a byte a second  garbage  bytes without sense, a new connection each time
//
// What the server closes is opened again, so that the crowd stays as large as asked for.
#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/load/reactor.h"
#include "benchmarks/load/tcp_socket.h"
#include "engine/core/clock.h"

namespace trunkline::load {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kTick = kSecond / 100;
std::atomic<bool> stopped{false};

struct Attack {
    std::string host = "127.0.0.1";
    uint16_t port = 8080;
    size_t idle = 0, loris = 0, post = 0;
    size_t garbage_rate = 0;      ///< connections a second
    size_t connect_rate = 1'000;  ///< … at most, to fill the crowds up again
};

std::string senseless(size_t size) {
    std::string bytes;
    uint32_t state = 7;
    while (bytes.size() < size) {
        state = state * 1'664'525U + 1'013'904'223U;
        bytes += static_cast<char>(state >> 24);
    }
    return bytes + "\r\n\r\n";
}

class Attacker;

class Peer final : public SocketSink {
  public:
    Peer(Attacker* owner, std::string opening, std::string drip)
        : owner_(owner), opening_(std::move(opening)), drip_(std::move(drip)) {}
    void on_ready(bool readable, bool writable) override;
    void drip() {
        if (opened_ && !drip_.empty()) socket.send(drip_);
    }
    TcpSocket socket;
    bool over = false;

  private:
    Attacker* const owner_;
    const std::string opening_, drip_;
    std::string answer_;
    bool opened_ = false;
};

class Attacker final : public TimerSink {
  public:
    explicit Attacker(const Attack& attack)
        : attack_(attack), to_(ipv4_address(attack.host, attack.port).value()), noise_(senseless(2'000)) {}

    void run() {
        reactor_.at(monotonic_ns(), this, 0);
        while (!stopped) reactor_.run_until(monotonic_ns() + kSecond / 5, [] { return stopped.load(); });
        std::printf("opened %zu, ended by the server %zu, open %zu; answers:", opened_, ended_, open());
        for (const auto& [status, count] : answers_) std::printf(" %s × %zu", status.c_str(), count);
        std::printf("; CPU %.2f s\n", static_cast<double>(clock()) / CLOCKS_PER_SEC);
    }
    void rewatch(Peer* peer) { reactor_.rewatch(peer->socket.fd(), peer, false); }
    void ended(Peer* peer, const std::string& answer) {
        if (std::exchange(peer->over, true)) return;
        reactor_.unwatch(peer->socket.fd());
        peer->socket.close();
        ++ended_;
        ++answers_[answer.starts_with("HTTP/1.") ? answer.substr(9, 3) : answer.empty() ? "nothing" : "other"];
    }

  private:
    void on_due(int, int64_t due) override {
        ++tick_;
        size_t budget = std::max<size_t>(1, attack_.connect_rate / 100);
        fill(idle_, attack_.idle, &budget, "", "");
        fill(loris_, attack_.loris, &budget, "GET /healthz HTTP/1.1\r\nHost: x\r\n", "X: y\r\n");
        fill(post_, attack_.post, &budget, "POST /twilio/voice HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
             "x");
        for (auto* crowd : {&loris_, &post_})
            for (size_t i = tick_ % 100; i < crowd->size(); i += 100) (*crowd)[i]->drip();
        sweep(noise_peers_);
        noise_due_ += static_cast<double>(attack_.garbage_rate) / 100;
        for (; noise_due_ >= 1; noise_due_ -= 1) open(noise_peers_, noise_, "");
        reactor_.at(std::max(due + kTick, monotonic_ns()), this, 0);
    }
    using Crowd = std::vector<std::unique_ptr<Peer>>;
    void sweep(Crowd& crowd) {
        for (auto& peer : crowd) {
            if (peer->over) reactor_.bury(std::move(peer));
        }
        std::erase(crowd, nullptr);
    }
    void fill(Crowd& crowd, size_t wanted, size_t* budget, const std::string& opening, const std::string& drip) {
        sweep(crowd);
        for (; crowd.size() < wanted && *budget > 0; --*budget) open(crowd, opening, drip);
    }
    void open(Crowd& crowd, const std::string& opening, const std::string& drip) {
        auto peer = std::make_unique<Peer>(this, opening, drip);
        if (!peer->socket.start_connect(to_)) return;
        ++opened_;
        reactor_.watch(peer->socket.fd(), peer.get(), true);
        crowd.push_back(std::move(peer));
    }
    size_t open() const { return idle_.size() + loris_.size() + post_.size() + noise_peers_.size(); }

    const Attack attack_;
    const sockaddr_in to_;
    const std::string noise_;
    Reactor reactor_;
    Crowd idle_, loris_, post_, noise_peers_;
    double noise_due_ = 0;
    size_t tick_ = 0, opened_ = 0, ended_ = 0;
    std::map<std::string, size_t> answers_;
};

void Peer::on_ready(bool readable, bool writable) {
    if (over) return;
    if (!opened_ && writable) {
        opened_ = true;
        owner_->rewatch(this);
        if (!opening_.empty()) socket.send(opening_);
    }
    if (readable) {
        const auto bytes = socket.receive();
        answer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        socket.keep({});
    }
    if (socket.ended()) owner_->ended(this, answer_);
}

}  // namespace
}  // namespace trunkline::load

int main(int argc, char** argv) {
    using namespace trunkline::load;
    Attack attack;
    CLI::App app("Hostile HTTP clients, until SIGTERM");
    app.option_defaults()->always_capture_default();
    app.add_option("--host", attack.host, "IPv4 address of the victim");
    app.add_option("--port", attack.port, "Its port");
    app.add_option("--idle", attack.idle, "Connections that say nothing");
    app.add_option("--loris", attack.loris, "Connections whose head comes a line a second");
    app.add_option("--post", attack.post, "Connections whose body comes a byte a second");
    app.add_option("--garbage-rate", attack.garbage_rate, "Connections a second that send 2 kB without sense");
    app.add_option("--connect-rate", attack.connect_rate, "Connections a second at most, garbage apart");
    CLI11_PARSE(app, argc, argv);
    const auto stop = [](int) { stopped = true; };
    std::signal(SIGINT, stop);
    std::signal(SIGTERM, stop);
    raise_file_limit();
    Attacker(attack).run();
    return 0;
}
