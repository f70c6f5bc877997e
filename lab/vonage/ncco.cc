// The rules of every action, one function each.
#include "lab/vonage/ncco.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <map>

namespace trunkline::lab::vonage {
namespace {

constexpr size_t kMaxTalk = 1500;

/// Judges one action; remembers the first fault.
class Judge {
  public:
    Judge(const Json& body, NccoAction& action, const NccoLimits& limits)
        : body_(body), action_(action), limits_(limits) {}

    const std::string& fault() const { return fault_; }
    void refuse(const std::string& what) {
        if (fault_.empty()) fault_ = what;
    }

    void only(const Json& object, std::initializer_list<std::string_view> known, const std::string& where) {
        for (const auto& key : object.keys()) {
            if (std::find(known.begin(), known.end(), key) == known.end())
                refuse("unknown field '" + key + "'" + (where.empty() ? "" : " in " + where));
        }
    }
    void flag(const char* key) {
        if (body_[key].exists() && !body_[key].is_bool()) refuse(std::string(key) + " is not true or false");
    }
    void number(const Json& object, const char* key, double least, double most, bool whole = false) {
        const Json value = object[key];
        if (!value.exists()) return;
        const double number = value.number_or(NAN);
        if (!value.is_number() || !(number >= least && number <= most) || (whole && number != std::floor(number))) {
            char text[96];
            std::snprintf(text, sizeof text, "%s is not a%s number from %g to %g", key, whole ? " whole" : "", least,
                          most);
            refuse(text);
        }
    }
    std::string word(const Json& object, const char* key, std::initializer_list<std::string_view> known,
                     std::string_view fallback) {
        const Json value = object[key];
        if (!value.exists()) return std::string(fallback);
        std::string text = value.text_or("");
        if (std::find(known.begin(), known.end(), text) == known.end())
            refuse(std::string(key) + " is " + value.dump() + ", which is not known");
        return text;
    }
    /// An array of exactly one http or https URL.
    std::string one_url(const char* key, bool needed) {
        const Json value = body_[key];
        if (!value.exists()) {
            if (needed) refuse(std::string(key) + " is missing");
            return "";
        }
        std::string url = value.at(0).text_or("");
        if (!value.is_array() || value.size() != 1 || !(url.starts_with("http://") || url.starts_with("https://")))
            refuse(std::string(key) + " is not an array of exactly one http or https URL");
        return url;
    }
    void events() {
        action_.event_url = one_url("eventUrl", false);
        action_.event_method = word(body_, "eventMethod", {"GET", "POST"}, "POST");
    }

    void talk();
    void stream();
    void record();
    void conversation();
    void input();
    void notify();
    void wait();
    void connect();

  private:
    void endpoint(const Json& endpoint);
    void socket(const Json& endpoint);

