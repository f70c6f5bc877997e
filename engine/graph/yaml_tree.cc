// YAML events -> Tree. The parser recurses over nesting, so the text is measured for size, encoding and nesting first.
#include "engine/graph/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "engine/core/json.h"
#include "engine/graph/yaml_scan.h"

namespace trunkline::graph {
namespace {

/// Thrown out of the event handler to stop the parser; never leaves this file.
struct Stop {};

class TreeBuilder : public YAML::EventHandler {
  public:
    TreeBuilder(const TextLines& lines, std::shared_ptr<const std::string> file, int max_depth, Diagnostics& out)
        : lines_(lines), file_(std::move(file)), max_depth_(max_depth), out_(out) {}

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        Tree scalar = make(Tree::Kind::kScalar, mark, "", anchor);
        scalar.plain = true;
        add(std::move(scalar));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        report(out_, "alias-refused", place(mark),
               "aliases (*name) are not allowed: write the value out, or use a profile");
        Tree scalar = make(Tree::Kind::kScalar, mark, "", 0);
        scalar.plain = true;
        add(std::move(scalar));
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        Tree scalar = make(Tree::Kind::kScalar, mark, tag, anchor);
        scalar.plain = tag == "?" || tag.empty();
        scalar.text = value;
        scalar.exact = lines_.holds_at(mark.line, mark.column + (scalar.plain ? 0 : 1), value);
        add(std::move(scalar));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(make(Tree::Kind::kList, mark, tag, anchor));
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(make(Tree::Kind::kMap, mark, tag, anchor));
    }
    void OnMapEnd() override { close(); }

    Tree take() { return std::move(root_); }

  private:
    struct Frame {
        Tree tree;
        bool has_key = false;
        bool skip = false;  // the value of a key that was refused
        TreeEntry pending;
        std::set<std::string> keys;
    };

    SourceMark place(const YAML::Mark& mark) const {
        return {*file_, mark.line + 1, lines_.character_column(mark.line, mark.column)};
    }
    Tree make(Tree::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        Tree tree;
        tree.kind = kind;
        const SourceMark at = place(mark);
        tree.line = at.line, tree.column = at.column, tree.file = file_;
        if (anchor != 0)
            report(out_, "anchor-refused", at,
                   "anchors (&name) are not allowed: write the value out, or use a profile");
        if (!tag.empty() && tag != "?" && tag != "!")
            report(out_, "tag-refused", at, "tags (" + tag + ") are not allowed");
        return tree;
    }
    void open(Tree tree) {
        if (static_cast<int>(frames_.size()) >= max_depth_) {
            report(out_, "too-deep", tree.mark(), "nested deeper than " + std::to_string(max_depth_) + " levels");
            throw Stop{};
        }
        frames_.push_back({});
        frames_.back().tree = std::move(tree);
    }
    void close() {
        Tree done = std::move(frames_.back().tree);
        frames_.pop_back();
        add(std::move(done));
    }
    void add(Tree tree) {
        if (frames_.empty()) {
            root_ = std::move(tree);
            return;
        }
        Frame& frame = frames_.back();
        if (frame.tree.is_list()) {
            frame.tree.items.push_back(std::move(tree));
        } else if (!frame.has_key) {
            take_key(frame, std::move(tree));
        } else {
            frame.has_key = false;
            frame.pending.value = std::move(tree);
            if (!frame.skip) frame.tree.entries.push_back(std::move(frame.pending));
            frame.pending = {};
        }
    }
    void take_key(Frame& frame, Tree key) {
        frame.has_key = true;
        frame.skip = false;
        if (!key.is_scalar()) {
            report(out_, "bad-key", key.mark(), "a key must be a plain word, not a list or a map");
            frame.skip = true;
        } else if (!frame.keys.insert(key.text).second) {
            const TreeEntry* first = frame.tree.entry(key.text);
            report(out_, "duplicate-key", key.mark(),
                   "\"" + key.text + "\" is given twice" +
                       (first ? "; first in line " + std::to_string(first->line) : std::string()));
            frame.skip = true;
        }
        frame.pending.key = std::move(key.text);
        frame.pending.line = key.line, frame.pending.column = key.column, frame.pending.file = file_;
    }

