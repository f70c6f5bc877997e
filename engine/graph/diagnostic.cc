// The three faces of a diagnostic: text for a terminal, JSON for a program, SARIF for a code host.
#include "engine/graph/diagnostic.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

namespace trunkline::graph {
namespace {

using nlohmann::json;

const char* severity_name(Severity severity) {
    switch (severity) {
        case Severity::kError:
            return "error";
        case Severity::kWarning:
            return "warning";
        case Severity::kNote:
            return "note";
    }
    return "error";
}

const char* severity_color(Severity severity) {
    switch (severity) {
        case Severity::kError:
            return "\033[1;31m";
        case Severity::kWarning:
            return "\033[1;33m";
        case Severity::kNote:
            return "\033[1;36m";
    }
    return "";
}

std::string dump(const json& value, int indent = 2) {
    return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

std::string message_with_hint(const Diagnostic& d) {
    return d.nearest.empty() ? d.message : d.message + " (did you mean \"" + d.nearest + "\"?)";
}

/// A file name as a URI reference: SARIF does not take spaces and the like.
std::string to_uri(const std::string& file) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string uri;
    for (const char c : file) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) || std::string_view("-._~/").find(c) != std::string_view::npos) {
            uri += c;
        } else {
            uri += '%';
            uri += kHex[byte >> 4U];
            uri += kHex[byte & 15U];
        }
    }
    return uri;
}

json sarif_result(const Diagnostic& d) {
    json physical = {{"artifactLocation", {{"uri", to_uri(d.file)}}}};
    if (d.line > 0) physical["region"] = {{"startLine", d.line}, {"startColumn", std::max(d.column, 1)}};
    return {{"ruleId", d.code},
            {"level", severity_name(d.severity)},
            {"message", {{"text", message_with_hint(d)}}},
            {"locations", json::array({{{"physicalLocation", physical}}})}};
}

/// Damerau-Levenshtein (adjacent swaps count once).
size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
    for (size_t i = 0; i <= a.size(); i++) d[i][0] = i;
    for (size_t j = 0; j <= b.size(); j++) d[0][j] = j;
    for (size_t i = 1; i <= a.size(); i++) {
        for (size_t j = 1; j <= b.size(); j++) {
            const size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[a.size()][b.size()];
}

}  // namespace

bool has_errors(const Diagnostics& diagnostics) {
    return std::any_of(diagnostics.begin(), diagnostics.end(),
                       [](const Diagnostic& d) { return d.severity == Severity::kError; });
}

void sort_diagnostics(Diagnostics& diagnostics) {
    const auto key = [](const Diagnostic& d) { return std::tie(d.file, d.line, d.column, d.code, d.message); };
    std::stable_sort(diagnostics.begin(), diagnostics.end(),
                     [&](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
    diagnostics.erase(std::unique(diagnostics.begin(), diagnostics.end(),
                                  [&](const Diagnostic& a, const Diagnostic& b) { return key(a) == key(b); }),
                      diagnostics.end());
}

std::string format_text(const Diagnostics& diagnostics, bool color) {
    std::string out;
    for (const Diagnostic& d : diagnostics) {
        out += d.file;
        if (d.line > 0) out += ":" + std::to_string(d.line) + ":" + std::to_string(d.column);
        out += ": ";
        if (color) out += severity_color(d.severity);
        out += std::string(severity_name(d.severity)) + "[" + d.code + "]";
        if (color) out += "\033[0m";
        out += ": " + message_with_hint(d) + "\n";
    }
    return out;
}

std::string format_json(const Diagnostics& diagnostics) {
    json list = json::array();
    for (const Diagnostic& d : diagnostics) {
        list.push_back({{"severity", severity_name(d.severity)},
                        {"code", d.code},
                        {"file", d.file},
                        {"line", d.line},
                        {"column", d.column},
                        {"message", d.message},
                        {"nearest", d.nearest.empty() ? json(nullptr) : json(d.nearest)}});
    }
    return dump(list) + "\n";
}

std::string format_sarif(const Diagnostics& diagnostics) {
    std::set<std::string> codes;
    json results = json::array();
    for (const Diagnostic& d : diagnostics) {
        codes.insert(d.code);
        results.push_back(sarif_result(d));
    }
    json rules = json::array();
    for (const std::string& code : codes) rules.push_back({{"id", code}});
    const json driver = {{"name", "trunkline lint"}, {"rules", rules}};
    const json run = {{"tool", {{"driver", driver}}}, {"columnKind", "unicodeCodePoints"}, {"results", results}};
    return dump({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                 {"version", "2.1.0"},
                 {"runs", json::array({run})}}) +
           "\n";
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates) {
    if (word.empty() || word.size() > 64) return {};
    std::string best;
    size_t best_distance = std::max<size_t>(1, word.size() / 3) + 1;
    for (const std::string& candidate : candidates) {
        if (candidate.size() > 64) continue;
        const size_t distance = edit_distance(word, candidate);
        if (distance < best_distance) best = candidate, best_distance = distance;
    }
    return best;
}

}  // namespace trunkline::graph