    const Json& body_;
    NccoAction& action_;
    const NccoLimits& limits_;
    std::string fault_;
};

void Judge::talk() {
    only(body_, {"action", "text", "bargeIn", "loop", "level", "language", "style", "premium", "voiceName"}, "");
    action_.text = body_["text"].text_or("");
    if (action_.text.empty()) refuse("text is missing or empty");
    if (action_.text.size() > kMaxTalk) refuse("text is longer than 1500 characters");
    flag("bargeIn");
    flag("premium");
    number(body_, "loop", 0, 1e9, true);
    number(body_, "level", -1, 1);
    number(body_, "style", 0, 1e3, true);
}

void Judge::stream() {
    only(body_, {"action", "streamUrl", "bargeIn", "loop", "level"}, "");
    action_.text = one_url("streamUrl", true);
    flag("bargeIn");
    number(body_, "loop", 0, 1e9, true);
    number(body_, "level", -1, 1);
}

void Judge::record() {
    only(body_,
         {"action", "format", "split", "channels", "endOnSilence", "endOnKey", "timeOut", "beepStart", "eventUrl",
          "eventMethod", "transcription"},
         "");
    word(body_, "format", {"mp3", "wav", "ogg"}, "mp3");
    word(body_, "split", {"conversation"}, "");
    number(body_, "channels", 1, 32, true);
    number(body_, "endOnSilence", 3, 10);
    number(body_, "timeOut", 3, 7200);
    flag("beepStart");
    events();
}

void Judge::conversation() {
    only(body_,
         {"action", "name", "musicOnHoldUrl", "startOnEnter", "endOnExit", "record", "canSpeak", "canHear", "mute",
          "eventUrl", "eventMethod", "transcription"},
         "");
    action_.text = body_["name"].text_or("");
    if (action_.text.empty()) refuse("name is missing");
    events();
}

void Judge::input() {
    only(body_, {"action", "type", "dtmf", "speech", "mode", "eventUrl", "eventMethod"}, "");
    const Json type = body_["type"];
    if (!type.is_array() || type.size() == 0) refuse("type is not an array of dtmf and speech");
    for (size_t i = 0; i < type.size(); ++i) {
        const std::string one = type.at(i).text_or("");
        if (one != "dtmf" && one != "speech") refuse("type holds " + type.at(i).dump());
    }
    number(body_["dtmf"], "timeOut", 0, 10);
    number(body_["dtmf"], "maxDigits", 1, 20, true);
    number(body_["speech"], "endOnSilence", 0.4, 10);
    number(body_["speech"], "startTimeout", 1, 60);
    number(body_["speech"], "maxDuration", 1, 60);
    events();
}

void Judge::notify() {
    only(body_, {"action", "payload", "eventUrl", "eventMethod"}, "");
    if (!body_["payload"].is_object()) refuse("payload is not an object");
    one_url("eventUrl", true);
    events();
}

void Judge::wait() {
    only(body_, {"action", "timeout"}, "");
    number(body_, "timeout", 0.1, 7200);
    action_.seconds = body_["timeout"].number_or(10);
}

void Judge::connect() {
    only(body_,
         {"action", "endpoint", "from", "randomFromNumber", "eventType", "timeout", "limit", "machineDetection",
          "advancedMachineDetection", "eventUrl", "eventMethod", "ringbackTone"},
         "");
    const std::string from = body_["from"].text_or("");
    if (!std::all_of(from.begin(), from.end(), [](char c) { return c >= '0' && c <= '9'; }))
        refuse("from holds something else than digits");
    if (body_["from"].exists() && body_["randomFromNumber"].bool_or(false))
        refuse("from and randomFromNumber exclude each other");
    action_.synchronous = word(body_, "eventType", {"synchronous"}, "") == "synchronous";
    word(body_, "machineDetection", {"continue", "hangup"}, "");
    number(body_, "timeout", 1, 7200);
    number(body_, "limit", 1, 7200);
    action_.seconds = body_["limit"].number_or(0);
    events();
    const Json endpoints = body_["endpoint"];
    if (!endpoints.is_array() || endpoints.size() != 1 || !endpoints.at(0).is_object())
        return refuse("endpoint is not an array of exactly one object");
    endpoint(endpoints.at(0));
}

void Judge::endpoint(const Json& endpoint) {
    const std::string type = word(endpoint, "type", {"phone", "app", "websocket", "sip", "vbc"}, "");
    if (type.empty()) return refuse("endpoint.type is missing");
    if (type == "websocket") return socket(endpoint);
    for (const char* key : {"number", "uri", "user", "extension"}) {
        if (endpoint[key].exists()) action_.text = endpoint[key].text_or("");
    }
    if (action_.text.empty()) refuse("endpoint of type " + type + " leads nowhere");
}

void Judge::socket(const Json& endpoint) {
    only(endpoint, {"type", "uri", "content-type", "headers", "authorization"}, "the websocket endpoint");
    auto& socket = action_.endpoint;
    action_.to_socket = true;
    socket.uri = endpoint["uri"].text_or("");
    action_.text = socket.uri.substr(0, socket.uri.find('?'));
    if (!socket.uri.starts_with("ws://") && !socket.uri.starts_with("wss://"))
        refuse("endpoint.uri is no ws:// or wss:// URL");
    if (limits_.max_uri > 0 && socket.uri.size() > limits_.max_uri)
        refuse("endpoint.uri is longer than " + std::to_string(limits_.max_uri) + " characters");
    socket.content_type = endpoint["content-type"].text_or("");
    for (int rate : {8000, 16000, 24000}) {
        if (socket.content_type == "audio/l16;rate=" + std::to_string(rate)) socket.rate = rate;
    }
    if (socket.rate == 0) {
        refuse("endpoint.content-type is " + endpoint["content-type"].dump() +
               "; audio/l16;rate=8000, 16000 or 24000 is wanted");
    }
    socket.headers = endpoint["headers"];
    if (socket.headers.exists() && !socket.headers.is_object()) refuse("endpoint.headers is not an object");
    if (limits_.max_header_bytes > 0 && socket.headers.exists() &&
        socket.headers.dump().size() > limits_.max_header_bytes)
        refuse("endpoint.headers is larger than " + std::to_string(limits_.max_header_bytes) + " bytes");
    const Json authorization = endpoint["authorization"];
    if (!authorization.exists()) return;
    only(authorization, {"type", "value"}, "authorization");
    socket.authorization = word(authorization, "type", {"vonage", "custom"}, "");
    if (socket.authorization.empty()) refuse("authorization.type is missing");
    socket.custom_value = authorization["value"].text_or("");
    if (socket.authorization == "custom" && socket.custom_value.empty()) refuse("authorization.value is missing");
    if (socket.custom_value.find_first_of("\r\n") != std::string::npos)
        refuse("authorization.value holds a line break");
}

}  // namespace

Result<std::vector<NccoAction>> parse_ncco(std::string_view text, const NccoLimits& limits) {
    using Rule = void (Judge::*)();
    static const std::map<std::string, Rule> kRules = {
        {"talk", &Judge::talk},   {"stream", &Judge::stream},   {"record", &Judge::record},
        {"input", &Judge::input}, {"notify", &Judge::notify},   {"conversation", &Judge::conversation},
        {"wait", &Judge::wait},   {"connect", &Judge::connect}, {"transfer", nullptr},
        {"pay", nullptr},  // known by name only
    };
    auto document = Json::parse(text);
    if (!document) return fail("bad-ncco", "the NCCO is no JSON: " + document.error().message);
    if (!document->is_array()) return fail("bad-ncco", "the NCCO is no array of actions");
    std::vector<NccoAction> actions;
    for (size_t i = 0; i < document->size(); ++i) {
        NccoAction action;
        action.body = document->at(i);
        action.name = action.body["action"].text_or("");
        const std::string where = "action " + std::to_string(i + 1) + " of the NCCO (" + action.name + "): ";
        auto rule = kRules.find(action.name);
        if (rule == kRules.end()) return fail("bad-ncco", where + "no such action");
        Judge judge(action.body, action, limits);
        if (rule->second != nullptr) (judge.*(rule->second))();
        if (!judge.fault().empty()) return fail("bad-ncco", where + judge.fault());
        actions.push_back(std::move(action));
    }
    return actions;
}

}  // namespace trunkline::lab::vonage
