// Loading from the outside in: find the file, follow it, read it.
#include "engine/graph/loader.h"

#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <tuple>

#include "engine/graph/reader.h"
#include "engine/graph/sources.h"

namespace trunkline::graph {
namespace {

std::optional<std::string> process_environment(const std::string& name) {
    const char* value =
        std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here writes the environment
    return value ? std::optional<std::string>(value) : std::nullopt;
}

/// Docker and systemd hand secrets in as files, one per secret; the environment stands behind them.
Lookup secret_files_before(Lookup env) {
    return [env = std::move(env)](const std::string& name) -> std::optional<std::string> {
        if (const auto directory = process_environment("TRUNKLINE_SECRETS_DIR")) {
            auto text = read_bounded_file(*directory + "/" + name, 64U << 10);
            if (text) {
                while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
                return *text;
            }
        }
        return env(name);
    };
}

/// A refused alias leaves a hole; what is then said about the hole helps nobody.
void drop_consequences_of_aliases(Diagnostics& all) {
    std::set<std::tuple<std::string, int, int>> holes;
    for (const Diagnostic& d : all) {
        if (d.code == "alias-refused") holes.emplace(d.file, d.line, d.column);
    }
    std::erase_if(all, [&](const Diagnostic& d) {
        return d.code != "alias-refused" && holes.contains({d.file, d.line, d.column});
    });
}

LoadResult read_tree(Sources& sources, const Tree& root, const std::string& file, const LoadOptions& options,
                     LoadResult result) {
    const Lookup env = options.env ? options.env : Lookup(process_environment);
    const SubstitutionScope scope{env, options.secret ? options.secret : secret_files_before(env), options.placeholders,
                                  &result.diagnostics};
    result.graph.file = file;
    read_graph(root, scope, result.graph);
    result.graph.sources = sources.files();
    result.graph.canonical_json = canonical_json(result.graph);
    drop_consequences_of_aliases(result.diagnostics);
    sort_diagnostics(result.diagnostics);
    return result;
}

std::string strip(std::string text) {
    const char* space = " \t\r";
    const size_t first = text.find_first_not_of(space);
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

/// One line of a .env file into `to`; comments and nonsense are skipped.
void read_env_line(std::string line, std::map<std::string, std::string>& to) {
    line = strip(std::move(line));
    if (line.starts_with("export ")) line = strip(line.substr(7));
    const size_t equals = line.find('=');
    if (line.empty() || line[0] == '#' || equals == std::string::npos) return;
    std::string value = strip(line.substr(equals + 1));
    if (value.size() >= 2 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0]) {
        value = value.substr(1, value.size() - 2);
    } else if (const size_t comment = value.find(" #"); comment != std::string::npos) {
        value = strip(value.substr(0, comment));
    }
    to[strip(line.substr(0, equals))] = value;
}

}  // namespace

LoadResult load_graph(const std::string& path_or_name, const LoadOptions& options) {
    LoadResult result;
    const std::string file = find_graph_file(path_or_name, options, result.diagnostics);
    if (file.empty()) return result;
    Sources sources(options, result.diagnostics);
    const Tree root = sources.load(file);
    if (sources.files().empty()) return result;  // not even read
    return read_tree(sources, root, file, options, std::move(result));
}

LoadResult load_graph_text(const std::string& text, const std::string& file, const LoadOptions& options) {
    LoadResult result;
    Sources sources(options, result.diagnostics);
    const Tree root = sources.load_text(text, file);
    return read_tree(sources, root, file, options, std::move(result));
}

Lookup with_env_file(const std::string& path, Lookup first) {
    auto values = std::make_shared<std::map<std::string, std::string>>();
    if (const auto text = read_bounded_file(path, 1U << 20)) {
        std::istringstream lines(*text);
        for (std::string line; std::getline(lines, line);) read_env_line(line, *values);
    }
    if (!first) first = process_environment;
    const auto look = [first, values](const std::string& name) -> std::optional<std::string> {
        if (auto value = first(name)) return value;
        const auto at = values->find(name);
        return at == values->end() ? std::nullopt : std::optional(at->second);
    };
    return [look](const std::string& name) {
        auto value = look(name);
        // Installations that are older than this engine have it under another name.
        return value || name != "HUME_API_KEY" ? value : look("HUME_AI_API_KEY");
    };
}

}  // namespace trunkline::graph
