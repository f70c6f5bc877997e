// kill -9 in the middle of writing: what was acknowledged is there, and the next start is clean.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/core/json.h"
#include "tests/unit/storage/fixture.h"

namespace trunkline {
namespace {

class CrashTest : public StorageTest {
  protected:
    /// Child: writes facts for ever and says which number is on disk for sure.
    [[noreturn]] void write_until_killed(int acknowledged) {
        StorageOptions options;
        options.path = path_;
        auto writer = StorageWriter::open(options);
        if (!writer) _exit(1);
        (*writer)->put(call_row("c1", "CA1"));
        SessionRow session;
        session.call_id = "c1";
        session.stream_id = "MZ1";
        session.started_unix_ms = 1;
        (*writer)->put(session);
        (*writer)->put(FactRecord{fact("c1", 1, "call.answered", ""), true, ""});
        for (uint64_t seq = 2;; ++seq) {
            (*writer)->put(FactRecord{digit("c1", seq), true, seq % 10 == 0 ? "w1" : ""});
            if (seq % 50 == 0 && (*writer)->flush(kPatience) && write(acknowledged, &seq, sizeof seq) != sizeof seq)
                _exit(1);
        }
    }

    uint64_t run_and_kill(uint64_t at_least) {
        int pipe_fds[2];
        EXPECT_EQ(pipe2(pipe_fds, O_CLOEXEC), 0);
        const pid_t child = fork();
        if (child == 0) write_until_killed(pipe_fds[1]);
        close(pipe_fds[1]);
        uint64_t acknowledged = 0;
        while (acknowledged < at_least && read(pipe_fds[0], &acknowledged, sizeof acknowledged) > 0) {
        }
        kill(child, SIGKILL);
        for (uint64_t more = 0; read(pipe_fds[0], &more, sizeof more) > 0;) acknowledged = more;
        close(pipe_fds[0]);
        int status = 0;
        waitpid(child, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status));
        return acknowledged;
    }
};

TEST_F(CrashTest, NothingAcknowledgedIsLostAndTheCallIsClosed) {
    const uint64_t acknowledged = run_and_kill(500);
    ASSERT_GE(acknowledged, 500U);
    open();
    EXPECT_EQ(writer_->stats().recovered_calls, 1U);
    const int64_t last = number("SELECT MAX(seq) FROM call_events");
    EXPECT_GT(last, static_cast<int64_t>(acknowledged));
    EXPECT_EQ(number("SELECT COUNT(*) FROM call_events"), last) << "numbers without gaps";
    EXPECT_EQ(text("SELECT type FROM call_events ORDER BY seq DESC LIMIT 1"), "call.ended");
    EXPECT_EQ(text("SELECT status || '|' || end_reason FROM calls"), "failed|engine-restart");
    EXPECT_NE(text("SELECT ended_at FROM calls"), "(null)");
    EXPECT_EQ(text("SELECT close_reason FROM sessions WHERE stopped_at IS NOT NULL"), "engine-restart");
    // t_ms of the last fact of the dead process, less that of call.answered
    EXPECT_EQ(number("SELECT duration_ms FROM calls"), (last - 1) * 10 - 10);
}

TEST_F(CrashTest, TheEndOfAnAbandonedCallGoesToItsWebhooks) {
    run_and_kill(100);
    open();
    EXPECT_EQ(number("SELECT COUNT(*) FROM webhook_deliveries d JOIN call_events e ON e.call_id = d.call_id AND"
                     " e.seq = d.seq WHERE e.type = 'call.ended' AND d.webhook_id = 'w1' AND d.state = 'pending'"),
              1);
}

TEST_F(CrashTest, TheEndOfAnAbandonedCallGoesToWhoAskedForItAndToNobodyElse) {
    open();
    writer_->put(call_row("c1"));
    writer_->put(WebhookEnd{"c1", "ends", true});
    writer_->put(WebhookEnd{"c1", "words", false});
    // Two sinks with one url and secret are one webhook: it is told when either wants it.
    for (const bool wanted : {false, true, false}) writer_->put(WebhookEnd{"c1", "twice", wanted});
    put(fact("c1", 1, "call.answered", ""), "words");
    flush();
    writer_.reset();
    open();
    const std::string told =
        "SELECT group_concat(id) FROM (SELECT webhook_id AS id FROM webhook_deliveries d JOIN call_events e ON"
        " e.call_id = d.call_id AND e.seq = d.seq WHERE e.type = 'call.ended' ORDER BY id)";
    EXPECT_EQ(text(told), "ends,twice");
    EXPECT_EQ(number("SELECT COUNT(*) FROM webhook_ends"), 0) << "gone with the call";
}

TEST_F(CrashTest, AbandonedCallsAreClosedOnce) {
    run_and_kill(50);
    open();
    writer_.reset();
    open();
    EXPECT_EQ(writer_->stats().recovered_calls, 0U);
    EXPECT_EQ(number("SELECT COUNT(*) FROM call_events WHERE type = 'call.ended'"), 1);
}

TEST_F(CrashTest, ACallWhoseEndIsKnownGetsNoSecondOne) {
    open();
    writer_->put(call_row("c1"));
    put(fact("c1", 1, "call.ended", R"("status":"completed","reason":"hangup","duration_ms":1200,"who":"caller")"));
    writer_.reset();
    open();
    EXPECT_EQ(number("SELECT COUNT(*) FROM call_events"), 1);
    EXPECT_EQ(text("SELECT status || '|' || end_reason || '|' || duration_ms FROM calls"), "completed|hangup|1200");
}

TEST_F(CrashTest, EndedCallsAreLeftAlone) {
    open();
    CallRow row = call_row("c1");
    row.status = "completed";
    row.ended_unix_ms = 5;
    writer_->put(row);
    writer_.reset();
    open();
    EXPECT_EQ(writer_->stats().recovered_calls, 0U);
    EXPECT_EQ(text("SELECT status FROM calls"), "completed");
}

}  // namespace
}  // namespace trunkline
