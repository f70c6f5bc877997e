// The params of a call. The first line is a param's schema as a graph file writes it, the rest the value that a call
// brings, once as JSON and once as text.
#include <nlohmann/json.hpp>

#include "engine/graph/plan.h"
#include "tests/fuzz/graph_text.h"

using namespace trunkline;
using namespace trunkline::fuzz;

namespace {

void must_settle(const graph::Plan& plan, const Result<std::string>& params) {
    if (!params) {
        must(params.error().code == "bad-params", "bad params are refused as such");
        must(params.error().message.starts_with("params"), "the message names the place");
        return must_explain(params.error());
    }
    must_be_json(*params);
    const auto again = graph::check_params(plan, std::string_view(*params));
    must(again && *again == *params, "checked params pass unchanged");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view value = text_of({data, size});
    const std::string schema(take_line(value));
    const auto loaded =
        load_fuzzed("trunkline: 1\nname: f\nparams:\n  p: " + schema + "\nnodes: {a: {element: identity}}\n");
    if (!loaded.ok() || loaded.graph.params.size() != 1) return 0;
    graph::Plan plan;
    nlohmann::json whole = {{"type", "object"}, {"additionalProperties", false}};
    whole["properties"]["p"] = nlohmann::json::parse(loaded.graph.params[0].schema_json, nullptr, false);
    plan.params_schema = whole.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    must_settle(plan, graph::check_params(plan, std::string_view(R"({"p":)" + std::string(value) + "}")));
    must_settle(plan, graph::check_params(plan, {{"p", std::string(value)}}));
    must_settle(plan, graph::check_params(plan, value));
    return 0;
}
