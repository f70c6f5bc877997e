// A database that takes no rows while calls are live: they go on, their facts are kept up to the bound, new calls are
// refused with the reason, what has no room is counted and logged; afterwards all that was kept is stored, in order.
//
// The full disk is RLIMIT_FSIZE = 0, set on the running engine: the kernel refuses every write to a file, it needs no
// privilege and no mount, works under sanitizers, and is taken back as easily.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <map>

#include "engine/core/json.h"
#include "tests/integration/process_rig.h"

namespace trunkline::test {
namespace {

using namespace std::chrono_literals;
using lab::CallResult;
using lab::deepgram::Command;

constexpr const char* kWaiting = "trunkline_storage_ring_records";
constexpr int kBound = 1'024;

std::string left_out(const std::string& weight) {
    return "trunkline_storage_facts_left_out_total{weight=\"" + weight + "\"}";
}

class Storage : public testing::Test {
  protected:
    void SetUp() override {
        rig.start({"TRUNKLINE_OUTBOX_RECORDS=" + std::to_string(kBound)}).wait_until_ready();
        for (int i = 0; i < 2; ++i) {
            calls.push_back(rig.call());
            ASSERT_TRUE(calls[i]->wait_for(
                [](const CallResult& c) { return !c.streams.empty() && c.stream().agent_speaking(); }, 60s));
        }
        ASSERT_TRUE(eventually([&] { return rig.number("select count(*) from sessions") == 2; }));
    }

    // Sessions of the agent are numbered from 1.
    void send(int session, const std::string& text) {
        rig.agent().command(session, {Command::Kind::kText, text, 0, {}});
    }
    /// The agent says it in text alone: a final transcript each.
    void say_lines(int count) {
        for (int i = 0; i < count; ++i) {
            const int session = 1 + lines % 2;
            send(session,
                 R"({"type":"ConversationText","role":"assistant","content":"line )" + std::to_string(lines++) + "\"}");
        }
    }
    double accounted() const {
        const std::string metrics = rig.get("/metrics").body;
        return ProcessRig::metric_in(metrics, kWaiting) + ProcessRig::metric_in(metrics, left_out("essential"));
    }
    /// So many records more wait, or are counted as left out: never faster than the engine listens.
    bool fill(int records) {
        const double before = accounted();
        say_lines(records);
        return eventually([&] { return accounted() >= before + records; });
    }
    /// The first rows that the database does not take: from here on nothing leaves the queue.
    void wait_for_trouble() {
        say_lines(1);
        ASSERT_TRUE(eventually([&] { return rig.metric("trunkline_storage_in_trouble") == 1; }));
    }
    /// Talks in steps that are small beside the distance of the bounds, until it holds.
    bool talk_until(const std::function<bool()>& condition) {
        for (int step = 0; step < kBound / 20; ++step) {
            if (condition()) return true;
            if (!fill(20)) return false;
        }
        return condition();
    }
    long stored_transcripts() { return rig.number("select count(*) from call_events where type = 'transcript'"); }
    /// Everything the agent has put into words so far.
    long said(const std::string& with = "") {
        long count = 0;
        rig.agent().wait([&](const auto& sessions) {
            count = 0;
            for (const auto& session : sessions) {
                for (const auto& message : session.sent)
                    count += message.type == "ConversationText" && message.text.find(with) != std::string::npos;
            }
            return true;
        });
        return count;
    }

