#pragma once
// Reads a TwiML document the way the carrier does: strict XML, case-sensitive verbs.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"

namespace trunkline::lab {

/// One element below <Response>, or a noun inside a verb.
struct TwimlVerb {
    std::string name;
    std::map<std::string, std::string> attributes;
    std::string text;  ///< character data, white space trimmed at both ends
    std::vector<TwimlVerb> children;
    int line = 0;

    std::string attribute(const std::string& key, std::string_view fallback = "") const {
        auto found = attributes.find(key);
        return found == attributes.end() ? std::string(fallback) : found->second;
    }
    const TwimlVerb* child(std::string_view wanted) const {
        for (const auto& one : children)
            if (one.name == wanted) return &one;
        return nullptr;
    }
};

/// The verbs of <Response> in order. The error (code "12100") says what is not well-formed and in which line.
Result<std::vector<TwimlVerb>> parse_twiml(std::string_view document);

}  // namespace trunkline::lab
