// `$env.X`, `${env.X:-default}`, `$secret.X`, `${param.x}`, `$call.from`: found, checked, replaced or kept for the
// call.
#include "engine/graph/substitute.h"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

namespace trunkline::graph {
namespace {

using nlohmann::ordered_json;

constexpr std::array<std::string_view, 4> kNamespaces = {"env", "secret", "param", "call"};
const std::vector<std::string> kCallNames = {"from", "to", "id", "carrier", "direction"};

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name(char c) { return is_name_start(c) || (c >= '0' && c <= '9') || c == '-'; }

/// One `$ns.name` or `${ns.name:-default}`.
struct Reference {
    std::string space, name;
    std::optional<std::string> fallback;
    size_t at = 0;      ///< offset of the '$'
    size_t length = 0;  ///< of the whole reference in the text
};

bool is_known_space(std::string_view space) {
    return std::find(kNamespaces.begin(), kNamespaces.end(), space) != kNamespaces.end();
}

size_t name_end(std::string_view text, size_t from) {
    while (from < text.size() && is_name(text[from])) from++;
    return from;
}

/// Reads "env.NAME" at `from`; false when that is not what stands there.
bool read_name(std::string_view text, size_t from, Reference& ref, size_t& end) {
    if (from >= text.size() || !is_name_start(text[from])) return false;
    const size_t dot = name_end(text, from);
    if (dot + 1 >= text.size() || text[dot] != '.' || !is_name_start(text[dot + 1])) return false;
    ref.space = std::string(text.substr(from, dot - from));
    end = name_end(text, dot + 1);
    ref.name = std::string(text.substr(dot + 1, end - dot - 1));
    return true;
}

class Substitution {
  public:
    Substitution(const Tree& tree, const SubstitutionScope& scope, Allow allow)
        : tree_(tree), text_(tree.text), scope_(scope), allow_(allow) {}

    Value run() {
        value_.kind = Value::Kind::kText;
        value_.mark = tree_.mark();
        Reference whole;
        if (is_whole(whole)) {
            put(whole, true);
            if (value_.kind == Value::Kind::kText) value_.untyped = true;
        } else {
            walk();
        }
        finish();
        return std::move(value_);
    }

  private:
    bool is_whole(Reference& ref) {
        if (text_.size() < 2 || text_[0] != '$') return false;
        size_t end = 0;
        if (text_[1] == '{') {
            return read_braced(0, ref, false) && ref.length == text_.size();
        }
        if (!read_name(text_, 1, ref, end) || end != text_.size()) return false;
        ref.length = end;
        return true;
    }

    /// Reads "${…}" at `at`; complains when asked to.
    bool read_braced(size_t at, Reference& ref, bool complain) {
        ref.at = at;
        size_t end = 0;
        const size_t close = text_.find('}', at);
        const bool named = close != std::string_view::npos && read_name(text_.substr(0, close), at + 2, ref, end);
        if (named && end < close && text_.substr(end, 2) == ":-") {
            ref.fallback = std::string(text_.substr(end + 2, close - end - 2));
            end = close;
        }
        if (!named || end != close) {
            if (complain) {
                problem("bad-substitution", at,
                        close == std::string_view::npos
                            ? "\"${\" without \"}\"; write \"$${\" for the two characters themselves"
                            : "expected ${env.NAME}, ${env.NAME:-default}, ${secret.NAME}, ${param.name} or "
                              "${call.name}; write \"$${\" for the two characters themselves");
            }
            return false;
        }
        ref.length = close + 1 - at;
        return true;
    }

    void walk() {
        for (size_t i = 0; i < text_.size();) {
            if (text_.substr(i, 3) == "$${") {
                add_text("${", "$${");
                i += 3;
            } else if (text_.substr(i, 2) == "${") {
                Reference ref;
                if (!read_braced(i, ref, true)) return;
                put(ref, false);
                i += ref.length;
            } else {
                check_unbraced(i);
                add_text(text_.substr(i, 1), text_.substr(i, 1));
                i++;
            }
        }
    }

    /// "Hello $param.name" would be spoken as it stands: surely a slip.
    void check_unbraced(size_t i) {
        Reference ref;
        size_t end = 0;
        if (text_[i] != '$' || !read_name(text_, i + 1, ref, end) || !is_known_space(ref.space)) return;
        problem("bad-substitution", i, "inside a text write ${" + ref.space + "." + ref.name + "}");
    }

    void put(const Reference& ref, bool whole) {
        if (!is_known_space(ref.space)) {
            if (whole && text_[1] != '{' && !near_space(ref.space)) {
                add_text(text_, text_);  // "$tool.name" of some other language
                return;
            }
            problem("bad-substitution", ref.at,
                    "\"" + ref.space + "\" cannot be substituted: env, secret, param or call",
                    nearest_word(ref.space, {kNamespaces.begin(), kNamespaces.end()}));
        } else if (ref.fallback && ref.space != "env") {
            problem("bad-substitution", ref.at,
                    "only ${env.NAME:-default} takes a default; a param has its own `default`");
        } else if (ref.space == "env") {
            put_env(ref);
        } else if (allow_ == Allow::kEnv) {
            problem("substitution-not-allowed", ref.at,
                    "only $env can be used here: this is fixed when the file is loaded and shown openly");
        } else if (ref.space == "secret") {
            put_secret(ref);
        } else {
            put_call_time(ref);
        }
    }
    static bool near_space(const std::string& space) {
        return !nearest_word(space, {kNamespaces.begin(), kNamespaces.end()}).empty();
    }

