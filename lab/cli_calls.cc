// Rings, plays the scenario on every call, shows it live, and gives a clear account at the end; whatever the carrier.
#include "lab/cli_calls.h"

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>

#include "engine/core/clock.h"
#include "engine/core/json.h"

namespace trunkline::lab {
namespace {

std::mutex print_mutex;

/// "call.wav" → "call-3.wav" when there are several calls.
std::string numbered(const std::string& path, int number) {
    size_t dot = path.rfind('.');
    if (dot == std::string::npos || path.find('/', dot) != std::string::npos) dot = path.size();
    return path.substr(0, dot) + "-" + std::to_string(number) + path.substr(dot);
}

/// One call of the command with everything that hangs on it. The runner lives on the call's thread.
struct Line {
    int number = 1;
    std::shared_ptr<CarrierCall> call;  // main thread; null while the carrier still makes it
    std::shared_ptr<ScenarioRunner> runner;
    std::mutex mutex;
    ScenarioOutcome outcome;
    std::atomic<bool> done{false};
    bool finished = false;  // main thread
};

void print_event(const Paper& paper, const TimelineEvent& event) {
    if (event.kind == "twiml" || event.kind == "ncco" || event.kind == "mark" || event.kind == "verb" ||
        event.kind == "said" || event.kind == "status")
        return;
    std::string detail = event.detail;
    if (event.kind == "error" || event.kind == "warning" || detail.find("FAILED") != std::string::npos)
        detail = paper.bad(detail);
    char at[24];
    std::snprintf(at, sizeof at, "%8.3f", event.at_ms / 1000);
    std::lock_guard lock(print_mutex);
    std::printf("%s  %-12s %s\n", paper.dim(at).c_str(), event.kind.c_str(), detail.c_str());
    std::fflush(stdout);
}

/// How long the agent let the caller wait, for every utterance that it answered.
std::vector<double> reply_gaps(const CallResult& call) {
    std::vector<double> gaps;
    for (const auto& stream : call.streams) {
        for (size_t i = 0; i < stream.said.size(); ++i) {
            const int64_t end = stream.said[i].last;
            const int64_t next = i + 1 < stream.said.size() ? stream.said[i + 1].first : INT64_MAX;
            for (const auto& span : stream.agent_speech) {
                if (end < 0 || span.first < end || span.first >= next) continue;
                gaps.push_back(static_cast<double>(span.first - end) / 8.0);
                break;
            }
        }
    }
    return gaps;
}

void print_json(const Line& line, const CallResult& result) {
    JsonWriter w;
    w.begin_object()
        .field("call", line.number)
        .field("passed", line.outcome.passed)
        .field("failure", line.outcome.failure);
    w.key("steps").begin_array();
    for (const auto& step : line.outcome.steps) {
        w.begin_object().field("line", step.at.line).field("step", step.step).field("passed", step.passed);
        w.field("detail", step.detail).field("at_ms", step.at_ms).end();
    }
    w.end().key("reply_ms").begin_array();
    for (double gap : reply_gaps(result)) w.value(gap);
    w.end().key("heard").begin_array();
    for (const auto& hearing : line.outcome.hearings) w.value(hearing.transcript());
    w.end().raw_field("result", call_to_json(result)).end();
    std::printf("%s\n", w.text().c_str());
}

void print_account(const Paper& paper, const Line& line, const CallResult& result, bool several, bool interrupted) {
    const auto& outcome = line.outcome;
    const std::string who = several ? "call " + std::to_string(line.number) + ": " : "";
    if (interrupted && !outcome.passed) {
        std::printf("%s%s after %.1f s\n", who.c_str(), paper.strong("interrupted").c_str(), result.duration_ms / 1000);
    } else if (outcome.passed) {
        std::printf("%s%s  %.1f s, %s\n", who.c_str(), paper.good("passed").c_str(), result.duration_ms / 1000,
                    result.end_reason.c_str());
    } else {
        std::printf("%s%s  %s\n", who.c_str(), paper.bad("FAILED").c_str(), outcome.failure.c_str());
    }
    if (several) return;
    for (const auto& step : outcome.steps) {
        std::printf("  %s %s%s%s\n", step.passed ? paper.good("ok  ").c_str() : paper.bad("FAIL").c_str(),
                    step.step.c_str(), step.detail.empty() ? "" : ": ", step.detail.c_str());
    }
    for (double gap : reply_gaps(result)) std::printf("  the agent answered after %.0f ms\n", gap);
    for (const auto& hearing : outcome.hearings) std::printf("  heard: %s\n", hearing.transcript().c_str());
    for (const auto& violation : result.violations) {
        std::printf("  %s %d %s\n", violation.warning ? "warning" : "error", violation.code, violation.message.c_str());
    }
}

class Exchange {
  public:
    Exchange(CallsCommand command, std::shared_ptr<Script> script)
        : command_(std::move(command)),
          script_(std::move(script)),
          limit_(static_cast<size_t>(command_.calls)),
          several_(command_.calls > 1) {}
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    ~Exchange() {
        if (door_.shut) door_.shut();
        for (auto& line : lines()) {
            if (line->call == nullptr && door_.find) line->call = door_.find(line->number);
            if (line->call != nullptr) let_go(*line);
        }
    }

