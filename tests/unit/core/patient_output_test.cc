// Output that nobody reads.
#include "engine/core/patient_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <utility>

namespace trunkline {
namespace {

class PatientOutputTest : public testing::Test {
  protected:
    void SetUp() override { ASSERT_EQ(pipe2(fds_, O_CLOEXEC), 0); }
    void TearDown() override {
        close(fds_[0]);
        if (fds_[1] >= 0) close(fds_[1]);
    }
    std::string read_all() const {
        fcntl(fds_[0], F_SETFL, O_NONBLOCK);
        std::string all;
        char buffer[4096];
        for (ssize_t n = 0; (n = read(fds_[0], buffer, sizeof buffer)) > 0;) all.append(buffer, static_cast<size_t>(n));
        return all;
    }
    int fds_[2] = {-1, -1};
};

TEST_F(PatientOutputTest, WritesWhatIsRead) {
    PatientOutput out(fds_[1]);
    EXPECT_TRUE(out.write("one\n"));
    EXPECT_TRUE(out.write(std::string(10'000, 'x') + "\n"));
    EXPECT_EQ(read_all(), "one\n" + std::string(10'000, 'x') + "\n");
}

TEST_F(PatientOutputTest, LeavesOutWhatNobodyReadsAndGoesOnWithAWholeLine) {
    PatientOutput out(fds_[1]);
    EXPECT_FALSE(out.write(std::string(200'000, 'x') + "\n")) << "a pipe holds less";
    for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(out.write("lost\n")) << "and nobody waits for each of them";
    EXPECT_EQ(read_all().find_first_not_of('x'), std::string::npos);
    EXPECT_TRUE(out.write("next\n"));
    EXPECT_EQ(read_all(), "\nnext\n");
}

TEST_F(PatientOutputTest, AReaderWhoIsGoneIsNoMatter) {
    close(std::exchange(fds_[0], open("/dev/null", O_RDONLY | O_CLOEXEC)));
    signal(SIGPIPE, SIG_IGN);
    EXPECT_FALSE(PatientOutput(fds_[1]).write("x\n"));
    close(std::exchange(fds_[1], -1));
    EXPECT_FALSE(PatientOutput(-1).write("x\n"));
}

}  // namespace
}  // namespace trunkline
