// Plan -> pipeline. The plan was checked as a whole, so links are made without asking again.
#include "engine/graph/builder.h"

#include <gst/gst.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/graph/prepared.h"

namespace trunkline::graph {
namespace {

using nlohmann::json;

/// Makes values for the properties that differ from call to call.
class CallTime {
  public:
    explicit CallTime(const CallValues& values) : values_(values) {}

    Result<Value> make(const std::vector<TemplatePart>& parts) {
        Value value;
        if (parts.size() == 1 && parts[0].from == TemplatePart::From::kParam) return whole_param(parts[0].text);
        value.kind = Value::Kind::kText;
        for (const TemplatePart& part : parts) {
            if (part.from == TemplatePart::From::kText) {
                value.text += part.text;
            } else if (part.from == TemplatePart::From::kCall) {
                value.text += call_value(part.text);
            } else {
                const json& param = find(part.text);
                value.text += param.is_string() ? param.get_ref<const std::string&>()
                              : param.is_null() ? ""
                                                : param.dump(-1, ' ', false, json::error_handler_t::replace);
            }
        }
        return value;
    }

  private:
    Result<Value> whole_param(const std::string& name) {
        const json& param = find(name);
        Value value;
        if (param.is_null()) return value;  // kNull: the property keeps its own default
        if (param.is_boolean()) {
            value.kind = Value::Kind::kBool, value.boolean = param.get<bool>();
        } else if (param.is_number_integer()) {
            value.kind = Value::Kind::kInteger, value.integer = param.get<int64_t>();
        } else if (param.is_number()) {
            value.kind = Value::Kind::kNumber, value.number = param.get<double>();
        } else if (param.is_string()) {
            value.kind = Value::Kind::kText, value.text = param.get<std::string>();
        } else {
            value.kind = Value::Kind::kJson, value.text = param.dump(-1, ' ', false, json::error_handler_t::replace);
        }
        return value;
    }
    const json& find(const std::string& name) {
        if (params_.is_null()) params_ = json::parse(values_.params_json, nullptr, false);
        static const json kNothing;
        const auto at = params_.is_object() ? params_.find(name) : params_.end();
        return params_.is_object() && at != params_.end() ? *at : kNothing;
    }
    const std::string& call_value(const std::string& name) const {
        if (name == "from") return values_.from;
        if (name == "to") return values_.to;
        if (name == "id") return values_.id;
        if (name == "carrier") return values_.carrier;
        return values_.direction;
    }

