#include "engine/api/twilio_routes.h"

#include "engine/call/call_manager.h"
#include "engine/core/log.h"
#include "engine/net/http_server.h"

namespace trunkline {
namespace {

HttpResponse xml(std::string body) { return {200, "text/xml; charset=utf-8", std::move(body), {}}; }

/// What the graph's author put into the webhook's URL, not what Twilio adds.
FormPairs url_params(const HttpRequest& request) {
    FormPairs params;
    if (request.method != "POST") return params;
    for (auto& pair : HttpRequest::parse_form(request.query)) {
        if (pair.first != "bodySHA256") params.push_back(std::move(pair));
    }
    return params;
}

/// Nothing of what was sent but the route: a query may hold what is nobody's business, a media path holds a ticket.
std::optional<HttpResponse> refuse_unsigned(const twilio::Settings& settings, const HttpRequest& request,
                                            bool websocket) {
    auto refusal = twilio::check_signature(settings, request, websocket);
    if (!refusal) return std::nullopt;
    log_stranger("twilio",
                 "request refused: check TWILIO_AUTH_TOKEN, and that SERVER_URL is the address known at Twilio",
                 {{"path", websocket ? "/twilio/media" : request.path},
                  {"peer", request.remote},
                  {"signature", request.header("x-twilio-signature") ? "wrong" : "missing"}});
    return refusal;
}

HttpResponse refuse_call(const Error& error) {
    log_warn("twilio", "call refused", {{"code", error.code}, {"why", error.message}});
    if (error.code == "draining" || error.code == "overload") {
        return xml(twilio::reject_twiml(true, error.code + ": " + error.message));
    }
    if (error.code == "duplicate") return HttpResponse::problem(409, "no new call", error.message, "CallSid");
    if (error.code == "unknown-graph") return HttpResponse::problem(404, "unknown graph", error.message, "graph");
    return HttpResponse::problem(400, "bad parameters", error.message, "params");
}

HttpResponse answer_voice(Shard* shard, const HttpRequest& request, CallManager* calls,
                          const twilio::Settings& settings) {
    if (auto refusal = refuse_unsigned(settings, request, false)) return *refusal;
    auto incoming = twilio::parse_voice(twilio::webhook_fields(request));
    if (!incoming) return HttpResponse::problem(400, "not a voice webhook", incoming.error().message, "CallSid");
    if (!request.captures.empty()) incoming->graph = request.captures[0];
    const FormPairs params = url_params(request);
    const auto admission = calls->admit(shard, *incoming, params);
    if (!admission) return refuse_call(admission.error());
    return xml(twilio::stream_twiml(settings, "/twilio/media/" + admission->ticket, params));
}

HttpResponse take_status(const HttpRequest& request, CallManager* calls, const twilio::Settings& settings) {
    if (auto refusal = refuse_unsigned(settings, request, false)) return *refusal;
    const auto status = twilio::parse_status(twilio::webhook_fields(request));
    if (!status) return HttpResponse::problem(400, "not a status callback", status.error().message, "CallStatus");
    calls->on_carrier_status(*status);
    return {204, "text/plain", "", {}};
}

HttpResponse apologise(const HttpRequest& request, const twilio::Settings& settings) {
    if (auto refusal = refuse_unsigned(settings, request, false)) return *refusal;
    const FormPairs fields = twilio::webhook_fields(request);
    log_warn("twilio", "fallback asked for",
             {{"call", twilio::field(fields, "CallSid")}, {"error", twilio::field(fields, "ErrorCode")}});
    return xml(twilio::apology_twiml("We are sorry, we cannot take your call right now. Please try again later."));
}

}  // namespace

void add_twilio_routes(HttpServer* server, CallManager* calls, const twilio::Settings& settings) {
    for (const char* method : {"POST", "GET"}) {
        for (const char* path : {"/twilio/voice", "/twilio/voice/*"}) {
            server->route(method, path, [=](Shard* shard, const HttpRequest& request, HttpReply reply) {
                reply(answer_voice(shard, request, calls, settings));
            });
        }
        server->route(method, "/twilio/status", [=](Shard*, const HttpRequest& request, HttpReply reply) {
            reply(take_status(request, calls, settings));
        });
        server->route(method, "/twilio/fallback", [=](Shard*, const HttpRequest& request, HttpReply reply) {
            reply(apologise(request, settings));
        });
    }
    server->upgrade(
        "/twilio/media/*",
        [=](Shard* shard, const HttpRequest& request,
            std::function<void(std::unique_ptr<WebSocket>)>* accepted) -> std::optional<HttpResponse> {
            if (auto refusal = refuse_unsigned(settings, request, true)) return refusal;
            const std::string ticket = request.captures.empty() ? "" : request.captures[0];
            if (auto ok = calls->check_ticket("twilio", ticket); !ok) {
                log_stranger("twilio", "media socket refused", {{"why", ok.error().message}, {"peer", request.remote}});
                return HttpResponse::problem(403, "ticket refused", ok.error().message, "ticket");
            }
            *accepted = [=](std::unique_ptr<WebSocket> socket) {
                calls->take_socket(shard, "twilio", ticket, std::move(socket));
            };
            return std::nullopt;
        });
}

}  // namespace trunkline
