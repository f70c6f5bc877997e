#include "tests/integration/stored_calls.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

namespace trunkline::test {

StoredRows stored_rows(const std::string& database, const std::string& query) {
    StoredRows rows;
    sqlite3* db = nullptr;
    if (sqlite3_open_v2(database.c_str(), &db, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) {
        sqlite3_busy_timeout(db, 10'000);
        sqlite3_stmt* statement = nullptr;
        EXPECT_EQ(sqlite3_prepare_v2(db, query.c_str(), -1, &statement, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
        while (statement && sqlite3_step(statement) == SQLITE_ROW) {
            auto& row = rows.emplace_back();
            for (int i = 0; i < sqlite3_column_count(statement); ++i) {
                const unsigned char* text = sqlite3_column_text(statement, i);
                row.emplace_back(text ? reinterpret_cast<const char*>(text) : "");
            }
        }
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
    return rows;
}

std::vector<std::string> first_column(const std::string& database, const std::string& query) {
    std::vector<std::string> column;
    for (auto& row : stored_rows(database, query)) column.push_back(std::move(row[0]));
    return column;
}

std::vector<Json> stored_facts(const std::string& database, const std::string& call_id, const std::string& type) {
    std::vector<Json> out;
    for (const std::string& body :
         first_column(database, "select body from call_events where call_id = '" + call_id + "' order by seq")) {
        auto doc = Json::parse(body);
        if (!doc) {
            ADD_FAILURE() << "a stored fact is not JSON: " << body;
        } else if (type.empty() || (*doc)["type"].text_or("") == type) {
            out.push_back(*doc);
        }
    }
    return out;
}

}  // namespace trunkline::test
