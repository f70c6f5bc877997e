// The graph commands: load, compile, print.
#include "engine/cli/graph_commands.h"

#include <algorithm>
#include <filesystem>

#include "engine/cli/graph_picture.h"
#include "engine/cli/graph_text.h"

namespace trunkline::cli {
namespace {

constexpr int kFine = 0, kWrong = 1, kUsage = 2;

bool known_format(const std::string& format, std::initializer_list<const char*> formats, std::ostream& err) {
    if (std::find(formats.begin(), formats.end(), format) != formats.end()) return true;
    err << "--format " << format << " is not known here; use";
    for (const char* known : formats) err << " " << known;
    err << "\n";
    return false;
}

std::string formatted(const graph::Diagnostics& diagnostics, const GraphCommand& command) {
    if (command.format == "json") return graph::format_json(diagnostics);
    if (command.format == "sarif") return graph::format_sarif(diagnostics);
    return graph::format_text(diagnostics, command.color);
}

/// Directories stand for the graph files in them.
std::vector<std::string> files_of(const std::vector<std::string>& graphs) {
    std::vector<std::string> files;
    for (const std::string& graph : graphs) {
        std::error_code error;
        if (!std::filesystem::is_directory(graph, error)) {
            files.push_back(graph);
            continue;
        }
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(graph, error)) {
            const auto extension = entry.path().extension();
            if (extension == ".yaml" || extension == ".yml") found.push_back(entry.path().lexically_normal().string());
        }
        std::sort(found.begin(), found.end());
        files.insert(files.end(), found.begin(), found.end());
    }
    return files;
}

/// The plan, or nullptr after its problems were printed; warnings go to `err` too.
graph::PlanPtr load(const std::string& graph, const GraphCommand& command, std::ostream& err) {
    const graph::PlanResult result = graph::load_plan(graph, command.load, command.compile);
    err << graph::format_text(result.diagnostics, command.color);
    return result.plan;
}

void print(const std::string& text, std::ostream& out) {
    out << text << (text.empty() || text.ends_with('\n') ? "" : "\n");
}

}  // namespace

int lint(const std::vector<std::string>& graphs, const GraphCommand& command, std::ostream& out) {
    if (!known_format(command.format, {"text", "json", "sarif"}, out)) return kUsage;
    const std::vector<std::string> files = files_of(graphs);
    if (files.empty()) {
        out << "no graph file to check\n";
        return kUsage;
    }
    graph::Diagnostics all;
    for (const std::string& file : files) {
        const graph::PlanResult result = graph::load_plan(file, command.load, command.compile);
        all.insert(all.end(), result.diagnostics.begin(), result.diagnostics.end());
    }
    graph::sort_diagnostics(all);
    out << formatted(all, command);
    if (command.format == "text" && all.empty())
        out << files.size() << (files.size() == 1 ? " graph file is fine\n" : " graph files are fine\n");
    return graph::has_errors(all) ? kWrong : kFine;
}

int plan(const PlanCommand& command, std::ostream& out, std::ostream& err) {
    if (!known_format(command.format, {"text", "json"}, err)) return kUsage;
    if (command.dot && command.svg) {
        err << "--dot and --svg exclude each other\n";
        return kUsage;
    }
    const graph::PlanPtr plan = load(command.graph, command, err);
    if (!plan) return kWrong;
    if (!command.carrier.empty() && !plan->wiring(command.carrier)) {
        err << plan->name << " does not serve calls of \"" << command.carrier << "\"\n";
        return kWrong;
    }
    if (command.dot) {
        out << plan_dot(*plan, command.carrier);
    } else if (command.svg) {
        const auto svg = dot_to_svg(plan_dot(*plan, command.carrier));
        if (!svg) {
            err << svg.error().message << "\n";
            return kWrong;
        }
        print(*svg, out);
    } else if (command.format == "json") {
        out << plan_json(*plan, command.carrier);
    } else {
        print_plan(*plan, command.carrier, out);
    }
    return kFine;
}

int resolve(const std::string& graph, const GraphCommand& command, std::ostream& out, std::ostream& err) {
    if (!known_format(command.format, {"text", "json"}, err)) return kUsage;
    const graph::PlanPtr plan = load(graph, command, err);
    if (!plan) return kWrong;
    out << (command.format == "json" ? indented(plan->canonical_json) : resolved_yaml(plan->canonical_json));
    return kFine;
}

int schema(const std::string& graph, const GraphCommand& command, std::ostream& out, std::ostream& err) {
    if (!known_format(command.format, {"text", "json"}, err)) return kUsage;
    const graph::PlanPtr plan = load(graph, command, err);
    if (!plan) return kWrong;
    out << indented(plan->params_schema);
    return kFine;
}

int diff(const std::string& a, const std::string& b, const GraphCommand& command, std::ostream& out,
         std::ostream& err) {
    if (!known_format(command.format, {"text", "json"}, err)) return kUsage;
    const graph::PlanPtr first = load(a, command, err), second = load(b, command, err);
    if (!first || !second) return kWrong;
    if (command.format == "json") {
        out << difference_json(first->canonical_json, second->canonical_json);
    } else {
        const std::string text = difference_text(first->canonical_json, second->canonical_json);
        out << (text.empty() ? "no difference in structure\n" : text);
    }
    return kFine;
}

}  // namespace trunkline::cli
