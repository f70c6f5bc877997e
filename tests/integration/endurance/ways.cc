#include "tests/integration/endurance/ways.h"

#include <ostream>

namespace trunkline::test {
namespace {

using Door = AgentPlan::Door;
using Talk = AgentPlan::Talk;
using End = AgentPlan::End;

constexpr int kMany = 250;  // for ways in which a call waits for seconds

const CallerPlan kPatient{.when = Moment::kNever, .act = Act::kNothing};
const AgentPlan kSilent{.talk = Talk::kSilent};

Variant caller_breaks(std::string raw, Moment when = Moment::kHeard) {
    return {{.when = when, .act = Act::kSend, .raw = std::move(raw)}, {}, "failed/protocol-error"};
}

std::vector<Variant> hang_ups(Moment when, const AgentPlan& agent = {}, const std::string& graph = "call") {
    const auto caller = [&](Act act) {
        // Marks that do not come back: the interruption finds something that was not heard yet.
        return CallerPlan{.when = when, .act = act, .graph = graph, .returns_marks = when != Moment::kCleared};
    };
    return {{caller(Act::kStopThenClose), agent, "completed/caller-hangup"},
            {caller(Act::kStopThenReset), agent, "completed/caller-hangup"},
            {caller(Act::kClose), agent, "completed/media-closed"},
            {caller(Act::kFin), agent, "failed/media-lost"}};
}

void add_callers(std::vector<Way>& ways) {
    ways.push_back({"BeforeTheUpgrade",
                    {{{.when = Moment::kDialed, .act = Act::kFin}, {}, "failed/no-media"},
                     {{.when = Moment::kDialed, .act = Act::kReset}, {}, "failed/no-media"},
                     {{.when = Moment::kDocument, .act = Act::kNothing}, {}, "failed/no-media"}},
                    {.media_wait_ms = 300}});
    ways.push_back({"ReportedBeforeTheSocket",
                    {{{.when = Moment::kDocument, .act = Act::kReport}, {}, "completed/carrier-completed"}}});
    ways.push_back({"BeforeStart",
                    {{{.when = Moment::kOpen, .act = Act::kClose, .sends_start = false}, {}, "completed/media-closed"},
                     {{.when = Moment::kOpen, .act = Act::kFin, .sends_start = false}, {}, "failed/media-lost"},
                     {{.when = Moment::kOpen, .act = Act::kReset, .sends_start = false}, {}, "failed/media-lost"}}});
    ways.push_back({"BehindStart", hang_ups(Moment::kStarted)});
    ways.push_back({"WhileTheAgentSpeaks", hang_ups(Moment::kHeard)});
    ways.push_back({"DuringAnInterruption", hang_ups(Moment::kCleared, {.talk = Talk::kIsInterrupted})});
    ways.push_back({"DuringAToolCall", hang_ups(Moment::kHeard, {.talk = Talk::kCallsTool}, "tool")});
    ways.push_back({"WhileTheBackendIsSilent", hang_ups(Moment::kStarted, {.door = Door::kNeverAnswers})});
    ways.push_back({"WhileTheBackendIsDialedAgain", hang_ups(Moment::kHeard, {.end = End::kReset})});
    ways.push_back({"Reset", {{{.when = Moment::kHeard, .act = Act::kReset}, {}, "failed/media-lost"}}});
    ways.push_back({"ReportedWhileItIsLive", {{{.act = Act::kReport}, {}, "completed/caller-hangup"}}});
    ways.push_back({"HalfOpen",
                    {{{.act = Act::kVanish}, {}, "failed/media-timeout"},
                     {{.when = Moment::kStarted, .act = Act::kVanish}, {}, "failed/media-timeout"},
                     {kPatient, {}, "failed/media-timeout"},
                     {{.when = Moment::kNever, .act = Act::kNothing, .graph = "limited", .answers_close = false},
                      {},
                      "completed/time-limit"}},
                    {.media_timeout_ms = 1'000},
                    false,
                    kMany});
    ways.push_back(
        {"StartNeverComes",
         {{{.when = Moment::kNever, .act = Act::kNothing, .sends_start = false}, {}, "failed/media-timeout"}},
         {.start_timeout_ms = 300}});
}

void add_violations(std::vector<Way>& ways) {
    const std::string long_frame = "\x81\xff" + std::string("\0\0\0\0\0\x10\0\0", 8) + std::string(4, '\0') + "xxxx";
    ways.push_back(
        {"CarrierBreaksTheFraming",
         {caller_breaks(ws_frame(kTextFrame, "not masked", false)),
          caller_breaks(ws_frame(0xF1, "reserved bits", true)), caller_breaks(ws_frame(0x83, "reserved opcode", true)),
          caller_breaks(ws_frame(0x80, "continues nothing", true)),
          caller_breaks(ws_frame(kTextFrame, "no UTF-8: \xff\xfe", true)),
          caller_breaks(ws_frame(0x09, "a ping in pieces", true)),
          caller_breaks(ws_frame(0x89, std::string(126, 'p'), true)), caller_breaks(ws_frame(kCloseFrame, "x", true)),
          caller_breaks(long_frame), caller_breaks(ws_frame(kTextFrame, "not masked", false), Moment::kStarted),
          caller_breaks(ws_frame(kTextFrame, "not masked", false), Moment::kOpen)}});
    const std::string garbage = ws_frame(kTextFrame, "no JSON", true) + ws_frame(kTextFrame, "[]", true) +
                                ws_frame(kTextFrame, R"({"event":"media","media":{}})", true) +
                                ws_frame(kBinaryFrame, "binary", true);
    ways.push_back({"GarbageAndGone",
                    {{{.act = Act::kSendAndShut, .raw = garbage}, {}, "failed/media-lost"},
                     {{.act = Act::kSendAndShut, .raw = "\x81\xfe"}, {}, "failed/media-lost"}}});
    ways.push_back(
        {"CarrierBreaksTheProtocol",
         {{{.when = Moment::kNever, .act = Act::kNothing, .encoding = "audio/opus"}, {}, "failed/protocol-error"},
          {{.when = Moment::kNever, .act = Act::kNothing, .start_call_sid = "not an id"},
           {},
           "failed/protocol-error"}}});
    ways.push_back({"AnotherCallsTicket",
                    {{{.when = Moment::kNever, .act = Act::kNothing, .start_call_sid = "CA" + std::string(32, 'b')},
                      {},
                      "failed/ticket-mismatch"}}});
    ways.push_back({"BadParams",
                    {{{.when = Moment::kNever, .act = Act::kNothing, .start_params = R"("greting":"hello")"},
                      {},
                      "failed/bad-params"}}});
}

void add_graphs(std::vector<Way>& ways) {
    const auto patient = [](const std::string& graph, const std::string& query = "") {
        return CallerPlan{.when = Moment::kNever, .act = Act::kNothing, .graph = graph, .query = query};
    };
    ways.push_back({"PipelineDoesNotStart",
                    {{patient("refusing"), {}, "failed/element-error"},
                     {patient("narrow", "format=nonsense"), {}, "failed/bad-param-value"}}});
    ways.push_back({"ElementFails", {{patient("breaking"), {}, "failed/element-error"}}});
    ways.push_back({"TimeLimit",
                    {{patient("limited"), {}, "completed/time-limit"},
                     {patient("limited"), {.door = Door::kNeverAnswers}, "completed/time-limit"},
                     {patient("limited"), {.talk = Talk::kIsInterrupted}, "completed/time-limit"}}});
    ways.push_back(
        {"Silence", {{patient("quiet"), kSilent, "completed/silence"}, {patient("quiet"), {}, "completed/silence"}}});
}

void add_backends(std::vector<Way>& ways) {
    const CallerPlan deaf{.when = Moment::kNever, .act = Act::kNothing, .returns_marks = false};
    ways.push_back({"BackendRefuses",
                    {{kPatient, {.door = Door::kRefuses401}, "failed/backend-error"},
                     {kPatient, {.end = End::kError}, "failed/backend-error"}}});
    ways.push_back({"BackendCloses",
                    {{kPatient, {.end = End::kCloses}, "completed/backend-closed"},
                     {kPatient, {.talk = Talk::kSilent, .end = End::kCloses}, "completed/backend-closed"}}});
    // A goodbye that is still played out is cut short by whoever ends the call.
    const auto leaves = [](Act act) { return CallerPlan{.act = act, .returns_marks = false}; };
    ways.push_back({"HangUpDuringTheGoodbye",
                    {{leaves(Act::kStopThenClose), {.end = End::kCloses}, "completed/"},
                     {leaves(Act::kReset), {.end = End::kCloses}, "/"}}});
    CallerPlan nobody = kPatient, quick = kPatient;
    nobody.agent_listens = false;
    quick.graph = "impatient";
    // In one way, because each of these calls, or what is left of it, waits for two or three seconds: for the tries to
    // be over, for an answer to the close frame, for EOS.
    ways.push_back({"TakesSeconds",
                    {{{.act = Act::kStopThenClose}, {.answers_close = false}, "completed/caller-hangup"},
                     {{.act = Act::kReset}, {.answers_close = false}, "failed/media-lost"},
                     {{.when = Moment::kStarted, .graph = "endless"}, {}, "completed/caller-hangup"},
                     {nobody, {}, "failed/backend-error"},
                     {kPatient, {.door = Door::kRefuses503}, "failed/backend-error"},
                     {kPatient, {.door = Door::kResets}, "failed/backend-error"},
                     {kPatient, {.door = Door::kAnswersWrong}, "failed/backend-error"},
                     {quick, {.door = Door::kNeverAnswers}, "failed/backend-error"},
                     {quick, {.welcomes = false}, "failed/backend-error"},
                     {quick, {.applies = false}, "failed/backend-error"},
                     {kPatient, {.end = End::kReset}, "failed/backend-error"},
                     {kPatient, {.end = End::kFin}, "failed/backend-error"},
                     {kPatient, {.end = End::kGoesAway}, "failed/backend-error"},
                     {kPatient, {.end = End::kBreaksProtocol}, "failed/backend-error"}},
                    {},
                    false,
                    kMany});
}

void add_shutdowns(std::vector<Way>& ways) {
    const auto at = [](Moment moment) { return CallerPlan{.when = moment, .act = Act::kNothing}; };
    CallerPlan opened = at(Moment::kOpen), dead = at(Moment::kHeard), deaf = at(Moment::kHeard);
    opened.sends_start = false;
    dead.act = Act::kVanish;
    deaf.returns_marks = false;
    ways.push_back({"Shutdown",
                    {{at(Moment::kDocument), {}, "failed/shutdown"},
                     {opened, {}, "completed/shutdown"},
                     {at(Moment::kStarted), {}, "completed/shutdown"},
                     {at(Moment::kStarted), {.door = Door::kNeverAnswers}, "completed/shutdown"},
                     {at(Moment::kHeard), {}, "completed/shutdown"},
                     {at(Moment::kHeard), {.talk = Talk::kCallsTool}, "completed/shutdown"}},
                    {},
                    true});
    ways.push_back({"ShutdownDuringTheGoodbye", {{deaf, {.end = End::kCloses}, "completed/"}}, {}, true, kMany});
    CallerPlan late = at(Moment::kStarted);
    late.act = Act::kVanish;
    late.graph = "endless";
    // Two seconds without EOS and three without an answer to the close frame are more than the end has time for.
    ways.push_back({"ShutdownWhilePeersAreDead",
                    {{dead, {.answers_close = false}, "completed/shutdown"}, {late, {}, "completed/shutdown"}},
                    {},
                    true,
                    kMany});
}

}  // namespace

void PrintTo(const Way& way, std::ostream* out) { *out << way.name; }

const std::vector<Way>& all_ways() {
    static const std::vector<Way> ways = [] {
        std::vector<Way> made;
        add_callers(made);
        add_violations(made);
        add_graphs(made);
        add_backends(made);
        add_shutdowns(made);
        for (Way& way : made) way.number = static_cast<int>(&way - made.data());
        return made;
    }();
    return ways;
}

}  // namespace trunkline::test
