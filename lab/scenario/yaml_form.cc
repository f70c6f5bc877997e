// See the header. yaml-cpp throws; the exceptions are caught by the callers' edge in scenario_parser.cc.
#include "lab/scenario/yaml_form.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <set>

namespace trunkline::lab {
namespace {

constexpr int kMaxDurationMs = 3'600'000;

size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
        }
    }
    return row.back();
}

std::string listed(std::initializer_list<std::string_view> words) {
    std::string out;
    for (std::string_view one : words) out.append(out.empty() ? "" : ", ").append(one);
    return out;
}

std::string hint(std::string_view word, std::initializer_list<std::string_view> words) {
    std::string near = nearest_word(word, words);
    return near.empty() ? "; known are " + listed(words) : "; did you mean '" + near + "'?";
}

}  // namespace

std::string nearest_word(std::string_view word, std::initializer_list<std::string_view> words) {
    std::string best;
    size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
    for (std::string_view one : words) {
        size_t distance = edit_distance(word, one);
        if (distance < best_distance) {
            best_distance = distance;
            best = one;
        }
    }
    return best;
}

Position YamlForm::position(const YAML::Node& node) {
    YAML::Mark mark = node.Mark();
    return mark.is_null() ? Position{} : Position{mark.line + 1, mark.column + 1};
}

void YamlForm::problem(const YAML::Node& at, std::string message) {
    problems_.push_back({position(at), std::move(message)});
}

bool YamlForm::map(const YAML::Node& node, std::string_view what, std::initializer_list<std::string_view> known,
                   const std::function<void(const std::string&, const YAML::Node&)>& read) {
    if (!node.IsMap()) {
        problem(node, std::string(what) + " must be a map with the keys " + listed(known));
        return false;
    }
    std::set<std::string> seen;
    for (const auto& pair : node) {
        const std::string key = pair.first.IsScalar() ? pair.first.Scalar() : "?";
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            problem(pair.first, "unknown key '" + key + "' in " + std::string(what) + hint(key, known));
        } else if (!seen.insert(key).second) {
            problem(pair.first, "key '" + key + "' is given twice in " + std::string(what));
        } else {
            read(key, pair.second);
        }
    }
    return true;
}

std::string YamlForm::text(const YAML::Node& node, std::string_view what) {
    if (node.IsScalar() && !node.Scalar().empty()) return node.Scalar();
    problem(node, std::string(what) + " must be a text");
    return "";
}

bool YamlForm::boolean(const YAML::Node& node, std::string_view what) {
    bool value = false;
    if (!node.IsScalar() || !YAML::convert<bool>::decode(node, value))
        problem(node, std::string(what) + " must be true or false");
    return value;
}

int YamlForm::integer(const YAML::Node& node, std::string_view what, int least, int most) {
    int value = 0;
    const std::string text = node.IsScalar() ? node.Scalar() : "";
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (!text.empty() && code == std::errc() && end == text.data() + text.size() && value >= least && value <= most)
        return value;
    problem(node, std::string(what) + " must be a whole number from " + std::to_string(least) + " to " +
                      std::to_string(most));
    return least;
}

int YamlForm::duration(const YAML::Node& node, std::string_view what) {
    const std::string text = node.IsScalar() ? node.Scalar() : "";
    double value = -1;
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
    const double factor = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" ? 60000 : 0;
    if (code == std::errc() && factor > 0 && value >= 0 && value * factor <= kMaxDurationMs)
        return static_cast<int>(std::lround(value * factor));
    problem(node, std::string(what) + " must be a duration with its unit, e.g. 600ms or 1.5s, of at most an hour");
    return 0;
}

Range YamlForm::range(const YAML::Node& node, std::string_view what,
                      const std::function<double(const YAML::Node&)>& number) {
    Range range;
    map(node, what, {"at_least", "at_most"}, [&](const std::string& key, const YAML::Node& value) {
        (key == "at_least" ? range.least : range.most) = number(value);
    });
    if (range.least > range.most) problem(node, "at_least is greater than at_most in " + std::string(what));
    return range;
}

Range YamlForm::count_range(const YAML::Node& node, std::string_view what) {
    auto number = [&](const YAML::Node& one) { return integer(one, what, 0, 1'000'000); };
    if (node.IsMap()) return range(node, what, number);
    const double exact = number(node);
    return {exact, exact};
}

Range YamlForm::duration_range(const YAML::Node& node, std::string_view what) {
    auto number = [&](const YAML::Node& one) { return duration(one, what); };
    if (node.IsMap()) return range(node, what, number);
    return {0, static_cast<double>(number(node))};
}

std::optional<std::string> YamlForm::word(const YAML::Node& node, std::string_view what,
                                          std::initializer_list<std::string_view> words) {
    const std::string text = node.IsScalar() ? node.Scalar() : "";
    if (std::find(words.begin(), words.end(), text) != words.end()) return text;
    problem(node, "'" + text + "' is no " + std::string(what) + hint(text, words));
    return std::nullopt;
}

}  // namespace trunkline::lab
