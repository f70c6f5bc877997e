// Garbage from live peers: every kind of hostile connection at once against the real engine, while calls hold a correct
// conversation. Each attack ends as docs/slow-peers.md says, and the calls lose no frame.
//
// By hand, with more of everything: TRUNKLINE_IDLE_SOCKETS=5000 TRUNKLINE_CALLS=20 integration_garbage
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

#include "lab/deepgram/lab.h"
#include "lab/twilio/lab.h"
#include "tests/integration/engine_process.h"
#include "tests/integration/hostile_peers.h"
#include "tests/integration/rig.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/net/support.h"

namespace trunkline::test {
namespace {

using namespace std::chrono_literals;
using lab::CallResult;
using Peers = std::vector<std::unique_ptr<HostilePeer>>;

size_t number_from(const char* name, size_t preset) {
    const char* text = std::getenv(name);
    return text ? std::strtoul(text, nullptr, 10) : preset;
}

std::string call_sid(int number) {
    const std::string digits = std::to_string(number);
    return "CA" + std::string(32 - digits.size(), 'f') + digits;
}

class Garbage : public testing::Test {
  protected:
    void SetUp() override {
        auto started = lab::deepgram::DeepgramLab::start(quick_agent());
        ASSERT_TRUE(started) << started.error().message;
        agent = std::move(*started);
        auto library = lab::SpeechLibrary::open();
        ASSERT_TRUE(library);
        speech = *library;
        std::ofstream(folder + "/call.yaml")
            << "trunkline: 1\nname: call\nnodes:\n  caller: {element: callsrc}\n"
               "  agent: {element: deepgramagent, url: $env.AGENT_URL, api-key: k, greeting: vm-goodbye}\n"
               "  gate: {element: bargein}\n  line: {element: callsink}\n  db: {element: dbsink}\n"
               "links:\n  heard: caller -> agent\n  said: agent -> gate -> line\n  ears: caller -> gate.monitor\n"
               "  facts: caller.events, agent.events, gate.events -> db\n";
        engine = std::make_unique<EngineProcess>(
            folder, folder + "/call.yaml",
            std::vector<std::string>{"AGENT_URL=" + agent->url(), "TRUNKLINE_REQUEST_TIMEOUT_MS=5000"});
        engine->wait_until_ready();
        port = engine->port();
    }
    void TearDown() override {
        calls.clear();
        if (engine) {
            EXPECT_EQ(engine->stop(SIGTERM), 0) << engine->log();
        }
        engine.reset();
    }

