// YAML → Scenario.
#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

#include "lab/scenario/scenario.h"
#include "lab/scenario/yaml_form.h"

namespace trunkline::lab {
namespace {

constexpr size_t kMaxFile = 256U << 10;
constexpr size_t kMaxSteps = 1000;

class Parser {
  public:
    Parser(Scenario& scenario, Problems& problems) : scenario_(scenario), form_(problems) {}

    void document(const YAML::Node& root) {
        bool has_steps = false;
        form_.map(root, "a scenario", {"name", "description", "caller", "limit", "ignore", "known", "steps"},
                  [&](const std::string& key, const YAML::Node& value) {
                      if (key == "name") scenario_.name = form_.text(value, key);
                      if (key == "description") scenario_.description = form_.text(value, key);
                      if (key == "caller") caller(value);
                      if (key == "limit") scenario_.limit_ms = form_.duration(value, key);
                      if (key == "ignore") ignored(value);
                      if (key == "known") known(value);
                      if (key == "steps") steps(value);
                      has_steps = has_steps || key == "steps";
                  });
        if (root.IsMap() && !has_steps) form_.problem(root, "a scenario needs 'steps'");
    }

  private:
    void caller(const YAML::Node& node) {
        form_.map(node, "caller", {"from", "to"}, [&](const std::string& key, const YAML::Node& value) {
            (key == "from" ? scenario_.from : scenario_.to) = form_.text(value, key);
        });
    }

    void ignored(const YAML::Node& node) {
        if (!node.IsSequence()) return form_.problem(node, "ignore must be a list of error codes, e.g. [31921]");
        for (const auto& one : node) scenario_.ignore.push_back(form_.integer(one, "an error code", 10000, 99999));
    }

    void known(const YAML::Node& node) {
        if (!node.IsSequence()) return form_.problem(node, "known must be a list of recordings or texts");
        for (const auto& one : node) scenario_.known.push_back(form_.text(one, "a known recording"));
    }

    void steps(const YAML::Node& node) {
        if (!node.IsSequence() || node.size() == 0)
            return form_.problem(node, "steps must be a list with at least one step");
        if (node.size() > kMaxSteps) return form_.problem(node, "a scenario has at most 1000 steps");
        for (const auto& one : node) step(one);
    }

    void step(const YAML::Node& node) {
        static const std::initializer_list<std::string_view> kSteps = {"say",   "wait_for", "interrupt_after", "press",
                                                                       "pause", "hang_up",  "expect"};
        Step step;
        step.at = YamlForm::position(node);
        if (node.IsScalar()) {
            if (node.Scalar() == "hang_up") {
                step.kind = StepKind::kHangUp;
                return scenario_.steps.push_back(std::move(step));
            }
            if (std::find(kSteps.begin(), kSteps.end(), node.Scalar()) != kSteps.end())
                return form_.problem(node,
                                     "'" + node.Scalar() + "' needs a value: write '- " + node.Scalar() + ": ...'");
            std::string near = nearest_word(node.Scalar(), kSteps);
            return form_.problem(
                node, "'" + node.Scalar() + "' is no step" + (near.empty() ? "" : "; did you mean '" + near + "'?"));
        }
        if (node.IsMap() && node.size() != 1)
            return form_.problem(node, "a step has exactly one key; begin each with '- '");
        form_.map(node, "a step", kSteps, [&](const std::string& key, const YAML::Node& value) {
            if (key == "say") say(value, step);
            if (key == "wait_for") wait_for(value, step);
            if (key == "interrupt_after") interrupt(value, step);
            if (key == "press") press(value, step);
            if (key == "pause") step.kind = StepKind::kPause, step.ms = form_.duration(value, key);
            if (key == "hang_up") hang_up(value, step);
            if (key == "expect") expect(value, step);
            scenario_.steps.push_back(std::move(step));
        });
    }

    void say(const YAML::Node& node, Step& step) {
        step.kind = StepKind::kSay;
        if (node.IsScalar()) return void(step.speech = form_.text(node, "say"));
        form_.map(node, "say", {"speech", "wait"}, [&](const std::string& key, const YAML::Node& value) {
            if (key == "speech") step.speech = form_.text(value, key);
            if (key == "wait") step.wait = form_.boolean(value, key);
        });
        if (node.IsMap() && step.speech.empty())
            form_.problem(node, "say needs 'speech': a recording's name or a text");
    }

    void interrupt(const YAML::Node& node, Step& step) {
        step.kind = StepKind::kInterruptAfter;
        form_.map(node, "interrupt_after", {"delay", "say", "within"},
                  [&](const std::string& key, const YAML::Node& value) {
                      if (key == "delay") step.ms = form_.duration(value, key);
                      if (key == "say") step.speech = form_.text(value, key);
                      if (key == "within") step.wait_for.within_ms = form_.duration(value, key);
                  });
        if (node.IsMap() && step.speech.empty()) form_.problem(node, "interrupt_after needs 'say'");
    }

    void press(const YAML::Node& node, Step& step) {
        step.kind = StepKind::kPress;
        step.digits = form_.text(node, "press");
        if (step.digits.find_first_not_of("0123456789*#ABCD") != std::string::npos || step.digits.size() > 64)
            form_.problem(node, "press takes up to 64 of the keys 0-9 * # A-D");
    }