    int ring_all(const Ring& ring) {
        const int64_t begun = monotonic_ns();
        return run([&] {
            const auto due = static_cast<size_t>(static_cast<double>(monotonic_ns() - begun) / 1e9 * command_.rate) + 1;
            for (size_t n = lines().size(); interrupts_ == 0 && n < std::min(due, limit_); ++n) {
                auto line = new_line();
                line->call = ring(line->number, keep_audio(), [&](CarrierDriver& driver) { attach(*line, driver); });
            }
        });
    }

    int await_all(const OpenDoor& open) {
        if (script_ == nullptr) limit_ = SIZE_MAX;
        several_ = limit_ > 1;
        auto door = open(keep_audio(), [this](CarrierDriver& driver) {
            if (lines().size() < limit_) attach(*new_line(), driver);
        });
        if (!door) {
            std::fprintf(stderr, "trunkline-lab: %s\n", door.error().message.c_str());
            return 2;
        }
        door_ = std::move(*door);
        return run([this] {
            for (auto& line : lines()) {
                if (line->call != nullptr || line->finished) continue;
                line->call = door_.find(line->number);
                if (line->call != nullptr && interrupts_ > 0) line->call->hang_up();
            }
        });
    }

  private:
    bool keep_audio() const { return !several_ || !command_.wav.empty() || (script_ && script_->desk); }

    std::vector<std::shared_ptr<Line>> lines() const {
        std::lock_guard lock(lines_mutex_);
        return lines_;
    }
    std::shared_ptr<Line> new_line() {
        std::lock_guard lock(lines_mutex_);
        lines_.push_back(std::make_shared<Line>());
        lines_.back()->number = static_cast<int>(lines_.size());
        return lines_.back();
    }

    int run(const std::function<void()>& gather) {
        const sigset_t signals = interrupts();
        while (finished_ < limit_) {
            gather();
            timespec pause{0, 20'000'000};
            if (sigtimedwait(&signals, nullptr, &pause) > 0 && !interrupted()) return 130;
            collect();
            if (interrupts_ > 0 && finished_ == lines().size()) break;
        }
        if (several_ && !command_.json) {
            std::printf("%zu of %zu calls passed\n", passed_, finished_);
            print_latencies();
        }
        if (interrupts_ > 0) return 130;
        return passed_ == finished_ ? 0 : 1;
    }

