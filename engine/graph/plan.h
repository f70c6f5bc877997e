#pragma once
// A compiled graph: every element known to exist, every property converted, every pad found, caps negotiated and
// converters put in, nothing started. Immutable and shared by all shards; a live call keeps the plan it was built from.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/result.h"
#include "engine/graph/diagnostic.h"
#include "engine/graph/graph.h"

namespace trunkline::graph {

struct LoadOptions;

struct PlanProperty {
    std::string name;
    Value value;          ///< as the file has it
    bool forced = false;  ///< set by the engine: sync=false and the like
};

struct PlanNode {
    enum class Origin { kGraph, kBare, kConverter, kTee, kFunnel, kCapsFilter };
    std::string name;     ///< inserted ones are "<link>.<factory>"
    std::string factory;  ///< what is instantiated: "twiliosrc" where the graph says callsrc
    std::string element;  ///< what the graph says
    std::string profile;
    Origin origin = Origin::kGraph;
    std::vector<PlanProperty> properties;
    double cost_us = 0;     ///< CPU per 20 ms frame on the reference machine (docs/graph-reference.md); 0 = not known
    uint64_t delay_ns = 0;  ///< how long a converter holds audio back
    int threads = 0;        ///< streaming threads it starts
    bool agent = false;     ///< audio in and audio out are not tied: breaks cycles
    SourceMark mark;
};

struct PlanLink {
    enum class Media { kAudio, kFacts, kOther };
    std::string name;              ///< the link's name in the graph: the label of metrics and errors
    int from = 0, to = 0;          ///< indices into Wiring::nodes
    std::string from_pad, to_pad;  ///< pad names; for request pads the template's name ("src_%u", "events")
    bool from_request = false, to_request = false;
    Media media = Media::kAudio;
    Link::Full full = Link::Full::kDropOldest;  ///< never kDefault
    std::string caps;                           ///< the negotiated caps, fixed
};

/// The elements and links of one carrier's calls. "" = the graph has no carrier element and fits any call.
struct Wiring {
    std::string carrier;
    std::vector<PlanNode> nodes;
    std::vector<PlanLink> links;
    std::shared_ptr<const void> prepared;  ///< factories and ready property values, for build()
    const PlanNode* find(std::string_view node) const;
};

struct Plan {
    std::string name;
    std::string description;
    std::string file;
    std::string hash;  ///< SHA-256, hex, of the canonical resolved form; secrets are not part of it
    std::vector<Wiring> wirings;
    Limits limits;
    Budget budget;
    bool threads_allowed = false;
    bool buildable = true;       ///< false when LoadOptions::placeholders stood in for missing settings
    std::string params_schema;   ///< JSON Schema, draft 7, of the whole params object
    std::string canonical_json;  ///< secrets as "$secret.NAME"
    std::vector<std::string> sources;

    /// The wiring for a carrier ("twilio"), the carrier-free one, or nullptr.
    const Wiring* wiring(std::string_view carrier) const;
};
using PlanPtr = std::shared_ptr<const Plan>;

struct CompileOptions {
    std::vector<std::string> carriers = {"twilio", "vonage"};  ///< what callsrc and callsink may stand for
    /// Hz that a carrier with several rates is asked for; becomes the property `rate` of its elements where the graph
    /// says nothing.
    std::map<std::string, int, std::less<>> rates = {{"vonage", 16'000}};
};

struct PlanResult {
    PlanPtr plan;  ///< null when there is an error
    Diagnostics diagnostics;
};

/// Needs gst_init() and the engine's own elements registered. Creates elements, starts none. Takes milliseconds.
PlanResult compile(const Graph& graph, const CompileOptions& options = {});
/// load_graph() and compile(), the diagnostics of both, sorted.
PlanResult load_plan(const std::string& path_or_name, const LoadOptions& load, const CompileOptions& options = {});

/// Checks a call's params (a JSON object as text, may be empty) and fills in defaults. Error: code "bad-params", the
/// message names the field.
Result<std::string> check_params(const Plan& plan, std::string_view params_json);
/// The same for name=value texts (Twilio <Parameter>, Vonage headers): a text becomes the number or bool its schema
/// asks for when it can be nothing else.
Result<std::string> check_params(const Plan& plan, const std::vector<std::pair<std::string, std::string>>& params);
/// Those of `params` that the graph knows.
std::vector<std::pair<std::string, std::string>> known_params(
    const Plan& plan, const std::vector<std::pair<std::string, std::string>>& params);

}  // namespace trunkline::graph
