#pragma once
// Plays a scenario on a call: a state machine that is asked after every change on the call's own thread, so that a
// thousand callers need no thread each.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "lab/carrier/carrier_driver.h"
#include "lab/carrier/timer.h"
#include "lab/scenario/hearing_desk.h"
#include "lab/scenario/scenario.h"
#include "lab/speech/library.h"

namespace trunkline::lab {

/// A scenario with all its voices loaded; shared by all calls that play it.
struct Script {
    Scenario scenario;
    std::map<std::string, RecordingPtr> voices;          // by what the file says
    std::map<std::string, std::vector<uint8_t>> spoken;  // μ-law of what the caller says
    std::shared_ptr<HearingDesk> desk;                   // null: nothing is listened for
};
/// Codes: those of SpeechLibrary, the message begins with the file's name.
Result<std::shared_ptr<Script>> load_script(Scenario scenario, SpeechLibrary& library);

struct StepOutcome {
    Position at;
    std::string step;
    bool passed = false;
    std::string detail;  ///< what came of it, or what was expected and what came instead
    double at_ms = 0;
};

struct ScenarioOutcome {
    bool passed = false;
    std::string failure;  ///< "file:line:column: …"; empty when passed
    std::vector<StepOutcome> steps;
    std::vector<Hearing> hearings;
};

class ScenarioRunner {
  public:
    /// Attaches itself to the call; make it before the call starts, on its thread. `progress` hears of every step,
    /// `done` once of the end, after the call has ended.
    ScenarioRunner(std::shared_ptr<const Script> script, CarrierDriver& call,
                   std::function<void(const StepOutcome&)> progress, std::function<void(const ScenarioOutcome&)> done);
    ~ScenarioRunner();

  private:
    enum class Verdict { kWait, kPass, kFail };
    struct Answer {
        Verdict verdict = Verdict::kWait;
        std::string detail;
    };
    static Answer wait() { return {Verdict::kWait, ""}; }
    static Answer pass(std::string detail = "") { return {Verdict::kPass, std::move(detail)}; }
    static Answer failed(std::string detail) { return {Verdict::kFail, std::move(detail)}; }

    // runner.cc
    void look();
    void listen();
    void begin_step();
    Answer judge(const Step& step);
    Answer judge_say(const Step& step);
    Answer judge_interrupt(const Step& step);
    Answer judge_expect(const Step& step);
    void finish_step(const Step& step, const Answer& answer);
    void wind_up();
    void finish();
    bool begin_saying(const std::string& speech);
    bool said_all() const;
    const StreamResult& stream() const { return call_.result().stream(); }
    double step_ms() const { return call_.call_ms() - step_begun_ms_; }

    // checks.cc
    Answer judge_wait(const Wait& wait);
    bool wait_holds(const Wait& wait);
    Answer check(const Check& check);
    Answer check_count(const char* what, double value, const Range& range, const char* unit = "") const;
    Answer check_heard(const Check& check);
    Answer check_stopped(const Range& range) const;
    Answer check_reply(const Range& range) const;
    bool heard(const std::string& speech, bool beginning_is_enough) const;
    std::string what_was_heard() const;
    std::string state_of_call() const;
    double violations() const;

    std::shared_ptr<const Script> script_;
    CarrierDriver& call_;
    std::function<void(const StepOutcome&)> progress_;
    std::function<void(const ScenarioOutcome&)> done_;
    Timer heartbeat_;
    ScenarioOutcome outcome_;
    size_t step_ = 0;
    bool step_begun_ = false;
    double step_begun_ms_ = 0;
    int64_t step_sample_ = 0;      // played when the step began
    int64_t turn_from_ = 0;        // agent speech that began before this sample is an old turn
    bool speaking_began_ = false;  // say, interrupt_after, press: the caller has begun
    size_t saying_ = 0;            // index of what the caller says
    int64_t interrupted_at_ = -1;  // sample of the last interruption
    bool failed_ = false;
    bool winding_up_ = false;
    bool finished_ = false;
    std::shared_ptr<HearingDesk::Seat> seat_;
    std::string listened_stream_;
    size_t listened_ = 0;     // of the present stream
    size_t handed_over_ = 0;  // samples of all streams
    size_t step_handed_over_ = 0;
    bool listening_finished_ = false;
};

}  // namespace trunkline::lab
