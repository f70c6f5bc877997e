#pragma once
// What is looked at in a YAML text before a parser touches it: characters, nesting, where lines begin.
#include <optional>
#include <string_view>
#include <vector>

namespace trunkline::graph {

struct TextPlace {
    int line;  ///< from 1
    int column;
};

/// Where lines begin, so that a byte column can be told in characters.
class TextLines {
  public:
    explicit TextLines(std::string_view text);
    /// `line` and `byte_column` from 0; answers from 1.
    int character_column(int line, int byte_column) const;
    /// Whether `word` stands at that place (both from 0).
    bool holds_at(int line, int byte_column, std::string_view word) const;

  private:
    std::string_view text_;
    std::vector<size_t> starts_;
};

/// The first line up to `last_line` that is indented with a tab.
std::optional<TextPlace> find_tab_indent(std::string_view text, int last_line);
int count_characters(std::string_view utf8);
/// The first control character other than tab and line ends.
std::optional<TextPlace> find_control_character(std::string_view text);
/// Where nesting (indentation, "- - -", brackets) exceeds `max_depth` by a wide estimate: quotes and block texts are
/// told apart roughly, so the exact limit is enforced while parsing; this one keeps a bomb from the recursive parser.
std::optional<TextPlace> find_too_deep(std::string_view text, int max_depth);

}  // namespace trunkline::graph