    const TextLines& lines_;
    std::shared_ptr<const std::string> file_;
    int max_depth_;
    Diagnostics& out_;
    Tree root_;
    std::vector<Frame> frames_;
};

Tree empty_map(std::shared_ptr<const std::string> file) {
    Tree tree;
    tree.kind = Tree::Kind::kMap;
    tree.line = tree.column = 1;
    tree.file = std::move(file);
    return tree;
}

/// Size, encoding and nesting: what must be known before the parser may see the text.
bool safe_to_parse(const std::string& text, const std::string& file, TreeLimits limits, Diagnostics& out) {
    if (text.size() > limits.max_bytes) {
        report(out, "file-too-large", {file, 0, 0},
               "the file has " + std::to_string(text.size()) + " bytes, more than the " +
                   std::to_string(limits.max_bytes) + " allowed");
        return false;
    }
    if (!is_utf8(text)) {
        report(out, "not-utf8", {file, 0, 0}, "the file is not UTF-8 text");
        return false;
    }
    if (const auto bad = find_control_character(text)) {
        report(out, "control-character", {file, bad->line, bad->column}, "control characters are not allowed");
        return false;
    }
    if (const auto deep = find_too_deep(text, limits.max_depth)) {
        report(out, "too-deep", {file, deep->line, deep->column},
               "nested deeper than " + std::to_string(limits.max_depth) + " levels");
        return false;
    }
    return true;
}

}  // namespace

bool Tree::is_null() const {
    return kind == Kind::kScalar && plain &&
           (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL");
}

const TreeEntry* Tree::entry(std::string_view key) const {
    const auto at = std::find_if(entries.begin(), entries.end(), [&](const TreeEntry& e) { return e.key == key; });
    return at == entries.end() ? nullptr : &*at;
}

const Tree* Tree::find(std::string_view key) const {
    const TreeEntry* e = entry(key);
    return e ? &e->value : nullptr;
}

SourceMark Tree::mark_at(size_t offset) const {
    if (!exact) return mark();
    const std::string_view before = std::string_view(text).substr(0, offset);
    return {file ? *file : "", line, column + (plain ? 0 : 1) + count_characters(before)};
}

Tree parse_yaml(const std::string& text, const std::string& file_name, TreeLimits limits, Diagnostics& out) {
    const auto file = std::make_shared<const std::string>(file_name);
    if (!safe_to_parse(text, file_name, limits, out)) return empty_map(file);
    const TextLines lines(text);
    TreeBuilder builder(lines, file, limits.max_depth, out);
    try {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(builder)) {
            report(out, "empty-file", {file_name, 1, 1}, "the file is empty");
            return empty_map(file);
        }
        Diagnostics ignored;
        TreeBuilder second(lines, file, limits.max_depth, ignored);
        if (parser.HandleNextDocument(second)) {
            const Tree extra = second.take();
            report(out, "multiple-documents", extra.mark(), "a graph file holds one YAML document");
        }
    } catch (const Stop&) {
        return empty_map(file);
    } catch (const YAML::Exception& error) {
        const int line = std::max(error.mark.line, 0);
        if (const auto tab = find_tab_indent(text, line + 1)) {
            report(out, "tab-indent", {file_name, tab->line, tab->column}, "indented with a tab: YAML wants spaces");
        } else {
            report(out, "yaml-syntax",
                   {file_name, line + 1, lines.character_column(line, std::max(error.mark.column, 0))},
                   "not valid YAML: " + error.msg);
        }
        return empty_map(file);
    } catch (const std::exception& error) {
        report(out, "yaml-syntax", {file_name, 1, 1}, std::string("not valid YAML: ") + error.what());
        return empty_map(file);
    }
    Tree root = builder.take();
    if (root.is_null()) {
        report(out, "empty-file", {file_name, 1, 1}, "the file is empty");
        return empty_map(file);
    }
    if (!root.is_map()) {
        report(out, "not-a-map", root.mark(), "a graph file is a map of keys such as trunkline, nodes, links");
        return empty_map(file);
    }
    return root;
}

void report(Diagnostics& out, std::string code, const SourceMark& mark, std::string message, std::string nearest) {
    out.push_back(
        {Severity::kError, std::move(code), mark.file, mark.line, mark.column, std::move(message), std::move(nearest)});
}

void report_warning(Diagnostics& out, std::string code, const SourceMark& mark, std::string message) {
    out.push_back({Severity::kWarning, std::move(code), mark.file, mark.line, mark.column, std::move(message), {}});
}

}  // namespace trunkline::graph
