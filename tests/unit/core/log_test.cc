// Log lines: ASCII only, one line per record, valid JSON, secrets aside nothing lost at stop.
#include "engine/core/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "engine/core/json.h"
#include "tests/support/eventually.h"

namespace trunkline {
namespace {

class LogToFile : public testing::Test {
  protected:
    LogToFile() { std::filesystem::remove(path_); }
    ~LogToFile() override {
        log_stop();
        std::filesystem::remove(path_);
    }
    void start(bool json, LogLevel level = LogLevel::kInfo) {
        LogOptions options;
        options.json = json;
        options.level = level;
        options.file = path_;
        log_start(options);
    }
    std::vector<std::string> lines() {
        log_stop();
        std::ifstream file(path_);
        std::vector<std::string> all;
        for (std::string line; std::getline(file, line);) all.push_back(line);
        return all;
    }
    const std::string path_ = testing::TempDir() + "trunkline-log-" + std::to_string(getpid()) + ".log";
};

TEST_F(LogToFile, WritesOneJsonObjectPerRecord) {
    start(true);
    log_info("call", "said \"hi\"\n",
             {{"call_id", "c1"}, {"ms", 12}, {"ok", true}, {"ratio", 0.5}, {"odd", std::nan("")}});
    const auto all = lines();
    ASSERT_EQ(all.size(), 1U);
    const auto line = Json::parse(all[0]);
    ASSERT_TRUE(line.has_value()) << all[0];
    EXPECT_EQ((*line)["level"].text_or(""), "info");
    EXPECT_EQ((*line)["component"].text_or(""), "call");
    EXPECT_EQ((*line)["message"].text_or(""), "said \"hi\"\n");
    EXPECT_EQ((*line)["call_id"].text_or(""), "c1");
    EXPECT_EQ((*line)["ms"].int_or(0), 12);
    EXPECT_TRUE((*line)["ok"].bool_or(false));
    EXPECT_TRUE((*line)["odd"].is_string());
}

TEST_F(LogToFile, AFileThatCannotBeOpenedLeavesTheLogOnStandardErrorAsItWasAskedFor) {
    testing::internal::CaptureStderr();
    LogOptions options;
    options.json = true;
    options.level = LogLevel::kInfo;
    options.file = path_ + "/no/such/folder.log";
    std::ofstream(path_) << "a file, no folder";
    log_start(options);
    log_info("server", "ready");
    log_stop();
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_NE(log.find("cannot open the log file"), std::string::npos) << log;
    EXPECT_NE(log.find("\"message\":\"ready\""), std::string::npos) << log;
}

TEST_F(LogToFile, IsAsciiWhateverTheText) {
    start(false);
    log_info("x", "gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80 \xFF\x1b[31m", {{"name", "\xE2\x82\xAC uro"}});
    const auto all = lines();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_TRUE(std::all_of(all[0].begin(), all[0].end(), [](char c) { return c >= ' ' && c <= '~'; })) << all[0];
    EXPECT_NE(all[0].find("gr\\u00fc\\u00df \\ud83d\\ude00 \\ufffd\\u001b[31m"), std::string::npos) << all[0];
    EXPECT_NE(all[0].find("name=\"\\u20ac uro\""), std::string::npos) << all[0];
}

TEST_F(LogToFile, LeavesOutWhatIsBelowItsLevel) {
    start(false, LogLevel::kWarn);
    log_info("x", "quiet");
    log_warn("x", "loud");
    const auto all = lines();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_NE(all[0].find("loud"), std::string::npos);
}

TEST_F(LogToFile, KeepsRecordsOfSeveralThreadsWhole) {
    start(true);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([t] {
            for (int i = 0; i < 200; ++i) log_info("t", "line", {{"t", t}, {"i", i}});
        });
    for (auto& thread : threads) thread.join();
    const auto all = lines();
    EXPECT_EQ(all.size(), 800U);
    for (const auto& line : all) ASSERT_TRUE(Json::parse(line).has_value()) << line;
}

TEST_F(LogToFile, WritesAFewLinesAboutStrangersAndHowManyMoreThereWere) {
    start(true);
    constexpr int kLines = 5'000;
    for (int i = 0; i < kLines; ++i) log_stranger("net", "who are you", {{"n", i}});
    int64_t written = 0, left_out = 0;
    const auto told = [&] {
        log_stranger("net", "and you");  // the first of a second tells of those before
        written = left_out = 0;
        std::ifstream file(path_);
        for (std::string line; std::getline(file, line);) {
            written += line.find("who are you") != std::string::npos ? 1 : 0;
            const auto record = Json::parse(line);  // the last one may still be on its way to the file
            if (record && line.find("left out") != std::string::npos) left_out += (*record)["lines"].int_or(0);
        }
        return left_out >= kLines - 1'000;
    };
    EXPECT_TRUE(test::eventually(told));
    EXPECT_GE(written, 1);
    EXPECT_LT(written, 1'000);
}

TEST(Log, GoesToStandardErrorBeforeItIsStarted) {
    log_stop();
    testing::internal::CaptureStderr();
    log_warn("early", "before the start");
    log_info("early", "not shown");
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_NE(text.find("before the start"), std::string::npos);
    EXPECT_EQ(text.find("not shown"), std::string::npos);
}

TEST(Log, StopsTwice) {
    log_stop();
    log_stop();
    EXPECT_FALSE(log_enabled(LogLevel::kInfo));
}

TEST(ParseLogLevel, KnowsItsNamesAndSaysWhenItDoesNot) {
    bool ok = false;
    EXPECT_EQ(parse_log_level("debug", &ok), LogLevel::kDebug);
    EXPECT_TRUE(ok);
    EXPECT_EQ(parse_log_level("loud", &ok), LogLevel::kInfo);
    EXPECT_FALSE(ok);
}

}  // namespace
}  // namespace trunkline
