#pragma once
// What a call-graph file says, after imports, extends, profiles and load-time substitution: plain data with the place
// in the source every piece came from. Nothing here knows GStreamer; compile() (plan.h) holds it against real elements.
#include <cstdint>
#include <string>
#include <vector>

namespace trunkline::graph {

/// A place in a source file; line and column count from 1, columns in characters. line 0 = no place.
struct SourceMark {
    std::string file;
    int line = 0;
    int column = 0;
};

/// A piece of a value that is made per call: "Hello ${param.name}" is text, then a param.
struct TemplatePart {
    enum class From { kText, kParam, kCall };
    From from = From::kText;
    std::string text;  ///< the text itself, or the name behind `param.` / `call.`
};

/// A setting's value. `$env` and `$secret` are already replaced; `$param` and `$call` wait in `parts`.
struct Value {
    enum class Kind { kNull, kBool, kInteger, kNumber, kText, kJson, kTemplate };
    Kind kind = Kind::kNull;
    bool boolean = false;
    int64_t integer = 0;
    double number = 0;
    std::string text;                 ///< kText; kJson: a list or map as JSON text
    std::vector<TemplatePart> parts;  ///< kTemplate; a single reference keeps the type of what it names
    bool untyped = false;             ///< text from the environment: takes the type of the place it is put in
    bool unknown = false;             ///< the environment lacks it and LoadOptions::placeholders was set
    bool secret = false;              ///< holds secret text: never to a log, dump, view or hash
    std::string shown;                ///< how the value is shown to people: secrets as "$secret.NAME"
    SourceMark mark;
};

struct Setting {
    std::string name;
    Value value;
    SourceMark mark;  ///< of the key
};

struct Node {
    std::string name;
    std::string element;   ///< factory name, "callsrc" or "callsink"; from the profile when `profile` is set
    std::string profile;   ///< empty = none
    std::string contract;  ///< "voice-agent/1" or empty
    std::vector<Setting> settings;
    SourceMark mark;          ///< of the node's name
    SourceMark element_mark;  ///< of the element's or profile's name
};

struct Endpoint {
    std::string node;  ///< a node's name, or a bare element's factory name
    std::string pad;   ///< empty = inferred
    SourceMark mark;
};

/// `a, b -> c -> d`: three stages of endpoints; every endpoint of a stage is linked to every one of the next.
struct Link {
    enum class Full { kDefault, kKeep, kDropOldest };
    std::string name;
    std::vector<std::vector<Endpoint>> stages;
    Full full = Full::kDefault;
    SourceMark mark;  ///< of the link's name
};

struct Param {
    std::string name;
    std::string schema_json;   ///< draft 7, one JSON object
    bool has_default = false;  ///< without one, every call must bring the param
    SourceMark mark;
};

/// Nanoseconds; 0 = not given.
struct Limits {
    uint64_t call = 0;
    uint64_t silence = 0;
};
struct Budget {
    uint64_t engine_added = 0;
    uint64_t voice_to_voice = 0;
};

struct Graph {
    std::string name;
    std::string description;
    std::string file;
    std::vector<Param> params;
    std::vector<Node> nodes;
    std::vector<Node> profiles;  ///< filled only for a library (a file without nodes), so that lint can check them
    std::vector<Link> links;
    Limits limits;
    Budget budget;
    bool threads_allowed = false;
    bool links_complete = true;  ///< false when a link could not be read: then missing links are no finding
    std::string
        canonical_json;  ///< the resolved file, keys sorted, secrets as "$secret.NAME": what the hash is made of
    std::vector<std::string> sources;  ///< every file that was read, the graph's own first

    bool is_library() const { return nodes.empty(); }
};

}  // namespace trunkline::graph
