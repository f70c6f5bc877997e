#include "tests/integration/grid/scenarios.h"

#include <random>

namespace trunkline::test {
namespace {

// What the caller says, and what is answered to it: recordings of one voice, all named by their words.
constexpr const char* kGreeting = "auth-thankyou";         // "Thank you."
constexpr const char* kAsk = "agent-newlocation";          // "Please enter a new extension, followed by pound."
constexpr const char* kLongAnswer = "basic-pbx-ivr-main";  // half a minute
constexpr const char* kOther = "conf-getconfno";
constexpr const char* kOtherAnswer = "conf-invalid";
constexpr const char* kThird = "check-number-dial-again";
constexpr const char* kThirdAnswer = "cannot-complete-as-dialed";
constexpr const char* kTool = "agent-pass";
constexpr const char* kBye = "conf-leaderhasleft";
constexpr const char* kByeAnswer = "conf-placeintoconf";

void rule(lab::agent::Brain& brain, const char* heard, std::vector<std::string> say) {
    lab::agent::Rule r;
    r.when = heard;
    r.reply.say = std::move(say);
    brain.rules.push_back(std::move(r));
}

GridOptions ordinary() {
    GridOptions o;
    o.agent = std::string("greeting: ") + kGreeting + "\n";
    o.brain.callers = {kAsk, kOther, kThird, kTool, kBye};
    rule(o.brain, kAsk, {kLongAnswer});
    rule(o.brain, kOther, {kOtherAnswer});
    rule(o.brain, kThird, {kThirdAnswer});
    o.brain.fallback.say = {"auth-thankyou"};
    return o;
}

GridOptions with_tool() {
    GridOptions o = ordinary();
    o.agent +=
        "tool-url: $env.TOOL_URL\n"
        "functions:\n  - name: lookup\n    description: Looks something up\n"
        "    parameters: {type: object, properties: {what: {type: string}}}\n";
    lab::agent::Rule r;
    r.when = kTool;
    lab::agent::FunctionPlan plan;
    plan.name = "lookup";
    plan.arguments = R"({"what":"password"})";
    r.reply.calls = {plan};
    r.reply.say = {"{result}"};
    o.brain.rules.push_back(std::move(r));
    return o;
}

GridOptions with_pacing(double factor) {
    GridOptions o = ordinary();
    o.pacing = factor;
    return o;
}

GridOptions with_fault(std::string fault) {
    GridOptions o = ordinary();
    o.faults = {std::move(fault)};
    return o;
}

GridOptions with_goodbye() {
    GridOptions o = ordinary();
    lab::agent::Rule r;
    r.when = kBye;
    r.reply.say = {kByeAnswer};
    r.reply.hang_up = true;
    o.brain.rules.push_back(std::move(r));
    return o;
}

bool greeted(Cell& c) { return c.begin() && c.agent_silent_after(1); }

bool interrupted(Cell& c) {
    return c.say(kOther) && c.cleared(1) && c.agent_said(3) && c.agent_silent_after(3) && c.fact("bargein");
}

lab::Samples noise(double seconds) {
    std::mt19937 random(7);
    std::normal_distribution<double> wave(0, 3000);
    lab::Samples samples(static_cast<size_t>(seconds * 8000));
    for (auto& s : samples) s = static_cast<int16_t>(std::clamp(wave(random), -30000.0, 30000.0));
    return samples;
}

std::string end_of(Cell& c) {
    const auto rows = c.sql("select status || '/' || end_reason from calls where id = '{id}'");
    return rows.empty() ? "" : rows[0];
}

void check_interruption(Cell& c) {
    c.need(c.call->clears() == 1, "clears: " + std::to_string(c.call->clears()));
    bool cut = false;
    for (const Json& fact : c.facts("agent.stopped")) cut |= fact["interrupted"].bool_or(false);
    c.need(cut, "no reply was stopped as interrupted");
    for (const Json& fact : c.facts("bargein")) {
        c.need(fact["cleared_t_ms"].int_or(-1) >= fact["decided_t_ms"].int_or(0), "cleared before it was decided");
    }
}

}  // namespace

const std::vector<Scenario>& grid_scenarios() {
    static const std::vector<Scenario> all = {
        {"greeting", ordinary(), [](Cell& c) { greeted(c) && c.hang_up(); }},
        {"three turns", ordinary(),
         [](Cell& c) {
             greeted(c) && c.say(kOther) && c.agent_silent_after(2) && c.say(kThird) && c.agent_silent_after(3) &&
                 c.say(kOther) && c.agent_silent_after(4) && c.hang_up();
         },
         [](Cell& c) {
             c.need(c.sql("select role from conversation_log where call_id = '{id}' and message <> '' order by seq")
                            .size() == 7,
                    "the conversation log has not seven lines");
             c.need(c.sql("select 1 from turns where call_id = '{id}' and voice_to_voice_ms > 0").size() == 3,
                    "not three turns with their latency");
         }},
        {"tool call answered", with_tool(),
         [](Cell& c) { greeted(c) && c.say(kTool) && c.fact("tool.result") && c.agent_silent_after(2) && c.hang_up(); },
         [](Cell& c) {
             const auto results = c.facts("tool.result");
             c.need(results.size() == 1 && results[0]["error"].text_or("") == "",
                    "the tool's result is not one and good");
         }},
        {"interruption while speaking", with_pacing(1.2),
         [](Cell& c) { greeted(c) && c.say(kAsk) && c.heard_agent_for(1500) && interrupted(c) && c.hang_up(); },
         check_interruption},
        {"interruption after generation", with_pacing(100),
         [](Cell& c) {
             greeted(c) && c.say(kAsk) && c.agent_sent_all(1) && c.heard_agent_for(1500) && interrupted(c) &&
                 c.hang_up();
         },
         check_interruption},
        {"DTMF", ordinary(), [](Cell& c) { greeted(c) && c.press("12#") && c.fact("dtmf", 3) && c.hang_up(); }},
        {"long silence",
         [] {
             GridOptions o = ordinary();
             o.limits = "{call: 2m, silence: 5s}";
             return o;
         }(),
         [](Cell& c) { greeted(c) && c.ended(); },
         [](Cell& c) { c.need(end_of(c) == "completed/silence", "ended as " + end_of(c)); }},
        {"loud noise",
         [] {
             GridOptions o = ordinary();
             o.gate = "min-speech: 300ms\n";
             return o;
         }(),
         [](Cell& c) {
             greeted(c) && c.say("noise", noise(2)) && c.say(kOther) && c.agent_said(2) && c.agent_silent_after(2) &&
                 c.hang_up();
         }},
        {"backend dies", with_fault("drop_mid_speech=true"),
         [](Cell& c) { c.begin() && c.fact("reconnect") && c.hang_up(); }},
        {"backend slow", with_fault("slow_ms=3000"),
         [](Cell& c) { greeted(c) && c.say(kOther) && c.agent_silent_after(2) && c.hang_up(); },
         [](Cell& c) {
             c.need(c.sql("select 1 from turns where call_id = '{id}' and backend_ms > 2500 and engine_ms < 2500")
                            .size() == 1,
                    "the wait is not the backend's in the turn's latency");
         }},
        {"caller hangs up", ordinary(),
         [](Cell& c) { greeted(c) && c.say(kAsk) && c.heard_agent_for(500) && c.hang_up(); },
         [](Cell& c) { c.need(end_of(c) == "completed/caller-hangup", "ended as " + end_of(c)); }},
        {"agent hangs up", with_goodbye(), [](Cell& c) { greeted(c) && c.say(kBye) && c.agent_said(2) && c.ended(); }},
    };
    return all;
}

}  // namespace trunkline::test
