// The properties of deepgramagent: one table of names, texts and members, so that a property is one line.
#include "elements/deepgram/agent.h"

namespace trunkline::deepgram {
namespace {

constexpr agent::TextProperty<AgentConfig> kTexts[] = {
    {"url", "URL", "Address of the voice agent, wss:// or ws://; ws:// is for simulators on the same machine",
     &AgentConfig::url},
    {"api-key", "API key",
     "Deepgram API key or short-lived token; can be set and not read; default: the environment variable "
     "DEEPGRAM_API_KEY",
     &AgentConfig::api_key, true},
    {"settings", "Settings",
     "Path of a JSON file with a Settings message as Deepgram documents it, or that JSON itself; properties win over "
     "it; "
     "its audio section is not used, the pads decide that; default: none",
     &AgentConfig::settings},
    {"greeting", "Greeting", "What the agent says first; default: as in settings, else nothing",
     &AgentConfig::greeting},
    {"prompt", "Prompt",
     "Instructions to the model, at most 25000 characters for models that Deepgram runs; default: as in settings",
     &AgentConfig::prompt},
    {"language", "Language", "Language of the caller as a BCP-47 tag (\"de\"); default: as in settings, else English",
     &AgentConfig::language},
    {"listen-model", "Listen model",
     "Speech recognition model (\"flux-general-en\", \"nova-3\"); default: as in settings, else flux-general-en for "
     "English and nova-3 for other languages",
     &AgentConfig::listen_model},
    {"think-provider", "Think provider",
     "Who runs the language model: open_ai, anthropic, google, groq, aws_bedrock, …; default: as in settings, else "
     "open_ai",
     &AgentConfig::think_provider},
    {"think-model", "Think model", "Language model; default: as in settings, else gpt-4o-mini",
     &AgentConfig::think_model},
    {"speak-model", "Speak model", "Deepgram voice; default: as in settings, else aura-2-thalia-en",
     &AgentConfig::speak_model},
    {"functions", "Functions",
     "JSON list of the functions the model may call, in place of the list in settings; one without `endpoint` is "
     "answered "
     "through tool-url or the action tool-result; default: as in settings",
     &AgentConfig::functions},
    {"agent-id", "Agent id",
     "UUID of an agent configuration stored at Deepgram, in place of all that describes the agent; default: none",
     &AgentConfig::agent_id},
    {"tags", "Tags", "Tags of the session in Deepgram's usage reports, separated by commas; default: as in settings",
     &AgentConfig::tags},
    {"tool-url", "Tool URL",
     "http:// or https:// address that gets a POST {call_id, tool_call_id, name, arguments} per function call and "
     "answers "
     "with the result; default: none, the action tool-result brings the results",
     &AgentConfig::tool_url},
    {"tool-secret", "Tool secret",
     "Signs the requests to tool-url (headers webhook-id, webhook-timestamp, webhook-signature); can be set and not "
     "read; "
     "default: no signature",
     &AgentConfig::tool_secret, true},
};

constexpr agent::DurationProperty<AgentConfig> kDurations[] = {
    {"tool-timeout", "Tool timeout",
     "How long a function may take; then the agent gets an error as its result; 10 ms to 10 min, default 5 s (ns)",
     &AgentConfig::tool_timeout, 10 * GST_MSECOND, 600 * GST_SECOND, 5 * GST_SECOND},
    {"keep-alive", "Keep alive",
     "After that long without caller audio a KeepAlive message is sent; 10 ms to 1 min, default 8 s, which is what "
     "Deepgram asks for (ns)",
     &AgentConfig::keep_alive, 10 * GST_MSECOND, 60 * GST_SECOND, 8 * GST_SECOND},
    {"connect-timeout", "Connect timeout",
     "How long a dial may take, and again each answer of the handshake; 10 ms to 2 min, default 10 s (ns)",
     &AgentConfig::connect_timeout, 10 * GST_MSECOND, 120 * GST_SECOND, 10 * GST_SECOND},
    {"chunk", "Chunk",
     "Caller audio per message to the agent, and the longest it is held back for that; more means less CPU and more "
     "delay; 10 ms to 100 ms, default 20 ms (ns)",
     &AgentConfig::chunk, 10 * GST_MSECOND, 100 * GST_MSECOND, 20 * GST_MSECOND},
};

constexpr agent::SwitchProperty<AgentConfig> kSwitches[] = {
    {"mip-opt-out", "MIP opt-out",
     "Keeps the call out of Deepgram's model improvement program; default: as in settings", &AgentConfig::mip_opt_out,
     false},
    {"history", "History", "Asks for History messages; default: as in settings, else on", &AgentConfig::history, true},
    {"experimental", "Experimental", "Switches Deepgram's undocumented features on; default: as in settings",
     &AgentConfig::experimental, false},
};

constexpr agent::NumberProperty<AgentConfig> kNumbers[] = {
    {"output-rate", "Output rate",
     "Sample rate of what the agent answers in; 8000 to 48000, 0 = what fits, default 0 (Hz)",
     &AgentConfig::output_rate, 0, 48'000, 0},
};

GType output_format_type() {
    static const GEnumValue values[] = {
        {static_cast<int>(AgentConfig::Output::kAuto), "As the caller's, else what the next element takes", "auto"},
        {static_cast<int>(AgentConfig::Output::kMulaw), "G.711 mu-law, 8 kHz", "mulaw"},
        {static_cast<int>(AgentConfig::Output::kLinear16), "16-bit linear PCM", "linear16"},
        {0, nullptr, nullptr}};
    static const GType type = g_enum_register_static("DeepgramAgentOutputFormat", values);
    return type;
}

constexpr agent::ChoiceProperty<AgentConfig> kChoices[] = {
    {"output-format", "Output format",
     "What the agent answers in: auto, mulaw (8 kHz) or linear16; default: auto, the caller's own format if the next "
     "element takes it",
     output_format_type, [](const AgentConfig& config) { return static_cast<int>(config.output_format); },
     [](AgentConfig& config, int value) { config.output_format = static_cast<AgentConfig::Output>(value); }},
};

constexpr agent::PropertyTable<AgentConfig> kTable{kTexts, kDurations, kSwitches, kNumbers, kChoices};

}  // namespace

const agent::PropertyTable<AgentConfig>& Agent::properties() { return kTable; }

}  // namespace trunkline::deepgram
