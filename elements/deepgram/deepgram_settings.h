#pragma once
// The one `Settings` message of a voice-agent session: a settings file (Deepgram's own JSON), with the element's
// properties laid over it (properties win), defaults under it, and the audio formats the pads have agreed on. Pure.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "elements/deepgram/deepgram_protocol.h"
#include "engine/agent/audio_format.h"
#include "engine/core/json.h"
#include "engine/core/result.h"

namespace trunkline::deepgram {

using agent::AudioFormat;

/// What the properties say; empty and nothing = not set.
struct SettingsOptions {
    std::string file_name{};  ///< for messages only
    std::string file_text{};  ///< the file's JSON; empty = no file
    std::string agent_id{};   ///< UUID of a stored agent configuration, takes the place of `agent`
    std::string greeting{}, prompt{}, language{}, listen_model{}, think_provider{}, think_model{}, speak_model{};
    std::string functions{};  ///< JSON list, takes the place of the file's
    std::string tags{};       ///< separated by commas
    std::optional<bool> mip_opt_out{}, history{}, experimental{};
};

/// One thing that was said or done before, for a session that takes the place of a lost one.
struct PastCall {
    FunctionCall call;
    std::string response;
};
using Past = std::variant<ConversationText, PastCall>;

class Settings {
  public:
    static constexpr size_t kMaxPrompt = 25'000;  ///< characters, for models that Deepgram runs

    /// Error "bad-settings": the message names the file or property, the path inside, the cause and the cure.
    static Result<Settings> build(const SettingsOptions& options);

    /// The message. With `past` the greeting is left out and the conversation goes into agent.context.messages.
    std::string message(const AudioFormat& input, const AudioFormat& output, std::span<const Past> past = {}) const;
    /// The agent's configuration lies at Deepgram: its functions are not known here, and it takes no context.
    bool stored_agent() const;
    /// False only when the functions are known and none of the client's has this name.
    bool may_be_asked(std::string_view function) const;

  private:
    Json doc_;
    std::vector<std::string> functions_;  // of the client: without an endpoint
};

}  // namespace trunkline::deepgram
