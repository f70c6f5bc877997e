// Nodes against GStreamer: does the element exist, may it run on a shard, does every setting fit its property.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/graph/draft.h"
#include "engine/graph/yaml_tree.h"
#include "engine/gst/element_policy.h"

namespace trunkline::graph {
namespace {

/// "callsrc" on a twilio call -> "twiliosrc".
std::string real_factory(const std::string& element, const std::string& carrier) {
    if (element == "callsrc") return carrier + "src";
    if (element == "callsink") return carrier + "sink";
    return element;
}

std::vector<std::string> json_types(const Graph& graph, const std::string& param) {
    const auto at =
        std::find_if(graph.params.begin(), graph.params.end(), [&](const Param& p) { return p.name == param; });
    if (at == graph.params.end()) return {};
    const auto schema = nlohmann::json::parse(at->schema_json, nullptr, false);
    const auto type = schema.is_object() ? schema.find("type") : schema.end();
    if (!schema.is_object() || type == schema.end()) return {};
    if (type->is_string()) return {type->get<std::string>()};
    std::vector<std::string> types;
    for (const auto& one : *type)
        if (one.is_string()) types.push_back(one.get<std::string>());
    return types;
}

class NodeCheck {
  public:
    NodeCheck(const Graph& graph, ElementTable& elements, const std::string& carrier, Diagnostics& out)
        : graph_(graph), elements_(elements), carrier_(carrier), out_(out) {}

    DraftNode check(const Node& node) {
        DraftNode draft;
        draft.plan.name = node.name;
        draft.plan.element = node.element;
        draft.plan.profile = node.profile;
        draft.plan.factory = real_factory(node.element, carrier_);
        draft.plan.mark = node.mark;
        if (node.element.empty()) return draft;  // the loader said why
        const ElementInfo* info = elements_.find(draft.plan.factory);
        if (!info) {
            report(out_, "unknown-element", node.element_mark, missing_text(node, draft.plan.factory),
                   nearest_word(node.element, elements_.names()));
            return draft;
        }
        draft.info = info;
        draft.plan.agent = info->agent || !node.contract.empty();
        draft.prepared.factory = info->factory;
        for (const Setting& setting : node.settings) check_setting(setting, *info, draft);
        check_policy(node, *info, draft);
        check_contract(node, *info);
        if (has_dynamic_pads(node, *info)) draft.info = nullptr;
        return draft;
    }

  private:
    static std::string missing_text(const Node& node, const std::string& factory) {
        if (factory != node.element)
            return "`" + node.element + "` stands for \"" + factory + "\" here, and no such element is installed";
        return "no GStreamer element \"" + factory + "\" is installed; `gst-inspect-1.0` lists what there is";
    }

    void check_setting(const Setting& setting, const ElementInfo& info, DraftNode& draft) {
        GParamSpec* spec = setting.name == "name" || setting.name == "parent"
                               ? nullptr
                               : g_object_class_find_property(info.klass, setting.name.c_str());
        if (!spec) {
            report(out_, "unknown-property", setting.mark,
                   "\"" + info.name + "\" has no property \"" + setting.name + "\"",
                   nearest_word(setting.name, settable_properties(info.klass)));
            return;
        }
        if ((spec->flags & G_PARAM_WRITABLE) == 0) {
            report(out_, "read-only-property", setting.mark,
                   "\"" + setting.name + "\" of \"" + info.name + "\" can only be read");
            return;
        }
        PreparedProperty prepared;
        prepared.spec = spec;
        if (setting.value.kind == Value::Kind::kTemplate) {
            if (!check_template(setting, spec)) return;
            prepared.parts = setting.value.parts;
        } else if (!setting.value.unknown) {
            if (const auto problem = convert_property(spec, setting.value, prepared.value)) {
                report(out_, problem->code, setting.value.mark, problem->message, problem->nearest);
                return;
            }
        }
        draft.plan.properties.push_back({setting.name, setting.value, false});
        draft.prepared.properties.push_back(std::move(prepared));
    }

    /// What the call will put in must at least be of the right kind.
    bool check_template(const Setting& setting, GParamSpec* spec) {
        const Value& value = setting.value;
        const bool whole = value.parts.size() == 1;
        const bool is_param = whole && value.parts[0].from == TemplatePart::From::kParam;
        const std::vector<std::string> types =
            is_param ? json_types(graph_, value.parts[0].text) : std::vector<std::string>{"string"};
        const bool fits = whole ? param_can_fill(spec, types) : G_PARAM_SPEC_VALUE_TYPE(spec) == G_TYPE_STRING;
        if (fits) return true;
        report(out_, "wrong-type", value.mark,
               "\"" + setting.name + "\" takes " + describe_property(spec) +
                   (is_param ? "; the param \"" + value.parts[0].text + "\" is of type " + types.front()
                             : "; a text made per call does not fit"));
        return false;
    }

    void check_policy(const Node& node, const ElementInfo& info, DraftNode& draft) {
        std::vector<PolicySetting> settings;
        for (const Setting& setting : node.settings) settings.push_back({setting.name, policy_text(setting.value)});
        if (const auto refusal = check_element_policy(info.name, info.type, settings, graph_.threads_allowed)) {
            const auto at = std::find_if(node.settings.begin(), node.settings.end(),
                                         [&](const Setting& s) { return s.name == refusal->property; });
            const bool at_setting = at != node.settings.end();
            report(out_, refusal->code, at_setting ? at->mark : node.element_mark,
                   "\"" + info.name + "\"" + (at_setting ? " with " + at->name : std::string()) + " " +
                       refusal->reason + ", and a shard never waits" +
                       (refusal->cure.empty() ? "" : ": " + refusal->cure));
        }
        draft.plan.threads = threads_started_by(info.name, info.type);
        force_properties(info, draft);
    }

