#pragma once
// The table of a report: which figures it shows, in which order, and how each is written.
#include <string>
#include <vector>

#include "benchmarks/load/measurement.h"

namespace trunkline::load {

struct Row {
    std::string label;
    std::vector<std::string> cells;
};

/// One row per figure, one cell per run; figures that no run has are left out.
std::vector<Row> rows_of(const std::vector<Measurement>& runs);

std::string fixed(double value, int digits);

}  // namespace trunkline::load
