#pragma once
// The conversations that every carrier and every backend must hold alike.
#include <functional>
#include <string>
#include <vector>

#include "tests/integration/grid/grid_rig.h"

namespace trunkline::test {

struct Scenario {
    std::string name;
    GridOptions options;
    std::function<void(Cell&)> talk;
    /// After all cells have ended well: what must be true of each besides being like the others.
    std::function<void(Cell&)> check = nullptr;
};

const std::vector<Scenario>& grid_scenarios();

}  // namespace trunkline::test