    /// On the call's thread.
    void attach(Line& line, CarrierDriver& driver) {
        Line* raw = &line;
        if (!several_ && !command_.json)
            driver.on_note([this](const TimelineEvent& event) { print_event(paper_, event); });
        if (script_ != nullptr) {
            raw->runner =
                std::make_shared<ScenarioRunner>(script_, driver, nullptr, [raw](const ScenarioOutcome& outcome) {
                    std::lock_guard lock(raw->mutex);
                    raw->outcome = outcome;
                    raw->done = true;
                });
            return;
        }
        driver.observe([raw, &driver] {
            if (!driver.result().ended) return;
            raw->outcome.passed = driver.result().status == "completed";
            raw->outcome.failure = raw->outcome.passed ? "" : driver.result().end_reason;
            raw->done = true;
        });
    }

    /// Nothing of the line is touched by its call any more.
    static void let_go(Line& line) {
        line.call->with_call([&](CarrierDriver& driver) {
            line.runner.reset();
            driver.observe(nullptr);
            driver.on_note(nullptr);
        });
        line.call.reset();
    }

    /// False when it is time to leave at once.
    bool interrupted() {
        if (++interrupts_ > 1) return false;
        std::fprintf(stderr, "hanging up; press Ctrl-C again to leave at once\n");
        for (auto& line : lines())
            if (!line->done && line->call != nullptr) line->call->hang_up();
        return true;
    }

    void collect() {
        for (auto& line : lines()) {
            if (line->call == nullptr || !line->done) continue;
            // A moment for the last status callback and close frame, then the account.
            const bool reported = line->call->wait_for(
                [](const CallResult& c) {
                    return std::all_of(c.status_callbacks.begin(), c.status_callbacks.end(),
                                       [](const auto& s) { return s.http_status > 0; });
                },
                std::chrono::milliseconds(2000));
            if (!reported) std::fprintf(stderr, "trunkline-lab: a status callback was not answered\n");
            finish(*line);
            ++finished_;
        }
    }

    void finish(Line& line) {
        CallResult result = line.call->result();
        std::lock_guard lock(line.mutex);
        passed_ += line.outcome.passed ? 1 : 0;
        for (double gap : reply_gaps(result)) gaps_.push_back(gap);
        {
            std::lock_guard print_lock(print_mutex);
            if (command_.json) {
                print_json(line, result);
            } else {
                print_account(paper_, line, result, several_, interrupts_ > 0);
            }
        }
        if (!command_.wav.empty()) {
            const std::string path = several_ ? numbered(command_.wav, line.number) : command_.wav;
            if (auto written = write_call_wav(path, result); !written) {
                std::fprintf(stderr, "trunkline-lab: %s\n", written.error().message.c_str());
            } else if (!command_.json) {
                std::printf("recording: %s (left said, right heard)\n", path.c_str());
            }
        }
        std::fflush(stdout);
        line.finished = true;
        let_go(line);
    }

    void print_latencies() {
        if (gaps_.empty()) return;
        std::sort(gaps_.begin(), gaps_.end());
        auto at = [this](double q) { return gaps_[static_cast<size_t>(q * static_cast<double>(gaps_.size() - 1))]; };
        std::printf("answers: %zu, p50 %.0f ms, p95 %.0f ms, longest %.0f ms\n", gaps_.size(), at(0.5), at(0.95),
                    gaps_.back());
    }

    CallsCommand command_;
    std::shared_ptr<Script> script_;
    size_t limit_;  // so many calls, then it is over
    bool several_;
    Door door_;
    Paper paper_;
    mutable std::mutex lines_mutex_;
    std::vector<std::shared_ptr<Line>> lines_;
    std::vector<double> gaps_;
    size_t finished_ = 0;
    size_t passed_ = 0;
    int interrupts_ = 0;
};

}  // namespace

int play_calls(const CallsCommand& command, std::shared_ptr<Script> script, const Ring& ring) {
    return Exchange(command, std::move(script)).ring_all(ring);
}

int await_calls(const CallsCommand& command, std::shared_ptr<Script> script, const OpenDoor& open) {
    return Exchange(command, std::move(script)).await_all(open);
}

}  // namespace trunkline::lab
