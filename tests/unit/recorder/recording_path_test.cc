// Names of recordings: whatever a template or a caller's number holds, the file stays below its directory.
#include "elements/recorder/recording_path.h"

#include <gtest/gtest.h>

namespace trunkline::recorder {
namespace {

const PathValues kValues{"call_01ABC", "rec", "2026-11-30"};

std::string path(std::string_view location) {
    const auto made = recording_path(location, kValues);
    return made ? *made : made.error().code + ": " + made.error().message;
}

TEST(RecordingPath, FillsItsNames) {
    EXPECT_EQ(path("{call_id}.wav"), "call_01ABC.wav");
    EXPECT_EQ(path("{date}/{node}-{call_id}"), "2026-11-30/rec-call_01ABC.wav");
}

TEST(RecordingPath, ATemplateWithoutTheCallIdGetsIt) {
    EXPECT_EQ(path("support.wav"), "support-call_01ABC.wav") << "two calls must not meet in one file";
    EXPECT_EQ(path(""), "call_01ABC.wav");
    EXPECT_EQ(path("2026/"), "2026/call_01ABC.wav");
}

TEST(RecordingPath, HostileTextStaysBelowTheDirectory) {
    EXPECT_EQ(path("../../etc/passwd-{call_id}"), "_./_./etc/passwd-call_01ABC.wav");
    EXPECT_EQ(path("/etc/{call_id}"), "etc/call_01ABC.wav");
    EXPECT_EQ(path("..//./{call_id}"), "_./_/call_01ABC.wav");
    EXPECT_EQ(path(std::string("+1555\n\0;rm -rf $HOME|\"'-{call_id}", 33)), "+1555___rm_-rf__HOME___-call_01ABC.wav");
    EXPECT_EQ(path("\xC3\xBC{call_id}"), "__call_01ABC.wav");
    EXPECT_EQ(path(".hidden-{call_id}"), "_hidden-call_01ABC.wav");
}

TEST(RecordingPath, LongNamesAreCutAndDeepOnesRefused) {
    EXPECT_LT(path(std::string(5'000, 'a') + "{call_id}").size(), 130U);
    EXPECT_EQ(path("1/2/3/4/5/6/7/8/{call_id}").substr(0, 12), "bad-location");
}

TEST(RecordingPath, UnknownNamesAreTold) {
    EXPECT_EQ(path("{cal_id}.wav"),
              "bad-location: \"{cal_id}-{call_id}\" in `location` is neither {call_id}, {node} nor {date}");
    EXPECT_EQ(path("{call_id").substr(0, 12), "bad-location");
}

}  // namespace
}  // namespace trunkline::recorder
