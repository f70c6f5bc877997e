// One HttpClient per call: destroying it is what really stops a request, and calls are rare.
#include "engine/agent/tool_calls.h"

#include "engine/core/clock.h"
#include "engine/core/id.h"
#include "engine/core/json.h"
#include "engine/core/log.h"
#include "engine/net/http_client.h"
#include "engine/net/signature.h"

namespace trunkline::agent {
namespace {

/// Arguments come as text that should hold JSON; a value that does goes on as such, anything else as a string.
void write_json_or_text(JsonWriter& w, std::string_view name, const std::string& text) {
    auto parsed = Json::parse(text);
    if (parsed) {
        w.raw_field(name, parsed->dump());
    } else {
        w.field(name, text);
    }
}

std::string inside(JsonWriter& w) {
    const std::string text = w.end().take();
    return text.substr(1, text.size() - 2);
}

std::string error_content(std::string_view error) {
    return JsonWriter().begin_object().field("error", error).end().take();
}

}  // namespace

struct ToolCalls::Running {
    ToolCall call;
    int64_t started_ns = 0;
    TimerId timer = 0;
    std::unique_ptr<HttpClient> http;
};

ToolCalls::ToolCalls(Shard* shard, ToolOptions options, Hooks hooks)
    : shard_(shard), options_(std::move(options)), hooks_(std::move(hooks)) {}

ToolCalls::~ToolCalls() {
    for (auto& [id, running] : running_) shard_->cancel(running->timer);
}

void ToolCalls::start(const ToolCall& call) {
    if (running_.contains(call.id)) {
        log_warn(options_.component, "a tool call came twice", {{"name", call.name}, {"id", call.id}});
        return;
    }
    JsonWriter w;
    w.begin_object().field("tool_call_id", call.id).field("name", call.name);
    write_json_or_text(w, "arguments", call.arguments);
    hooks_.fact("tool.call", inside(w));

    const bool room = running_.size() < kMaxRunning;
    auto& running = *(running_[call.id] = std::make_unique<Running>());
    running.call = call;
    running.started_ns = monotonic_ns();
    if (!room) {
        answer(call.id, {}, "too many functions run at once");
    } else if (!hooks_.known(call.name)) {
        answer(call.id, {}, "there is no function named " + call.name);
    } else {
        running.timer = shard_->after(options_.timeout, [this, id = call.id] {
            answer(id, {}, "the function did not answer within " + std::to_string(options_.timeout.count()) + " ms");
        });
        if (!options_.url.empty()) post(running);
    }
}

void ToolCalls::post(Running& running) {
    JsonWriter w;
    w.begin_object().field("call_id", options_.call_id).field("tool_call_id", running.call.id);
    w.field("name", running.call.name);
    write_json_or_text(w, "arguments", running.call.arguments);
    HttpCall http;
    http.url = options_.url;
    http.body = w.end().take();
    // Ours ends first, so that the reason of a timeout is always the same one.
    http.timeout_ms = static_cast<int>(options_.timeout.count()) + 1'000;
    http.max_response = kMaxAnswer;
    if (!options_.secret.empty()) {
        const std::string id = new_id("tool_");
        const int64_t seconds = unix_ms() / 1000;
        http.headers = {{"webhook-id", id},
                        {"webhook-timestamp", std::to_string(seconds)},
                        {"webhook-signature", webhook_signature(options_.secret, id, seconds, http.body)}};
    }
    running.http = std::make_unique<HttpClient>();
    running.http->call(std::move(http),
                       [this, id = running.call.id](Result<HttpAnswer> got) { on_answer(id, std::move(got)); });
}

void ToolCalls::on_answer(const std::string& id, Result<HttpAnswer> got) {
    if (!got) {
        answer(id, {}, "the function could not be reached: " + got.error().message);
    } else if (got->status < 200 || got->status > 299) {
        answer(id, {}, "the function answered with HTTP " + std::to_string(got->status));
    } else {
        answer(id, std::move(got->body), {});
    }
}

bool ToolCalls::result(std::string_view id, std::string content) {
    if (!running_.contains(id)) return false;
    answer(std::string(id), std::move(content), {});
    return true;
}

void ToolCalls::answer(const std::string& id, std::string content, std::string_view error) {
    const std::string why(error);  // may lie in what take() frees
    auto running = take(id);
    if (!running) return;
    if (!why.empty()) {
        content = error_content(why);
        log_warn(options_.component, "a tool call failed", {{"name", running->call.name}, {"why", why}});
    }
    hooks_.answer(running->call, content, why);
    result_fact(*running, content, why);
}

void ToolCalls::abandon(std::string_view why) {
    while (!running_.empty()) stop(running_.begin()->first, why);
}

void ToolCalls::stop(const std::string& id, std::string_view why) {
    if (auto running = take(id)) result_fact(*running, {}, why);
}

std::unique_ptr<ToolCalls::Running> ToolCalls::take(const std::string& id) {
    auto node = running_.extract(id);
    if (!node) return nullptr;
    auto running = std::move(node.mapped());
    shard_->cancel(running->timer);
    // The client may be on the stack; until the next turn its answer finds no running call.
    if (running->http) shard_->defer([http = std::shared_ptr<HttpClient>(std::move(running->http))] {});
    return running;
}

void ToolCalls::result_fact(const Running& running, std::string_view content, std::string_view error) {
    JsonWriter w;
    w.begin_object().field("tool_call_id", running.call.id).field("name", running.call.name);
    if (error.empty()) {
        w.field("result", content);
    } else {
        w.field("error", error);
    }
    w.field("duration_ms", (monotonic_ns() - running.started_ns) / 1'000'000);
    hooks_.fact("tool.result", inside(w));
}

}  // namespace trunkline::agent
