#pragma once
// Faults by name, for command lines and for the query of a socket's address.
#include <cstdlib>
#include <map>
#include <string>
#include <variant>

#include "engine/core/result.h"

namespace trunkline::lab::agent {

template <class Faults>
using FaultTable = std::map<std::string, std::variant<bool Faults::*, int Faults::*, std::string Faults::*>>;

/// `key=value`; a key alone is `key=true`. Codes: unknown-fault (names all), bad-fault.
template <class Faults>
Status set_fault_of(const FaultTable<Faults>& table, Faults& faults, const std::string& assignment) {
    const size_t equals = assignment.find('=');
    const std::string key = assignment.substr(0, equals);
    const std::string value = equals == std::string::npos ? "true" : assignment.substr(equals + 1);
    const auto slot = table.find(key);
    if (slot == table.end()) {
        std::string known;
        for (const auto& [name, unused] : table) known += (known.empty() ? "" : ", ") + name;
        return fail("unknown-fault", "no fault '" + key + "'; known are " + known);
    }
    if (const auto* flag = std::get_if<bool Faults::*>(&slot->second)) {
        if (value != "true" && value != "false") return fail("bad-fault", key + " must be true or false");
        faults.** flag = value == "true";
    } else if (const auto* number = std::get_if<int Faults::*>(&slot->second)) {
        char* end = nullptr;
        const long parsed = std::strtol(value.c_str(), &end, 10);
        if (value.empty() || *end || parsed < -1 || parsed > 86400000) {
            return fail("bad-fault", key + " must be a whole number, not '" + value + "'");
        }
        faults.** number = static_cast<int>(parsed);
    } else {
        faults.*std::get<std::string Faults::*>(slot->second) = value;
    }
    return {};
}

}  // namespace trunkline::lab::agent
