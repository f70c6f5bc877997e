#pragma once
// What a chat begins with: the query of the address, and the first `session_settings` message. A settings file (Hume's
// own JSON for session_settings) with the element's properties laid over it, and the format of the caller's audio.
// Pure.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/json.h"
#include "engine/core/result.h"

namespace trunkline::hume {

/// What the properties say; empty and nothing = not set.
struct SettingsOptions {
    std::string file_name{};  ///< for messages only
    std::string file_text{};  ///< the file's JSON; empty = no file
    std::string prompt{}, voice_id{};
    std::string functions{};  ///< JSON list, takes the place of the file's `tools`
    std::string variables{};  ///< JSON object, laid over the file's
    std::string context{};    ///< text the model shall know
    std::string custom_session_id{};
    std::string config_id{}, config_version{}, resumed_chat_group_id{};
    bool verbose_transcription = true;
};

class Settings {
  public:
    /// A query value above this goes with the message only: addresses are cut on their way.
    static constexpr size_t kMaxQueryValue = 500;
    static constexpr size_t kMaxQuery = 2'000;

    /// Error "bad-settings": the message names the file or property, the cause and the cure.
    static Result<Settings> build(const SettingsOptions& options);

    /// The address to dial: `url` with its own query kept, and ours behind it. `key` goes as api_key.
    /// `group`: the chat group of a chat that is resumed; empty = the one of the properties, or none.
    std::string address(std::string_view url, std::string_view key, std::string_view group) const;
    /// The first message: linear16 mono at `rate`, and everything else.
    std::string message(int rate) const;
    /// A prompt that came in the talk, for the message of the next connection.
    void set_prompt(std::string prompt) { options_.prompt = std::move(prompt); }
    /// False only when every function is known and none of them has this name.
    bool may_be_asked(std::string_view function) const;
    const std::string& config_id() const { return options_.config_id; }
    void set_custom_session_id(std::string id) { options_.custom_session_id = std::move(id); }

  private:
    SettingsOptions options_;
    Json file_;
    std::string tools_;      // JSON list of Hume's shape, or empty
    std::string variables_;  // JSON object, or empty
    std::vector<std::string> functions_;
};

/// `value` as query parameters: session_settings[audio][rate]=8000&… in bracket notation, percent-encoded.
void append_bracketed(std::string& query, const std::string& name, const Json& value);

}  // namespace trunkline::hume
