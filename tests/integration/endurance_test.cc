// Every way a call can end, any number of times: nothing stays behind, in the database or in the process.
//
//   TRUNKLINE_ENDINGS=1000 build/release/tests/integration/integration_endurance [--gtest_filter='*HalfOpen*']
#include <gst/gst.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>

#include "elements/register.h"
#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "tests/integration/endurance/leftovers.h"
#include "tests/integration/endurance/ways.h"

namespace trunkline::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kDeadline = 120s;             // of one batch, on a busy machine under sanitizers
constexpr double kHeapBytesPerCall = 40;     // what counts as growth
constexpr double kFillingBytes = 320 << 10;  // malloc's own, in the first thousand calls, while SQLite's cache fills
constexpr double kNoiseBytes = 64 << 10;     // … and later
constexpr int kFilled = 1'000;
#ifdef TRUNKLINE_SANITIZED
constexpr bool kWeighs = false;  // malloc is another one, which keeps what is freed; LeakSanitizer looks at the end
#else
constexpr bool kWeighs = true;
#endif

int repeats() {
    const char* given = std::getenv("TRUNKLINE_ENDINGS");
    return given ? std::max(1, std::atoi(given)) : 3;
}

/// Plays all calls of a way, against a service that is shared with other ways or against services of its own.
class Play {
  public:
    Play(const Way& way, int times, Service* shared, bool counts = true)
        : way_(way), shared_(shared), total_(times * static_cast<int>(way.variants.size())), counts_(counts) {
        for (int i = 0; i < total_; ++i) order_.push_back(i % static_cast<int>(way.variants.size()));
    }

    void all() {
        for (int first = 0; first < total_;) {
            std::unique_ptr<Service> own;
            if (!shared_) own = std::make_unique<Service>(way_.patience);
            service_ = shared_ ? shared_ : own.get();
            idle_ = Holdings::now();
            first_ = first;
            const int end = way_.by_shutdown ? std::min(total_, first + way_.at_once) : total_;
            for (int done = 0; first < end && !testing::Test::HasFatalFailure(); first += done) {
                done = std::min(way_.at_once, end - first);
                batch(first, done);
                weigh(first + done);
            }
            if (testing::Test::HasFatalFailure()) return;
            check_rows(end);
        }
    }
    /// Growth of the heap per call, over the second half; calls that were made in it, 0 when it could not be seen.
    double growth() const { return static_cast<double>(heap_[1] - heap_[0]) / std::max(1, weighed_calls()); }
    int weighed_calls() const { return weighed_at_[0] == 0 ? 0 : weighed_at_[1] - weighed_at_[0]; }
    double allowed_growth() const {
        return kHeapBytesPerCall +
               (weighed_at_[0] < kFilled ? kFillingBytes : kNoiseBytes) / std::max(1, weighed_calls());
    }
    int calls() const { return total_; }

  private:
    const Variant& variant(int call) const {
        return way_.variants[static_cast<size_t>(order_[static_cast<size_t>(call)])];
    }
    static std::string digits(int number, size_t width) {
        const std::string text = std::to_string(number);
        return std::string(width - text.size(), '0') + text;
    }
    std::string sid(int call) const {
        return "CA" + digits(way_.number, 2) + digits(order_[static_cast<size_t>(call)], 2) + digits(call, 28);
    }
    std::string ours() const {
        const std::string prefix = "CA" + digits(way_.number, 2);
        return "carrier_call_id >= '" + prefix + "' and carrier_call_id < '" + prefix + "~'";
    }
    /// Calls of this way in the database.
    int64_t calls_stored() const { return service_->rows().number("select count(*) from calls where " + ours()); }
    bool run_until(const std::function<bool()>& done) { return shard_.run_until(done, kDeadline); }
    bool poll_until(const std::function<bool()>& done) { return test::poll_until(&shard_, done, kDeadline); }
    void on_shard(const std::function<void()>& work) {
        shard_.run_until([&] { return work(), true; }, kDeadline);
    }

