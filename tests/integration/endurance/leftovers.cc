#include "tests/integration/endurance/leftovers.h"

#include <gst/gst.h>
#include <malloc.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>

#include "engine/gst/gst_ptr.h"

namespace trunkline::test {
namespace {

namespace fs = std::filesystem;

std::map<std::string, int> threads() {
    std::map<std::string, int> found;
    std::error_code error;
    for (const auto& task : fs::directory_iterator("/proc/self/task", error)) {
        std::string name;
        std::getline(std::ifstream(task.path() / "comm"), name);
        if (!name.starts_with("pool-")) ++found[name];
    }
    return found;
}

std::map<std::string, int> descriptors() {
    std::map<std::string, int> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc/self/fd", error)) {
        const std::string target = fs::read_symlink(entry.path(), error).string();
        // The number of a socket says nothing; the listing's own descriptor is a directory that is gone by now.
        const bool numbered = target.starts_with("socket:");
        if (!target.empty() && !target.starts_with("/proc/")) ++found[numbered ? "socket" : target];
    }
    return found;
}

gst::Ptr<GstTracer> leaks_tracer() {
    gst::Ptr<GstTracer> found;
    GList* tracers = gst_tracing_get_active_tracers();
    for (GList* t = tracers; t; t = t->next) {
        if (std::string(G_OBJECT_TYPE_NAME(t->data)) == "GstLeaksTracer")
            found = gst::Ptr<GstTracer>::share(GST_TRACER(t->data));
    }
    g_list_free_full(tracers, gst_object_unref);
    return found;
}

/// One record of the tracer: "object-alive, type-name=(string)GstPad, address=…".
void count_record(GstDebugCategory*, GstDebugLevel, const gchar*, const gchar*, gint, GObject*,
                  GstDebugMessage* message, gpointer counts) {
    const std::string text = gst_debug_message_get(message), sign = "object-alive, type-name=(string)";
    if (!text.starts_with(sign)) return;
    ++(*static_cast<std::map<std::string, int>*>(
        counts))[text.substr(sign.size(), text.find(',', sign.size()) - sign.size())];
}

/// By way of the log, because the list that the tracer can also give takes a reference from every object in it.
std::map<std::string, int> gst_objects() {
    std::map<std::string, int> found;
    const auto tracer = leaks_tracer();
    if (!tracer) return found;
    gst_debug_remove_log_function(gst_debug_log_default);
    gst_debug_add_log_function(count_record, &found, nullptr);
    gst_debug_set_threshold_for_name("GST_TRACER", GST_LEVEL_TRACE);
    g_signal_emit_by_name(tracer.get(), "log-live-objects");
    gst_debug_set_threshold_for_name("GST_TRACER", GST_LEVEL_NONE);
    gst_debug_remove_log_function(count_record);
    gst_debug_add_log_function(gst_debug_log_default, nullptr, nullptr);
    return found;
}

int total(const std::map<std::string, int>& counts) {
    int sum = 0;
    for (const auto& [name, count] : counts) sum += count;
    return sum;
}

std::string more(const char* what, const std::map<std::string, int>& before, const std::map<std::string, int>& after) {
    std::string out;
    for (const auto& [name, count] : after) {
        const auto at = before.find(name);
        const int gained = count - (at == before.end() ? 0 : at->second);
        if (gained > 0) out += std::to_string(gained) + " more of " + what + " " + name + "\n";
    }
    return out;
}

}  // namespace

Holdings Holdings::now() { return {test::threads(), test::descriptors(), test::gst_objects()}; }

std::string Holdings::more_in(const Holdings& later) const {
    // A thread that has just begun still has its maker's name: the names only say which one is too many.
    const bool more_threads = total(later.threads) > total(threads);
    return (more_threads ? more("thread", threads, later.threads) : "") +
           more("descriptor", descriptors, later.descriptors) +
           more("GStreamer object", gst_objects, later.gst_objects);
}

size_t Holdings::open_descriptors() const {
    size_t count = 0;
    for (const auto& [name, n] : descriptors) count += static_cast<size_t>(n);
    return count;
}

size_t open_descriptors() { return Holdings{{}, test::descriptors(), {}}.open_descriptors(); }

size_t heap_bytes() { return mallinfo2().uordblks + mallinfo2().hblkhd - static_cast<size_t>(sqlite3_memory_used()); }

bool counts_gst_objects() { return leaks_tracer().get() != nullptr; }

}  // namespace trunkline::test