    void ring(size_t count) {
        for (size_t i = 0; i < count; ++i) {
            lab::TwilioCallOptions o;
            o.webhook_url = "http://127.0.0.1:" + std::to_string(port) + "/twilio/voice";
            o.public_url = "https://voice.example.com";
            o.dial = "127.0.0.1:" + std::to_string(port);
            calls.push_back(twilio.call(o));
        }
        expect_heard(1);
    }
    /// Every caller has heard the agent's `replies` replies to their ends.
    void expect_heard(size_t replies) {
        for (auto& call : calls) {
            ASSERT_TRUE(call->wait_for(
                [=](const CallResult& c) {
                    return !c.streams.empty() && c.stream().agent_speech.size() >= replies &&
                           !c.stream().agent_speaking() && c.stream().queued == 0;
                },
                60s))
                << "a call is not answered\n"
                << engine->log();
        }
    }
    void say(const std::string& recording) {
        const auto found = speech->speech(recording);
        ASSERT_TRUE(found);
        for (auto& call : calls) call->say(recording, (*found)->samples);
    }
    /// Hangs up; every frame of every caller reached the agent, and every reply its caller, bit for bit.
    void expect_faultless(size_t replies) {
        for (auto& call : calls) call->hang_up();
        uint64_t sent = 0, got = 0;
        for (auto& call : calls) {
            ASSERT_TRUE(call->wait_for([](const CallResult& c) { return c.ended; }, 60s));
            const CallResult result = call->result();
            sent += result.stream().media_sent * 160;
            EXPECT_EQ(result.stream().media_dropped, 0U);
            for (const auto& v : result.violations) {
                EXPECT_EQ(v.code, lab::kStreamClosedByServer) << v.message;
            }
        }
        ASSERT_TRUE(agent->wait(
            [](const auto& sessions) {
                return std::none_of(sessions.begin(), sessions.end(), [](const auto& s) { return s.open(); });
            },
            60'000));
        for (const auto& session : agent->sessions()) {
            if (session.said.size() < replies) continue;  // a hostile peer's
            got += static_cast<uint64_t>(session.audio_bytes_in);
            EXPECT_TRUE(session.violations.empty()) << session.violations[0].what;
        }
        EXPECT_EQ(got, sent) << "bytes of caller audio";
        expect_replies_whole(replies);
    }
    void expect_replies_whole(size_t replies) {
        const auto sessions = agent->sessions();
        const auto talk =
            std::find_if(sessions.begin(), sessions.end(), [&](const auto& s) { return s.said.size() >= replies; });
        ASSERT_NE(talk, sessions.end());
        for (auto& call : calls) {
            const auto heard = call->result().stream().heard;
            auto from = talk->audio_out.begin();
            for (size_t i = 0; i < replies; ++i) {
                const auto to = from + static_cast<std::ptrdiff_t>(talk->said[i].bytes_total);
                EXPECT_NE(std::search(heard.begin(), heard.end(), from, to), heard.end()) << "reply " << i;
                from = to;
            }
        }
    }

    const TempFolder made;
    const std::string& folder = made.path();
    std::unique_ptr<lab::deepgram::DeepgramLab> agent;
    std::shared_ptr<lab::SpeechLibrary> speech;
    lab::TwilioLab twilio;
    std::unique_ptr<EngineProcess> engine;
    int port = 0;
    std::vector<std::unique_ptr<lab::TwilioCall>> calls;
};

/// The ones that say little or nothing, for as long as they are let.
class SlowCrowd {
  public:
    SlowCrowd(int port, size_t idle_count, size_t loris_count, size_t post_count) {
        for (size_t i = 0; i < idle_count; ++i) idle.push_back(std::make_unique<HostilePeer>(port));
        for (size_t i = 0; i < loris_count; ++i) {
            loris.push_back(std::make_unique<HostilePeer>(port));
            loris.back()->send("GET /healthz HTTP/1.1\r\nHost: x\r\n");
        }
        for (size_t i = 0; i < post_count; ++i) {
            posts.push_back(std::make_unique<HostilePeer>(port));
            posts.back()->send("POST /twilio/voice HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nCallSid=");
        }
        trickle_ = std::thread([this] {
            while (!stop_) {
                for (Peers* peers : {&loris, &posts}) {
                    for (auto& peer : *peers) {
                        if (peer->read() && peer->received.empty()) peer->send_some("X: y\r\n");
                    }
                }
                std::this_thread::sleep_for(100ms);
            }
        });
    }
    ~SlowCrowd() { stop(); }
    void stop() {
        stop_ = true;
        if (trickle_.joinable()) trickle_.join();
    }
    /// To be called after stop().
    void expect_refused() {
        for (auto& peer : idle) EXPECT_EQ(peer->read_to_end(), "");
        for (Peers* peers : {&loris, &posts}) {
            for (auto& peer : *peers) EXPECT_TRUE(peer->read_to_end().starts_with("HTTP/1.1 408")) << peer->received;
        }
    }
    Peers idle, loris, posts;

  private:
    std::atomic<bool> stop_{false};
    std::thread trickle_;
};

std::string bytes_without_sense(size_t count) {
    std::string bytes;
    uint32_t state = 1;
    while (bytes.size() < count) {
        state = state * 1'664'525U + 1'013'904'223U;
        bytes += static_cast<char>(state >> 24);
    }
    return bytes + "\r\n\r\n";
}

/// Heads, bodies and answers that no client of good will sends or leaves.
void attack_http(int port) {
    const auto answer = [&](const std::string& request) {
        HostilePeer peer(port);
        peer.send(request);
        return peer.read_to_end();
    };
    EXPECT_TRUE(answer("GET /healthz HTTP/1.1\r\nX: " + std::string(100'000, 'x')).starts_with("HTTP/1.1 431"));
    EXPECT_TRUE(
        answer("POST /twilio/voice HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + std::string(300'000, 'b'))
            .starts_with("HTTP/1.1 413"));
    for (size_t i = 1; i < 20; ++i) {
        const std::string got = answer(bytes_without_sense(100 * i));
        EXPECT_TRUE(got.starts_with("HTTP/1.") && got.substr(8, 5) == " 400 ") << i << ": " << got;
    }
    EXPECT_TRUE(answer("GET /twilio/media/forged HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                    .starts_with("HTTP/1.1 403"));
    HostilePeer endless(port);
    endless.send("POST /twilio/voice HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "10000\r\n" + std::string(65'536, 'c') + "\r\n";
    int chunks = 0;
    while (chunks < 10'000 && endless.send(chunk)) ++chunks;
    EXPECT_LT(chunks, 10'000) << "a body without an end is taken for ever";
    for (int i = 0; i < 50; ++i) {
        HostilePeer gone(port);
        gone.send("GET /healthz HT");
        gone.reset();
    }
}

/// Holders of a ticket: what they send is framed, and wrong.
void attack_media(int port) {
    int number = 0;
    const auto code_after = [&](const std::string& bytes) {
        auto peer = media_peer(port, call_sid(++number));
        peer->send(bytes);
        return peer->close_code();
    };
    std::string endless = frame(kText, "{", {.fin = false});
    for (int i = 0; i < 20'000; ++i) endless += frame(kContinuation, "", {.fin = false});
    EXPECT_EQ(code_after(endless), 1009);
    EXPECT_EQ(code_after(frame(kText, std::string(300'000, 'x'))), 1009);
    EXPECT_EQ(code_after(frame(3, "reserved")), 1002);
    EXPECT_EQ(code_after(frame(kText, "not masked", {.masked = false})), 1002);
    EXPECT_EQ(code_after(frame(kText, "\xff\xfe")), 1007);
    const std::string deep = R"({"event":"mark","x":)" + std::string(100'000, '[');
    EXPECT_EQ(code_after(frame(kText, deep) + frame(kText, deep + std::string(100'000, ']') + "}") +
                         frame(kBinary, bytes_without_sense(50'000)) + frame(kText, bytes_without_sense(0)) +
                         frame(kClose, close_payload(1000))),
              1000)
        << "what is only no sense is ignored";
    // Pings whose answers nobody reads.
    auto flood = media_peer(port, call_sid(++number), 4'096);
    std::string pings;
    for (int i = 0; i < 400; ++i) pings += frame(kPing, std::string(125, 'p'));
    int rounds = 0;
    while (rounds < 10'000 && flood->send(pings)) ++rounds;
    EXPECT_LT(rounds, 10'000) << "answers to pings pile up for ever";
}

TEST_F(Garbage, EveryKindAtOnceDisturbsNoCall) {
    ring(number_from("TRUNKLINE_CALLS", 5));
    const size_t threads = engine->threads();
    const size_t descriptors = engine->descriptors();
    const int64_t memory = engine->resident_kb();

    auto never_started = media_peer(port, call_sid(100));
    SlowCrowd crowd(port, number_from("TRUNKLINE_IDLE_SOCKETS", 300), 60, 30);
    say("vm-goodbye");
    attack_http(port);
    attack_media(port);
    expect_heard(2);
    say("vm-goodbye");
    EXPECT_LE(engine->threads(), threads + 2) << "GIO's own pool may have a thread or two more, never one per peer";
    EXPECT_EQ(never_started->close_code(), 1008);
    expect_heard(3);
    crowd.stop();
    crowd.expect_refused();
    EXPECT_TRUE(eventually([&] { return engine->descriptors() <= descriptors; }))
        << engine->descriptors() << " descriptors, before it were " << descriptors;
    const int64_t grown = std::max<int64_t>(0, engine->resident_kb() - memory);
    RecordProperty("memory_grown_kb", std::to_string(grown));
#ifndef TRUNKLINE_SANITIZED  // freed memory stays in the sanitizer's quarantine
    EXPECT_LT(grown, 64U << 10);
#endif
    const std::string metrics = http_get(port, "/metrics");
    EXPECT_NE(metrics.find("\ntrunkline_http_waiting_connections 0\n"), std::string::npos) << metrics;
    expect_faultless(3);
}

TEST_F(Garbage, OutOfDescriptorsLiveCallsGoOnAndNewOnesComeInAgain) {
    ring(2);
    rlimit whole{};
    ASSERT_EQ(prlimit(engine->pid(), RLIMIT_NOFILE, nullptr, &whole), 0);
    const auto allow = [&](size_t more) {
        rlimit limit = whole;
        limit.rlim_cur = engine->highest_descriptor() + 1 + more;
        ASSERT_EQ(prlimit(engine->pid(), RLIMIT_NOFILE, &limit, nullptr), 0);
    };
    const auto complaints = [&] {
        const std::string log = engine->log();
        size_t count = 0;
        for (size_t at = log.find("cannot accept"); at != std::string::npos; at = log.find("cannot accept", at + 1))
            ++count;
        return count;
    };
    allow(0);
    // Holes below the highest one are filled first.
    Peers fillers;
    while (complaints() == 0 && fillers.size() < 500) {
        fillers.push_back(std::make_unique<HostilePeer>(port));
        fillers.back()->send("GET /healthz");
        std::this_thread::sleep_for(5ms);
    }
    EXPECT_GE(complaints(), 1U);
    say("vm-goodbye");
    expect_heard(2);
    EXPECT_LE(complaints(), 2U) << "once per shard and time of need, not per try";
    ASSERT_EQ(prlimit(engine->pid(), RLIMIT_NOFILE, &whole, nullptr), 0);
    EXPECT_TRUE(http_get(port, "/healthz").starts_with("HTTP/1.1 200"));
    EXPECT_EQ(http_get(port, "/metrics").find("\ntrunkline_accept_failures_total 0\n"), std::string::npos);

    // A crowd that takes every descriptor there is makes room for a call.
    allow(30);
    Peers crowd;
    for (int i = 0; i < 200; ++i) {
        crowd.push_back(std::make_unique<HostilePeer>(port));
        crowd.back()->send("GET /healthz");
    }
    EXPECT_TRUE(eventually([&] { return http_get(port, "/healthz").starts_with("HTTP/1.1 200"); }));
    ASSERT_EQ(prlimit(engine->pid(), RLIMIT_NOFILE, &whole, nullptr), 0);
    expect_faultless(2);
}

}  // namespace
}  // namespace trunkline::test