    bool has_dynamic_pads(const Node& node, const ElementInfo& info) {
        const auto pad =
            std::find_if(info.pads.begin(), info.pads.end(), [](const PadTemplate& p) { return p.sometimes; });
        if (pad == info.pads.end()) return false;
        report(out_, "dynamic-pads", node.element_mark,
               "\"" + info.name + "\" adds its pad \"" + pad->name + "\" while running; a call's pipeline is fixed");
        return true;
    }

    static std::string_view policy_text(const Value& value) {
        if (value.kind == Value::Kind::kBool) return value.boolean ? "true" : "false";
        if (value.kind == Value::Kind::kInteger) return value.integer == 0 ? "0" : "1";
        return value.text;
    }

    static void force_properties(const ElementInfo& info, DraftNode& draft) {
        for (const ForcedProperty& forced : forced_properties(info.name, info.type)) {
            GParamSpec* spec = g_object_class_find_property(info.klass, forced.name);
            if (!spec) continue;
            std::erase_if(draft.plan.properties, [&](const PlanProperty& p) { return p.name == forced.name; });
            std::erase_if(draft.prepared.properties, [&](const PreparedProperty& p) { return p.spec == spec; });
            Value value;
            value.kind = Value::Kind::kBool;
            value.boolean = forced.value;
            PreparedProperty prepared;
            prepared.spec = spec;
            convert_property(spec, value, prepared.value);
            draft.plan.properties.push_back({forced.name, std::move(value), true});
            draft.prepared.properties.push_back(std::move(prepared));
        }
    }

    /// voice-agent/1: caller audio in, agent audio out, facts.
    void check_contract(const Node& node, const ElementInfo& info) {
        if (node.contract != "voice-agent/1") return;
        struct Want {
            const char* pad;
            bool is_src;
            PlanLink::Media media;
        };
        for (const Want want :
             {Want{"sink", false, PlanLink::Media::kAudio}, Want{"src", true, PlanLink::Media::kAudio},
              Want{"events", true, PlanLink::Media::kFacts}}) {
            const PadTemplate* pad = info.pad(want.pad);
            if (pad && pad->is_src == want.is_src && (pad->media == want.media || pad->any())) continue;
            report(out_, "contract-not-met", node.element_mark,
                   "\"" + info.name + "\" does not satisfy voice-agent/1: it has no " +
                       (want.is_src ? "source" : "sink") + " pad \"" + want.pad + "\" for " +
                       (want.media == PlanLink::Media::kAudio ? "audio" : "facts"));
        }
    }

    const Graph& graph_;
    ElementTable& elements_;
    const std::string& carrier_;
    Diagnostics& out_;
};

}  // namespace

int Draft::find(std::string_view name) const {
    for (size_t i = 0; i < nodes.size(); i++) {
        if (nodes[i].plan.name == name) return static_cast<int>(i);
    }
    return -1;
}

std::string Draft::free_name(const std::string& base) const {
    std::string name = base;
    for (int n = 2; find(name) >= 0; n++) name = base + "-" + std::to_string(n);
    return name;
}

int Draft::add(const std::string& name, PlanNode::Origin origin, const ElementInfo* info, const SourceMark& mark) {
    DraftNode node;
    node.plan.name = free_name(name);
    node.plan.origin = origin;
    node.plan.mark = mark;
    node.info = info;
    if (info) {
        node.plan.factory = node.plan.element = info->name;
        node.prepared.factory = info->factory;
    }
    nodes.push_back(std::move(node));
    return static_cast<int>(nodes.size()) - 1;
}

void draft_nodes(const Graph& graph, Draft& draft, ElementTable& elements, Diagnostics& out) {
    NodeCheck check(graph, elements, draft.carrier, out);
    for (const Node& node : graph.nodes) draft.nodes.push_back(check.check(node));
}

void check_profiles(const Graph& graph, ElementTable& elements, Diagnostics& out) {
    const std::string no_carrier;
    NodeCheck check(graph, elements, no_carrier, out);
    for (const Node& profile : graph.profiles) check.check(profile);
}

void set_carrier_rate(Draft& draft) {
    if (draft.rate == 0) return;
    for (DraftNode& node : draft.nodes) {
        const std::string& name = node.plan.factory;
        if (!node.info || (name != draft.carrier + "src" && name != draft.carrier + "sink")) continue;
        PreparedProperty prepared;
        prepared.spec = g_object_class_find_property(node.info->klass, "rate");
        if (!prepared.spec || G_PARAM_SPEC_VALUE_TYPE(prepared.spec) != G_TYPE_INT) continue;
        const auto same = [&](const PreparedProperty& p) { return p.spec == prepared.spec; };
        auto& known = node.prepared.properties;
        if (std::any_of(known.begin(), known.end(), same)) continue;
        Value value;
        value.kind = Value::Kind::kInteger;
        value.integer = draft.rate;
        value.text = value.shown = std::to_string(draft.rate);
        convert_property(prepared.spec, value, prepared.value);
        node.plan.properties.push_back({"rate", std::move(value), true});
        known.push_back(std::move(prepared));
    }
}

}  // namespace trunkline::graph
