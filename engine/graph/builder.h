#pragma once
// Plan -> GstPipeline, on the shard of the call: no checks that compile() made already, about 64 us for nine elements.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/result.h"
#include "engine/graph/plan.h"

typedef struct _GstElement GstElement;

namespace trunkline::graph {

/// What `$call.…` and `$param.…` stand for.
struct CallValues {
    std::string carrier;             ///< "twilio": also picks the wiring
    std::string from, to;            ///< numbers as the carrier gave them
    std::string id;                  ///< call id
    std::string direction;           ///< "inbound" or "outbound"
    std::string params_json = "{}";  ///< as check_params() returned it
};

/// Owns the pipeline: in state NULL after build(); the destructor sets it to NULL and drops it. Shard thread only.
class BuiltPipeline {
  public:
    BuiltPipeline() = default;
    BuiltPipeline(GstElement* adopted, std::vector<std::pair<std::string, GstElement*>> nodes);
    BuiltPipeline(BuiltPipeline&&) noexcept;
    BuiltPipeline& operator=(BuiltPipeline&&) noexcept;
    ~BuiltPipeline();

    GstElement* pipeline() const { return pipeline_; }
    /// Borrowed; nullptr when there is no such node. Inserted elements are found by their plan names.
    GstElement* node(std::string_view name) const;
    /// The call's carrier elements ("twiliosrc", …), else nullptr.
    GstElement* source() const { return source_; }
    GstElement* sink() const { return sink_; }
    void set_ends(GstElement* source, GstElement* sink) { source_ = source, sink_ = sink; }
    /// Gives the pipeline away: the caller sets it to NULL and unrefs it.
    GstElement* release();

  private:
    GstElement* pipeline_ = nullptr;
    GstElement* source_ = nullptr;
    GstElement* sink_ = nullptr;
    std::vector<std::pair<std::string, GstElement*>> nodes_;
};

/// Builds the pipeline of one call in state NULL, with a bus without file descriptors that drops its messages. Set your
/// own sync handler on gst_element_get_bus(); it must unref every message and return GST_BUS_DROP. Errors:
/// "unknown-carrier", "bad-param-value" (a param that its property refuses), "element-missing".
Result<BuiltPipeline> build(const Plan& plan, const CallValues& values);

}  // namespace trunkline::graph
