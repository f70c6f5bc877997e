// Paths -> edges. A name is a node or a bare element; a pad is inferred when one pair fits best; one pad that leads to
// several places gets a tee, several facts that lead to one get a funnel.
#include <algorithm>
#include <map>

#include "engine/graph/draft.h"
#include "engine/graph/yaml_tree.h"
#include "engine/gst/element_policy.h"

namespace trunkline::graph {
namespace {

const char* media_name(PlanLink::Media media) {
    return media == PlanLink::Media::kAudio ? "audio" : media == PlanLink::Media::kFacts ? "facts" : "other data";
}

std::vector<std::string> pad_names(const ElementInfo& info, bool src) {
    std::vector<std::string> names;
    for (const PadTemplate& pad : info.pads)
        if (pad.is_src == src) names.push_back(pad.name);
    return names;
}

std::string list(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
    return out.empty() ? "none" : out;
}

bool fits(const PadTemplate& from, const PadTemplate& to) {
    if (from.sometimes || to.sometimes) return false;
    if (from.any() || to.any()) return true;
    return gst_caps_can_intersect(from.caps, to.caps) ||
           (is_convertible_audio(from.caps) && is_convertible_audio(to.caps));
}

struct Resolved {
    int node = -1;
    const Endpoint* endpoint = nullptr;
};

class Expansion {
  public:
    Expansion(const Graph& graph, Draft& draft, ElementTable& elements, Diagnostics& out)
        : graph_(graph), draft_(draft), elements_(elements), out_(out) {}

    void run() {
        for (const Link& link : graph_.links) expand(link);
        if (draft_.broken_links) return;
        fan_out();
        fan_in();
        for (DraftEdge& edge : draft_.edges) settle_media(edge);
    }

  private:
    void expand(const Link& link) {
        std::vector<std::vector<Resolved>> stages;
        for (const auto& stage : link.stages) {
            stages.emplace_back();
            for (const Endpoint& end : stage) stages.back().push_back({resolve(end, link), &end});
        }
        const size_t before = out_.size();
        for (size_t i = 0; i + 1 < stages.size(); i++) {
            join_stages(link, stages[i], stages[i + 1], i > 0, i + 2 < stages.size());
        }
        if (out_.size() != before) draft_.broken_links = true;
    }

    int resolve(const Endpoint& end, const Link& link) {
        if (const int node = draft_.find(end.node); node >= 0) return node;
        const ElementInfo* info = elements_.find(bare_factory(end.node));
        if (!info) {
            std::vector<std::string> names;
            for (const Node& node : graph_.nodes) names.push_back(node.name);
            report(out_, "unknown-node", end.mark,
                   "there is no node \"" + end.node + "\", and no installed element of that name",
                   nearest_word(end.node, names));
            return -1;
        }
        if (const auto refusal = check_element_policy(info->name, info->type, {}, graph_.threads_allowed)) {
            report(out_, refusal->code, end.mark,
                   "\"" + info->name + "\" " + refusal->reason + ", and a shard never waits" +
                       (refusal->cure.empty() ? "" : ": " + refusal->cure));
            return -1;
        }
        const int node = draft_.add(link.name + "." + end.node, PlanNode::Origin::kBare, info, end.mark);
        draft_.nodes[static_cast<size_t>(node)].plan.agent = info->agent;
        draft_.nodes[static_cast<size_t>(node)].plan.element = end.node;
        draft_.nodes[static_cast<size_t>(node)].plan.threads = threads_started_by(info->name, info->type);
        return node;
    }
    std::string bare_factory(const std::string& word) const {
        return word == "callsrc" ? draft_.carrier + "src" : word == "callsink" ? draft_.carrier + "sink" : word;
    }

    /// Every one to every one. Several to several goes through one funnel and one tee instead of many of each.
    void join_stages(const Link& link, const std::vector<Resolved>& from, const std::vector<Resolved>& to,
                     bool from_middle, bool to_middle) {
        std::vector<DraftEdge> edges;
        for (const Resolved& a : from) {
            for (const Resolved& b : to) {
                if (auto edge = join(link, a, b, from_middle, to_middle)) edges.push_back(std::move(*edge));
            }
        }
        const bool all_facts = std::all_of(
            edges.begin(), edges.end(), [](const DraftEdge& e) { return media_of_edge(e) == PlanLink::Media::kFacts; });
        if (from.size() > 1 && to.size() > 1 && all_facts && edges.size() == from.size() * to.size()) {
            through_hub(link, edges, to.size());
        } else {
            for (DraftEdge& edge : edges) draft_.edges.push_back(std::move(edge));
        }
    }

