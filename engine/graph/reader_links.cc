// Links: "a, b.pad -> c -> d" into stages of endpoints, each with its own place.
#include <algorithm>
#include <optional>

#include "engine/graph/reader.h"

namespace trunkline::graph {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '%';
}

/// Recursive descent without the recursion: path = stage ("->" stage)+ ; stage = end ("," end)* ; end = word ("."
/// word)?
class PathReader {
  public:
    PathReader(const Tree& tree, Diagnostics& out) : tree_(tree), text_(tree.text), out_(out) {}

    std::optional<std::vector<std::vector<Endpoint>>> read() {
        std::vector<std::vector<Endpoint>> stages(1);
        while (true) {
            auto endpoint = read_endpoint();
            if (!endpoint) return std::nullopt;
            stages.back().push_back(std::move(*endpoint));
            skip_space();
            if (at_ == text_.size()) break;
            if (text_[at_] == ',') {
                at_++;
            } else if (text_.substr(at_, 2) == "->") {
                at_ += 2;
                stages.emplace_back();
            } else {
                problem("expected \"->\", \",\" or the end of the path");
                return std::nullopt;
            }
        }
        if (stages.size() < 2) {
            report(out_, "bad-path", tree_.mark(), "a path joins at least two nodes: a -> b");
            return std::nullopt;
        }
        return stages;
    }

  private:
    void skip_space() {
        while (at_ < text_.size() && is_space(text_[at_])) at_++;
    }
    void problem(const std::string& message) { report(out_, "bad-path", tree_.mark_at(at_), message); }
    std::string read_word() {
        const size_t begin = at_;
        while (at_ < text_.size() && is_word(text_[at_]) && text_.substr(at_, 2) != "->") at_++;
        return std::string(text_.substr(begin, at_ - begin));
    }
    std::optional<Endpoint> read_endpoint() {
        skip_space();
        Endpoint endpoint;
        endpoint.mark = tree_.mark_at(at_);
        endpoint.node = read_word();
        if (endpoint.node.empty()) {
            problem(at_ == text_.size() ? "the path ends where a node should be" : "expected a node's name");
            return std::nullopt;
        }
        if (at_ < text_.size() && text_[at_] == '.') {
            at_++;
            endpoint.pad = read_word();
            if (endpoint.pad.empty()) {
                problem("expected a pad's name behind the dot");
                return std::nullopt;
            }
        }
        return endpoint;
    }

    const Tree& tree_;
    std::string_view text_;
    Diagnostics& out_;
    size_t at_ = 0;
};

void read_full(const Tree& full, Link& link, Diagnostics& out) {
    if (full.is_scalar() && full.text == "keep") {
        link.full = Link::Full::kKeep;
    } else if (full.is_scalar() && full.text == "drop-oldest") {
        link.full = Link::Full::kDropOldest;
    } else {
        report(out, "unknown-value", full.mark(), "`full` is `keep` or `drop-oldest`",
               full.is_scalar() ? nearest_word(full.text, {"keep", "drop-oldest"}) : "");
    }
}

/// The path of the short form, or of {path: …, full: …}; reports what else is there.
const Tree* find_path(const TreeEntry& entry, Link& link, Diagnostics& out) {
    if (entry.value.is_scalar()) return &entry.value;
    if (!entry.value.is_map()) {
        report(out, "wrong-type", entry.value.mark(),
               "a link is a path: \"a -> b\", or {path: \"a -> b\", full: keep}");
        return nullptr;
    }
    const std::vector<std::string> keys = {"path", "full"};
    for (const TreeEntry& key : entry.value.entries) {
        if (key.key == "full") read_full(key.value, link, out);
        if (std::find(keys.begin(), keys.end(), key.key) == keys.end()) {
            report(out, "unknown-key", key.mark(), "a link has no \"" + key.key + "\": path and full",
                   nearest_word(key.key, keys));
        }
    }
    const Tree* path = entry.value.find("path");
    if (!path) {
        report(out, "missing-key", entry.mark(), "the link \"" + entry.key + "\" has no path");
    } else if (!path->is_scalar()) {
        report(out, "wrong-type", path->mark(), "`path` is a text: \"a -> b\"");
        path = nullptr;
    }
    return path;
}

}  // namespace

void read_links(const Tree& links, Graph& graph, Diagnostics& out) {
    if (!links.is_map()) return report(out, "wrong-type", links.mark(), "`links` is a map: name -> path");
    for (const TreeEntry& entry : links.entries) {
        if (!is_good_name(entry.key)) report_bad_name(out, "link", entry.key, entry.mark());
        if (entry.value.is_null()) {
            report(out, "nothing-to-delete", entry.mark(),
                   "null deletes a link of an extended or imported file; there is no \"" + entry.key + "\" there");
            continue;
        }
        Link link;
        link.name = entry.key;
        link.mark = entry.mark();
        const Tree* path = find_path(entry, link, out);
        if (!path) continue;
        if (auto stages = PathReader(*path, out).read()) {
            link.stages = std::move(*stages);
            graph.links.push_back(std::move(link));
        }
    }
}

}  // namespace trunkline::graph