    void put_env(const Reference& ref) {
        std::optional<std::string> found = scope_.env ? scope_.env(ref.name) : std::nullopt;
        if (ref.fallback && (!found || found->empty())) found = ref.fallback;
        if (!found) {
            missing("missing-env", ref,
                    "the environment variable " + ref.name +
                        " is not set: set it (or write it in .env), or give a default with ${env." + ref.name + ":-…}");
            return;
        }
        add_text(*found, *found);
    }
    void put_secret(const Reference& ref) {
        const std::optional<std::string> found = scope_.secret ? scope_.secret(ref.name) : std::nullopt;
        value_.secret = true;
        if (!found) {
            missing("missing-secret", ref,
                    "the secret " + ref.name +
                        " is not set: set it in the environment, in .env, or as a file in $TRUNKLINE_SECRETS_DIR");
            return;
        }
        add_text(*found, text_.substr(ref.at, ref.length));
    }
    void missing(const char* code, const Reference& ref, const std::string& message) {
        value_.unknown = true;
        shown_ += text_.substr(ref.at, ref.length);
        if (!scope_.placeholders) problem(code, ref.at, message);
    }
    void put_call_time(const Reference& ref) {
        TemplatePart part;
        part.from = ref.space == "param" ? TemplatePart::From::kParam : TemplatePart::From::kCall;
        part.text = ref.name;
        if (part.from == TemplatePart::From::kCall &&
            std::find(kCallNames.begin(), kCallNames.end(), ref.name) == kCallNames.end()) {
            problem("unknown-call-value", ref.at,
                    "a call has no \"" + ref.name + "\": from, to, id, carrier or direction",
                    nearest_word(ref.name, kCallNames));
            return;
        }
        value_.kind = Value::Kind::kTemplate;
        value_.parts.push_back(std::move(part));
        shown_ += text_.substr(ref.at, ref.length);
    }
    void add_text(std::string_view text, std::string_view shown) {
        shown_ += shown;
        if (value_.parts.empty() || value_.parts.back().from != TemplatePart::From::kText) value_.parts.emplace_back();
        value_.parts.back().text += text;
    }
    /// Without call-time parts the value is plain text.
    void finish() {
        value_.shown = std::move(shown_);
        if (value_.kind == Value::Kind::kTemplate) return;
        for (const TemplatePart& part : value_.parts) value_.text += part.text;
        value_.parts.clear();
    }
    void problem(const char* code, size_t at, std::string message, std::string nearest = {}) {
        value_.unknown = true;  // nothing more to say about this value
        report(*scope_.out, code, tree_.mark_at(at), std::move(message), std::move(nearest));
    }

    const Tree& tree_;
    std::string_view text_;
    const SubstitutionScope& scope_;
    Allow allow_;
    Value value_;
    std::string shown_;
};

ordered_json to_json(const Tree& tree, const SubstitutionScope* scope) {
    if (tree.is_map()) {
        ordered_json object = ordered_json::object();
        for (const TreeEntry& entry : tree.entries) object[entry.key] = to_json(entry.value, scope);
        return object;
    }
    if (tree.is_list()) {
        ordered_json array = ordered_json::array();
        for (const Tree& item : tree.items) array.push_back(to_json(item, scope));
        return array;
    }
    const Value value = plain_value(tree);
    switch (value.kind) {
        case Value::Kind::kNull:
            return nullptr;
        case Value::Kind::kBool:
            return value.boolean;
        case Value::Kind::kInteger:
            return value.integer;
        case Value::Kind::kNumber:
            return value.number;
        default:
            break;
    }
    if (!scope || tree.text.find('$') == std::string::npos) return tree.text;
    return Substitution(tree, *scope, Allow::kEnv).run().text;
}

std::string dump(const ordered_json& json) { return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace); }

}  // namespace

Value plain_value(const Tree& tree) {
    Value value;
    value.mark = tree.mark();
    value.kind = Value::Kind::kText;
    value.text = value.shown = tree.text;
    if (!tree.plain) return value;
    const std::string& text = tree.text;
    if (tree.is_null()) {
        value.kind = Value::Kind::kNull;
    } else if (text == "true" || text == "True" || text == "TRUE" || text == "false" || text == "False" ||
               text == "FALSE") {
        value.kind = Value::Kind::kBool;
        value.boolean = text[0] == 't' || text[0] == 'T';
    } else if (text.find_first_not_of("+-0123456789.eE") == std::string::npos &&
               text.find_first_of("0123456789") != std::string::npos) {
        const char* first = text.data() + (text[0] == '+' ? 1 : 0);
        const char* last = text.data() + text.size();
        if (const auto [end, error] = std::from_chars(first, last, value.integer);
            error == std::errc() && end == last) {
            value.kind = Value::Kind::kInteger;
        } else if (const auto [dend, derror] = std::from_chars(first, last, value.number);
                   derror == std::errc() && dend == last) {
            value.kind = Value::Kind::kNumber;
        }
    }
    return value;
}

Value read_value(const Tree& tree, const SubstitutionScope& scope, Allow allow) {
    if (!tree.is_scalar()) {
        Value value;
        value.kind = Value::Kind::kJson;
        value.mark = tree.mark();
        value.text = value.shown = dump(to_json(tree, &scope));
        return value;
    }
    if (tree.text.find('$') == std::string::npos) return plain_value(tree);
    return Substitution(tree, scope, allow).run();
}

std::string tree_to_json(const Tree& tree) { return dump(to_json(tree, nullptr)); }

}  // namespace trunkline::graph