    void expect_audio_flows_both_ways() {
        const auto heard_by_agent = [&](size_t i) {
            int64_t bytes = 0;
            rig.agent().wait([&](const auto& sessions) { return bytes = sessions[i].audio_bytes_in, true; });
            return bytes;
        };
        for (size_t i = 0; i < calls.size(); ++i) {
            const int64_t before = heard_by_agent(i);
            rig.agent().command(static_cast<int>(i) + 1, {Command::Kind::kSay, "queue-thankyou", 0, {}});
            const uint64_t heard = calls[i]->result().stream().bytes_received;
            EXPECT_TRUE(
                calls[i]->wait_for([=](const CallResult& c) { return c.stream().bytes_received > heard + 1'600; }, 60s))
                << "the caller hears the agent";
            EXPECT_TRUE(eventually([&] { return heard_by_agent(i) > before + 1'600; })) << "the agent hears the caller";
            EXPECT_FALSE(calls[i]->result().stream().ended());
        }
    }

    void expect_new_calls_are_refused(const std::string& cause) {
        const auto ready = rig.get("/readyz");
        EXPECT_EQ(ready.status, 503);
        EXPECT_NE(ready.body.find("storage is behind"), std::string::npos) << ready.body;
        EXPECT_NE(ready.body.find(cause), std::string::npos) << ready.body;
        const auto twiml = rig.announce();
        EXPECT_EQ(twiml.status, 200);
        EXPECT_NE(twiml.body.find("<Reject reason=\"busy\"/>"), std::string::npos) << twiml.body;
        EXPECT_NE(twiml.body.find("overload: storage is behind"), std::string::npos) << twiml.body;
        EXPECT_EQ(rig.metric("trunkline_storage_in_trouble"), 1);
        EXPECT_GE(rig.metric("trunkline_calls_refused_total"), 1);
        EXPECT_TRUE(eventually(
            [&] { return rig.engine().log().find("the database takes no rows; they are kept") != std::string::npos; }));
    }

    /// A little below the bound of ordinary facts, then above it.
    void expect_ordinary_facts_go_before_what_was_said() {
        ASSERT_TRUE(talk_until([&] { return rig.metric(kWaiting) > kBound * 0.855; }));
        ASSERT_TRUE(eventually([&] {
            send(1, R"({"type":"UserStartedSpeaking"})");
            return rig.metric(left_out("ordinary")) > 0;
        }));
        EXPECT_TRUE(eventually([&] { return rig.engine().log().find("facts are lost") != std::string::npos; }));
    }

    void expect_all_is_stored(const std::string& why) {
        ASSERT_TRUE(
            eventually([&] { return rig.metric(kWaiting) == 0 && rig.metric("trunkline_storage_in_trouble") == 0; }));
        EXPECT_EQ(rig.get("/readyz").status, 200);
        EXPECT_NE(rig.engine().log().find("the database takes rows again"), std::string::npos);
        // Commands to the agent may still be on their way: said() and what is stored grow until they meet.
        const auto missed = [&] { return static_cast<long>(rig.metric(left_out("essential"))); };
        EXPECT_TRUE(eventually([&] { return stored_transcripts() == said() - missed(); }))
            << why << ": " << stored_transcripts() << " stored, " << said() << " said, " << missed()
            << " counted as left out";
        for (auto& call : calls) call->hang_up();
        EXPECT_TRUE(eventually([&] { return rig.number("select count(*) from calls where ended_at is null") == 0; }));
        EXPECT_EQ(rig.metric("trunkline_storage_refused_total"), 0);
        EXPECT_EQ(rig.metric("trunkline_storage_dead_letters_total"), 0);
        EXPECT_EQ(rig.number("select count(*) from (select 1 from call_events group by call_id having min(seq) <> 1 or "
                             "max(seq) <> count(*))"),
                  0)
            << "numbers without a gap";
        expect_lines_in_order();
        EXPECT_EQ(rig.sql("pragma integrity_check"), (StoredRows{{"ok"}}));
        calls.clear();
        calls.push_back(rig.call());  // and calls are taken again
        EXPECT_TRUE(calls.back()->wait_for(
            [](const CallResult& c) { return !c.streams.empty() && c.stream().agent_speaking(); }, 60s));
    }

    void expect_lines_in_order() {
        std::map<std::string, int> last;
        for (const auto& row :
             rig.sql("select call_id, message from conversation_log where message like 'line %' order "
                     "by call_id, seq")) {
            const int line = std::atoi(row[1].c_str() + 5);
            const auto [at, first] = last.emplace(row[0], -1);
            EXPECT_GT(line, at->second) << "in order, once";
            at->second = line;
        }
    }

    void let_files_grow(bool yes) {
        const rlim_t most = yes ? RLIM_INFINITY : 0;
        const rlimit limit{most, RLIM_INFINITY};
        ASSERT_EQ(prlimit(rig.engine().pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
    }

    ProcessRig rig;
    std::vector<std::unique_ptr<lab::TwilioCall>> calls;
    int lines = 0;
};

TEST_F(Storage, ALockedDatabaseStopsNoCallAndLosesNothing) {
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(rig.database().c_str(), &other), SQLITE_OK);
    sqlite3_busy_timeout(other, 20'000);
    ASSERT_EQ(sqlite3_exec(other, "begin exclusive", nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(other);
    wait_for_trouble();
    ASSERT_TRUE(fill(kBound * 3 / 4));
    ASSERT_TRUE(talk_until([&] { return rig.get("/readyz").status == 503; }));
    expect_new_calls_are_refused("locked");
    expect_audio_flows_both_ways();
    expect_ordinary_facts_go_before_what_was_said();
    EXPECT_EQ(rig.metric(left_out("essential")), 0) << "what was said has its place still";
    EXPECT_EQ(sqlite3_exec(other, "rollback", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(other);
    expect_all_is_stored("after the lock");
}

TEST_F(Storage, AFullDiskStopsNoCallAndWhatHasNoRoomIsCounted) {
    let_files_grow(false);
    wait_for_trouble();
    ASSERT_TRUE(fill(kBound * 3 / 4));
    ASSERT_TRUE(talk_until([&] { return rig.get("/readyz").status == 503; }));
    expect_new_calls_are_refused("disk");
    expect_audio_flows_both_ways();
    expect_ordinary_facts_go_before_what_was_said();
    ASSERT_TRUE(talk_until([&] { return rig.metric(left_out("essential")) > 0; }));
    ASSERT_TRUE(eventually([&] { return said("\"line ") == lines; }));  // nothing is under way when one hangs up
    expect_audio_flows_both_ways();
    calls[1]->hang_up();  // its end has its place
    ASSERT_TRUE(calls[1]->wait_for([](const CallResult& c) { return c.ended; }, 60s));
    ASSERT_TRUE(eventually([&] { return rig.metric("trunkline_calls_live") == 1; }));
    EXPECT_EQ(rig.number("select count(*) from calls where ended_at is not null"), 0) << "nothing can be written";
    let_files_grow(true);
    expect_all_is_stored("after the full disk");
    EXPECT_EQ(rig.number("select count(*) from call_events where type = 'call.ended'"), 2);
}

}  // namespace
}  // namespace trunkline::test
