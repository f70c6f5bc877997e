#pragma once
// A Voice Agent client for tests.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lab/deepgram/lab.h"
#include "lab/speech/pcm.h"
#include "tests/support/socket_client.h"

namespace trunkline::lab::deepgram {

struct Dial {
    std::string authorization = "Token test-key";
    std::string protocols;  ///< "token,key"
    std::string path_and_query = "/v1/agent/converse";
};

class TestClient : public SocketClient {
  public:
    explicit TestClient(int port, const Dial& dial = {});

    std::string dg_error() const { return response_header("dg-error"); }  ///< of a refusal
    /// μ-law frames of 20 ms, as fast as they go.
    void speak(const Samples& samples_8k);
    void silence(int ms);
    /// Settings sent, SettingsApplied received.
    bool set_up(const std::string& settings);
    std::string audio() const;                               ///< all binary bytes
    std::string audio_after(const std::string& type) const;  ///< binary bytes that came after the first such message
};

/// Options for tests: three known callers, no waiting, audio as fast as it goes.
DeepgramOptions quick_options();
/// A library with its cache in the temporary folder.
std::shared_ptr<SpeechLibrary> test_library();
Samples recording(const std::string& name_or_text);

/// Settings with μ-law both ways; `agent_extra` is put inside `agent` ("\"greeting\":\"Hi\""), `top_extra` beside it.
std::string settings(const std::string& agent_extra = "", const std::string& top_extra = "");
std::string settings_with_functions(const std::string& functions);

/// The lab's only session so far.
SessionRecord first(const DeepgramLab& lab);

}  // namespace trunkline::lab::deepgram
