// The properties of humeevi; those that deepgramagent has too have the same names, so that a swap is one word.
#include "elements/hume/evi.h"

namespace trunkline::hume {
namespace {

constexpr agent::TextProperty<EviConfig> kTexts[] = {
    {"url", "URL", "Address of the EVI chat, wss:// or ws://; ws:// is for simulators on the same machine",
     &EviConfig::url},
    {"api-key", "API key",
     "Hume API key; can be set and not read; default: the environment variable HUME_AI_API_KEY, else HUME_API_KEY",
     &EviConfig::api_key, true},
    {"config-id", "Config id",
     "UUID of an EVI configuration stored at Hume; default: the environment variable HUME_CONFIG_ID, else Hume's own",
     &EviConfig::config_id},
    {"config-version", "Config version", "Version of that configuration; default: the newest",
     &EviConfig::config_version},
    {"settings", "Settings",
     "Path of a JSON file with a session_settings message as Hume documents it, or that JSON itself; properties win "
     "over it; its audio section is not used, the pads decide that; default: none",
     &EviConfig::settings},
    {"greeting", "Greeting", "What the agent says first; default: what its configuration says, else nothing",
     &EviConfig::greeting},
    {"prompt", "Prompt", "Instructions to the model; default: as in settings, else what its configuration says",
     &EviConfig::prompt},
    {"voice-id", "Voice id", "UUID of the voice; default: as in settings, else what its configuration says",
     &EviConfig::voice_id},
    {"variables", "Variables",
     "JSON object with the values of the variables in the prompt, laid over those in settings; default: none",
     &EviConfig::variables},
    {"context", "Context", "What the model shall know beside the prompt; default: as in settings", &EviConfig::context},
    {"functions", "Functions",
     "JSON list of the functions the model may call, in place of `tools` in settings; answered through tool-url or the "
     "action tool-result; default: as in settings",
     &EviConfig::functions},
    {"resumed-chat-group-id", "Resumed chat group id",
     "UUID of an earlier chat group that this call goes on with; default: a new one",
     &EviConfig::resumed_chat_group_id},
    {"tool-url", "Tool URL",
     "http:// or https:// address that gets a POST {call_id, tool_call_id, name, arguments} per function call and "
     "answers with the result; default: none, the action tool-result brings the results",
     &EviConfig::tool_url},
    {"tool-secret", "Tool secret",
     "Signs the requests to tool-url (headers webhook-id, webhook-timestamp, webhook-signature); can be set and not "
     "read; default: no signature",
     &EviConfig::tool_secret, true},
};

constexpr agent::DurationProperty<EviConfig> kDurations[] = {
    {"tool-timeout", "Tool timeout",
     "How long a function may take; then the agent gets an error as its result; 10 ms to 10 min, default 5 s (ns)",
     &EviConfig::tool_timeout, 10 * GST_MSECOND, 600 * GST_SECOND, 5 * GST_SECOND},
    {"connect-timeout", "Connect timeout",
     "How long a dial may take, and again the first message of the chat; 10 ms to 2 min, default 10 s (ns)",
     &EviConfig::connect_timeout, 10 * GST_MSECOND, 120 * GST_SECOND, 10 * GST_SECOND},
    {"chunk", "Chunk",
     "Caller audio per message to the agent, and the longest it is held back for that; more means less CPU and more "
     "delay; 10 ms to 100 ms, default 20 ms, which is what Hume asks for (ns)",
     &EviConfig::chunk, 10 * GST_MSECOND, 100 * GST_MSECOND, 20 * GST_MSECOND},
    {"reorder-timeout", "Reorder timeout",
     "How long audio that came too early waits for what belongs before it, which is then left out; 10 ms to 5 s, "
     "default 200 ms (ns)",
     &EviConfig::reorder_timeout, 10 * GST_MSECOND, 5 * GST_SECOND, 200 * GST_MSECOND},
};

constexpr agent::SwitchProperty<EviConfig> kSwitches[] = {
    {"verbose-transcription", "Verbose transcription",
     "Asks for interim transcripts, which also tell earlier that the caller speaks; default: on",
     &EviConfig::verbose_transcription, true},
    {"binary-audio", "Binary audio",
     "Sends caller audio as binary frames and not as audio_input messages: a quarter less on the wire, as Hume's own "
     "microphone clients do; default: off",
     &EviConfig::binary_audio, false},
};

constexpr agent::NumberProperty<EviConfig> kNumbers[] = {
    {"input-rate", "Input rate",
     "Sample rate of the caller audio that goes to Hume; 8000 to 48000, 0 = as it comes, default 16000 (Hz)",
     &EviConfig::input_rate, 0, 48'000, 16'000},
    {"output-rate", "Output rate",
     "Sample rate that Hume's audio is expected at; what its WAV headers say wins; 8000 to 48000, default 48000 (Hz)",
     &EviConfig::output_rate, 8'000, 48'000, 48'000},
};

constexpr agent::PropertyTable<EviConfig> kTable{kTexts, kDurations, kSwitches, kNumbers};

}  // namespace

const agent::PropertyTable<EviConfig>& Evi::properties() { return kTable; }

}  // namespace trunkline::hume
