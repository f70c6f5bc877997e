// Negotiation without starting: one real instance of every element in state NULL, linked as drawn; then, from the
// sources on, each edge is fixed: what can this pad give, what does the other side (and all that follows it) want? A
// fixed edge is cut and its reader fed from a stub pad with the decided caps, so that the next question sees the
// decision.
//
//   offered ∩ wanted           -> joined as it is; several choices left: pinned by a capsfilter
//   nothing in common, audio   -> converters
//   the reader takes anything  -> passed on, converted behind it
#include <algorithm>

#include "engine/graph/convert.h"
#include "engine/graph/draft.h"
#include "engine/graph/yaml_tree.h"

namespace trunkline::graph {
namespace {

using CapsPtr = gst::Ptr<GstCaps>;
using PadPtr = gst::Ptr<GstPad>;

CapsPtr intersect(const GstCaps* a, const GstCaps* b) {
    return CapsPtr::adopt(
        gst_caps_intersect_full(const_cast<GstCaps*>(a), const_cast<GstCaps*>(b), GST_CAPS_INTERSECT_FIRST));
}
bool is_empty(const CapsPtr& caps) { return gst_caps_is_empty(caps.get()) != FALSE; }
CapsPtr fixate(const CapsPtr& caps) { return CapsPtr::adopt(gst_caps_fixate(gst_caps_copy(caps.get()))); }

class Negotiation {
  public:
    Negotiation(Draft& draft, ElementTable& elements, Diagnostics& out)
        : draft_(draft), elements_(elements), out_(out) {}
    ~Negotiation() {
        for (const gst::Ptr<GstElement>& element : instances_) gst_element_set_state(element.get(), GST_STATE_NULL);
    }

    void run() {
        const size_t edges = draft_.edges.size();  // converters add more
        if (!instantiate() || !link_all()) return;
        for (const size_t index : upstream_first()) {
            if (index < edges) decide(index);
            if (broken_) return;  // what follows would only be a consequence
        }
        for (DraftNode& node : draft_.nodes) rate(node);
    }

  private:
    struct Ends {
        PadPtr from, to;
    };

    bool instantiate() {
        for (DraftNode& node : draft_.nodes) {
            auto element = gst::Ptr<GstElement>::sink(gst_element_factory_create(node.info->factory.get(), nullptr));
            if (!element) {
                report(out_, "unknown-element", node.plan.mark, "\"" + node.info->name + "\" cannot be created");
                return false;
            }
            for (const PreparedProperty& property : node.prepared.properties) {
                if (property.value.is_set())
                    g_object_set_property(G_OBJECT(element.get()), property.spec->name, property.value.get());
            }
            instances_.push_back(std::move(element));
        }
        return true;
    }

    PadPtr take_pad(int node, const PadTemplate& pad, const std::string& name) {
        GstElement* element = instances_[static_cast<size_t>(node)].get();
        return PadPtr::adopt(pad.request ? gst_element_request_pad_simple(element, name.c_str())
                                         : gst_element_get_static_pad(element, name.c_str()));
    }

    bool link_all() {
        for (const DraftEdge& edge : draft_.edges) {
            Ends ends{take_pad(edge.from, *edge.from_pad, edge.from_name),
                      take_pad(edge.to, *edge.to_pad, edge.to_name)};
            if (!ends.from || !ends.to) {
                const bool from = !ends.from;
                report(out_, "unknown-pad", edge.mark,
                       "\"" + draft_.nodes[static_cast<size_t>(from ? edge.from : edge.to)].plan.name +
                           "\" does not give its pad \"" + (from ? edge.from_name : edge.to_name) + "\"");
                return false;
            }
            if (GST_PAD_LINK_FAILED(gst_pad_link_full(ends.from.get(), ends.to.get(), GST_PAD_LINK_CHECK_NOTHING))) {
                report(out_, "pad-linked-twice", edge.mark,
                       "\"" + edge.from_name + "\" or \"" + edge.to_name + "\" is linked already");
                return false;
            }
            ends_.push_back(std::move(ends));
        }
        return true;
    }

