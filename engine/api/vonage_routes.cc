#include "engine/api/vonage_routes.h"

#include "engine/call/call_manager.h"
#include "engine/carriers/vonage_hangup.h"
#include "engine/carriers/vonage_signature.h"
#include "engine/core/clock.h"
#include "engine/core/json.h"
#include "engine/core/log.h"

namespace trunkline {
namespace {

int64_t now_s() { return unix_ms() / 1000; }

std::string why(const HttpResponse& refusal) {
    const auto problem = Json::parse(refusal.body);
    return problem ? (*problem)["detail"].text_or("") : "";
}

HttpResponse ncco(std::string body) { return HttpResponse::json(200, std::move(body)); }

/// What the graph's author put into the answer URL. A GET may hold fields of Vonage's that nobody has heard of yet:
/// they are no params.
FormPairs params_of(const HttpRequest& request, const CallManager& calls, const std::string& graph) {
    FormPairs params = vonage::url_params(request);
    if (request.method == "POST") return params;
    return calls.known_params(graph, params);
}

/// Vonage cannot refuse a call with a reason: a caller who cannot be served hears why.
HttpResponse refuse_call(const Error& error, const VonageParts& parts) {
    log_warn("vonage", "call refused", {{"code", error.code}, {"why", error.message}});
    if (error.code == "draining" || error.code == "overload") return ncco(vonage::fallback_ncco(parts.settings));
    if (error.code == "duplicate") return HttpResponse::problem(409, "no new call", error.message, "uuid");
    if (error.code == "unknown-graph") return HttpResponse::problem(404, "unknown graph", error.message, "graph");
    return HttpResponse::problem(400, "bad parameters", error.message, "params");
}

HttpResponse answer(Shard* shard, const HttpRequest& request, const VonageParts& parts) {
    const auto fields = vonage::webhook_fields(request);
    if (!fields) return HttpResponse::problem(400, "not an answer webhook", fields.error().message, "body");
    auto incoming = vonage::parse_answer(*fields);
    if (!incoming) return HttpResponse::problem(400, "not an answer webhook", incoming.error().message, "uuid");
    if (!request.captures.empty()) incoming->graph = request.captures[0];
    const FormPairs params = params_of(request, *parts.calls, incoming->graph);
    const auto admission = parts.calls->admit(shard, *incoming, params);
    if (!admission) return refuse_call(admission.error(), parts);
    vonage::Settings settings = parts.settings;
    if (admission->media_rate > 0) settings.media_rate = admission->media_rate;
    return ncco(vonage::connect_ncco(settings, *incoming, admission->ticket, params));
}

/// True when the caller would be left alone with a silent line: our websocket did not come up, or is gone and nobody
/// here wanted that.
bool needs_fallback(const vonage::Event& event, const VonageParts& parts) {
    if (!event.takes_ncco) return false;
    if (event.name == "disconnected") return !parts.hang_ups->intended(event.status.carrier_call_id);
    return event.name != "input" && (event.media_leg || !event.outbound);
}

HttpResponse take_event(const HttpRequest& request, const VonageParts& parts) {
    const auto fields = vonage::webhook_fields(request);
    if (!fields) return HttpResponse::problem(400, "not an event webhook", fields.error().message, "body");
    auto event = vonage::parse_event(*fields);
    if (event && !event->ticket.empty()) {
        if (const std::string call = parts.calls->carrier_call_of(event->ticket); !call.empty())
            event->status.carrier_call_id = call;
    }
    if (!event) return HttpResponse::problem(400, "not an event webhook", event.error().message, "uuid");
    const bool error = event->name == "error" || event->media_leg;
    log(error && !event->status.status.empty() ? LogLevel::kWarn : LogLevel::kDebug, "vonage", "event",
        {{"status", event->name},
         {"call", event->status.carrier_call_id},
         {"websocket", event->media_leg},
         {"detail", event->status.detail}});
    if (event->name == "error")
        log_warn("vonage", "Vonage reports an error",
                 {{"reason", vonage::field(*fields, "reason").substr(0, 256)},
                  {"conversation", vonage::field(*fields, "conversation_uuid").substr(0, 64)}});
    const bool fallback = needs_fallback(*event, parts);
    if (!event->status.status.empty()) parts.calls->on_carrier_status(event->status);
    if (!fallback) return {};
    log_warn("vonage", "the call goes on with the fallback NCCO",
             {{"status", event->name}, {"call", event->status.carrier_call_id}});
    return ncco(vonage::fallback_ncco(parts.settings));
}

HttpResponse apologise(const HttpRequest& request, const VonageParts& parts) {
    const auto fields = vonage::webhook_fields(request);
    const FormPairs known = fields.value_or(FormPairs{});
    log_warn("vonage", "fallback asked for",
             {{"call", vonage::field(known, "uuid").substr(0, 64)},
              {"reason", vonage::field(known, "reason").substr(0, 256)}});
    return ncco(vonage::fallback_ncco(parts.settings));
}

/// `serve` behind the gate. The same request may pass it again: whatever is served changes nothing the second time.
template <class Serve>
void guarded(const HttpRequest& request, const VonageParts& parts, const HttpReply& reply, const Serve& serve) {
    const auto pass = parts.gate->webhook(request, now_s());
    if (!pass) {
        log_stranger("vonage", "webhook refused",
                     {{"path", request.path}, {"peer", request.remote}, {"why", why(pass.error())}});
        reply(pass.error());
        return;
    }
    reply(serve());
}

std::optional<HttpResponse> judge_upgrade(const HttpRequest& request, const std::string& ticket,
                                          const VonageParts& parts) {
    // The ticket first: what it refuses uses up no token.
    if (auto ok = parts.calls->check_ticket("vonage", ticket); !ok) {
        log_stranger("vonage", "media socket refused", {{"why", ok.error().message}, {"peer", request.remote}});
        return HttpResponse::problem(403, "ticket refused", ok.error().message, "ticket");
    }
    const auto pass = parts.gate->socket(request, ticket, now_s());
    if (pass) return std::nullopt;
    log_stranger("vonage", "media socket refused", {{"why", why(pass.error())}, {"peer", request.remote}});
    return pass.error();
}

}  // namespace

void add_vonage_routes(HttpServer* server, const VonageParts& parts) {
    for (const char* method : {"POST", "GET"}) {
        for (const char* path : {"/vonage/answer", "/vonage/answer/*"}) {
            server->route(method, path, [parts](Shard* shard, const HttpRequest& request, const HttpReply& reply) {
                guarded(request, parts, reply, [&] { return answer(shard, request, parts); });
            });
        }
        server->route(method, "/vonage/event", [parts](Shard*, const HttpRequest& request, const HttpReply& reply) {
            guarded(request, parts, reply, [&] { return take_event(request, parts); });
        });
        server->route(method, "/vonage/fallback", [parts](Shard*, const HttpRequest& request, const HttpReply& reply) {
            guarded(request, parts, reply, [&] { return apologise(request, parts); });
        });
    }
    server->upgrade("/vonage/media/*",
                    [parts](Shard* shard, const HttpRequest& request,
                            std::function<void(std::unique_ptr<WebSocket>)>* accepted) -> std::optional<HttpResponse> {
                        const std::string ticket = request.captures.empty() ? "" : request.captures[0];
                        if (auto refusal = judge_upgrade(request, ticket, parts)) return refusal;
                        *accepted = [calls = parts.calls, shard, ticket](std::unique_ptr<WebSocket> socket) {
                            calls->take_socket(shard, "vonage", ticket, std::move(socket));
                        };
                        return std::nullopt;
                    });
}

}  // namespace trunkline
