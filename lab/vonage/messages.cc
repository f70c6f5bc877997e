// Message texts; see the header.
#include "lab/vonage/messages.h"

namespace trunkline::lab::vonage {

std::string connected_message(const std::string& content_type, const Json& headers, const FormFields& extra) {
    JsonWriter w;
    w.begin_object().field("event", "websocket:connected").field("content-type", content_type);
    for (const auto& key : headers.exists() ? headers.keys() : std::vector<std::string>{}) {
        if (key != "event" && key != "content-type") w.raw_field(key, headers[key].dump());
    }
    for (const auto& [name, value] : extra) w.field(name, value);
    w.end();
    return w.take();
}

std::string dtmf_message(char digit, int duration_ms, DtmfForm form) {
    const std::string text(1, digit);
    JsonWriter w;
    w.begin_object();
    if (form != DtmfForm::kBare) w.field("event", "websocket:dtmf");
    if (form == DtmfForm::kNested) w.key("dtmf").begin_object();
    w.field("digit", text).field("duration", duration_ms);
    if (form == DtmfForm::kNested) w.end();
    w.end();
    return w.take();
}

std::string cleared_message() { return R"({"event":"websocket:cleared"})"; }

std::string notify_message(std::string_view payload) {
    return R"({"event":"websocket:notify","payload":)" + std::string(payload) + "}";
}

std::string media_update_message(bool active, const std::string& content_type) {
    JsonWriter w;
    w.begin_object().field("event", "websocket:media:update").field("method", "update").field("active", active);
    w.field("content-type", content_type).end();
    return w.take();
}

std::string unknown_message() { return R"({"event":"websocket:weather","sky":["grey",null,{"deep":true}]})"; }

tl::expected<ServerText, std::string> read_server_text(std::string_view text) {
    auto json = Json::parse(text);
    if (!json || !json->is_object()) return tl::unexpected<std::string>("a text message that is no JSON object");
    const std::string action = (*json)["action"].text_or("");
    const Json payload = (*json)["payload"];
    if (action == "clear") {
        if (json->size() == 1) return ServerText{true, ""};
        return tl::unexpected<std::string>("a clear with further fields");
    }
    if (action != "notify") return tl::unexpected<std::string>("action '" + action + "' is unknown");
    if (!payload.is_object()) return tl::unexpected<std::string>("a notify whose payload is no object");
    if (json->size() != 2) return tl::unexpected<std::string>("a notify with further fields");
    return ServerText{false, payload.dump()};
}

std::string notify_name(std::string_view payload) {
    auto json = Json::parse(payload);
    if (!json) return std::string(payload);
    for (const char* key : {"id", "name", "mark"}) {
        if ((*json)[key].is_string()) return (*json)[key].text_or("");
    }
    return std::string(payload);
}

}  // namespace trunkline::lab::vonage