    /// Edges so that all that lead into a node come before those that leave it; an agent waits for nobody.
    std::vector<size_t> upstream_first() const {
        std::vector<int> waiting(draft_.nodes.size(), 0);
        for (const DraftEdge& edge : draft_.edges) {
            if (!draft_.nodes[static_cast<size_t>(edge.to)].plan.agent) waiting[static_cast<size_t>(edge.to)]++;
        }
        std::vector<int> ready;
        for (size_t i = 0; i < waiting.size(); i++)
            if (waiting[i] == 0) ready.push_back(static_cast<int>(i));
        std::vector<size_t> order;
        for (size_t r = 0; r < ready.size(); r++) {
            for (size_t i = 0; i < draft_.edges.size(); i++) {
                if (draft_.edges[i].from != ready[r]) continue;
                order.push_back(i);
                const int to = draft_.edges[i].to;
                if (!draft_.nodes[static_cast<size_t>(to)].plan.agent && --waiting[static_cast<size_t>(to)] == 0)
                    ready.push_back(to);
            }
        }
        return order;
    }

    /// What the pad can give, now that everything before it is fixed.
    CapsPtr offered(const DraftEdge& edge, GstPad* pad) {
        auto caps = CapsPtr::adopt(gst_pad_query_caps(pad, nullptr));
        CapsPtr input = input_caps(edge.from);
        if (!input) return caps;
        if (gst_caps_is_any(caps.get())) return input;
        if (is_silent(edge.from, *edge.from_pad, caps)) return intersect(input.get(), caps.get());
        return follow_codec(draft_.nodes[static_cast<size_t>(edge.from)].info->name, input, caps);
    }

    /// An element (no agent) that takes and gives the same kinds, and answers a question for caps with its whole
    /// template: it passes on what comes in, it only does not say so.
    bool is_silent(int node, const PadTemplate& pad, const CapsPtr& answer) const {
        const DraftNode& n = draft_.nodes[static_cast<size_t>(node)];
        if (n.plan.agent || pad.request || !gst_caps_is_equal(answer.get(), pad.caps)) return false;
        const auto other = std::find_if(n.info->pads.begin(), n.info->pads.end(), [&](const PadTemplate& p) {
            return p.is_src != pad.is_src && !p.request && !p.sometimes;
        });
        return other != n.info->pads.end() && gst_caps_is_equal(other->caps, pad.caps) &&
               gst_caps_get_size(pad.caps) != 1;
    }

    /// The decided caps of a node's only input, if it has just one.
    CapsPtr input_caps(int node) const {
        CapsPtr found;
        for (size_t i = 0; i < ends_.size() && i < draft_.edges.size(); i++) {
            const DraftEdge& edge = draft_.edges[i];
            if (edge.to != node || edge.to_pad->request || !decided(edge)) continue;
            if (found) return {};
            found = CapsPtr::adopt(gst_caps_from_string(edge.caps.c_str()));
        }
        return found;
    }
    static bool decided(const DraftEdge& edge) { return !edge.caps.empty(); }

    /// Decoders and encoders keep rate and channels, but only say so once they run.
    static CapsPtr follow_codec(const std::string& factory, const CapsPtr& input, CapsPtr output) {
        if (factory != "mulawdec" && factory != "alawdec" && factory != "mulawenc" && factory != "alawenc")
            return output;
        const GstStructure* in = gst_caps_get_structure(input.get(), 0);
        int rate = 0, channels = 0;
        auto narrowed = CapsPtr::adopt(gst_caps_copy(output.get()));
        if (gst_structure_get_int(in, "rate", &rate))
            gst_caps_set_simple(narrowed.get(), "rate", G_TYPE_INT, rate, nullptr);
        if (gst_structure_get_int(in, "channels", &channels))
            gst_caps_set_simple(narrowed.get(), "channels", G_TYPE_INT, channels, nullptr);
        return narrowed;
    }

