// The tables: every message a client may send to /v0/evi/chat, field by field.
#include <map>

#include "lab/hume/settings.h"

namespace trunkline::lab::hume {
namespace {

using agent::Field;
using agent::Shape;
using K = agent::Kind;

const Field kType{"type", K::kText, true};
const Field kCustom{"custom_session_id"};
const Field kToolType{"tool_type", K::kText, false, nullptr, {"builtin", "function"}};

const Shape& settings_shape() {
    static const Shape kAnything{};
    static const Shape kAudio{{{"encoding", K::kText, true, nullptr, {"linear16"}},
                               {"sample_rate", K::kInteger, true},
                               {"channels", K::kInteger, true},
                               {"codec", K::kText}}};
    static const Shape kContext{
        {{"text", K::kText, true}, {"type", K::kText, false, nullptr, {"persistent", "temporary"}}}};
    static const Shape kBuiltin{
        {{"name", K::kText, true, nullptr, {"web_search", "hang_up"}}, {"fallback_content", K::kText}}};
    static const Shape kTool{{{"type", K::kText, true, nullptr, {"function"}},
                              {"name", K::kText, true},
                              {"parameters", K::kText, true},
                              {"description", K::kText},
                              {"fallback_content", K::kText}},
                             nullptr,
                             {},
                             nullptr,
                             nullptr};
    static const Shape kSettings{{kType,
                                  kCustom,
                                  {"audio", K::kObjectOrNull, false, &kAudio},
                                  {"builtin_tools", K::kList, false, &kBuiltin},
                                  {"context", K::kObjectOrNull, false, &kContext},
                                  {"language_model_api_key", K::kText},
                                  {"metadata", K::kObjectOrNull, false, &kAnything},
                                  {"system_prompt", K::kText},
                                  {"tools", K::kList, false, &kTool},
                                  {"variables", K::kObjectOrNull, false, &kAnything},
                                  {"voice_id", K::kText}}};
    return kSettings;
}

}  // namespace

const Shape* shape_of_message(const std::string& type) {
    static const Shape kBare{{kType, kCustom}};
    static const Shape kAudio{{kType, kCustom, {"data", K::kText, true}}};
    static const Shape kText{{kType, kCustom, {"text", K::kText, true}}};
    static const Shape kResponse{{kType,
                                  kCustom,
                                  {"tool_call_id", K::kText, true},
                                  {"content", K::kText, true},
                                  {"tool_name", K::kText},
                                  kToolType}};
    static const Shape kError{{kType,
                               kCustom,
                               {"tool_call_id", K::kText, true},
                               {"error", K::kText, true},
                               {"code", K::kText},
                               {"content", K::kText},
                               {"level", K::kText, false, nullptr, {"warn"}},
                               kToolType}};
    static const std::map<std::string, const Shape*> kShapes = {
        {"session_settings", &settings_shape()},
        {"audio_input", &kAudio},
        {"user_input", &kText},
        {"assistant_input", &kText},
        {"pause_assistant_message", &kBare},
        {"resume_assistant_message", &kBare},
        {"tool_response", &kResponse},
        {"tool_error", &kError},
    };
    const auto it = kShapes.find(type);
    return it == kShapes.end() ? nullptr : it->second;
}

agent::Checked check_message(std::string_view json, std::string& type) {
    return agent::check_message(json, shape_of_message, {"E0100", "E0101"}, type);
}

}  // namespace trunkline::lab::hume
