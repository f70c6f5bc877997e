// kill -9 at random moments under load: what was on disk stays, once; numbers have no gap; calls left open are closed;
// webhooks get every fact. TRUNKLINE_KILLS and TRUNKLINE_SEED choose how often and when: the moments repeat with the
// seed, what the machine does meanwhile does not.
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <chrono>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "tests/integration/process_rig.h"
#include "tests/integration/receiver.h"

namespace trunkline::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kCalls = 4;
// The machine may be slow: the moments are spread over what the calls need to come up and talk.
#ifdef TRUNKLINE_SANITIZED
constexpr int kLatestMs = 4'000, kStartMs = 1'500;
#else
constexpr int kLatestMs = 1'500, kStartMs = 300;
#endif

uint64_t from_environment(const char* name, uint64_t preset) {
    const char* given = getenv(name);
    return given ? std::strtoull(given, nullptr, 10) : preset;
}

class Kill : public testing::Test {
  protected:
    uint64_t random(uint64_t below) { return random_() % below; }

    std::string nodes() const {
        return "  all: {element: webhooksink, url: \"" + receiver.url("/all") + "\", secret: a}\n" +
               "  some: {element: webhooksink, url: \"" + receiver.url("/some") +
               "\", secret: b, events: \"call.*, transcript\"}\n";
    }

    /// What anybody can read now must be there for ever.
    void remember() {
        for (auto& row : rig.sql("select rowid, call_id, seq, body from call_events where rowid > " +
                                 std::to_string(last_row_) + " order by rowid")) {
            last_row_ = std::atol(row[0].c_str());
            const bool is_new = seen_.emplace(row[1] + ":" + row[2], row[3]).second;
            EXPECT_TRUE(is_new) << row[1] << ":" << row[2] << " was stored twice";
        }
    }