    /// What the reader wants, and all that follows it. An element that takes anything and does not pass the question on
    /// is looked through: its output carries what came in.
    CapsPtr wanted(size_t index, size_t depth = 0) const {
        const DraftEdge& edge = draft_.edges[index];
        auto caps = CapsPtr::adopt(gst_pad_query_caps(ends_[index].to.get(), nullptr));
        if (edge.to_pad->request || depth > ends_.size()) return caps;
        if (!gst_caps_is_any(caps.get()) && !is_silent(edge.to, *edge.to_pad, caps)) return caps;
        for (size_t next = 0; next < ends_.size(); next++) {
            const DraftEdge& after = draft_.edges[next];
            if (after.from != edge.to || after.from_pad->request != after.from_pad->many()) continue;
            const CapsPtr both = intersect(caps.get(), wanted(next, depth + 1).get());
            if (!is_empty(both)) caps = both;
        }
        return caps;
    }

    /// What the reader itself takes, whatever follows it: asked with its outputs cut.
    CapsPtr own_wish(size_t index) const {
        std::vector<const Ends*> cut;
        for (size_t next = 0; next < ends_.size(); next++) {
            const Ends& after = ends_[next];
            if (draft_.edges[next].from == draft_.edges[index].to && gst_pad_unlink(after.from.get(), after.to.get()))
                cut.push_back(&after);
        }
        auto caps = CapsPtr::adopt(gst_pad_query_caps(ends_[index].to.get(), nullptr));
        for (const Ends* after : cut) gst_pad_link_full(after->from.get(), after->to.get(), GST_PAD_LINK_CHECK_NOTHING);
        return caps;
    }

    void decide(size_t index) {
        const DraftEdge edge = draft_.edges[index];
        const CapsPtr give = offered(edge, ends_[index].from.get());
        const CapsPtr deep = wanted(index);
        const CapsPtr common = intersect(give.get(), deep.get());
        if (!is_empty(common)) return join(index, give, common);
        const CapsPtr own = own_wish(index);
        // What passes audio through is better converted behind it; an encoder is better fed what its reader needs.
        const bool own_counts = is_empty(deep) || edge.to_pad->any() || is_silent(edge.to, *edge.to_pad, own);
        const CapsPtr local = intersect(give.get(), own.get());
        if (own_counts && !is_empty(local)) return join(index, give, local);
        const CapsPtr& wish = own_counts ? own : deep;
        if (edge.media == PlanLink::Media::kAudio) {
            if (auto conversion = plan_conversion(give.get(), wish.get()))
                return convert(index, std::move(*conversion));
        }
        report(out_, "cannot-join", edge.mark,
               "\"" + draft_.nodes[static_cast<size_t>(edge.from)].plan.name + "." + edge.from_name + "\" gives " +
                   caps_text(give.get()) + ", \"" + draft_.nodes[static_cast<size_t>(edge.to)].plan.name + "." +
                   edge.to_name + "\" takes " + caps_text(wish.get()) +
                   ", and no converter leads from one to the other");
        broken_ = true;
    }

    /// Directly, or through a capsfilter where the two, asked at run time, would still have a choice: the plan must not
    /// leave it to chance.
    void join(size_t index, const CapsPtr& give, const CapsPtr& common) {
        const bool open = gst_caps_is_any(common.get()) != FALSE;
        const auto asked = CapsPtr::adopt(gst_pad_query_caps(ends_[index].to.get(), nullptr));
        const CapsPtr seen = intersect(give.get(), asked.get());
        if (open || gst_caps_is_fixed(give.get()) || gst_caps_is_fixed(seen.get()) ||
            draft_.edges[index].media != PlanLink::Media::kAudio) {
            draft_.edges[index].caps = caps_text(common.get());
            feed(index, common);
            return;
        }
        const CapsPtr fixed = fixate(common);
        insert(index, "capsfilter", fixed, PlanNode::Origin::kCapsFilter, fixed);
        feed(index, fixed);
    }

