#pragma once
// An EVI client for tests.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "lab/hume/lab.h"
#include "lab/speech/pcm.h"
#include "lab/speech/wav.h"
#include "tests/support/socket_client.h"

namespace trunkline::lab::hume {

struct Dial {
    std::string query = "api_key=test-key";
    std::vector<std::pair<std::string, std::string>> headers;
    std::string path = "/v0/evi/chat";
};

/// One audio_output, decoded.
struct Piece {
    std::string id;
    int index = 0;
    std::string wav;
};

class TestClient : public SocketClient {
  public:
    explicit TestClient(int port, const Dial& dial = {});

    /// Settings for linear16 at 8 kHz sent; `extra` members behind them ("\"system_prompt\":\"x\"").
    void declare(const std::string& extra = "");
    /// audio_input messages of 20 ms, as fast as they go.
    void speak(const Samples& samples_8k);
    void silence(int ms) { speak(Samples(static_cast<size_t>(ms) * 8, 0)); }
    /// A whole turn: speech, then enough silence.
    void ask(const Samples& samples_8k);

    std::vector<nlohmann::json> of(const std::string& type) const;
    std::vector<Piece> pieces() const;
    /// Types without audio_output repeated, chat_metadata first.
    std::vector<std::string> order() const;
    std::string error_code() const { return member("error", "code"); }
};

std::string base64(const std::string& bytes);
std::string audio_input(const std::string& bytes);
std::string pcm_bytes(const Samples& samples);

/// Options for tests: few known callers, no waiting, audio as fast as it goes.
HumeOptions quick_options();
Samples recording(const std::string& name_or_text);
std::string transcript(const std::string& name);
/// The lab's only session so far.
agent::SessionRecord first(const HumeLab& lab);

class HumeTest : public ::testing::Test {
  protected:
    void serve(const HumeOptions& options, const Dial& dial = {});
    bool flagged(const std::string& code);
    /// Until the record of the first session is as wanted; the client's loop runs meanwhile.
    bool until_session(const std::function<bool(const agent::SessionRecord&)>& condition);
    std::unique_ptr<HumeLab> lab_;
    std::unique_ptr<TestClient> client_;
};

}  // namespace trunkline::lab::hume