    const CallValues& values_;
    json params_;
};

Status set_properties(GstElement* element, const PlanNode& node, const PreparedNode& prepared, CallTime& call_time) {
    for (const PreparedProperty& property : prepared.properties) {
        if (property.value.is_set()) {
            g_object_set_property(G_OBJECT(element), property.spec->name, property.value.get());
            continue;
        }
        if (property.parts.empty())
            return fail("bad-param-value", "\"" + node.name + "." + property.spec->name +
                                               "\" has no value: the plan was made without its environment");
        const auto value = call_time.make(property.parts);
        if (!value) return fail(value.error().code, value.error().message);
        if (value->kind == Value::Kind::kNull) continue;
        OwnedValue made;
        if (const auto problem = convert_property(property.spec, *value, made))
            return fail("bad-param-value", "\"" + node.name + "\": " + problem->message);
        g_object_set_property(G_OBJECT(element), property.spec->name, made.get());
    }
    return {};
}

gst::Ptr<GstPad> take_pad(GstElement* element, const std::string& name, bool request) {
    return gst::Ptr<GstPad>::adopt(request ? gst_element_request_pad_simple(element, name.c_str())
                                           : gst_element_get_static_pad(element, name.c_str()));
}

Status link_pads(const Wiring& wiring, const std::vector<std::pair<std::string, GstElement*>>& elements) {
    for (const PlanLink& link : wiring.links) {
        GstElement* from = elements[static_cast<size_t>(link.from)].second;
        GstElement* to = elements[static_cast<size_t>(link.to)].second;
        const auto out = take_pad(from, link.from_pad, link.from_request);
        const auto in = take_pad(to, link.to_pad, link.to_request);
        if (!out || !in || GST_PAD_LINK_FAILED(gst_pad_link_full(out.get(), in.get(), GST_PAD_LINK_CHECK_NOTHING))) {
            return fail("element-missing", "cannot link " + wiring.nodes[static_cast<size_t>(link.from)].name + "." +
                                               link.from_pad + " to " +
                                               wiring.nodes[static_cast<size_t>(link.to)].name + "." + link.to_pad);
        }
    }
    return {};
}

/// A bus whose messages end in the sync handler needs no file descriptors to wake a poll. Such a bus expects its
/// handler to release every message, so there is one from the start.
void give_quiet_bus(GstElement* pipeline) {
    const auto bus = gst::Ptr<GstBus>::adopt(GST_BUS(g_object_new(GST_TYPE_BUS, "enable-async", FALSE, nullptr)));
    const auto drop = [](GstBus*, GstMessage* message, gpointer) {
        gst_message_unref(message);
        return GST_BUS_DROP;
    };
    gst_bus_set_sync_handler(bus.get(), drop, nullptr, nullptr);
    gst_element_set_bus(pipeline, bus.get());
}

}  // namespace

BuiltPipeline::BuiltPipeline(GstElement* adopted, std::vector<std::pair<std::string, GstElement*>> nodes)
    : pipeline_(adopted), nodes_(std::move(nodes)) {}

BuiltPipeline::BuiltPipeline(BuiltPipeline&& o) noexcept
    : pipeline_(std::exchange(o.pipeline_, nullptr)), source_(o.source_), sink_(o.sink_), nodes_(std::move(o.nodes_)) {}

BuiltPipeline& BuiltPipeline::operator=(BuiltPipeline&& o) noexcept {
    std::swap(pipeline_, o.pipeline_);
    std::swap(source_, o.source_);
    std::swap(sink_, o.sink_);
    std::swap(nodes_, o.nodes_);
    return *this;
}

BuiltPipeline::~BuiltPipeline() {
    if (!pipeline_) return;
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    gst_object_unref(pipeline_);
}

GstElement* BuiltPipeline::node(std::string_view name) const {
    const auto at = std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& n) { return n.first == name; });
    return at == nodes_.end() ? nullptr : at->second;
}

GstElement* BuiltPipeline::release() { return std::exchange(pipeline_, nullptr); }

Result<BuiltPipeline> build(const Plan& plan, const CallValues& values) {
    const Wiring* wiring = plan.wiring(values.carrier);
    if (!wiring)
        return fail("unknown-carrier",
                    "the graph \"" + plan.name + "\" does not serve calls of \"" + values.carrier + "\"");
    const auto* prepared = static_cast<const PreparedWiring*>(wiring->prepared.get());
    // Without a name GStreamer would count pipelines under a process-wide lock.
    GstElement* pipeline =
        GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(values.id.empty() ? "call" : values.id.c_str())));
    give_quiet_bus(pipeline);
    std::vector<std::pair<std::string, GstElement*>> elements;
    elements.reserve(wiring->nodes.size());
    BuiltPipeline built(pipeline, {});
    CallTime call_time(values);
    GstElement* source = nullptr;
    GstElement* sink = nullptr;
    for (size_t i = 0; i < wiring->nodes.size(); i++) {
        const PlanNode& node = wiring->nodes[i];
        GstElement* element = gst_element_factory_create(prepared->nodes[i].factory.get(), node.name.c_str());
        if (!element) return fail("element-missing", "cannot create \"" + node.factory + "\"");
        gst_bin_add(GST_BIN(pipeline), element);
        elements.emplace_back(node.name, element);
        if (auto status = set_properties(element, node, prepared->nodes[i], call_time); !status)
            return fail(status.error().code, status.error().message);
        if (!wiring->carrier.empty() && node.factory == wiring->carrier + "src") source = element;
        if (!wiring->carrier.empty() && node.factory == wiring->carrier + "sink") sink = element;
    }
    if (auto status = link_pads(*wiring, elements); !status) return fail(status.error().code, status.error().message);
    BuiltPipeline done(built.release(), std::move(elements));
    done.set_ends(source, sink);
    return done;
}

}  // namespace trunkline::graph
