// Boxes are elements (inserted ones dashed), solid arrows are audio, dotted ones facts.
#include "engine/cli/graph_picture.h"

#include <gio/gio.h>

#include <memory>

namespace trunkline::cli {
namespace {

using graph::PlanLink;
using graph::PlanNode;
using graph::Wiring;

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

std::string node_style(const PlanNode& node) {
    switch (node.origin) {
        case PlanNode::Origin::kGraph:
        case PlanNode::Origin::kBare:
            return node.agent ? "style=filled, fillcolor=\"#e8f0fe\"" : "style=solid";
        default:
            return "style=dashed, color=\"#777777\", fontcolor=\"#555555\"";
    }
}

/// "audio/x-raw, format=S16LE, …, rate=16000" -> "raw S16LE 16000": enough for an arrow.
std::string short_caps(const std::string& caps) {
    const auto field = [&](const std::string& name) {
        const size_t at = caps.find(name + "=");
        if (at == std::string::npos) return std::string();
        const size_t begin = at + name.size() + 1;
        return caps.substr(begin, caps.find_first_of(",;", begin) - begin);
    };
    std::string text = caps.substr(0, caps.find(','));
    const size_t slash = text.find("x-");
    if (slash != std::string::npos) text = text.substr(slash + 2);
    for (const char* name : {"format", "rate"}) {
        if (!field(name).empty()) text += " " + field(name);
    }
    return text;
}

std::string wiring_dot(const Wiring& wiring, size_t cluster) {
    const std::string prefix = "w" + std::to_string(cluster) + "n";
    std::string out = "  subgraph cluster_" + std::to_string(cluster) +
                      " {\n    label=" + quoted(wiring.carrier.empty() ? "any call" : wiring.carrier + " calls") +
                      "; color=\"#cccccc\";\n";
    for (size_t i = 0; i < wiring.nodes.size(); i++) {
        const PlanNode& node = wiring.nodes[i];
        const std::string label = node.name == node.factory ? node.name : node.name + "\n" + node.factory;
        std::string text = quoted(label);
        for (size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n')) text.replace(at, 1, "\\n");
        out += "    " + prefix + std::to_string(i) + " [label=" + text + ", " + node_style(node) + "];\n";
    }
    for (const PlanLink& link : wiring.links) {
        const bool facts = link.media == PlanLink::Media::kFacts;
        out += "    " + prefix + std::to_string(link.from) + " -> " + prefix + std::to_string(link.to) +
               " [label=" + quoted(facts ? link.name : link.name + ": " + short_caps(link.caps)) +
               (facts ? ", style=dotted" : "") + "];\n";
    }
    return out + "  }\n";
}

template <class T>
struct Unref {
    void operator()(T* object) const { g_object_unref(object); }
};

}  // namespace

std::string plan_dot(const graph::Plan& plan, std::string_view carrier) {
    std::string out = "digraph " + quoted(plan.name) +
                      " {\n  rankdir=LR; node [shape=box, fontname=\"sans-serif\", fontsize=11]; edge "
                      "[fontname=\"sans-serif\", fontsize=9];\n";
    size_t cluster = 0;
    for (const Wiring& wiring : plan.wirings) {
        if (carrier.empty() || wiring.carrier.empty() || wiring.carrier == carrier)
            out += wiring_dot(wiring, cluster++);
    }
    return out + "}\n";
}

Result<std::string> dot_to_svg(const std::string& dot) {
    const std::unique_ptr<char, decltype(&g_free)> program(g_find_program_in_path("dot"), g_free);
    if (!program)
        return fail("no-graphviz",
                    "the program `dot` is not installed: install the Debian package graphviz, or use --dot");
    GError* error = nullptr;
    const std::unique_ptr<GSubprocess, Unref<GSubprocess>> process(
        g_subprocess_new(static_cast<GSubprocessFlags>(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE),
                         &error, program.get(), "-Tsvg", nullptr));
    char* svg = nullptr;
    const bool ok = process &&
                    g_subprocess_communicate_utf8(process.get(), dot.c_str(), nullptr, &svg, nullptr, &error) &&
                    g_subprocess_get_successful(process.get());
    const std::string text = svg ? svg : "";
    g_free(svg);
    if (ok) return text;
    const std::string message = error ? error->message : "dot failed";
    g_clear_error(&error);
    return fail("no-graphviz", "drawing failed: " + message);
}

}  // namespace trunkline::cli
