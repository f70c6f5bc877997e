// A rough walk over YAML text, line by line, that never recurses.
#include "engine/graph/yaml_scan.h"

#include <algorithm>

namespace trunkline::graph {
namespace {

int to_int(size_t n) { return static_cast<int>(std::min<size_t>(n, 1U << 30)); }

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Follows brackets and quotes through a text.
class FlowDepth {
  public:
    /// Returns the depth after `c`.
    int step(char c) {
        if (quote_ != 0) {
            if (escaped_) {
                escaped_ = false;
            } else if (quote_ == '"' && c == '\\') {
                escaped_ = true;
            } else if (c == quote_) {
                quote_ = 0;
            }
        } else if ((c == '"' || c == '\'') && word_start_) {
            quote_ = c;
        } else if (c == '[' || c == '{') {
            depth_++;
        } else if (c == ']' || c == '}') {
            depth_ = std::max(0, depth_ - 1);
        }
        word_start_ = c == ' ' || c == '[' || c == '{' || c == ',' || c == '\n' || c == ':';
        return depth_;
    }
    bool in_flow() const { return depth_ > 0 || quote_ != 0; }
    void new_line() { word_start_ = true; }

  private:
    int depth_ = 0;
    char quote_ = 0;
    bool escaped_ = false;
    bool word_start_ = true;
};

/// Counts block nesting: one level per deeper indentation and per leading "- " or "? ".
class BlockDepth {
  public:
    /// Returns the depth that `line` stands at; `*at` gets the column of its deepest marker.
    size_t enter(std::string_view line, size_t indent, size_t* at) {
        while (!columns_.empty() && columns_.back() >= indent) columns_.pop_back();
        columns_.push_back(indent);
        size_t i = indent;
        while (i + 1 < line.size() && (line[i] == '-' || line[i] == '?' || line[i] == ':') &&
               (line[i + 1] == ' ' || line[i + 1] == '\t')) {
            i += 2;
            while (i < line.size() && (line[i] == ' ' || line[i] == '\t')) i++;
            columns_.push_back(i);
        }
        *at = i;
        return columns_.size();
    }

  private:
    std::vector<size_t> columns_;
};

}  // namespace

TextLines::TextLines(std::string_view text) : text_(text) {
    starts_.push_back(0);
    for (size_t i = 0; i < text.size(); i++) {
        if (text[i] == '\n') starts_.push_back(i + 1);
    }
}

int TextLines::character_column(int line, int byte_column) const {
    if (line < 0 || static_cast<size_t>(line) >= starts_.size()) return byte_column + 1;
    const size_t begin = starts_[static_cast<size_t>(line)];
    const size_t end = std::min(text_.size(), begin + static_cast<size_t>(std::max(byte_column, 0)));
    const auto marks = std::count_if(text_.begin() + static_cast<std::ptrdiff_t>(begin),
                                     text_.begin() + static_cast<std::ptrdiff_t>(end), is_continuation);
    return byte_column + 1 - static_cast<int>(marks);
}

bool TextLines::holds_at(int line, int byte_column, std::string_view word) const {
    if (line < 0 || byte_column < 0 || static_cast<size_t>(line) >= starts_.size()) return false;
    const size_t begin = starts_[static_cast<size_t>(line)] + static_cast<size_t>(byte_column);
    return begin <= text_.size() && text_.substr(begin, word.size()) == word &&
           word.find('\n') == std::string_view::npos;
}

std::optional<TextPlace> find_tab_indent(std::string_view text, int last_line) {
    int line = 1;
    for (size_t begin = 0; begin < text.size() && line <= last_line; line++) {
        const size_t first = text.find_first_not_of(' ', begin);
        if (first != std::string_view::npos && text[first] == '\t') return TextPlace{line, to_int(first - begin) + 1};
        begin = text.find('\n', begin);
        if (begin == std::string_view::npos) break;
        begin++;
    }
    return std::nullopt;
}

int count_characters(std::string_view utf8) {
    return static_cast<int>(utf8.size()) - static_cast<int>(std::count_if(utf8.begin(), utf8.end(), is_continuation));
}

std::optional<TextPlace> find_control_character(std::string_view text) {
    int line = 1;
    size_t start = 0;
    for (size_t i = 0; i < text.size(); i++) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c == '\n') {
            line++;
            start = i + 1;
        } else if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7F) {
            return TextPlace{line, to_int(i - start) + 1};
        }
    }
    return std::nullopt;
}

std::optional<TextPlace> find_too_deep(std::string_view text, int max_depth) {
    FlowDepth flow;
    BlockDepth block;
    int line_number = 0;
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view line = text.substr(begin, end - begin);
        begin = end + 1;
        line_number++;
        const size_t indent = line.find_first_not_of(' ');
        if (indent == std::string_view::npos || line[indent] == '#') continue;
        size_t at = 0;
        const bool continued = flow.in_flow();
        flow.new_line();
        if (!continued && block.enter(line, indent, &at) > static_cast<size_t>(max_depth) * 2) {
            return TextPlace{line_number, to_int(at) + 1};
        }
        for (size_t i = indent; i < line.size(); i++) {
            if (flow.step(line[i]) > max_depth) return TextPlace{line_number, to_int(i) + 1};
        }
    }
    return std::nullopt;
}

}  // namespace trunkline::graph
