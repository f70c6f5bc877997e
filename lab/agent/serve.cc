// The program around a lab: serves until a signal, one line per event.
#include <glib-unix.h>

#include <csignal>
#include <cstdio>

#include "lab/agent/agent_lab.h"

namespace trunkline::lab {
namespace {

void print(const agent::LabEvent& event, bool json) {
    if (json) {
        std::printf("%s\n", event.to_json().c_str());
    } else {
        std::printf("%10.3f s  #%-3d %-10s %s\n", event.at_ms / 1000, event.session, event.kind.c_str(),
                    event.text.c_str());
    }
    std::fflush(stdout);
}

gboolean quit(gpointer loop) {
    g_main_loop_quit(static_cast<GMainLoop*>(loop));
    return G_SOURCE_CONTINUE;
}

}  // namespace

int serve_until_signal(const agent::AgentOptions& options,
                       const std::function<Result<std::unique_ptr<AgentLab>>(AgentLab::EventSink)>& start) {
    const bool json = options.json;
    const auto lab = start([json](const agent::LabEvent& event) { print(event, json); });
    if (!lab) {
        std::fprintf(stderr, "lab %s: %s (%s)\n", options.agent.c_str(), lab.error().message.c_str(),
                     lab.error().code.c_str());
        return 1;
    }
    print({0, 0, "listening", (*lab)->url()}, json);
    GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
    const guint on_int = g_unix_signal_add(SIGINT, quit, loop);
    const guint on_term = g_unix_signal_add(SIGTERM, quit, loop);
    g_main_loop_run(loop);
    g_source_remove(on_int);
    g_source_remove(on_term);
    g_main_loop_unref(loop);
    size_t violations = 0;
    const auto seen = (*lab)->sessions();
    for (const agent::SessionRecord& session : seen) violations += session.violations.size();
    print({0, 0, "summary", std::to_string(seen.size()) + " sessions, " + std::to_string(violations) + " violations"},
          json);
    return 0;
}

}  // namespace trunkline::lab
