// Duration texts and back.
#include "engine/graph/duration.h"

#include <array>
#include <cmath>

namespace trunkline::graph {
namespace {

struct Unit {
    std::string_view name;
    int64_t ns;
};
constexpr std::array kUnits = {Unit{"h", 3'600'000'000'000}, Unit{"ms", 1'000'000},   Unit{"us", 1'000}, Unit{"ns", 1},
                               Unit{"m", 60'000'000'000},    Unit{"s", 1'000'000'000}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes "12.5" off the front; nothing when there is no number or it is absurdly long.
std::optional<long double> take_number(std::string_view& text) {
    size_t i = 0;
    long double value = 0;
    while (i < text.size() && is_digit(text[i])) value = value * 10 + (text[i++] - '0');
    if (i == 0 || i > 19) return std::nullopt;
    if (i < text.size() && text[i] == '.') {
        long double scale = 0.1L;
        const size_t first = ++i;
        for (; i < text.size() && is_digit(text[i]); i++, scale /= 10) value += (text[i] - '0') * scale;
        if (i == first) return std::nullopt;
    }
    text.remove_prefix(i);
    return value;
}

std::optional<int64_t> take_unit(std::string_view& text) {
    for (const Unit& unit : kUnits) {
        if (!text.starts_with(unit.name)) continue;
        text.remove_prefix(unit.name.size());
        return unit.ns;
    }
    return std::nullopt;
}

}  // namespace

std::optional<int64_t> parse_duration(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    if (text.empty()) return std::nullopt;
    long double sum = 0;
    while (!text.empty()) {
        const auto number = take_number(text);
        if (!number) return std::nullopt;
        const auto unit = take_unit(text);
        if (!unit) return std::nullopt;
        sum += *number * static_cast<long double>(*unit);
    }
    if (sum >= 9.2e18L) return std::nullopt;
    const int64_t ns = std::llroundl(sum);
    return negative ? -ns : ns;
}

std::string format_duration(uint64_t nanoseconds) {
    if (nanoseconds == 0) return "0s";
    for (const std::string_view name : {"h", "m", "s", "ms", "us", "ns"}) {
        for (const Unit& unit : kUnits) {
            const auto size = static_cast<uint64_t>(unit.ns);
            if (unit.name == name && nanoseconds % size == 0)
                return std::to_string(nanoseconds / size) + std::string(name);
        }
    }
    return std::to_string(nanoseconds) + "ns";
}

}  // namespace trunkline::graph
