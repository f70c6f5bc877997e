#pragma once
// YAML text as a tree in which every key and value knows its place. Reads the parser's events rather than its nodes: so
// duplicate keys, anchors, aliases, tags and depth are seen where they stand, before anything is built from them.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/diagnostic.h"

namespace trunkline::graph {

struct TreeEntry;

struct Tree {
    enum class Kind { kScalar, kMap, kList };
    Kind kind = Kind::kScalar;
    bool plain = false;  ///< a scalar without quotes: may be a number, a bool or null
    bool exact = false;  ///< the source holds the scalar's text as it is, on one line: offsets into it are places
    int line = 0, column = 0;
    std::shared_ptr<const std::string> file;
    std::string text;
    std::vector<TreeEntry> entries;
    std::vector<Tree> items;

    bool is_map() const { return kind == Kind::kMap; }
    bool is_list() const { return kind == Kind::kList; }
    bool is_scalar() const { return kind == Kind::kScalar; }
    bool is_null() const;
    const Tree* find(std::string_view key) const;
    const TreeEntry* entry(std::string_view key) const;
    SourceMark mark() const { return {file ? *file : "", line, column}; }
    /// Where the byte at `offset` of a scalar's text stands; the scalar's beginning when that cannot be told.
    SourceMark mark_at(size_t offset) const;
};

struct TreeEntry {
    std::string key;
    int line = 0, column = 0;
    std::shared_ptr<const std::string> file;
    Tree value;
    SourceMark mark() const { return {file ? *file : "", line, column}; }
};

struct TreeLimits {
    size_t max_bytes;
    int max_depth;
};

/// Parses one document. Problems go to `out`; the tree holds what could be read (an empty map after a syntax error).
Tree parse_yaml(const std::string& text, const std::string& file, TreeLimits limits, Diagnostics& out);

/// Appends an error.
void report(Diagnostics& out, std::string code, const SourceMark& mark, std::string message, std::string nearest = {});
void report_warning(Diagnostics& out, std::string code, const SourceMark& mark, std::string message);

}  // namespace trunkline::graph
