#pragma once
// Names and values as forms and queries carry them.
#include <string>
#include <utility>
#include <vector>

namespace trunkline::lab {

/// Name and value, in the order they are sent; a name may occur more than once.
using FormFields = std::vector<std::pair<std::string, std::string>>;

/// application/x-www-form-urlencoded, UTF-8, space as '+'.
std::string form_encode(const FormFields& fields);

}  // namespace trunkline::lab
