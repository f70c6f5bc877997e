// A call's params against the graph's schema: coerced where a carrier can only send text, validated, defaults filled
// in.
#include <algorithm>
#include <charconv>
#include <iterator>
#include <nlohmann/json.hpp>

#include "engine/graph/json_schema.h"
#include "engine/graph/plan.h"

namespace trunkline::graph {
namespace {

using nlohmann::json;

std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

/// The types a property's schema names; all when it names none.
std::vector<std::string> types_of(const json& schema) {
    const auto type = schema.is_object() ? schema.find("type") : schema.end();
    if (!schema.is_object() || type == schema.end()) return {};
    if (type->is_string()) return {type->get<std::string>()};
    std::vector<std::string> types;
    for (const json& one : *type) {
        if (one.is_string()) types.push_back(one.get<std::string>());
    }
    return types;
}

template <class Number>
std::optional<Number> parse_number(const std::string& text) {
    Number n{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(n) : std::nullopt;
}

/// A text as what the schema asks for, when it can be nothing else: a schema that takes strings gets the string.
json coerce(const std::string& text, const json& schema) {
    const std::vector<std::string> types = types_of(schema);
    const auto takes = [&](const char* type) { return std::find(types.begin(), types.end(), type) != types.end(); };
    if (types.empty() || takes("string")) return text;
    if (takes("integer") || takes("number")) {
        if (const auto whole = parse_number<int64_t>(text)) return *whole;
    }
    if (takes("number")) {
        if (const auto number = parse_number<double>(text)) return *number;
    }
    if (takes("boolean") && (text == "true" || text == "false")) return text == "true";
    return text;  // the validator says what is wrong with it
}

Result<std::string> check(const Plan& plan, const json& schema, json values) {
    for (const auto& [name, sub] : schema["properties"].items()) {
        if (sub.is_object() && sub.contains("default") && !values.contains(name)) values[name] = sub["default"];
    }
    for (const auto& [name, value] : values.items()) {
        if (schema["properties"].contains(name)) continue;
        std::vector<std::string> known;
        for (const auto& [key, sub] : schema["properties"].items()) known.push_back(key);
        const std::string near = nearest_word(name, known);
        return fail("bad-params", "params." + name + ": the graph \"" + plan.name + "\" has no such param" +
                                      (near.empty() ? "" : " (did you mean \"" + near + "\"?)"));
    }
    for (const json& required : schema.value("required", json::array())) {
        if (!values.contains(required.get<std::string>()))
            return fail("bad-params", "params." + required.get<std::string>() + ": missing, and it has no default");
    }
    std::string text = dump(values);
    const auto problems = validate_json(plan.params_schema, text);
    if (problems.empty()) return text;
    // The validator tells the innermost problem first; the field it names is the useful one.
    const auto named =
        std::find_if(problems.begin(), problems.end(), [](const SchemaProblem& p) { return !p.field.empty(); });
    const SchemaProblem& problem = named == problems.end() ? problems.front() : *named;
    return fail("bad-params",
                "params" + (problem.field.empty() ? std::string() : "." + problem.field) + ": " + problem.message);
}

}  // namespace

Result<std::string> check_params(const Plan& plan, std::string_view params_json) {
    try {
        if (params_json.find_first_not_of(" \t\r\n") == std::string_view::npos) params_json = "{}";
        if (const auto size = validate_json("{}", std::string(params_json)); !size.empty())
            return fail("bad-params", "params: " + size.front().message);
        json values = json::parse(params_json);
        if (!values.is_object()) return fail("bad-params", "params: must be a JSON object");
        return check(plan, json::parse(plan.params_schema), std::move(values));
    } catch (const std::exception& error) {
        return fail("bad-params", std::string("params: ") + error.what());
    }
}

Result<std::string> check_params(const Plan& plan, const std::vector<std::pair<std::string, std::string>>& params) {
    try {
        const json schema = json::parse(plan.params_schema);
        json values = json::object();
        for (const auto& [name, text] : params) {
            const auto property = schema["properties"].find(name);
            values[name] = property == schema["properties"].end() ? json(text) : coerce(text, *property);
        }
        return check(plan, schema, std::move(values));
    } catch (const std::exception& error) {
        return fail("bad-params", std::string("params: ") + error.what());
    }
}

std::vector<std::pair<std::string, std::string>> known_params(
    const Plan& plan, const std::vector<std::pair<std::string, std::string>>& params) {
    const json schema = json::parse(plan.params_schema, nullptr, false);
    std::vector<std::pair<std::string, std::string>> known;
    if (!schema.is_object() || !schema.contains("properties")) return known;
    std::copy_if(params.begin(), params.end(), std::back_inserter(known),
                 [&](const auto& param) { return schema["properties"].contains(param.first); });
    return known;
}

}  // namespace trunkline::graph
