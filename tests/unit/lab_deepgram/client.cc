#include "tests/unit/lab_deepgram/client.h"

#include <algorithm>
#include <filesystem>

namespace trunkline::lab::deepgram {

TestClient::TestClient(int port, const Dial& dial)
    : SocketClient(port, {dial.path_and_query, {{"Authorization", dial.authorization}}, dial.protocols}) {}

void TestClient::speak(const Samples& samples) {
    const std::vector<uint8_t> bytes = ulaw_encode(samples);
    for (size_t at = 0; at < bytes.size() && !closed(); at += 160) {
        const size_t n = std::min<size_t>(160, bytes.size() - at);
        std::string frame(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                          bytes.begin() + static_cast<std::ptrdiff_t>(at + n));
        frame.resize(160, '\xFF');
        send_binary(frame);
    }
}

void TestClient::silence(int ms) { speak(Samples(static_cast<size_t>(ms) * 8, 0)); }

bool TestClient::set_up(const std::string& text) {
    if (!until_type("Welcome")) return false;
    send(text);
    return until_type("SettingsApplied");
}

std::string TestClient::audio() const {
    std::string out;
    for (const ClientMessage& m : messages()) {
        if (m.binary) out += m.bytes;
    }
    return out;
}

std::string TestClient::audio_after(const std::string& type) const {
    std::string out;
    bool after = false;
    for (const ClientMessage& m : messages()) {
        after = after || (!m.binary && m.type == type);
        if (after && m.binary) out += m.bytes;
    }
    return out;
}

namespace {

SpeechOptions test_speech() {
    SpeechOptions options;
    options.cache_dir = (std::filesystem::temp_directory_path() / "trunkline-lab-test-speech").string();
    return options;
}

}  // namespace

DeepgramOptions quick_options() {
    DeepgramOptions options;
    options.port = 0;
    options.speech = test_speech();
    options.latency.scale = 0;
    options.pacing.factor = 0;
    options.brain.callers = {"agent-pass", "vm-options", "vm-goodbye", "auth-thankyou"};
    options.brain.rules = {Rule{"agent-pass", Reply{{"vm-goodbye"}, "", {}, "", "", ""}, false}};
    options.brain.fallback.say = {"conf-invalid"};
    return options;
}

std::shared_ptr<SpeechLibrary> test_library() {
    static const auto kLibrary = [] {
        auto opened = SpeechLibrary::open(test_speech());
        return opened ? *opened : nullptr;
    }();
    return kLibrary;
}

Samples recording(const std::string& name) {
    auto r = test_library()->speech(name);
    return r ? (*r)->samples : Samples{};
}

std::string settings(const std::string& agent_extra, const std::string& top_extra) {
    return R"({"type":"Settings","audio":{"input":{"encoding":"mulaw","sample_rate":8000},)"
           R"("output":{"encoding":"mulaw","sample_rate":8000,"container":"none"}},)" +
           (top_extra.empty() ? "" : top_extra + ",") + R"("agent":{)" + agent_extra + "}}";
}

std::string settings_with_functions(const std::string& functions) {
    return settings(R"("think":{"provider":{"type":"open_ai","model":"gpt-4o-mini"},"functions":)" + functions + "}");
}

SessionRecord first(const DeepgramLab& lab) {
    const auto all = lab.sessions();
    return all.empty() ? SessionRecord{} : all.front();
}

}  // namespace trunkline::lab::deepgram
