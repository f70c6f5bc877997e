// A GSource that has nothing but a ready time.
#include "lab/carrier/timer.h"

#include "engine/core/clock.h"

namespace trunkline::lab {
namespace {

gboolean dispatch(GSource* source, GSourceFunc callback, gpointer data) {
    g_source_set_ready_time(source, -1);
    return callback(data);
}
GSourceFuncs kFunctions{nullptr, nullptr, dispatch, nullptr, nullptr, nullptr};

gboolean run(gpointer data) {
    auto call = *static_cast<std::function<void()>*>(data);  // a copy: the callee may destroy the timer
    call();
    return G_SOURCE_CONTINUE;
}

}  // namespace

Timer::Timer(std::function<void()> fire) : fire_(std::move(fire)), source_(g_source_new(&kFunctions, sizeof(GSource))) {
    g_source_set_callback(source_, run, &fire_, nullptr);
    g_source_set_can_recurse(source_, TRUE);
    g_source_attach(source_, g_main_context_get_thread_default());
}

Timer::~Timer() {
    g_source_destroy(source_);
    g_source_unref(source_);
}

void Timer::at(int64_t due_ns) {
    // GLib's clock and monotonic_ns() are both CLOCK_MONOTONIC; round up so that it never fires early.
    g_source_set_ready_time(source_, (due_ns + 999) / 1000);
}

void Timer::after_ms(int64_t ms) { at(monotonic_ns() + ms * 1'000'000); }

void Timer::cancel() { g_source_set_ready_time(source_, -1); }

}  // namespace trunkline::lab
