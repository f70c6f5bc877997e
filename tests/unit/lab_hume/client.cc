#include "tests/unit/lab_hume/client.h"

#include <glib.h>

#include <filesystem>

namespace trunkline::lab::hume {
namespace {

SpeechOptions test_speech() {
    SpeechOptions options;
    options.cache_dir = (std::filesystem::temp_directory_path() / "trunkline-lab-test-speech").string();
    return options;
}

std::shared_ptr<SpeechLibrary> test_library() {
    static const auto kLibrary = [] {
        auto opened = SpeechLibrary::open(test_speech());
        return opened ? *opened : nullptr;
    }();
    return kLibrary;
}

}  // namespace

TestClient::TestClient(int port, const Dial& dial)
    : SocketClient(port, {dial.path + (dial.query.empty() ? "" : "?" + dial.query), dial.headers, ""}) {}

void TestClient::declare(const std::string& extra) {
    send(R"({"type":"session_settings","audio":{"encoding":"linear16","sample_rate":8000,"channels":1})" +
         (extra.empty() ? "" : "," + extra) + "}");
}

void TestClient::speak(const Samples& samples) {
    for (size_t at = 0; at < samples.size() && !closed(); at += 160) {
        Samples frame(samples.begin() + static_cast<std::ptrdiff_t>(at),
                      samples.begin() + static_cast<std::ptrdiff_t>(std::min(samples.size(), at + 160)));
        frame.resize(160, 0);
        send(audio_input(pcm_bytes(frame)));
    }
}

void TestClient::ask(const Samples& samples) {
    speak(samples);
    silence(1000);
}

std::vector<nlohmann::json> TestClient::of(const std::string& type) const {
    std::vector<nlohmann::json> out;
    for (const ClientMessage& m : messages()) {
        if (m.type == type) out.push_back(nlohmann::json::parse(m.bytes));
    }
    return out;
}

std::vector<Piece> TestClient::pieces() const {
    std::vector<Piece> out;
    for (const auto& m : of("audio_output")) {
        gsize size = 0;
        guchar* bytes = g_base64_decode(m["data"].get<std::string>().c_str(), &size);
        out.push_back({m["id"], m["index"], std::string(reinterpret_cast<char*>(bytes), size)});
        g_free(bytes);
    }
    return out;
}

std::vector<std::string> TestClient::order() const {
    std::vector<std::string> out;
    for (const ClientMessage& m : messages()) {
        if (m.type != "audio_output" || out.empty() || out.back() != "audio_output") out.push_back(m.type);
    }
    return out;
}

std::string base64(const std::string& bytes) {
    char* text = g_base64_encode(reinterpret_cast<const guchar*>(bytes.data()), bytes.size());
    std::string out = text;
    g_free(text);
    return out;
}

std::string audio_input(const std::string& bytes) {
    return R"({"type":"audio_input","data":")" + base64(bytes) + "\"}";
}

std::string pcm_bytes(const Samples& samples) {
    std::string out;
    for (const int16_t s : samples) {
        out += static_cast<char>(s & 0xFF);
        out += static_cast<char>((s >> 8) & 0xFF);
    }
    return out;
}

HumeOptions quick_options() {
    HumeOptions options;
    options.port = 0;
    options.speech = test_speech();
    options.latency.scale = 0;
    options.pacing.factor = 0;
    options.max_gap_ms = 0;
    options.brain.callers = {"agent-pass", "vm-options", "vm-goodbye", "auth-thankyou"};
    options.brain.rules = {agent::Rule{"agent-pass", agent::Reply{{"vm-goodbye"}, "", {}, "", "", ""}, false}};
    options.brain.fallback.say = {"conf-invalid"};
    options.brain.fallback.say_unanswered = "conf-invalid";
    return options;
}

Samples recording(const std::string& name) {
    auto r = test_library()->speech(name);
    return r ? (*r)->samples : Samples{};
}

std::string transcript(const std::string& name) { return test_library()->text_of(name); }

agent::SessionRecord first(const HumeLab& lab) {
    const auto all = lab.sessions();
    return all.empty() ? agent::SessionRecord{} : all.front();
}

void HumeTest::serve(const HumeOptions& options, const Dial& dial) {
    client_.reset();
    auto started = HumeLab::start(options);
    ASSERT_TRUE(started) << started.error().message;
    lab_ = std::move(*started);
    client_ = std::make_unique<TestClient>(lab_->port(), dial);
}

bool HumeTest::flagged(const std::string& code) {
    return until_session([&](const auto& s) { return s.violated(code); });
}

bool HumeTest::until_session(const std::function<bool(const agent::SessionRecord&)>& condition) {
    return client_->until([&] {
        const auto all = lab_->sessions();
        return !all.empty() && condition(all[0]);
    });
}

}  // namespace trunkline::lab::hume
