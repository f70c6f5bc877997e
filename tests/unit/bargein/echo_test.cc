// The bound of the echo: where what was sent plays, and how much of it may come back.
#include "elements/bargein/echo.h"

#include <gtest/gtest.h>

namespace trunkline::bargein {
namespace {

constexpr int64_t kMs = 1'000'000;

TEST(Echo, P18IsBoundedByWhatPlayedInTheLastMoments) {
    Echo echo;
    EXPECT_EQ(echo.bound_dbfs(1'000 * kMs), -100);
    echo.sent(-20, 1'000 * kMs);
    EXPECT_EQ(echo.bound_dbfs(1'100 * kMs), -20 - echo.loss_db());
    EXPECT_EQ(echo.bound_dbfs(1'700 * kMs), -20 - echo.loss_db());
    EXPECT_EQ(echo.bound_dbfs(1'800 * kMs), -100) << "too long ago to come back";
}

TEST(Echo, P2WhatIsHandedOutAtOncePlaysOnePieceAfterTheOther) {
    Echo echo;
    for (int i = 0; i < 500; ++i) echo.sent(i < 400 ? -60 : -10, 1'000 * kMs);  // 8 s quiet, 2 s loud
    EXPECT_EQ(echo.bound_dbfs(5'000 * kMs), -100);
    EXPECT_EQ(echo.bound_dbfs(9'500 * kMs), -10 - echo.loss_db());
}

TEST(Echo, WhatWasClearedNeverComesBack) {
    Echo echo;
    for (int i = 0; i < 500; ++i) echo.sent(-10, 1'000 * kMs);
    echo.cleared(1'500 * kMs);
    EXPECT_GT(echo.bound_dbfs(1'600 * kMs), -100) << "it played until now";
    EXPECT_EQ(echo.bound_dbfs(2'500 * kMs), -100);
    echo.sent(-10, 3'000 * kMs);
    EXPECT_GT(echo.bound_dbfs(3'050 * kMs), -100) << "the next reply begins at once";
}

TEST(Echo, AHeldLinePlaysLater) {
    Echo echo;
    for (int i = 0; i < 100; ++i) echo.sent(i < 50 ? -60 : -10, 1'000 * kMs);
    echo.delayed(2'000 * kMs, 1'000 * kMs);  // held from 1 s to 2 s
    EXPECT_EQ(echo.bound_dbfs(2'500 * kMs), -100);
    EXPECT_GT(echo.bound_dbfs(3'100 * kMs), -100);
}

TEST(Echo, P18OneThatBeginsInTheMiddleOfACallIsBounded) {
    Echo echo;
    int64_t now = 0;
    for (int i = 0; i < 10'000; ++i) {  // minutes without any
        now += 20 * kMs;
        echo.sent(-15, now);
        echo.heard_no_speech(-70, now);
    }
    EXPECT_EQ(echo.loss_db(), EchoOptions{}.most_loss_db) << "it learnt that nothing comes back";
    EXPECT_GT(echo.bound_dbfs(now), -15 - 20) << "an echo of -20 dB is still no speech";
}

TEST(Echo, P18KeepsAMarginToWhatCameBack) {
    Echo echo;
    int64_t now = 0;
    for (int i = 0; i < 2'000; ++i) {
        now += 20 * kMs;
        echo.sent(-15, now);
        echo.heard_no_speech(-15 - 14, now);
    }
    EXPECT_NEAR(echo.loss_db(), 14 - EchoOptions{}.margin_db, 0.01);
}

TEST(Echo, LearnsNothingWhileTheAgentIsSilent) {
    Echo echo;
    const double first = echo.loss_db();
    for (int64_t now = 0; now < 60'000 * kMs; now += 20 * kMs) {
        echo.sent(-80, now);
        echo.heard_no_speech(-80, now);
    }
    EXPECT_EQ(echo.loss_db(), first);
}

}  // namespace
}  // namespace trunkline::bargein