    void through_hub(const Link& link, const std::vector<DraftEdge>& edges, size_t targets) {
        const int funnel =
            draft_.add(link.name + ".funnel", PlanNode::Origin::kFunnel, elements_.find("funnel"), link.mark);
        const int tee = draft_.add(link.name + ".tee", PlanNode::Origin::kTee, elements_.find("tee"), link.mark);
        for (size_t i = 0; i < edges.size(); i += targets) {
            DraftEdge in = edges[i];
            lead_to(in, funnel, "sink_%u");
            draft_.edges.push_back(std::move(in));
        }
        DraftEdge middle = edges[0];
        lead_to(middle, tee, "sink");
        lead_from(middle, funnel, "src");
        draft_.edges.push_back(std::move(middle));
        for (size_t i = 0; i < targets; i++) {
            DraftEdge leg = edges[i];
            lead_from(leg, tee, "src_%u");
            draft_.edges.push_back(std::move(leg));
        }
    }

    void lead_to(DraftEdge& edge, int node, const char* pad) {
        edge.media = media_of_edge(edge);
        edge.to = node;
        edge.to_pad = draft_.nodes[static_cast<size_t>(node)].info->pad(pad);
        edge.to_name = pad;
    }
    void lead_from(DraftEdge& edge, int node, const char* pad) {
        edge.media = media_of_edge(edge);
        edge.from = node;
        edge.from_pad = draft_.nodes[static_cast<size_t>(node)].info->pad(pad);
        edge.from_name = pad;
    }

    static PlanLink::Media media_of_edge(const DraftEdge& edge) {
        if (edge.media != PlanLink::Media::kOther) return edge.media;
        return edge.from_pad->media != PlanLink::Media::kOther ? edge.from_pad->media : edge.to_pad->media;
    }

    /// The pads an endpoint may mean. A pad given in the middle of a path counts for the side it can serve.
    std::vector<const PadTemplate*> candidates(const Resolved& end, bool src, bool middle) {
        const ElementInfo* info = draft_.nodes[static_cast<size_t>(end.node)].info;
        std::vector<const PadTemplate*> found;
        const std::string& wanted = end.endpoint->pad;
        const PadTemplate* given = wanted.empty() ? nullptr : info->pad(wanted);
        if (given && given->is_src == src) return {given};
        if (!wanted.empty() && !given) {
            report(out_, "unknown-pad", end.endpoint->mark,
                   "\"" + end.endpoint->node + "\" (" + info->name + ") has no pad \"" + wanted + "\"; it has " +
                       list(pad_names(*info, src)),
                   nearest_word(wanted, pad_names(*info, src)));
            return {};
        }
        if (given && !middle) {
            report(out_, "wrong-direction", end.endpoint->mark,
                   "\"" + end.endpoint->node + "." + wanted + "\" " +
                       (src ? "takes data in; nothing comes out of it" : "gives data out; nothing goes into it"));
            return {};
        }
        for (const PadTemplate& pad : info->pads)
            if (pad.is_src == src) found.push_back(&pad);
        if (found.empty()) {
            report(out_, "wrong-direction", end.endpoint->mark,
                   "\"" + end.endpoint->node + "\" (" + info->name + ") has no " + (src ? "output" : "input"));
        }
        return found;
    }

    std::optional<DraftEdge> join(const Link& link, const Resolved& a, const Resolved& b, bool from_middle,
                                  bool to_middle) {
        if (a.node < 0 || b.node < 0) {
            draft_.broken_links = true;
            return std::nullopt;
        }
        const ElementInfo* from_info = draft_.nodes[static_cast<size_t>(a.node)].info;
        const ElementInfo* to_info = draft_.nodes[static_cast<size_t>(b.node)].info;
        if (!from_info || !to_info) {
            draft_.broken_links = true;
            return std::nullopt;
        }
        const auto from = candidates(a, true, from_middle);
        const auto to = candidates(b, false, to_middle);
        if (from.empty() || to.empty()) return std::nullopt;
        std::vector<std::pair<const PadTemplate*, const PadTemplate*>> best;
        int best_requests = 3;
        for (const PadTemplate* f : from) {
            for (const PadTemplate* t : to) {
                const int requests = static_cast<int>(f->request) + static_cast<int>(t->request);
                if (!fits(*f, *t) || requests > best_requests) continue;
                if (requests < best_requests) best.clear();
                best_requests = requests;
                best.emplace_back(f, t);
            }
        }
        if (best.size() != 1) {
            complain(a, b, best, from, to);
            return std::nullopt;
        }
        DraftEdge edge;
        edge.from = a.node, edge.to = b.node;
        edge.from_pad = best[0].first, edge.to_pad = best[0].second;
        edge.from_name = edge.from_pad->matches(a.endpoint->pad) ? a.endpoint->pad : edge.from_pad->name;
        edge.to_name = edge.to_pad->matches(b.endpoint->pad) ? b.endpoint->pad : edge.to_pad->name;
        edge.link = &link;
        edge.mark = b.endpoint->mark;
        return edge;
    }