    void batch(int first, int count) {
        std::vector<std::unique_ptr<WireCaller>> callers;
        on_shard([&] {
            for (int i = first; i < first + count; ++i) {
                callers.push_back(std::make_unique<WireCaller>(&shard_, service_->port(), agent_.port(),
                                                               variant(i).caller, i, sid(i)));
            }
        });
        const auto each = [&](bool (WireCaller::*is)() const) {
            return std::all_of(callers.begin(), callers.end(), [&](const auto& c) { return ((*c).*is)(); });
        };
        if (way_.by_shutdown) {
            ASSERT_TRUE(run_until([&] { return each(&WireCaller::acted); })) << state(callers);
            stop_while_serving();
        } else {
            ASSERT_TRUE(run_until([&] { return each(&WireCaller::over); })) << state(callers);
        }
        ASSERT_TRUE(poll_until([&] {
            return calls_stored() == first + count - first_ &&
                   service_->rows().number("select count(*) from calls where ended_at is null") == 0;
        })) << state(callers);
        if (!way_.by_shutdown && counts_) {
            // The last goodbyes, which take up to three seconds where nobody answers. The peers' sockets are still
            // there: the engine must let go by itself.
            const auto held = [&] {
                size_t sockets = idle_.open_descriptors() + agent_.open();
                for (const auto& c : callers) sockets += c->open_sockets();
                return sockets;
            };
            ASSERT_TRUE(poll_until([&] { return agent_.open() == 0 && open_descriptors() <= held(); }))
                << agent_.open() << " of the agent's connections are open\n"
                << idle_.more_in(Holdings::now());
        }
        on_shard([&] {
            callers.clear();
            agent_.clear();
        });
    }
    /// The engine's end blocks its thread, and its calls need their peers meanwhile.
    void stop_while_serving() {
        std::atomic<bool> stopped = false;
        std::thread stopper([&] {
            service_->stop();
            stopped = true;
        });
        poll_until([&] { return stopped.load(); });
        stopper.join();
    }
    std::string state(const std::vector<std::unique_ptr<WireCaller>>& callers) const {
        size_t over = 0, acted = 0;
        std::string trouble;
        for (const auto& c : callers) {
            over += c->over();
            acted += c->acted();
            if (trouble.empty()) trouble = c->trouble();
        }
        return "of " + std::to_string(callers.size()) + " calls " + std::to_string(acted) + " acted and " +
               std::to_string(over) + " are over. " + trouble;
    }
    void weigh(int done) {
        if (way_.by_shutdown || !kWeighs) return;
        const int which = done * 2 < total_ + way_.at_once ? 0 : 1;
        heap_[which] = static_cast<int64_t>(heap_bytes());
        weighed_at_[which] = done;
    }

    void check_rows(int end) {
        const auto none = [&](const char* what, const std::string& query) {
            const auto rows = service_->rows().sql(query + " limit 3");
            EXPECT_TRUE(rows.empty()) << rows.size() << " or more " << what << ", one is " << rows[0];
        };
        none("calls without exactly one call.ended",
             "select c.id, count(e.seq) from calls c left join call_events e on e.call_id = c.id and e.type = "
             "'call.ended' "
             "group by c.id having count(e.seq) <> 1");
        none("calls with a gap in their numbers",
             "select call_id, count(*), max(seq) from call_events group by call_id having count(*) <> max(seq) or "
             "min(seq) <> 1");
        none("facts behind call.ended",
             "select e.call_id, e.type from call_events e join call_events l on l.call_id = e.call_id and "
             "l.type = 'call.ended' and e.seq > l.seq");
        none("sessions left open", "select call_id, stream_id from sessions where stopped_at is null");
        none("facts under one number", "select call_id, seq from call_event_conflicts");
        for (const std::string& row : service_->rows().sql(
                 "select substr(carrier_call_id, 5, 2), status || '/' || end_reason, count(*) from calls where " +
                 ours() + " group by 1, 2")) {
            const std::string expected = way_.variants[static_cast<size_t>(std::atoi(row.c_str()))].ending;
            const std::string got = row.substr(3, row.rfind('|') - 3);
            EXPECT_TRUE(got.find(expected) != std::string::npos) << row << " instead of " << expected;
        }
        EXPECT_EQ(calls_stored(), end - first_);
    }

