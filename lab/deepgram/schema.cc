// The tables: every message a client may send to /v1/agent/converse, field by field.
#include "lab/deepgram/schema.h"

#include <map>

namespace trunkline::lab::deepgram {
namespace {

using K = Kind;

const Shape kAnything{{}, nullptr, {}, nullptr, nullptr};

const Shape& audio_shape() {
    static const Shape kInput{
        {{"encoding",
          K::kText,
          true,
          nullptr,
          {"linear16", "linear32", "flac", "alaw", "mulaw", "amr-nb", "amr-wb", "opus", "ogg-opus", "speex", "g729"}},
         {"sample_rate", K::kInteger}}};
    static const Shape kOutput{
        {{"encoding", K::kText, false, nullptr, {"linear16", "mulaw", "alaw", "mp3", "opus", "flac", "aac"}},
         {"sample_rate", K::kInteger},
         {"bitrate", K::kInteger},
         {"container", K::kText, false, nullptr, {"none", "wav", "ogg"}}}};
    static const Shape kAudio{{{"input", K::kObject, false, &kInput}, {"output", K::kObject, false, &kOutput}}};
    return kAudio;
}

const Shape& endpoint_shape() {
    static const Shape kEndpoint{{{"url", K::kText, true}, {"headers", K::kAny}}};
    return kEndpoint;
}

const Shape& listen_shape() {
    static const Shape kV1{{{"type", K::kText, true, nullptr, {"deepgram"}},
                            {"version", K::kText, false, nullptr, {"v1"}},
                            {"model", K::kText},
                            {"language", K::kText},
                            {"keyterms", K::kList},
                            {"smart_format", K::kBool}}};
    static const Shape kV2{{{"type", K::kText, true, nullptr, {"deepgram"}},
                            {"version", K::kText, true, nullptr, {"v2"}},
                            {"model", K::kText},
                            {"language_hints", K::kList},
                            {"eot_threshold", K::kNumber},
                            {"eager_eot_threshold", K::kNumber},
                            {"eot_timeout_ms", K::kInteger},
                            {"keyterms", K::kList}}};
    static const Shape kProvider{{}, "version", {{"v2", &kV2}, {"", &kV1}}};
    static const Shape kListen{{{"provider", K::kObject, true, &kProvider}}};
    return kListen;
}

const Shape& think_shape() {
    static const Shape kCallEndpoint{{{"url", K::kText, true}, {"method", K::kText}, {"headers", K::kAny}}};
    static const Shape kFunction{{{"name", K::kText, true},
                                  {"description", K::kText},
                                  {"parameters", K::kObject, false, &kAnything},
                                  {"endpoint", K::kObject, false, &kCallEndpoint},
                                  {"defer_until_eot", K::kBool}},
                                 nullptr,
                                 {},
                                 "client_side",
                                 "the server sets client_side; leave `endpoint` out for a client-side function"};
    static const Shape kProvider{{{"type",
                                   K::kText,
                                   true,
                                   nullptr,
                                   {"open_ai", "anthropic", "google", "groq", "aws_bedrock", "nvidia", "deepgram"}},
                                  {"model", K::kText, true},
                                  {"temperature", K::kNumber},
                                  {"reasoning_mode", K::kText},
                                  {"version", K::kText},
                                  {"credentials", K::kAny}},
                                 nullptr,
                                 {},
                                 "endpoint",
                                 "`endpoint` stands beside `provider`, not inside"};
    static const Shape kThink{{{"provider", K::kObject, true, &kProvider},
                               {"endpoint", K::kObject, false, &endpoint_shape()},
                               {"prompt", K::kText},
                               {"context_length", K::kTextOrNumber},
                               {"functions", K::kList, false, &kFunction}}};
    return kThink;
}

const Shape& speak_shape() {
    static const Field kType{"type", K::kText, true};
    static const Shape kDeepgram{{kType,
                                  {"model", K::kText, true},
                                  {"version", K::kText, false, nullptr, {"v1", "v2"}},
                                  {"speed", K::kNumber},
                                  {"expressivity", K::kAny}}};
    static const Shape kEleven{{kType, {"model_id", K::kText, true}, {"language", K::kText}}};
    static const Shape kVoice{{{"mode", K::kText, true}, {"id", K::kText, true}}};
    static const Shape kCartesia{{kType,
                                  {"model_id", K::kText, true},
                                  {"voice", K::kObject, true, &kVoice},
                                  {"language", K::kText},
                                  {"volume", K::kNumber}}};
    static const Shape kOpenAi{{kType, {"model", K::kText, true}, {"voice", K::kText, true}}};
    static const Shape kPolly{{kType,
                               {"voice", K::kText, true},
                               {"language", K::kText, true},
                               {"engine", K::kText, true},
                               {"credentials", K::kAny, true}}};
    static const Shape kProvider{{},
                                 "type",
                                 {{"deepgram", &kDeepgram},
                                  {"eleven_labs", &kEleven},
                                  {"cartesia", &kCartesia},
                                  {"open_ai", &kOpenAi},
                                  {"aws_polly", &kPolly}},
                                 "endpoint",
                                 "`endpoint` stands beside `provider`, not inside"};
    static const Shape kSpeak{
        {{"provider", K::kObject, true, &kProvider}, {"endpoint", K::kObject, false, &endpoint_shape()}}};
    return kSpeak;
}

const Shape& agent_shape() {
    static const Shape kCall{{{"id", K::kText, true},
                              {"name", K::kText, true},
                              {"client_side", K::kBool, true},
                              {"arguments", K::kText, true},
                              {"response", K::kText, true},
                              {"thought_signature", K::kText}}};
    static const Shape kMessage{{{"type", K::kText, true, nullptr, {"History"}},
                                 {"role", K::kText, false, nullptr, {"user", "assistant"}},
                                 {"content", K::kText},
                                 {"function_calls", K::kList, false, &kCall}}};
    static const Shape kContext{{{"messages", K::kList, false, &kMessage}}};
    static const Shape kAgent{{{"language", K::kText},
                               {"greeting", K::kText},
                               {"context", K::kObject, false, &kContext},
                               {"listen", K::kObject, false, &listen_shape()},
                               {"think", K::kObjectOrList, false, &think_shape()},
                               {"speak", K::kObjectOrList, false, &speak_shape()}}};
    return kAgent;
}

const Shape& settings_shape() {
    static const Shape kFlags{{{"history", K::kBool}}};
    static const Shape kSettings{{{"type", K::kText, true},
                                  {"tags", K::kList},
                                  {"experimental", K::kBool},
                                  {"mip_opt_out", K::kBool},
                                  {"flags", K::kObject, false, &kFlags},
                                  {"audio", K::kObject, true, &audio_shape()},
                                  {"agent", K::kAgent, true, &agent_shape()}}};
    return kSettings;
}

}  // namespace

const Shape* shape_of_message(const std::string& type) {
    static const Field kType{"type", K::kText, true};
    static const Shape kBare{{kType}};
    static const Shape kPrompt{{kType, {"prompt", K::kText, true}}};
    static const Shape kThink{{kType, {"think", K::kObjectOrList, true, &think_shape()}}};
    static const Shape kSpeak{{kType, {"speak", K::kObjectOrList, true, &speak_shape()}}};
    static const Shape kListen{{kType, {"listen", K::kObject, true, &listen_shape()}}};
    static const Shape kUser{{kType, {"content", K::kText, true}}};
    static const Shape kAgentText{{kType,
                                   {"message", K::kText, true},
                                   {"behavior", K::kText, false, nullptr, {"default", "queue", "interrupt"}}}};
    static const Shape kResponse{{kType,
                                  {"id", K::kText, true},
                                  {"name", K::kText, true},
                                  {"content", K::kText, true},
                                  {"thought_signature", K::kText}}};
    static const std::map<std::string, const Shape*> kShapes = {
        {"Settings", &settings_shape()},
        {"UpdatePrompt", &kPrompt},
        {"UpdateThink", &kThink},
        {"UpdateSpeak", &kSpeak},
        {"UpdateListen", &kListen},
        {"InjectUserMessage", &kUser},
        {"InjectAgentMessage", &kAgentText},
        {"FunctionCallResponse", &kResponse},
        {"ForceEndTurn", &kBare},
        {"KeepAlive", &kBare},
    };
    const auto it = kShapes.find(type);
    return it == kShapes.end() ? nullptr : it->second;
}

}  // namespace trunkline::lab::deepgram
