#pragma once
// Which elements may run on a shard. A shard pushes every frame itself and must never wait, so elements that wait (for
// another pad, for a clock, for a device or a peer) are refused with the reason; those that start threads need
// `threads: allowed` in the graph. Every GstBaseSink gets forced settings that keep it from prerolling and from
// waiting.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gst/gst.h>

namespace trunkline {

struct PolicyRefusal {
    std::string code;      ///< "blocking-element", "needs-threads", "dynamic-pads"
    std::string reason;    ///< a clause: "waits until every input has data"
    std::string cure;      ///< what to do instead; may be empty
    std::string property;  ///< the property at fault, empty = the element itself
};

/// A setting as text ("true", "10"), the way the graph wrote it.
struct PolicySetting {
    std::string_view name;
    std::string_view value;
};

struct ForcedProperty {
    const char* name;
    bool value;
};

/// Judges an element by its factory, its class and its settings. `type` is the element's GType, its class loaded.
std::optional<PolicyRefusal> check_element_policy(std::string_view factory, GType type,
                                                  std::span<const PolicySetting> settings, bool threads_allowed);
/// Settings the engine sets whatever the graph says: async=false, sync=false, enable-last-sample=false of a
/// GstBaseSink.
std::vector<ForcedProperty> forced_properties(std::string_view factory, GType type);
/// Streaming threads an instance starts (0 for nearly all that is allowed).
int threads_started_by(std::string_view factory, GType type);

}  // namespace trunkline
