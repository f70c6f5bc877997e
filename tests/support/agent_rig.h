#pragma once
// The element of a voice agent between recording pads, against a scripted voice agent; with a call around it or
// without.
//
//   PadFeeder caller ─▶ element ─▶ PadRecorder line
//                            └ events ─▶ PadRecorder events        ◀──ws──▶ ScriptedAgent
#include <gst/gst.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/core/json.h"
#include "engine/gst/call_context.h"
#include "engine/gst/control.h"
#include "engine/loop/shard.h"
#include "tests/support/element_rig.h"
#include "tests/support/scripted_agent.h"

namespace trunkline::test {

inline constexpr const char* kMulawCaps = "audio/x-mulaw, rate=8000, channels=1";
inline constexpr const char* kPcm16Caps = "audio/x-raw, format=S16LE, layout=interleaved, rate=16000, channels=1";

struct AgentRigOptions {
    GType type = G_TYPE_INVALID;                ///< of the element
    const char* settings_message = "Settings";  ///< what the client sends first
    AgentScript script{};
    std::map<std::string, std::string> properties{};  ///< as gst-launch writes them
    bool call = true;
    const char* caller_caps = kMulawCaps;
    const char* line_caps = nullptr;  ///< what downstream takes; nullptr = anything
    bool events = true;
};

class AgentRig {
  public:
    struct HangUp {
        std::string reason, who;
        bool failed;
    };

    explicit AgentRig(AgentRigOptions options);
    ~AgentRig();

    /// To PLAYING, and the first caller audio, which settles the formats.
    void play();
    /// play(), and the agent is ready.
    bool talk();
    void set_state(GstState state);
    void on_shard(const std::function<void()>& work);

    void say(const std::string& audio, int64_t ingress_ns = 0);
    void caller_event(GstEvent* event);
    /// As from the carrier's sink.
    void playback(gst::Playback::State state, uint64_t epoch, int64_t played_ms = 0, int64_t at_ns = 1);
    void upstream(GstEvent* event);

    std::vector<Json> facts(std::string_view type) const;
    bool wait_fact(std::string_view type, size_t count = 1) const;
    std::vector<HangUp> hangups() const;
    bool wait_hangup() const;
    std::vector<std::string> backends() const;  ///< "backend config session" of each backend_known()
    /// The text of the error message on the bus, "" when none comes.
    std::string wait_error() const;

    ScriptedAgent server;
    GstElement* agent;
    PadFeeder caller;
    PadRecorder line, events;
    TurnClock turns;

  private:
    Shard shard_{0};
    FactNumberer facts_;
    CallContext call_;
    GstBus* bus_;
    bool with_call_;
    std::string settings_message_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<HangUp> hangups_;
    std::vector<std::string> backends_;
};

/// gst_init() once, strict GLib; a test program calls it from its own main().
int run_gst_tests(int argc, char** argv);

}  // namespace trunkline::test
