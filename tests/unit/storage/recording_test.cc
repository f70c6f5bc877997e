// Recorded audio on the storage thread: files that are valid at every moment, and what a disk can do to them.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/storage/recording_writer.h"
#include "engine/storage/wav_file.h"
#include "lab/speech/wav.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/storage/fixture.h"

namespace trunkline {
namespace {

namespace fs = std::filesystem;

struct RecordingTest : testing::Test {
    RecordingSpec spec(std::string path = "a.wav") const {
        return {directory, std::move(path), "call_1", 8'000, 2, false};
    }
    lab::Wav wav(const std::string& path = "a.wav") const {
        auto read = lab::read_wav(directory + "/" + path);
        EXPECT_TRUE(read) << read.error().message;
        return read ? *read : lab::Wav{};
    }
    static std::string frames(size_t count, char low) {
        std::string bytes;
        for (size_t i = 0; i < count; ++i) bytes += {low, 0, static_cast<char>(low + 1), 0};
        return bytes;
    }

    test::TempFolder folder;
    const std::string directory = folder.path();
    RecordingWriter writer{1U << 20};
};

TEST_F(RecordingTest, TheFileIsValidBehindEveryPiece) {
    WavFile file(spec());
    ASSERT_TRUE(file.open());
    EXPECT_EQ(wav().samples.size(), 0U);
    EXPECT_EQ(wav().channels, 2);
    ASSERT_TRUE(file.write(0, frames(100, 1)));
    EXPECT_EQ(wav().samples.size(), 200U);
    ASSERT_TRUE(file.write(100, frames(50, 3)));
    const lab::Wav read = wav();
    ASSERT_EQ(read.samples.size(), 300U);
    EXPECT_EQ(read.rate, 8'000);
    EXPECT_EQ(read.samples[199], 2);
    EXPECT_EQ(read.samples[200], 3);
}

TEST_F(RecordingTest, AGapIsSilenceAndAnOverlapIsNotWrittenTwice) {
    WavFile file(spec());
    ASSERT_TRUE(file.open());
    ASSERT_TRUE(file.write(10, frames(10, 5)));
    ASSERT_TRUE(file.write(15, frames(10, 7)));
    ASSERT_TRUE(file.write(0, frames(10, 9)));
    ASSERT_TRUE(file.pad(40'000));
    const lab::Wav read = wav();
    ASSERT_EQ(read.samples.size(), 80'000U);
    EXPECT_EQ(read.samples[19], 0);
    EXPECT_EQ(read.samples[20], 5);
    EXPECT_EQ(read.samples[38], 5);
    EXPECT_EQ(read.samples[40], 7);
    EXPECT_EQ(read.samples[48], 7);
    EXPECT_EQ(read.samples[50], 0);
}

TEST_F(RecordingTest, MulawHasItsHeaderAndItsOwnSilence) {
    RecordingSpec mulaw = spec();
    mulaw.mulaw = true;
    WavFile file(mulaw);
    ASSERT_TRUE(file.open());
    ASSERT_TRUE(file.write(4, std::string(2, '\x80')));
    const lab::Wav read = wav();
    ASSERT_EQ(read.samples.size(), 10U);
    EXPECT_EQ(read.samples[0], 0);
    EXPECT_EQ(read.samples[9], 32'124);
}

TEST_F(RecordingTest, AFullFormatIsSaidAndNothingWraps) {
    WavFile file(spec());
    ASSERT_TRUE(file.open());
    const auto full = file.write(int64_t{1} << 30, frames(1, 1));
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, "recording-full");
}

TEST_F(RecordingTest, MakesItsFoldersButFollowsNoLinkAndReplacesNothing) {
    WavFile deep(spec("2026/11/a.wav"));
    EXPECT_TRUE(deep.open());
    fs::create_directory_symlink("/tmp", directory + "/link");
    WavFile through_a_link(spec("link/b.wav"));
    EXPECT_FALSE(through_a_link.open());
    fs::create_symlink(directory + "/elsewhere.wav", directory + "/c.wav");
    WavFile to_a_link(spec("c.wav"));
    EXPECT_FALSE(to_a_link.open());
    EXPECT_FALSE(fs::exists(directory + "/elsewhere.wav"));
    WavFile twice(spec("2026/11/a.wav"));
    const auto refused = twice.open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "cannot-record");
    EXPECT_NE(refused.error().message.find("2026/11/a.wav: File exists"), std::string::npos) << refused.error().message;
}

TEST_F(RecordingTest, WhatIsNotTakenIsSilenceAndCounted) {
    RecordingWriter small(4'096);
    auto recording = small.open(spec());
    EXPECT_TRUE(recording->write(0, frames(500, 1)));
    EXPECT_FALSE(recording->write(500, frames(500, 3))) << "no room for it";
    small.write_waiting();
    EXPECT_TRUE(recording->write(1'000, frames(500, 5)));
    recording->finish(2'000);
    small.write_waiting();
    EXPECT_EQ(recording->state().lost_frames, 500);
    EXPECT_EQ(recording->state().frames, 2'000);
    EXPECT_EQ(small.stats().lost_bytes, 2'000U);
    const lab::Wav read = wav();
    ASSERT_EQ(read.samples.size(), 4'000U);
    EXPECT_EQ(read.samples[999], 2);
    EXPECT_EQ(read.samples[1'000], 0);
    EXPECT_EQ(read.samples[2'000], 5);
    EXPECT_EQ(read.samples[3'000], 0);
}

TEST_F(RecordingTest, AFileThatCannotBeMadeIsToldAndCostsNothingMore) {
    std::ofstream(directory + "/file") << "no folder";
    RecordingSpec nowhere = spec();
    nowhere.directory = directory + "/file/below";
    auto recording = writer.open(nowhere);
    EXPECT_TRUE(recording->write(0, frames(10, 1)));
    writer.write_waiting();
    EXPECT_TRUE(recording->state().failed);
    EXPECT_NE(recording->state().problem.find("Not a directory"), std::string::npos) << recording->state().problem;
    EXPECT_FALSE(recording->write(10, frames(10, 1)));
    EXPECT_EQ(writer.stats().failed, 1U);
}

/// The disk takes no byte beyond `bytes` of a file, as one that is full.
struct FullDisk {
    explicit FullDisk(rlim_t bytes) {
        getrlimit(RLIMIT_FSIZE, &before);
        handler = signal(SIGXFSZ, SIG_IGN);
        rlimit now = before;
        now.rlim_cur = bytes;
        setrlimit(RLIMIT_FSIZE, &now);
    }
    ~FullDisk() {
        setrlimit(RLIMIT_FSIZE, &before);
        signal(SIGXFSZ, handler);
    }
    rlimit before{};
    void (*handler)(int);
};

TEST_F(RecordingTest, AFullDiskLosesAudioAndTheFileGoesOnWhenThereIsRoom) {
    auto recording = writer.open(spec());
    {
        const FullDisk full(44 + 4 * 150 + 2);
        EXPECT_TRUE(recording->write(0, frames(100, 1)));
        EXPECT_TRUE(recording->write(100, frames(100, 3)));
        EXPECT_TRUE(recording->write(200, frames(100, 5)));
        writer.write_waiting();
        EXPECT_FALSE(recording->state().failed);
        EXPECT_NE(recording->state().problem, "");
        EXPECT_EQ(recording->state().lost_frames, 150);
        EXPECT_EQ(wav().samples.size(), 300U) << "whole frames, and the header knows how many";
    }
    EXPECT_TRUE(recording->write(300, frames(100, 7)));
    recording->finish(400);
    writer.write_waiting();
    const lab::Wav read = wav();
    ASSERT_EQ(read.samples.size(), 800U);
    EXPECT_EQ(read.samples[299], 4);
    EXPECT_EQ(read.samples[300], 0);
    EXPECT_EQ(read.samples[599], 0);
    EXPECT_EQ(read.samples[600], 7);
    EXPECT_EQ(recording->state().lost_frames, 150);
}

TEST_F(RecordingTest, OutlivesItsWriter) {
    std::shared_ptr<Recording> recording;
    {
        RecordingWriter short_lived(1U << 20);
        recording = short_lived.open(spec());
        EXPECT_TRUE(recording->write(0, frames(10, 1)));
    }
    EXPECT_FALSE(recording->write(10, frames(10, 1)));
    recording->finish(20);
}

TEST_F(RecordingTest, AFileOfAKilledProcessIsValid) {
    for (int round = 0; round < 5; ++round) {
        const std::string name = std::to_string(round) + ".wav";
        int ready[2];
        ASSERT_EQ(pipe(ready), 0);
        const pid_t child = fork();
        if (child == 0) {
            WavFile file(spec(name));
            bool ok = static_cast<bool>(file.open());
            for (int64_t at = 0; ok; at += 37) {
                ok = static_cast<bool>(file.write(at, frames(37, 1)));
                if (at == 37 * 200) ok = ok && write(ready[1], "x", 1) == 1;
            }
            _exit(1);
        }
        char byte = 0;
        EXPECT_EQ(read(ready[0], &byte, 1), 1);
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        close(ready[0]);
        close(ready[1]);
        const lab::Wav read = wav(name);
        EXPECT_GE(read.samples.size(), 2U * 37 * 200);
        EXPECT_EQ(read.samples.size() % 2, 0U);
    }
}

struct RecordingStorage : StorageTest {};

TEST_F(RecordingStorage, TheStorageThreadWritesThoughTheDatabaseIsLocked) {
    open();
    auto other = open_writing_session(path_);
    ASSERT_TRUE(other);
    execute(**other, "BEGIN IMMEDIATE");
    put(digit("c1", 1));  // the thread now tries again and again
    const std::string directory = path_ + ".recordings";
    auto recording = writer_->recordings()->open({directory, "a.wav", "c1", 8'000, 2, false});
    EXPECT_TRUE(recording->write(0, std::string(400, '\1')));
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (recording->state().frames < 100 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    EXPECT_EQ(recording->state().frames, 100);
    execute(**other, "ROLLBACK");
    recording->finish(100);
    flush();
    EXPECT_EQ(writer_->stats().recordings.bytes, 400U);
    EXPECT_EQ(writer_->stats().recordings.files, 1U);
    EXPECT_TRUE(lab::read_wav(directory + "/a.wav"));
    fs::remove_all(directory);
}

}  // namespace
}  // namespace trunkline
