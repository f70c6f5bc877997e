#pragma once
// A Voice Agent client for tests: libsoup's WebSocket on a main context of its own, pumped by the test.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lab/deepgram/lab.h"
#include "lab/speech/pcm.h"

namespace trunkline::lab::deepgram {

struct ClientMessage {
    bool binary = false;
    std::string bytes;
    std::string type;  ///< of a text frame that is JSON
};

struct Dial {
    std::string authorization = "Token test-key";
    std::string protocols;  ///< "token,key"
    std::string path_and_query = "/v1/agent/converse";
};

class TestClient {
  public:
    explicit TestClient(int port, const Dial& dial = {});
    ~TestClient();
    TestClient(const TestClient&) = delete;
    TestClient& operator=(const TestClient&) = delete;

    bool connected() const;
    unsigned status() const;       ///< HTTP status of the handshake
    std::string dg_error() const;  ///< header of a refusal
    std::string chosen_protocol() const;

    void send(const std::string& text);
    void send_binary(const std::string& bytes);
    /// μ-law frames of 20 ms, as fast as they go.
    void speak(const Samples& samples_8k);
    void silence(int ms);
    void close(int code = 1000);

    /// Runs the loop until `condition` holds; false after ten seconds.
    bool until(const std::function<bool()>& condition);
    /// Until `count` text messages of `type` have come.
    bool until_type(const std::string& type, size_t count = 1);
    bool until_closed();
    /// Settings sent, SettingsApplied received.
    bool set_up(const std::string& settings);

    const std::vector<ClientMessage>& messages() const;
    size_t count(const std::string& type) const;
    std::vector<std::string> types() const;  ///< binary frames in a row appear once, as "audio"
    std::string last(const std::string& type) const;
    std::string member(const std::string& type, const std::string& key) const;  ///< of the last message of that type
    std::string first_member(const std::string& type, const std::string& key) const;
    std::string audio() const;                               ///< all binary bytes
    std::string audio_after(const std::string& type) const;  ///< binary bytes that came after the first such message
    int close_code() const;
    bool closed() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
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
