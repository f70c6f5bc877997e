#pragma once
// The numbered migrations, built into the program from migrations/*.sql.
#include <span>
#include <string_view>

namespace trunkline {

struct Migration {
    int version;            ///< from 1, without gaps
    std::string_view name;  ///< the file's name
    std::string_view sql;
};
std::span<const Migration> migrations();

}  // namespace trunkline