    void convert(size_t index, Conversion conversion) {
        const CapsPtr from = conversion.from;
        CapsPtr before = from;
        for (ConversionStep& step : conversion.steps) {
            insert(index, step.factory, before, PlanNode::Origin::kConverter, {});
            before = step.caps;
            draft_.edges[index].caps = caps_text(before.get());
        }
        const auto wanted = CapsPtr::adopt(gst_pad_query_caps(ends_[index].to.get(), nullptr));
        const CapsPtr last = intersect(wanted.get(), before.get());
        feed(index, is_empty(last) ? before : last);
    }

    /// Puts a new node in front of the edge's reader: from -> node (with `caps`), node -> reader stays edge `index`.
    void insert(size_t index, const char* factory, const CapsPtr& caps, PlanNode::Origin origin,
                const CapsPtr& filter) {
        const ElementInfo* info = elements_.find(factory);
        const SourceMark mark = draft_.edges[index].mark;
        if (!info)
            return report(out_, "unknown-element", mark,
                          std::string("the converter \"") + factory + "\" is not installed (gst-plugins-base, -good)");
        const int node = draft_.add(draft_.edges[index].link->name + "." + factory, origin, info, mark);
        DraftEdge& edge = draft_.edges[index];
        DraftEdge first = edge;
        first.to = node;
        first.to_pad = info->pad("sink");
        first.to_name = "sink";
        first.caps = caps_text(caps.get());
        edge.from = node;
        edge.from_pad = info->pad("src");
        edge.from_name = "src";
        edge.caps = caps_text(filter ? filter.get() : caps.get());
        if (filter) pin(draft_.nodes.back(), filter);
        draft_.edges.push_back(std::move(first));
    }

    static void pin(DraftNode& node, const CapsPtr& caps) {
        PreparedProperty property;
        property.spec = g_object_class_find_property(node.info->klass, "caps");
        gst_value_set_caps(property.value.init(GST_TYPE_CAPS), caps.get());
        node.prepared.properties.push_back(std::move(property));
        Value value;
        value.kind = Value::Kind::kText;
        value.text = value.shown = caps_text(caps.get());
        node.plan.properties.push_back({"caps", std::move(value), true});
    }

    /// Cuts the edge and lets the reader see `caps` from a stub.
    void feed(size_t index, const CapsPtr& caps) {
        Ends& ends = ends_[index];
        gst_pad_unlink(ends.from.get(), ends.to.get());
        const auto pad_template =
            gst::Ptr<GstPadTemplate>::sink(gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps.get()));
        auto stub = PadPtr::sink(gst_pad_new_from_template(pad_template.get(), nullptr));
        gst_pad_link_full(stub.get(), ends.to.get(), GST_PAD_LINK_CHECK_NOTHING);
        stubs_.push_back(std::move(stub));
    }

    /// Delay and cost, now that both sides of the node are known.
    void rate(DraftNode& node) {
        const int index = static_cast<int>(&node - draft_.nodes.data());
        CapsPtr in, out;
        for (const DraftEdge& edge : draft_.edges) {
            if (edge.caps.empty() || edge.media != PlanLink::Media::kAudio) continue;
            if (edge.to == index && !in) in = CapsPtr::adopt(gst_caps_from_string(edge.caps.c_str()));
            if (edge.from == index && !out) out = CapsPtr::adopt(gst_caps_from_string(edge.caps.c_str()));
        }
        if (!in && !out) return;
        node.plan.cost_us = element_cost_us(node.plan.factory, in.get(), out.get());
        node.plan.delay_ns = element_delay_ns(node.plan.factory, in.get(), out.get());
    }

    Draft& draft_;
    ElementTable& elements_;
    Diagnostics& out_;
    std::vector<gst::Ptr<GstElement>> instances_;
    std::vector<Ends> ends_;  // parallel to the edges as drafted
    std::vector<PadPtr> stubs_;
    bool broken_ = false;
};

}  // namespace

void negotiate(Draft& draft, ElementTable& elements, Diagnostics& out) { Negotiation(draft, elements, out).run(); }

}  // namespace trunkline::graph