    const Way& way_;
    Service* shared_;
    const int total_;
    const bool counts_;
    std::vector<int> order_;  // of the variants
    Shard shard_{0};
    WireAgent agent_{&shard_, [this](int call) -> const AgentPlan& { return variant(call).agent; }};
    Service* service_ = nullptr;
    int first_ = 0;  // call of the service
    Holdings idle_;
    int64_t heap_[2] = {0, 0};
    int weighed_at_[2] = {0, 0};
};

/// A thread that was joined may be seen for a moment yet.
std::string left_behind(const Holdings& before) {
    std::string more = before.more_in(Holdings::now());
    for (const int64_t until = monotonic_ns() + 20'000'000'000; !more.empty() && monotonic_ns() < until;) {
        std::this_thread::sleep_for(10ms);
        more = before.more_in(Holdings::now());
    }
    return more;
}

class Endings : public testing::TestWithParam<Way> {
  protected:
    static void SetUpTestSuite() {
        {
            // What is made once per process, on the first call, is there before anything is counted.
            Service service(Patience{});
            for (const Way& way : all_ways()) {
                if (way.name == "WhileTheAgentSpeaks" || way.name == "DuringAToolCall") {
                    Play(way, 1, &service, false).all();
                }
            }
        }
        before = Holdings::now();
        // Few calls are not worth a service for each way; many would make each query of its database slow.
        if (repeats() <= 20) shared = std::make_unique<Service>(Patience{});
    }
    static void TearDownTestSuite() {
        shared.reset();
        EXPECT_EQ(left_behind(before), "");
    }
    static Service* service_for(const Way& way) {
        return way.patience == Patience{} && !way.by_shutdown ? shared.get() : nullptr;
    }

    static inline std::unique_ptr<Service> shared;
    static inline Holdings before;
};

TEST_P(Endings, LeaveNothingBehind) {
    Play play(GetParam(), repeats(), service_for(GetParam()));
    const Holdings idle = Holdings::now();
    const int64_t begun_ns = monotonic_ns();
    play.all();
    EXPECT_EQ(left_behind(idle), "");
    if (play.weighed_calls() > 0) {
        EXPECT_LE(play.growth(), play.allowed_growth()) << "bytes of heap per call";
    }
    std::printf("%-28s %6d calls  %6.1f s", GetParam().name.c_str(), play.calls(),
                static_cast<double>(monotonic_ns() - begun_ns) / 1e9);
    if (play.weighed_calls() > 0) {
        std::printf("  heap %+.1f bytes per call over %d", play.growth(), play.weighed_calls());
    }
    std::printf("%s\n", counts_gst_objects() ? "  GStreamer objects counted" : "");
}

INSTANTIATE_TEST_SUITE_P(Ways, Endings, testing::ValuesIn(all_ways()), [](const auto& way) { return way.param.name; });

}  // namespace
}  // namespace trunkline::test

int main(int argc, char** argv) {
    signal(SIGPIPE, SIG_IGN);
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
#ifndef TRUNKLINE_SANITIZED  // the tracer and the sanitizers' own leak check disturb each other
    setenv("GST_TRACERS", "leaks", 0);
#endif
    gst_init(nullptr, nullptr);
    trunkline::register_elements();
    trunkline::LogOptions quiet;
    quiet.level = trunkline::LogLevel::kOff;
    trunkline::log_start(quiet);
    testing::InitGoogleTest(&argc, argv);
    const int failed = RUN_ALL_TESTS();
    trunkline::log_stop();
    return failed;
}
