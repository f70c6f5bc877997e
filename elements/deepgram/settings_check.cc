// The server answers a wrong `Settings` with UNPARSABLE_CLIENT_MESSAGE and not with the place; these checks name it.
#include "elements/deepgram/settings_check.h"

#include <algorithm>

#include "elements/deepgram/deepgram_settings.h"

namespace trunkline::deepgram {
namespace {

size_t characters(std::string_view utf8) {
    return static_cast<size_t>(std::count_if(utf8.begin(), utf8.end(),
                                             [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

class Checker {
  public:
    explicit Checker(std::string_view where) : where_(where) {}

    Status document(const Json& doc) {
        if (doc["type"].exists() && doc["type"].text_or("") != "Settings") {
            return wrong("type", "must be \"Settings\", or be left out");
        }
        const Json agent = doc["agent"];
        if (agent.is_string()) {
            if (!is_uuid(agent.text_or(""))) return wrong("agent", "a text there must be the UUID of a stored agent");
            return {};
        }
        if (!agent.is_object()) return wrong("agent", "must be an object, or the UUID of a stored agent");
        if (agent["greeting"].exists() && !agent["greeting"].is_string())
            return wrong("agent.greeting", "must be a text");
        if (auto ok = one("agent.listen", agent["listen"]); !ok) return ok;
        if (auto ok = each("agent.think", agent["think"], &Checker::think); !ok) return ok;
        return each("agent.speak", agent["speak"], &Checker::one);
    }
    std::vector<std::string> take() { return std::move(client_functions_); }

  private:
    using Check = Status (Checker::*)(const std::string&, const Json&);

    tl::unexpected<Error> wrong(const std::string& place, std::string_view what) const {
        return fail("bad-settings", where_ + ": " + place + ": " + std::string(what));
    }

    /// `think` and `speak` are an object, or a list of them in the order they are tried.
    Status each(const std::string& place, const Json& value, Check check) {
        if (!value.is_array()) return (this->*check)(place, value);
        if (value.size() == 0) return wrong(place, "the list is empty; leave it out or name a provider");
        for (size_t i = 0; i < value.size(); ++i) {
            if (auto ok = (this->*check)(place + "[" + std::to_string(i) + "]", value.at(i)); !ok) return ok;
        }
        return {};
    }

    Status one(const std::string& place, const Json& value) {
        if (!value.is_object()) return wrong(place, "must be an object with `provider`");
        const Json provider = value["provider"];
        if (!provider.is_object()) return wrong(place + ".provider", "must be an object with `type`");
        if (provider["endpoint"].exists()) {
            return wrong(place + ".provider.endpoint",
                         "`endpoint` stands beside `provider`, not inside it: move it to " + place + ".endpoint");
        }
        if (provider["type"].text_or("").empty()) return wrong(place + ".provider.type", "is missing");
        return {};
    }

    Status think(const std::string& place, const Json& value) {
        if (auto ok = one(place, value); !ok) return ok;
        if (value["provider"]["model"].text_or("").empty()) {
            return wrong(place + ".provider.model", "is missing: name a model here or in the property think-model");
        }
        const Json prompt = value["prompt"];
        if (prompt.exists() && !prompt.is_string()) return wrong(place + ".prompt", "must be a text");
        // With an endpoint of one's own the model's context is the limit, and only its owner knows it.
        const size_t length = characters(prompt.text_or(""));
        if (length > Settings::kMaxPrompt && !value["endpoint"].exists()) {
            return wrong(place + ".prompt", "has " + std::to_string(length) + " characters, the limit is " +
                                                std::to_string(Settings::kMaxPrompt) + ": shorten it");
        }
        return functions(place + ".functions", value["functions"]);
    }

    Status functions(const std::string& place, const Json& list) {
        if (!list.exists()) return {};
        if (!list.is_array()) return wrong(place, "must be a list");
        std::vector<std::string> names;
        for (size_t i = 0; i < list.size(); ++i) {
            const std::string here = place + "[" + std::to_string(i) + "]";
            const Json function = list.at(i);
            if (auto ok = function_entry(here, function); !ok) return ok;
            std::string name = function["name"].text_or("");
            if (std::find(names.begin(), names.end(), name) != names.end()) {
                return wrong(here + ".name", "`" + name + "` is there twice");
            }
            if (!function["endpoint"].exists()) client_functions_.push_back(name);
            names.push_back(std::move(name));
        }
        return {};
    }

    Status function_entry(const std::string& here, const Json& function) {
        if (!function.is_object()) return wrong(here, "must be an object");
        if (function["name"].text_or("").empty()) return wrong(here + ".name", "is missing");
        if (function["client_side"].exists()) {
            return wrong(here + ".client_side",
                         "the server refuses this key: leave it out, a function without `endpoint` is the client's");
        }
        if (function["parameters"].exists() && !function["parameters"].is_object()) {
            return wrong(here + ".parameters", "must be a JSON Schema object");
        }
        if (function["endpoint"].exists() && function["endpoint"]["url"].text_or("").empty()) {
            return wrong(here + ".endpoint.url", "is missing");
        }
        return {};
    }

    std::string where_;
    std::vector<std::string> client_functions_;
};

}  // namespace

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const char c = text[i];
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex) return false;
    }
    return true;
}

Result<std::vector<std::string>> check_settings(const Json& doc, std::string_view where) {
    Checker checker(where);
    if (auto ok = checker.document(doc); !ok) return tl::unexpected(ok.error());
    return checker.take();
}

}  // namespace trunkline::deepgram
