#include "lab/agent/timers.h"

#include <glib.h>

#include <algorithm>
#include <cmath>

namespace trunkline::lab::agent {

struct Timers::Entry {
    Timers* owner;
    Id id;
    bool once;
    std::function<void()> action;
};

Timers::Timers(GMainContext* context) : context_(g_main_context_ref(context)) {}

Timers::~Timers() {
    cancel_all();
    g_main_context_unref(context_);
}

Timers::Id Timers::after(double ms, std::function<void()> action) { return add(ms, std::move(action), true); }
Timers::Id Timers::every(double ms, std::function<void()> action) { return add(ms, std::move(action), false); }

Timers::Id Timers::add(double ms, std::function<void()> action, bool once) {
    const Id id = next_++;
    GSource* source = g_timeout_source_new(static_cast<guint>(std::lround(std::max(0.0, ms))));
    const auto fire = [](gpointer data) -> gboolean {
        auto* entry = static_cast<Entry*>(data);
        if (!entry->once) {
            entry->action();
            return G_SOURCE_CONTINUE;
        }
        // The action may destroy the owner: forget the timer first, and touch nothing afterwards.
        const auto run = std::move(entry->action);
        const auto it = entry->owner->sources_.find(entry->id);
        GSource* self = it->second;
        entry->owner->sources_.erase(it);
        run();
        g_source_unref(self);
        return G_SOURCE_REMOVE;
    };
    g_source_set_callback(source, fire, new Entry{this, id, once, std::move(action)},
                          [](gpointer data) { delete static_cast<Entry*>(data); });
    g_source_attach(source, context_);
    sources_[id] = source;
    return id;
}

void Timers::cancel(Id id) {
    const auto it = sources_.find(id);
    if (it == sources_.end()) return;
    g_source_destroy(it->second);
    g_source_unref(it->second);
    sources_.erase(it);
}

void Timers::cancel_all() {
    while (!sources_.empty()) cancel(sources_.begin()->first);
}

}  // namespace trunkline::lab::agent
