#pragma once
// Whether two cells tell the same story: facts and tables without what must differ (ids, times, encodings) and without
// what a backend cannot know (emotions).
#include <map>
#include <string>
#include <vector>

#include "engine/core/json.h"

namespace trunkline::test {

/// By type of fact, what the facts of a call say, each in one line, in their order.
using Story = std::map<std::string, std::vector<std::string>>;

Story story_of(const std::vector<Json>& facts);
/// "" when both tell the same, else the first difference.
std::string difference(const Story& one, const Story& other);

}  // namespace trunkline::test