    void hang_up(const YAML::Node& node, Step& step) {
        step.kind = StepKind::kHangUp;
        if (node.IsNull()) return;
        auto how = form_.word(node, "way to hang up", {"stop", "close_without_stop", "drop", "reset", "half_open"});
        if (how == "close_without_stop") step.how = HangUp::kCloseWithoutStop;
        if (how == "drop") step.how = HangUp::kDrop;
        if (how == "reset") step.how = HangUp::kReset;
        if (how == "half_open") step.how = HangUp::kHalfOpen;
    }

    void wait_for(const YAML::Node& node, Step& step) {
        step.kind = StepKind::kWaitFor;
        Wait& wait = step.wait_for;
        int subjects = 0;
        form_.map(node, "wait_for", {"agent", "heard", "mark", "marks", "clears", "silence", "call", "within", "for"},
                  [&](const std::string& key, const YAML::Node& value) {
                      if (key == "within") return void(wait.within_ms = form_.duration(value, key));
                      if (key == "for") return void(wait.for_ms = form_.duration(value, key));
                      ++subjects;
                      if (key == "agent") {
                          auto word = form_.word(value, "state of the agent", {"speaks", "silent"});
                          wait.kind = word == "silent" ? WaitKind::kAgentSilent : WaitKind::kAgentSpeaks;
                      } else if (key == "call") {
                          wait.kind = WaitKind::kCallEnded;
                          form_.word(value, "state of the call to wait for", {"ended"});
                      } else if (key == "silence") {
                          wait.kind = WaitKind::kSilence;
                          wait.for_ms = form_.duration(value, key);
                      } else if (key == "heard" || key == "mark") {
                          wait.kind = key == "heard" ? WaitKind::kHeard : WaitKind::kMark;
                          wait.name = form_.text(value, key);
                      } else {
                          wait.kind = key == "marks" ? WaitKind::kMarks : WaitKind::kClears;
                          wait.count = form_.integer(value, key, 1, 1'000'000);
                      }
                  });
        if (node.IsMap() && subjects != 1)
            form_.problem(node, "wait_for needs exactly one of agent, heard, mark, marks, clears, silence, call");
    }

    void expect(const YAML::Node& node, Step& step) {
        step.kind = StepKind::kExpect;
        form_.map(node, "expect",
                  {"clears", "marks", "agent_turns", "agent_spoke", "heard", "heard_beginning", "not_heard",
                   "stopped_within", "reply_within", "violations", "call"},
                  [&](const std::string& key, const YAML::Node& value) { step.checks.push_back(check(key, value)); });
        if (node.IsMap() && node.size() == 0) form_.problem(node, "expect expects nothing");
    }

    Check check(const std::string& key, const YAML::Node& value) {
        Check check;
        check.at = YamlForm::position(value);
        auto counted = [&](CheckKind kind) { check.kind = kind, check.range = form_.count_range(value, key); };
        auto timed = [&](CheckKind kind) { check.kind = kind, check.range = form_.duration_range(value, key); };
        auto named = [&](CheckKind kind) { check.kind = kind, check.name = form_.text(value, key); };
        if (key == "clears") counted(CheckKind::kClears);
        if (key == "marks") counted(CheckKind::kMarks);
        if (key == "agent_turns") counted(CheckKind::kAgentTurns);
        if (key == "violations") counted(CheckKind::kViolations);
        if (key == "agent_spoke") timed(CheckKind::kAgentSpoke);
        if (key == "stopped_within") timed(CheckKind::kStoppedWithin);
        if (key == "reply_within") timed(CheckKind::kReplyWithin);
        if (key == "heard") named(CheckKind::kHeard);
        if (key == "heard_beginning") named(CheckKind::kHeardBeginning);
        if (key == "not_heard") named(CheckKind::kNotHeard);
        if (key == "call") {
            auto word = form_.word(value, "state of a call", {"active", "ended"});
            check.kind = word == "ended" ? CheckKind::kCallEnded : CheckKind::kCallActive;
        }
        return check;
    }

    Scenario& scenario_;
    YamlForm form_;
};

}  // namespace

std::string format_problem(const std::string& file, const Problem& problem) {
    return file + ":" + std::to_string(problem.at.line) + ":" + std::to_string(problem.at.column) +
           ": error: " + problem.message;
}

tl::expected<Scenario, Problems> parse_scenario(const std::string& yaml, const std::string& file_name) {
    Problems problems;
    Scenario scenario;
    scenario.file = file_name;
    if (yaml.size() > kMaxFile) return tl::unexpected<Problems>({{Position{}, "the file is larger than 256 KiB"}});
    try {
        YAML::Node root = YAML::Load(yaml);
        Parser(scenario, problems).document(root);
    } catch (const YAML::Exception& error) {
        Position at{error.mark.line + 1, error.mark.column + 1};
        problems.push_back({error.mark.is_null() ? Position{} : at, "not YAML: " + error.msg});
    }
    if (!problems.empty()) return tl::unexpected<Problems>(std::move(problems));
    if (scenario.name.empty()) scenario.name = file_name;
    return scenario;
}

tl::expected<Scenario, Problems> read_scenario(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    if (!file || !(content << file.rdbuf())) return tl::unexpected<Problems>({{Position{}, "the file cannot be read"}});
    return parse_scenario(content.str(), path);
}

}  // namespace trunkline::lab