    void talk(size_t first_session) {
        const auto session = static_cast<int>(first_session + 1 + random(kCalls));
        rig.agent().command(session, {lab::deepgram::Command::Kind::kText,
                                      R"({"type":"ConversationText","role":"assistant","content":"line )" +
                                          std::to_string(++lines_) + "\"}",
                                      0,
                                      {}});
    }

    /// Calls come, talk and go until the moment of the kill.
    void load_until(Clock::time_point moment) {
        const size_t before = rig.sessions();
        std::vector<std::unique_ptr<lab::TwilioCall>> calls;
        for (int i = 0; i < kCalls; ++i) calls.push_back(rig.call());
        const Clock::time_point leaves = moment - std::chrono::milliseconds(random(400));
        for (bool gone = false; Clock::now() < moment;) {
            talk(before);
            if (!gone && Clock::now() >= leaves) {
                gone = true;
                calls.front()->hang_up();
                calls.push_back(rig.call());
            }
            if (lines_ % 8 == 0) remember();
            std::this_thread::sleep_for(2ms);
        }
        remember();
        rig.engine().stop(SIGKILL);
    }

    /// The engine has started again and has no call yet.
    void check_after_the_kill() {
        EXPECT_EQ(rig.sql("pragma integrity_check"), (StoredRows{{"ok"}}));
        EXPECT_EQ(rig.number("select count(*) from calls where ended_at is null"), 0);
        EXPECT_EQ(rig.number("select count(*) from sessions where stopped_at is null"), 0);
        EXPECT_EQ(rig.number("select count(*) from calls where (select count(*) from call_events e where e.call_id = "
                             "calls.id and e.type = 'call.ended') <> 1"),
                  0)
            << "every call has one end";
        EXPECT_EQ(rig.number("select count(*) from call_events e where type = 'call.ended' and seq <> (select max(seq) "
                             "from call_events m where m.call_id = e.call_id)"),
                  0)
            << "nothing comes after it";
        EXPECT_EQ(rig.number("select count(*) from calls where end_reason = 'engine-restart' and status <> 'failed'"),
                  0);
        EXPECT_EQ(rig.number("select count(*) from (select 1 from call_events group by call_id having min(seq) <> 1 or "
                             "max(seq) <> count(*))"),
                  0)
            << "numbers without a gap";
        EXPECT_EQ(rig.number("select count(*) from call_event_conflicts"), 0);
        EXPECT_EQ(missing_deliveries(), 0);
    }

    /// From the moment its webhooks are known a call's facts come to disk with their deliveries, or not at all.
    long missing_deliveries() const {
        return rig.number(
            "select count(*) from call_events e, webhooks w where (w.url like '%/all' or e.type like 'call.%' or "
            "e.type "
            "= 'transcript') and exists (select 1 from call_events a where a.call_id = e.call_id and a.type = "
            "'call.answered') and not exists (select 1 from webhook_deliveries d where d.webhook_id = w.id and "
            "d.call_id "
            "= e.call_id and d.seq = e.seq)");
    }

    void check_what_was_seen() {
        std::map<std::string, std::string> stored;
        for (auto& row : rig.sql("select call_id, seq, body from call_events"))
            stored.emplace(row[0] + ":" + row[1], row[2]);
        for (const auto& [id, body] : seen_) {
            const auto found = stored.find(id);
            ASSERT_NE(found, stored.end()) << id << " was on disk and is lost: " << body;
            EXPECT_EQ(found->second, body);
        }
    }

    /// For a failure: what waits, since when it may go out, and what the engine knows of it.
    std::string undelivered() const {
        std::string all;
        for (const auto& row : rig.sql("select d.webhook_id, d.call_id, d.seq, d.state, d.attempts, d.last_status, "
                                       "d.last_error, d.next_ms, q.next_ms, strftime('%s', 'now') from "
                                       "webhook_deliveries d left join webhook_queues q on q.webhook_id = d.webhook_id "
                                       "and q.call_id = d.call_id where d.state <> 'delivered' limit 20")) {
            for (const auto& column : row) all += column + " ";
            all += "\n";
        }
        return all + rig.get("/metrics").body + rig.engine().log();
    }

    void check_deliveries() {
        ASSERT_TRUE(eventually([&] {
            return rig.number("select count(*) from webhook_deliveries where state <> 'delivered'") == 0;
        })) << undelivered();
        std::map<std::string, std::string> first;  // hook, call and number → body
        std::map<std::string, uint64_t> last;      // hook and call → the number that came last for the first time
        const auto posts = receiver.accepted();
        for (const auto& post : posts) {
            const std::string id = post.header("webhook-id");
            if (!first.emplace(post.path() + " " + id, post.body).second) continue;
            const size_t colon = id.rfind(':');
            const uint64_t seq = std::strtoull(id.c_str() + colon + 1, nullptr, 10);
            uint64_t& before = last[post.path() + " " + id.substr(0, colon)];
            EXPECT_GT(seq, before) << post.path() << " " << id << " came late";
            before = seq;
        }
        const auto expected = rig.sql(
            "select case when w.url like '%/all' then '/all ' else '/some ' end || d.call_id || ':' || d.seq, e.body "
            "from webhook_deliveries d join webhooks w on w.id = d.webhook_id join call_events e on e.call_id = "
            "d.call_id and e.seq = d.seq");
        for (const auto& row : expected) {
            const auto found = first.find(row[0]);
            ASSERT_NE(found, first.end()) << row[0] << " was never delivered";
            EXPECT_EQ(found->second, row[1]);
        }
        EXPECT_EQ(first.size(), expected.size()) << "nothing was delivered that is not in the database";
        std::cout << expected.size() << " deliveries, " << posts.size() - first.size() << " of them repeated\n";
    }

    uint64_t seed = from_environment("TRUNKLINE_SEED", 20261130), kills = from_environment("TRUNKLINE_KILLS", 4);
    Receiver receiver{[](int request) { return request % 97 == 5; }};
    ProcessRig rig{nodes(), "db, all, some"};

  private:
    std::mt19937_64 random_{seed};
    std::map<std::string, std::string> seen_;  // call and number → body
    long last_row_ = 0;
    size_t lines_ = 0;

  protected:
    size_t seen() const { return seen_.size(); }
};

