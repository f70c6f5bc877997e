// Param schemas: our own walk finds misspelt keywords with their places, the validator library judges values.
// What the validator cannot read it tells by an exception; without this it would end the process.
#define VALIJSON_USE_EXCEPTIONS 1
#include "engine/graph/json_schema.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <unordered_map>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_visitor.hpp>

#include "engine/graph/substitute.h"

namespace trunkline::graph {
namespace {

using nlohmann::json;

enum class Shape {
    kText,
    kCount,
    kNumber,
    kBool,
    kAny,
    kList,
    kNames,
    kSchema,
    kSchemas,
    kSchemaMap,
    kBoolOrSchema,
    kType
};

const std::map<std::string, Shape, std::less<>> kKeywords = {{"type", Shape::kType},
                                                             {"title", Shape::kText},
                                                             {"description", Shape::kText},
                                                             {"default", Shape::kAny},
                                                             {"examples", Shape::kList},
                                                             {"enum", Shape::kList},
                                                             {"const", Shape::kAny},
                                                             {"format", Shape::kText},
                                                             {"pattern", Shape::kText},
                                                             {"minLength", Shape::kCount},
                                                             {"maxLength", Shape::kCount},
                                                             {"minimum", Shape::kNumber},
                                                             {"maximum", Shape::kNumber},
                                                             {"exclusiveMinimum", Shape::kNumber},
                                                             {"exclusiveMaximum", Shape::kNumber},
                                                             {"multipleOf", Shape::kNumber},
                                                             {"items", Shape::kSchema},
                                                             {"minItems", Shape::kCount},
                                                             {"maxItems", Shape::kCount},
                                                             {"uniqueItems", Shape::kBool},
                                                             {"properties", Shape::kSchemaMap},
                                                             {"required", Shape::kNames},
                                                             {"additionalProperties", Shape::kBoolOrSchema},
                                                             {"minProperties", Shape::kCount},
                                                             {"maxProperties", Shape::kCount},
                                                             {"anyOf", Shape::kSchemas},
                                                             {"oneOf", Shape::kSchemas},
                                                             {"allOf", Shape::kSchemas},
                                                             {"not", Shape::kSchema},
                                                             {"readOnly", Shape::kBool}};
const std::vector<std::string> kTypes = {"string", "integer", "number", "boolean", "array", "object", "null"};
// The validator's own expressions for formats run on an engine that recurses over its subject: only texts this short.
constexpr int64_t kMaxPatternSubject = 1024;
// Patterns of graphs run on libstdc++'s other engine, in time linear in the text: "^(a+)+$" and thirty letters would
// hold a shard for minutes. It knows no back-references.
constexpr auto kPatternSyntax = std::regex::ECMAScript | std::regex_constants::__polynomial;
constexpr size_t kMaxJsonBytes = 256U << 10;

std::vector<std::string> keyword_names() {
    std::vector<std::string> names;
    names.reserve(kKeywords.size());
    for (const auto& [name, shape] : kKeywords) names.push_back(name);
    return names;
}

class SchemaCheck {
  public:
    explicit SchemaCheck(Diagnostics& out) : out_(out) {}

    void check(const Tree& schema, const std::string& what) {
        if (!schema.is_map()) {
            problem(schema.mark(), what + " must be a JSON Schema, such as {type: string, maxLength: 200}");
            return;
        }
        for (const TreeEntry& entry : schema.entries) check_keyword(entry);
        check_pattern(schema);
    }

