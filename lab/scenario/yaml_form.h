#pragma once
// Strict reading of a YAML tree: positions, unknown and repeated keys with the nearest word, durations with their unit.
#include <yaml-cpp/yaml.h>

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/scenario/scenario.h"

namespace trunkline::lab {

class YamlForm {
  public:
    explicit YamlForm(Problems& problems) : problems_(problems) {}

    static Position position(const YAML::Node& node);
    void problem(const YAML::Node& at, std::string message);
    /// Calls `read(key, value)` for each known key of a map once; complains about all else. False: not a map.
    bool map(const YAML::Node& node, std::string_view what, std::initializer_list<std::string_view> known,
             const std::function<void(const std::string& key, const YAML::Node& value)>& read);
    std::string text(const YAML::Node& node, std::string_view what);
    bool boolean(const YAML::Node& node, std::string_view what);
    int integer(const YAML::Node& node, std::string_view what, int least, int most);
    /// "600ms", "1.5s" or "2m", in ms; at most an hour.
    int duration(const YAML::Node& node, std::string_view what);
    /// A number is exactly that many; {at_least: …, at_most: …} bounds it.
    Range count_range(const YAML::Node& node, std::string_view what);
    /// A duration is at most that long; {at_least: …, at_most: …} bounds it.
    Range duration_range(const YAML::Node& node, std::string_view what);
    /// One of `words`; complains with the nearest one and gives nothing.
    std::optional<std::string> word(const YAML::Node& node, std::string_view what,
                                    std::initializer_list<std::string_view> words);

  private:
    Range range(const YAML::Node& node, std::string_view what, const std::function<double(const YAML::Node&)>& number);
    Problems& problems_;
};

/// The word of `words` nearest to `word`, empty if none is near.
std::string nearest_word(std::string_view word, std::initializer_list<std::string_view> words);

}  // namespace trunkline::lab
