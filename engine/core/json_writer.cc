// Writing JSON: straight into a string, no tree in between.
#include <charconv>
#include <cmath>
#include <cstring>

#include "engine/core/json.h"

namespace trunkline {
namespace {

// Length of the well-formed UTF-8 sequence at text[at], 0 when there is none (overlong, surrogate, cut off, too large).
size_t utf8_length(std::string_view text, size_t at) {
    const auto byte = [&](size_t i) -> unsigned {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    const auto follows = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        if (!follows(1) || !follows(2)) return 0;
        if (first == 0xE0 && byte(1) < 0xA0) return 0;
        return first == 0xED && byte(1) > 0x9F ? 0 : 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if (!follows(1) || !follows(2) || !follows(3)) return 0;
        if (first == 0xF0 && byte(1) < 0x90) return 0;
        return first == 0xF4 && byte(1) > 0x8F ? 0 : 4;
    }
    return 0;
}

void escape_control(unsigned char c, std::string& out) {
    constexpr char kHex[] = "0123456789abcdef";
    switch (c) {
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        case '\b':
            out += "\\b";
            return;
        case '\f':
            out += "\\f";
            return;
        default:
            break;
    }
    out += "\\u00";
    out += kHex[c >> 4];
    out += kHex[c & 15];
}

}  // namespace

bool is_utf8(std::string_view text) {
    for (size_t i = 0; i < text.size();) {
        uint64_t eight = 0;  // most text is ASCII
        if (i + sizeof eight <= text.size()) std::memcpy(&eight, text.data() + i, sizeof eight);
        if (i + sizeof eight <= text.size() && (eight & 0x8080808080808080U) == 0) {
            i += sizeof eight;
            continue;
        }
        const size_t length = utf8_length(text, i);
        if (length == 0) return false;
        i += length;
    }
    return true;
}

void json_escape(std::string_view text, std::string& out) {
    for (size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x80) {
            const size_t length = utf8_length(text, i);
            out.append(length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(i, length));
            i += length == 0 ? 1 : length;
            continue;
        }
        if (c == '"' || c == '\\') {
            out += '\\';
            out += text[i];
        } else if (c < 0x20 || c == 0x7F) {
            escape_control(c, out);
        } else {
            out += text[i];
        }
        ++i;
    }
}

void JsonWriter::comma() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
}

JsonWriter& JsonWriter::begin_object() {
    comma();
    out_ += '{';
    open_.push_back('}');
    fresh_ = true;
    return *this;
}

JsonWriter& JsonWriter::begin_array() {
    comma();
    out_ += '[';
    open_.push_back(']');
    fresh_ = true;
    return *this;
}

JsonWriter& JsonWriter::end() {
    if (open_.empty()) return *this;
    out_ += open_.back();
    open_.pop_back();
    fresh_ = false;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    comma();
    out_ += '"';
    json_escape(name, out_);
    out_ += "\":";
    fresh_ = true;
    return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
    comma();
    out_ += '"';
    json_escape(text, out_);
    out_ += '"';
    return *this;
}

JsonWriter& JsonWriter::value(bool b) { return raw(b ? "true" : "false"); }

JsonWriter& JsonWriter::value(double d) {
    if (!std::isfinite(d)) return null();
    char text[40];
    const auto end = std::to_chars(text, text + sizeof text, d).ptr;
    return raw(std::string_view(text, static_cast<size_t>(end - text)));
}

JsonWriter& JsonWriter::value(int64_t i) {
    char text[24];
    const auto end = std::to_chars(text, text + sizeof text, i).ptr;
    return raw(std::string_view(text, static_cast<size_t>(end - text)));
}

JsonWriter& JsonWriter::value(uint64_t i) {
    char text[24];
    const auto end = std::to_chars(text, text + sizeof text, i).ptr;
    return raw(std::string_view(text, static_cast<size_t>(end - text)));
}

JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::raw(std::string_view json) {
    comma();
    out_ += json;
    return *this;
}

}  // namespace trunkline
