// A strict, non-recursive JSON checker; see the header for why it exists beside json-glib.
#include "engine/core/json_check.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>

#include "engine/core/json.h"

namespace trunkline {
namespace {

constexpr std::string_view kEscapes = "\"\\/bfnrt";

class Checker {
  public:
    Checker(std::string_view text, int max_depth) : text_(text), max_depth_(max_depth) {}

    Result<std::vector<JsonMend>> run() {
        if (!is_utf8(text_)) return fail("json-syntax", "JSON text is not valid UTF-8");
        document();
        if (!what_.empty()) return fail(code_, what_ + where());
        return std::move(mends_);
    }

  private:
    bool failed() const { return !what_.empty(); }
    bool at_end() const { return at_ >= text_.size(); }
    char peek() const { return at_end() ? '\0' : text_[at_]; }
    void error(std::string what) {
        if (what_.empty()) what_ = std::move(what);
    }

    std::string where() const {
        const auto before = text_.substr(0, std::min(at_, text_.size()));
        const auto line = std::count(before.begin(), before.end(), '\n') + 1;
        const size_t start = before.rfind('\n');
        const size_t column = start == std::string_view::npos ? before.size() + 1 : before.size() - start;
        return " at line " + std::to_string(line) + ", column " + std::to_string(column);
    }

    void skip_space() {
        while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) ++at_;
    }

    // One value after another; `open_` holds the closing character of every array and object that is open.
    void document() {
        value();
        while (!failed() && !open_.empty()) next_in_container();
        skip_space();
        if (!failed() && !at_end()) error("unexpected text after the JSON value");
    }

    void next_in_container() {
        skip_space();
        if (peek() == open_.back() && !at_end()) {
            ++at_;
            open_.pop_back();
        } else if (peek() == ',') {
            ++at_;
            if (open_.back() == '}') key();
            value();
        } else {
            error(open_.back() == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
        }
    }

    void key() {
        skip_space();
        if (failed()) return;
        if (peek() != '"') return error("expected a string as object key");
        string();
        skip_space();
        if (failed()) return;
        if (peek() != ':') return error("expected ':'");
        ++at_;
    }

    void value() {
        while (!failed()) {  // "[[[[" opens in a loop, not in a recursion
            skip_space();
            if (at_end()) return error("unexpected end of the JSON text");
            const char c = peek();
            if (c == '{' || c == '[') {
                if (open_.size() >= static_cast<size_t>(std::max(max_depth_, 0))) {
                    code_ = "json-depth";
                    return error("JSON is nested deeper than " + std::to_string(max_depth_) + " levels");
                }
                ++at_;
                open_.push_back(c == '{' ? '}' : ']');
                skip_space();
                if (!at_end() && peek() == open_.back()) return;
                if (c == '{') key();
                continue;
            }
            return scalar(c);
        }
    }

    void scalar(char c) {
        if (c == '"') return string();
        if (c == '-' || std::isdigit(static_cast<unsigned char>(c))) return number();
        for (const std::string_view word : {"true", "false", "null"}) {
            if (text_.substr(at_).starts_with(word)) {
                at_ += word.size();
                return;
            }
        }
        error("expected a JSON value");
    }

    size_t digits() {
        const size_t from = at_;
        while (!at_end() && std::isdigit(static_cast<unsigned char>(peek()))) ++at_;
        return at_ - from;
    }

    void number() {
        const size_t from = at_;
        if (peek() == '-') ++at_;
        const char first = peek();
        const size_t whole = digits();
        if (whole == 0) return error("expected a digit");
        if (whole > 1 && first == '0') return error("a number must not begin with 0");
        bool integer = true;
        if (peek() == '.') {
            integer = false;
            ++at_;
            if (digits() == 0) return error("expected a digit after '.'");
        }
        if (peek() == 'e' || peek() == 'E') {
            const bool was_integer = integer;
            const size_t exponent = at_;
            integer = false;
            ++at_;
            if (peek() == '+' || peek() == '-') ++at_;
            if (digits() == 0) return error("expected a digit in the exponent");
            if (was_integer) mends_.push_back({exponent, JsonMend::Kind::kMakeDouble});
        }
        int64_t parsed = 0;
        if (integer && std::from_chars(text_.data() + from, text_.data() + at_, parsed).ec != std::errc())
            mends_.push_back({at_, JsonMend::Kind::kMakeDouble});
    }

    // The four hex digits of an escape whose backslash is at `at`, or -1.
    int hex4(size_t at) const {
        if (at + 6 > text_.size() || text_[at] != '\\' || text_[at + 1] != 'u') return -1;
        int code = 0;
        const char* const end = text_.data() + at + 6;
        const auto parsed = std::from_chars(text_.data() + at + 2, end, code, 16);
        return parsed.ec == std::errc() && parsed.ptr == end && code >= 0 && text_[at + 2] != '-' ? code : -1;
    }

    void unicode_escape() {  // at_ stands on the backslash
        const int code = hex4(at_);
        if (code < 0) return error("expected four hexadecimal digits after \\u");
        if (code >= 0xD800 && code <= 0xDBFF) {
            const int low = hex4(at_ + 6);
            if (low >= 0xDC00 && low <= 0xDFFF) {
                at_ += 12;
                return;
            }
        }
        if (code == 0 || (code >= 0xD800 && code <= 0xDFFF)) mends_.push_back({at_, JsonMend::Kind::kReplaceEscape});
        at_ += 6;
    }

    void string() {
        ++at_;
        while (!failed()) {
            if (at_end()) return error("string without an end");
            const char c = peek();
            if (c == '"') {
                ++at_;
                return;
            }
            if (static_cast<unsigned char>(c) < 0x20) return error("control character in a string");
            if (c != '\\') {
                ++at_;
            } else if (at_ + 1 < text_.size() && text_[at_ + 1] == 'u') {
                unicode_escape();
            } else if (at_ + 1 < text_.size() && kEscapes.find(text_[at_ + 1]) != std::string_view::npos) {
                at_ += 2;
            } else {
                return error("unknown escape in a string");
            }
        }
    }

    std::string_view text_;
    int max_depth_;
    size_t at_ = 0;
    std::string open_;
    std::string code_ = "json-syntax", what_;
    std::vector<JsonMend> mends_;
};

}  // namespace

int json_depth(std::string_view text) {
    int depth = 0, deepest = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            deepest = std::max(deepest, ++depth);
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return deepest;
}

Result<std::vector<JsonMend>> json_check(std::string_view text, int max_depth) {
    return Checker(text, max_depth).run();
}

std::string json_mend(std::string_view text, const std::vector<JsonMend>& mends) {
    std::string out;
    out.reserve(text.size() + mends.size() * 2);
    size_t from = 0;
    for (const JsonMend& mend : mends) {
        out.append(text.substr(from, mend.offset - from));
        from = mend.offset;
        if (mend.kind == JsonMend::Kind::kMakeDouble) {
            out.append(".0");
        } else {
            out.append("\\ufffd");
            from += 6;
        }
    }
    return out.append(text.substr(from));
}

}  // namespace trunkline
