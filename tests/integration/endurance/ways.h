#pragma once
// The table of all ways a call can end, each with what the database must say of it.
#include <iosfwd>
#include <string>
#include <vector>

#include "tests/integration/endurance/service.h"

namespace trunkline::test {

struct Variant {
    CallerPlan caller;
    AgentPlan agent = {};
    std::string ending;  ///< status/end_reason
};

struct Way {
    std::string name;  ///< letters and digits
    std::vector<Variant> variants;
    Patience patience = {};
    bool by_shutdown = false;  ///< the calls are ended by the end of the service, once each has come to its moment
    int at_once = 60;          ///< calls at the same time; more where each has to wait for something
    int number = 0;            ///< in the table
};

const std::vector<Way>& all_ways();
void PrintTo(const Way& way, std::ostream* out);

}  // namespace trunkline::test
