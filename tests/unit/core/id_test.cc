// Ids sort by creation and never repeat; comparisons and hex.
#include "engine/core/id.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

namespace trunkline {
namespace {

TEST(NewId, HasItsPrefixAnd26CrockfordCharacters) {
    const std::string id = new_id("call_");
    ASSERT_EQ(id.size(), 31U);
    EXPECT_EQ(id.substr(0, 5), "call_");
    EXPECT_EQ(id.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 5), std::string::npos);
}

TEST(NewId, SortsByCreationEvenWithinAMillisecond) {
    std::vector<std::string> ids;
    for (int i = 0; i < 20'000; ++i) ids.push_back(new_id(""));
    EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
}

TEST(NewId, IsUniqueAcrossThreads) {
    std::vector<std::vector<std::string>> made(4);
    std::vector<std::thread> threads;
    for (auto& mine : made)
        threads.emplace_back([&mine] {
            for (int i = 0; i < 5'000; ++i) mine.push_back(new_id(""));
        });
    for (auto& thread : threads) thread.join();
    std::set<std::string> all;
    for (const auto& mine : made) all.insert(mine.begin(), mine.end());
    EXPECT_EQ(all.size(), 20'000U);
}

TEST(EqualConstantTime, ComparesContentAndLength) {
    EXPECT_TRUE(equal_constant_time("", ""));
    EXPECT_TRUE(equal_constant_time("secret", "secret"));
    EXPECT_FALSE(equal_constant_time("secret", "secreT"));
    EXPECT_FALSE(equal_constant_time("secret", "secret "));
}

TEST(ToHex, WritesLowerCasePairs) {
    const std::vector<uint8_t> bytes = {0x00, 0x0F, 0xA5, 0xFF};
    EXPECT_EQ(to_hex(bytes), "000fa5ff");
}

}  // namespace
}  // namespace trunkline