TEST_F(Kill, NothingThatWasOnDiskIsLostOrDoubled) {
    SCOPED_TRACE("repeat with TRUNKLINE_SEED=" + std::to_string(seed) + " TRUNKLINE_KILLS=" + std::to_string(kills));
    for (uint64_t kill = 1; kill <= kills && !HasFailure(); ++kill) {
        SCOPED_TRACE("kill " + std::to_string(kill));
        if (random(8) == 0) {  // … while it starts, with all that the one before left behind
            rig.start();
            std::this_thread::sleep_for(std::chrono::milliseconds(random(kStartMs)));
            rig.engine().stop(SIGKILL);
        }
        rig.start().wait_until_ready();
        if (kill > 1) check_after_the_kill();
        load_until(Clock::now() + std::chrono::milliseconds(random(kLatestMs)));
    }
    rig.start().wait_until_ready();
    check_after_the_kill();
    check_what_was_seen();
    check_deliveries();
    std::cout << kills << " kills, " << rig.number("select count(*) from calls") << " calls, "
              << rig.number("select count(*) from calls where end_reason = 'engine-restart'") << " of them killed, "
              << rig.number("select count(*) from call_events") << " facts, " << seen()
              << " of them seen on disk before a kill\n";
    EXPECT_GT(seen(), 0U);
    EXPECT_EQ(rig.engine().stop(SIGTERM), 0);
}

/// Whether it has heard of anything else of the call or not, and nobody who did not ask for it.
TEST(KilledCall, ItsEndIsToldToThoseWhoWantIt) {
    Receiver receiver([](int) { return false; });
    const auto hook = [&](const std::string& name, const std::string& events) {
        return "  " + name + ": {element: webhooksink, url: \"" + receiver.url("/" + name) +
               "\", secret: s, events: \"" + events + "\"}\n";
    };
    ProcessRig rig(hook("ends", "call.ended") + hook("words", "transcript"), "db, ends, words");
    rig.start().wait_until_ready();
    auto call = rig.call();
    ASSERT_TRUE(eventually([&] {
        return rig.number(
                   "select count(*) from webhook_deliveries d join call_events e on e.call_id = d.call_id and "
                   "e.seq = d.seq where e.type = 'transcript'") > 0;
    })) << "the agent's greeting";
    rig.engine().stop(SIGKILL);
    call.reset();
    rig.start().wait_until_ready();
    const auto told = [&](const std::string& path) {
        size_t ends = 0;
        for (const auto& post : receiver.accepted())
            ends += post.path() == path && (*Json::parse(post.body))["type"].text_or("") == "call.ended";
        return ends;
    };
    EXPECT_TRUE(eventually([&] { return told("/ends") == 1; }, 60s)) << "told " << told("/ends") << " times";
    EXPECT_TRUE(
        eventually([&] { return rig.number("select count(*) from webhook_deliveries where state = 'pending'") == 0; }));
    EXPECT_EQ(told("/words"), 0U);
}

/// A secret that was changed makes it another webhook: what waits for the old one must not wait in silence.
TEST(Restart, WhatWaitsForAWebhookThatNoGraphNamesIsTold) {
    Receiver receiver([](int) { return true; });
    ProcessRig rig("  hook: {element: webhooksink, url: \"" + receiver.url("/hook?key=hidden-word") +
                       "\", secret: $secret.HOOK_SECRET}\n",
                   "db, hook");
    rig.start({"HOOK_SECRET=password-one"}).wait_until_ready();
    auto call = rig.call();
    ASSERT_TRUE(
        eventually([&] { return rig.number("select count(*) from webhook_deliveries where state = 'pending'") > 0; }));
    EXPECT_EQ(rig.engine().stop(SIGTERM), 0);
    call.reset();
    rig.start({"HOOK_SECRET=password-one"}).wait_until_ready();
    EXPECT_EQ(rig.engine().stop(SIGTERM), 0);
    EXPECT_EQ(rig.engine().log().find("no graph names"), std::string::npos) << rig.engine().log();
    rig.start({"HOOK_SECRET=password-two"}).wait_until_ready();
    EXPECT_TRUE(eventually([&] { return rig.engine().log().find("no graph names") != std::string::npos; }, 30s));
    const std::string log = rig.engine().log();
    EXPECT_NE(log.find("/hook"), std::string::npos) << log;
    EXPECT_EQ(log.find("hidden-word"), std::string::npos) << log;
    EXPECT_EQ(log.find("password-"), std::string::npos) << log;
}

}  // namespace
}  // namespace trunkline::test
