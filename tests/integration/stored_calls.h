#pragma once
// What an engine has written into its database, read from beside it while it runs.
#include <string>
#include <vector>

#include "engine/core/json.h"

namespace trunkline::test {

using StoredRows = std::vector<std::vector<std::string>>;

/// Fails the test when the query is wrong; no rows while there is no database yet.
StoredRows stored_rows(const std::string& database, const std::string& query);
std::vector<std::string> first_column(const std::string& database, const std::string& query);
/// The facts of a call, in order; of one type when it is given.
std::vector<Json> stored_facts(const std::string& database, const std::string& call_id, const std::string& type = "");

}  // namespace trunkline::test