  private:
    void problem(const SourceMark& mark, std::string message, std::string nearest = {}) {
        report(out_, "bad-param-schema", mark, std::move(message), std::move(nearest));
    }
    void check_keyword(const TreeEntry& entry) {
        const auto keyword = kKeywords.find(entry.key);
        if (keyword == kKeywords.end()) {
            problem(entry.mark(),
                    entry.key == "$ref" ? "$ref is not supported: write the schema out"
                                        : "JSON Schema has no keyword \"" + entry.key + "\"",
                    nearest_word(entry.key, keyword_names()));
            return;
        }
        check_shape(entry.key, keyword->second, entry.value);
    }
    void check_shape(const std::string& key, Shape shape, const Tree& value) {
        const Value scalar = value.is_scalar() ? plain_value(value) : Value{};
        const bool is_number = scalar.kind == Value::Kind::kInteger || scalar.kind == Value::Kind::kNumber;
        const auto expect = [&](bool ok, const char* what) {
            if (!ok) problem(value.mark(), "\"" + key + "\" must be " + what);
        };
        switch (shape) {
            case Shape::kAny:
                break;
            case Shape::kType:
                check_type(value);
                break;
            case Shape::kText:
                expect(value.is_scalar() && scalar.kind == Value::Kind::kText, "text");
                if (key == "format") expect(!value.text.empty(), "the name of a format, such as date");
                break;
            case Shape::kCount:
                expect(scalar.kind == Value::Kind::kInteger && scalar.integer >= 0, "a whole number from 0");
                break;
            case Shape::kNumber:
                expect(is_number, "a number");
                if (is_number && key == "multipleOf")  // the validator would divide by it
                    expect(scalar.integer > 0 || scalar.number > 0, "a number above 0");
                break;
            case Shape::kBool:
                expect(scalar.kind == Value::Kind::kBool, "true or false");
                break;
            case Shape::kList:
            case Shape::kNames:
                expect(value.is_list() && (key != "enum" || !value.items.empty()), "a list");
                break;
            case Shape::kSchema:
                check(value, "\"" + key + "\"");
                break;
            case Shape::kBoolOrSchema:
                if (scalar.kind != Value::Kind::kBool) check(value, "\"" + key + "\"");
                break;
            case Shape::kSchemas:
                expect(value.is_list() && !value.items.empty(), "a list of schemas");
                for (const Tree& item : value.items) check(item, "each of \"" + key + "\"");
                break;
            case Shape::kSchemaMap:
                expect(value.is_map(), "a map of schemas");
                for (const TreeEntry& property : value.entries) check(property.value, "\"" + property.key + "\"");
                break;
        }
    }
    void check_type(const Tree& value) {
        if (value.is_list() && !value.items.empty()) {
            for (const Tree& item : value.items) check_type(item);
        } else if (!value.is_scalar() || std::find(kTypes.begin(), kTypes.end(), value.text) == kTypes.end()) {
            problem(value.mark(), "\"type\" must be string, integer, number, boolean, array, object or null",
                    nearest_word(value.text, kTypes));
        }
    }
    void check_pattern(const Tree& schema) {
        const Tree* pattern = schema.find("pattern");
        if (!pattern) return;
        const Tree* max = schema.find("maxLength");
        const Value length = max && max->is_scalar() ? plain_value(*max) : Value{};
        if (length.kind != Value::Kind::kInteger || length.integer > kMaxPatternSubject) {
            problem(pattern->mark(),
                    "a pattern needs a maxLength of at most " + std::to_string(kMaxPatternSubject) + " beside it");
        }
        if (pattern->text.size() > 256) return problem(pattern->mark(), "the pattern is longer than 256 characters");
        try {
            const std::regex probe(pattern->text, kPatternSyntax);
        } catch (const std::regex_error& error) {
            problem(pattern->mark(), std::string("not a regular expression: ") + error.what());
        }
    }
    Diagnostics& out_;
};

bool has_pattern(const json& schema) {
    if (schema.is_object() && (schema.contains("pattern") || schema.contains("format"))) return true;
    return schema.is_structured() && std::any_of(schema.begin(), schema.end(), has_pattern);
}

size_t longest_text(const json& value) {
    if (value.is_string()) return value.get_ref<const std::string&>().size();
    size_t longest = 0;
    if (value.is_structured()) {
        for (const json& element : value) longest = std::max(longest, longest_text(element));
    }
    return longest;
}

/// The field whose text is too long for the pattern in its schema.
std::optional<std::string> too_long_for_pattern(const json& schema, const json& value) {
    const size_t limit = static_cast<size_t>(kMaxPatternSubject) * 4;  // bytes of as many characters
    if (!schema.contains("properties") || !value.is_object()) {
        return has_pattern(schema) && longest_text(value) > limit ? std::optional<std::string>("") : std::nullopt;
    }
    for (const auto& [name, sub] : schema["properties"].items()) {
        const auto at = value.find(name);
        if (at != value.end() && has_pattern(sub) && longest_text(*at) > limit) return name;
    }
    return std::nullopt;
}

/// "[greeting]" and "<root>" as the validator writes them -> "greeting".
std::string field_name(const std::vector<std::string>& context) {
    std::string field;
    for (std::string part : context) {
        if (part == "<root>") continue;
        if (part.size() > 2 && part.front() == '[') part = part.substr(1, part.size() - 2);
        field += (field.empty() ? "" : ".") + part;
    }
    return field;
}

int depth_of(const std::string& text) {
    int depth = 0, deepest = 0;
    for (const char c : text) {
        if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
        if (c == ']' || c == '}') depth--;
    }
    return deepest;
}

using Expressions = std::unordered_map<std::string, std::regex>;

/// Every pattern in a schema, compiled before the validator would do it in its own way.
void compile_patterns(const json& schema, Expressions& into) {
    for (const auto& [keyword, element] : schema.items()) {
        if (keyword == "pattern" && element.is_string()) {
            const auto& text = element.get_ref<const std::string&>();
            into.emplace(text, std::regex(text, kPatternSyntax));
        } else if (element.is_structured() && keyword != "default" && keyword != "const" && keyword != "enum" &&
                   keyword != "examples") {
            compile_patterns(element, into);
        }
    }
}

std::vector<SchemaProblem> validate(const json& schema_json, const json& value) {
    valijson::Schema schema;
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    const valijson::adapters::NlohmannJsonAdapter schema_adapter(schema_json);
    parser.populateSchema(schema_adapter, schema);
    Expressions expressions;
    compile_patterns(schema_json, expressions);
    valijson::ValidationResults results;
    const valijson::adapters::NlohmannJsonAdapter value_adapter(value);
    valijson::ValidationVisitor<valijson::adapters::NlohmannJsonAdapter> visitor(value_adapter, {"<root>"}, true,
                                                                                 &results, expressions);
    if (visitor.validateSchema(schema)) return {};
    std::vector<SchemaProblem> problems;
    valijson::ValidationResults::Error error;
    while (results.popError(error)) problems.push_back({field_name(error.context), error.description});
    if (problems.empty()) problems.push_back({"", "does not fit the schema"});
    return problems;
}

}  // namespace

std::vector<SchemaProblem> validate_json(const std::string& schema_json, const std::string& value_json) {
    if (value_json.size() > kMaxJsonBytes) return {{"", "larger than " + std::to_string(kMaxJsonBytes) + " bytes"}};
    if (depth_of(value_json) > 32) return {{"", "nested deeper than 32 levels"}};
    try {
        const json schema = json::parse(schema_json);
        const json value = json::parse(value_json);
        if (const auto field = too_long_for_pattern(schema, value))
            return {{*field, "a text is too long for its pattern or format"}};
        return validate(schema, value);
    } catch (const std::exception& error) {
        return {{"", error.what()}};
    }
}

void check_param_schema(const Tree& schema, const std::string& param, Diagnostics& out) {
    const size_t before = out.size();
    SchemaCheck(out).check(schema, "param \"" + param + "\"");
    if (out.size() != before || !schema.is_map()) return;
    const std::string schema_json = tree_to_json(schema);
    if (const Tree* value = schema.find("default")) {
        for (const SchemaProblem& problem : validate_json(schema_json, tree_to_json(*value))) {
            report(out, "bad-param-default", value->mark(),
                   "the default of \"" + param + "\" does not fit its own schema: " + problem.message);
            return;
        }
    } else {
        // Nothing to hold against it, but the validator must be able to read the schema.
        for (const SchemaProblem& problem :
             validate_json(R"({"allOf":[true,{"anyOf":[)" + schema_json + ",true]}]}", "null")) {
            report(out, "bad-param-schema", schema.mark(), "not a usable JSON Schema: " + problem.message);
            return;
        }
    }
}

}  // namespace trunkline::graph
