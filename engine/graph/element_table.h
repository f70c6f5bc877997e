#pragma once
// What GStreamer knows about an element without an instance: factory, class, pad templates.
#include <gst/gst.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/plan.h"
#include "engine/gst/gst_ptr.h"

namespace trunkline::graph {

struct PadTemplate {
    std::string name;  ///< "sink", "src_%u", "events"
    bool is_src = false;
    bool request = false;
    bool sometimes = false;
    GstCaps* caps = nullptr;                          ///< borrowed from the class
    PlanLink::Media media = PlanLink::Media::kOther;  ///< kOther = any or unknown
    bool any() const { return gst_caps_is_any(caps) != FALSE; }
    bool many() const { return name.find('%') != std::string::npos; }
    /// Whether a pad of that name comes from this template.
    bool matches(std::string_view pad) const;
};

struct ElementInfo {
    std::string name;
    gst::Ptr<GstElementFactory> factory;
    GType type = 0;
    GObjectClass* klass = nullptr;  ///< kept alive for ever, as GStreamer does with static types
    std::vector<PadTemplate> pads;
    std::vector<std::string> facts;  ///< what its `events` pad gives beyond what every such element gives
    bool agent = false;              ///< a voice backend: what it says is not made of what it hears

    const PadTemplate* pad(std::string_view name) const;
};

/// Looks elements up once and keeps them.
class ElementTable {
  public:
    /// nullptr when no such element is installed.
    const ElementInfo* find(const std::string& factory);
    /// Names of every installed element, for "did you mean".
    const std::vector<std::string>& names();

  private:
    std::map<std::string, std::optional<ElementInfo>> known_;
    std::vector<std::string> names_;
};

/// Audio that the stock converters can turn into one another: raw, mu-law, A-law.
bool is_convertible_audio(const GstCaps* caps);
/// Audio, facts, or neither.
PlanLink::Media media_of(const GstCaps* caps);
std::string caps_text(const GstCaps* caps);

}  // namespace trunkline::graph
