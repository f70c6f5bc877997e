// JSON in, JSON out. Held against a second implementation: what that one accepts we accept. What we accept can be
// written again and reads back the same.
#include <nlohmann/json.hpp>

#include "engine/core/json.h"
#include "engine/core/json_check.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;

namespace {

constexpr JsonLimits kLimits{};

/// Texts on which the other implementation is known to be laxer (a NUL ends its text, a byte order mark is skipped).
bool beyond_comparison(std::string_view text) {
    return text.find('\0') != std::string_view::npos || text.starts_with("\xEF\xBB\xBF");
}

/// Texts on which it is stricter: lone surrogates, and numbers that no double holds.
bool may_be_mended(std::string_view text) {
    return text.find("\\u") != std::string_view::npos || text.find_first_of("eE") != std::string_view::npos ||
           text.size() > 300;
}

void compare(std::string_view text, bool accepted) {
    if (beyond_comparison(text) || json_depth(text) > kLimits.max_depth) return;
    const bool other = nlohmann::json::accept(text);
    must(accepted || !other, "what another parser accepts is accepted");
    must(!accepted || other || may_be_mended(text), "what another parser refuses is refused");
}

/// Every accessor answers on every value.
void visit(const Json& value) {
    const int kinds = value.is_null() + value.is_object() + value.is_array() + value.is_string() + value.is_number() +
                      value.is_bool();
    must(kinds == 1, "a value has one kind");
    must(value.text_or("?").size() <= (1U << 20), "no text is longer than the document");
    must(is_utf8(value.text_or("")), "texts are UTF-8");
    (void)value.int_or(0);
    (void)value.number_or(0);
    (void)value.bool_or(false);
    for (const std::string& key : value.keys()) {
        must(value[key].exists(), "a key that is listed is found");
        visit(value[key]);
    }
    for (size_t i = 0; value.is_array() && i < value.size(); ++i) visit(value.at(i));
    must(!value.at(value.size()).exists() || value.is_object(), "nothing stands behind the end");
}

void write(std::string_view text) {
    JsonWriter w;
    w.begin_object().field(text, text).key("list").begin_array().value(text).value(true).null().end().end();
    const auto back = Json::parse(w.text(), {.max_bytes = 64U << 20, .max_depth = 8});
    must(back.has_value(), "what is written is JSON");
    if (is_utf8(text) && text.find('\0') == std::string_view::npos)
        must((*back)["list"].at(0).text_or("") == text, "a text that is written reads back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text = text_of({data, size});
    write(text);
    const auto doc = Json::parse(text, kLimits);
    compare(text, doc.has_value());
    if (!doc) {
        must_explain(doc.error());
        return 0;
    }
    visit(*doc);
    const auto again = Json::parse(doc->dump(), {.max_bytes = 64U << 20, .max_depth = kLimits.max_depth});
    must(again.has_value(), "what was read can be written and read again");
    const auto third = Json::parse(again->dump(), {.max_bytes = 64U << 20, .max_depth = kLimits.max_depth});
    must(third && third->dump() == again->dump(), "writing has a fixed point");
    return 0;
}