    void complain(const Resolved& a, const Resolved& b,
                  const std::vector<std::pair<const PadTemplate*, const PadTemplate*>>& best,
                  const std::vector<const PadTemplate*>& from, const std::vector<const PadTemplate*>& to) {
        const std::string pair = "\"" + a.endpoint->node + "\" -> \"" + b.endpoint->node + "\"";
        if (best.size() > 1) {
            std::string choices;
            for (const auto& [f, t] : best)
                choices += (choices.empty() ? "" : ", or ") + a.endpoint->node + "." + f->name + " -> " +
                           b.endpoint->node + "." + t->name;
            report(out_, "ambiguous-pad", b.endpoint->mark, "more than one pad fits in " + pair + ": write " + choices);
        } else if (from.size() == 1 && to.size() == 1 && from[0]->media != to[0]->media) {
            report(out_, "cannot-join", b.endpoint->mark,
                   pair + ": \"" + from[0]->name + "\" gives " + media_name(from[0]->media) + ", \"" + to[0]->name +
                       "\" takes " + media_name(to[0]->media));
        } else {
            report(out_, "cannot-join", b.endpoint->mark,
                   "no output of \"" + a.endpoint->node + "\" fits an input of \"" + b.endpoint->node +
                       "\": " + caps_text(from[0]->caps) + " and " + caps_text(to[0]->caps));
        }
    }

    void fan_out() {
        std::map<std::pair<int, std::string>, std::vector<size_t>> groups;
        for (size_t i = 0; i < draft_.edges.size(); i++) {
            const DraftEdge& edge = draft_.edges[i];
            if (edge.from_name.find('%') == std::string::npos) groups[{edge.from, edge.from_name}].push_back(i);
        }
        for (const auto& [key, group] : groups) {
            if (group.size() < 2) continue;
            const DraftEdge first = draft_.edges[group[0]];
            const int tee =
                draft_.add(draft_.nodes[static_cast<size_t>(first.from)].plan.name + "." + first.from_name + ".tee",
                           PlanNode::Origin::kTee, elements_.find("tee"), first.mark);
            DraftEdge trunk = first;
            lead_to(trunk, tee, "sink");
            for (const size_t i : group) lead_from(draft_.edges[i], tee, "src_%u");
            draft_.edges.push_back(std::move(trunk));
        }
    }

    void fan_in() {
        std::map<std::pair<int, std::string>, std::vector<size_t>> groups;
        for (size_t i = 0; i < draft_.edges.size(); i++) {
            const DraftEdge& edge = draft_.edges[i];
            if (edge.to_name.find('%') == std::string::npos) groups[{edge.to, edge.to_name}].push_back(i);
        }
        for (const auto& [key, group] : groups) {
            if (group.size() < 2) continue;
            const DraftEdge first = draft_.edges[group[0]];
            const std::string& target = draft_.nodes[static_cast<size_t>(first.to)].plan.name;
            const bool facts = std::all_of(group.begin(), group.end(), [&](size_t i) {
                return media_of_edge(draft_.edges[i]) == PlanLink::Media::kFacts;
            });
            if (!facts) {
                report(out_, "audio-fan-in", draft_.edges[group.back()].mark,
                       "\"" + target + "." + first.to_name +
                           "\" gets more than one stream; only facts can be joined, audio would have to be mixed");
                draft_.broken_links = true;
                continue;
            }
            const int funnel = draft_.add(target + "." + first.to_name + ".funnel", PlanNode::Origin::kFunnel,
                                          elements_.find("funnel"), first.mark);
            DraftEdge trunk = first;
            lead_from(trunk, funnel, "src");
            for (const size_t i : group) lead_to(draft_.edges[i], funnel, "sink_%u");
            draft_.edges.push_back(std::move(trunk));
        }
    }

    /// An ANY pad carries what comes in: audio unless the element's own input carries facts.
    void settle_media(DraftEdge& edge) {
        edge.media = media_of_edge(edge) == PlanLink::Media::kOther ? upstream_media(edge, 0) : media_of_edge(edge);
    }
    PlanLink::Media upstream_media(const DraftEdge& edge, size_t depth) const {
        if (depth > draft_.edges.size()) return PlanLink::Media::kOther;
        for (const DraftEdge& before : draft_.edges) {
            if (before.to != edge.from || before.to_pad->request) continue;
            const PlanLink::Media media = media_of_edge(before);
            return media != PlanLink::Media::kOther ? media : upstream_media(before, depth + 1);
        }
        return PlanLink::Media::kOther;
    }

    const Graph& graph_;
    Draft& draft_;
    ElementTable& elements_;
    Diagnostics& out_;
};

}  // namespace

void draft_edges(const Graph& graph, Draft& draft, ElementTable& elements, Diagnostics& out) {
    Expansion(graph, draft, elements, out).run();
}

}  // namespace trunkline::graph
