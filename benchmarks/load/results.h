#pragma once
// The same figures for a person (text), for a page (Markdown) and for a program (JSON).
#include <string>
#include <vector>

#include "benchmarks/load/measurement.h"
#include "engine/core/result.h"

namespace trunkline::load {

/// What --find-slo found of one target.
struct SloAnswer {
    std::string target;
    double slo_ms = 0;
    uint32_t largest = 0;  ///< calls; 0: not even the fewest tried
    uint32_t failed = 0;   ///< the fewest that did not hold; 0: none
    std::string why{};     ///< what was wrong with them
};

/// One row per figure, one column per target and number of calls: of several rounds the one with the median CPU. With a
/// bare bridge among them, the ratio of the engine to it over all rounds; with several rounds, the spread of the tails.
/// After a search only the largest number that held and the smallest that did not.
std::string as_text(const std::vector<Measurement>& runs, const std::vector<SloAnswer>& answers);
std::string as_json(const std::vector<Measurement>& runs, const std::vector<SloAnswer>& answers,
                    const std::string& command);
/// A section with date, machine, command and table, for a file in benchmarks/report.
std::string as_markdown(const std::vector<Measurement>& runs, const std::vector<SloAnswer>& answers,
                        const std::string& command, const std::string& title);
/// Error code "report".
Status append_to(const std::string& path, const std::string& text);

}  // namespace trunkline::load
