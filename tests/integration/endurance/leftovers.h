#pragma once
// What a process holds: compared before and after, it shows what was left behind.
#include <cstddef>
#include <map>
#include <string>

namespace trunkline::test {

struct Holdings {
    std::map<std::string, int> threads;      ///< by name; GIO's own pool, which comes and goes, is not among them
    std::map<std::string, int> descriptors;  ///< by what they lead to
    std::map<std::string, int> gst_objects;  ///< alive, by type, as the leaks tracer counts them; none without it

    static Holdings now();
    size_t open_descriptors() const;
    /// What `later` has more than this, for people; "" when nothing.
    std::string more_in(const Holdings& later) const;
};

size_t open_descriptors();  ///< of now

/// Bytes the process has from malloc and has not given back, without the page cache of SQLite, which is bounded and
/// fills by and by.
size_t heap_bytes();

/// True when GStreamer runs with GST_TRACERS=leaks.
bool counts_gst_objects();

}  // namespace trunkline::test
