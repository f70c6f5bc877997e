#pragma once
// `--fault name=value` of simulated carriers: a table of names, and what each does to the options of a call.
#include <charconv>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "engine/core/result.h"

namespace trunkline::lab {

/// Sets a value; false when the text does not fit.
template <class Options>
using FaultSetter = std::function<bool(Options&, const std::string&)>;
template <class Options>
using FaultSetters = std::map<std::string, FaultSetter<Options>>;

inline bool to_int(const std::string& text, int& value) {
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return code == std::errc() && end == text.data() + text.size() && value >= 0 && value <= 1'000'000;
}

inline bool to_bool(const std::string& text, bool& value) {
    value = text == "true" || text == "1";
    return value || text == "false" || text == "0";
}

/// At least one, separated by commas.
inline bool to_ints(const std::string& text, std::vector<int>& values) {
    values.clear();
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
        values.push_back(0);
        if (!to_int(part, values.back())) return false;
    }
    return !values.empty();
}

/// A field of a part of the options.
template <class Options, class Part>
FaultSetter<Options> number(Part Options::*part, int Part::*field) {
    return [=](Options& o, const std::string& text) { return to_int(text, o.*part.*field); };
}
template <class Options, class Part>
FaultSetter<Options> numbers(Part Options::*part, std::vector<int> Part::*field) {
    return [=](Options& o, const std::string& text) { return to_ints(text, o.*part.*field); };
}
template <class Options, class Part>
FaultSetter<Options> flag(Part Options::*part, bool Part::*field) {
    return [=](Options& o, const std::string& text) { return to_bool(text, o.*part.*field); };
}
/// Any text but an empty one.
template <class Options, class Part>
FaultSetter<Options> text(Part Options::*part, std::string Part::*field) {
    return [=](Options& o, const std::string& given) { return !(o.*part.*field = given).empty(); };
}
/// A field of the options themselves.
template <class Options>
FaultSetter<Options> number(int Options::*field) {
    return [=](Options& o, const std::string& text) { return to_int(text, o.*field); };
}
template <class Options>
FaultSetter<Options> flag(bool Options::*field) {
    return [=](Options& o, const std::string& text) { return to_bool(text, o.*field); };
}
/// A word for each value; `set` is called with the options and the value.
template <class Options, class Value, class Set>
FaultSetter<Options> word(std::map<std::string, Value> values, Set set) {
    return [=](Options& o, const std::string& text) {
        auto found = values.find(text);
        if (found == values.end()) return false;
        set(o, found->second);
        return true;
    };
}

/// `name=value`; `examples` stand in the message about a value that does not fit. Codes: unknown-fault (names all),
/// bad-fault.
template <class Options>
Status set_fault(const FaultSetters<Options>& setters, Options& options, const std::string& assignment,
                 const std::string& examples) {
    const size_t equal = assignment.find('=');
    const std::string name = assignment.substr(0, equal);
    auto found = setters.find(name);
    if (found == setters.end()) {
        std::string all;
        for (const auto& [known, setter] : setters) all += (all.empty() ? "" : ", ") + known;
        return fail("unknown-fault", "no fault is called '" + name + "'; there are " + all);
    }
    if (equal == std::string::npos || !found->second(options, assignment.substr(equal + 1)))
        return fail("bad-fault", "'" + assignment + "' has no value that fits; write e.g. " + examples);
    return {};
}

}  // namespace trunkline::lab
