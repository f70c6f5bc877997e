#include "engine/api/api_routes.h"

#include <glib.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "engine/call/call_manager.h"
#include "engine/core/id.h"
#include "engine/core/json.h"
#include "engine/net/http_server.h"
#include "engine/storage/queries.h"
#include "engine/storage/reader.h"

namespace trunkline {
namespace {

bool loopback(std::string_view address) {
    return address.starts_with("127.") || address == "::1" || address == "::ffff:127.0.0.1";
}

/// A Host header that names this machine. Others come from a proxy here, which speaks for the whole world, or from a
/// browser that a name has led here.
bool names_this_machine(std::string_view host) {
    if (host.starts_with('[')) return host.starts_with("[::1]") && (host.size() == 5 || host[5] == ':');
    host = host.substr(0, host.find(':'));
    if (host.size() == 9 && g_ascii_strncasecmp(host.data(), "localhost", 9) == 0) return true;
    return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool was_forwarded(const HttpRequest& request) {
    return std::any_of(request.headers.begin(), request.headers.end(), [](const auto& header) {
        for (const char* name : {"Forwarded", "Via", "X-Real-IP", "CF-Connecting-IP"}) {
            if (g_ascii_strcasecmp(header.first.c_str(), name) == 0) return true;
        }
        return g_ascii_strncasecmp(header.first.c_str(), "X-Forwarded-", 12) == 0;
    });
}

std::optional<HttpResponse> refuse_stranger(const HttpRequest& request, const std::string& api_key) {
    if (api_key.empty()) {
        if (loopback(request.remote) && names_this_machine(request.header("host").value_or("")) &&
            !was_forwarded(request))
            return std::nullopt;
        return HttpResponse::problem(
            403, "not open to the network",
            "set TRUNKLINE_API_KEY and send it as `Authorization: Bearer <key>`; without a key "
            "only this machine may ask, at localhost and not through a proxy");
    }
    const std::string_view given = request.header("authorization").value_or("");
    if (given.starts_with("Bearer ") && equal_constant_time(given.substr(7), api_key)) return std::nullopt;
    HttpResponse refusal =
        HttpResponse::problem(401, "who are you?", "send `Authorization: Bearer <key>`", "Authorization");
    refusal.headers.emplace_back("WWW-Authenticate", "Bearer");
    return refusal;
}

/// Query parameters checked against what a route knows: a mistyped filter must not silently list everything.
class Parameters {
  public:
    Parameters(const HttpRequest& request, const std::set<std::string>& known) {
        for (auto& [name, value] : HttpRequest::parse_form(request.query)) {
            if (!known.contains(name)) {
                problem_ = HttpResponse::problem(400, "unknown parameter", "no parameter '" + name + "' here", name);
            }
            values_[name] = value;
        }
    }
    std::string text(const std::string& name) const {
        const auto it = values_.find(name);
        return it == values_.end() ? "" : it->second;
    }
    uint64_t number(const std::string& name, uint64_t preset, uint64_t most) {
        const std::string given = text(name);
        if (given.empty()) return preset;
        uint64_t value = 0;
        const auto end = std::from_chars(given.data(), given.data() + given.size(), value);
        if (end.ec != std::errc() || end.ptr != given.data() + given.size() || value > most) {
            problem_ = HttpResponse::problem(400, "bad number",
                                             "'" + name + "' must be a number from 0 to " + std::to_string(most), name);
        }
        return value;
    }
    const std::optional<HttpResponse>& problem() const { return problem_; }

  private:
    std::map<std::string, std::string> values_;
    std::optional<HttpResponse> problem_;
};

HttpResponse to_response(const Result<std::string>& answer) {
    if (answer) return HttpResponse::json(200, *answer);
    const Error& e = answer.error();
    if (e.code == "not-found") return HttpResponse::problem(404, "no such call", e.message, "id");
    if (e.code == "bad-cursor") return HttpResponse::problem(400, "bad cursor", e.message, "cursor");
    if (e.code == "busy" || e.code == "stopped") return HttpResponse::problem(503, "try again", e.message);
    return HttpResponse::problem(500, "database", e.message);
}

/// The reply belongs to the shard and may only die there: the reader thread hands it over and keeps nothing of it.
void ask(StorageReader* reader, Shard* shard, StorageReader::Work work, HttpReply reply) {
    auto slot = std::make_shared<HttpReply>(std::move(reply));
    reader->query(std::move(work), [shard, slot](Result<std::string> answer) {
        shard->post(
            [reply = std::exchange(*slot, nullptr), answer = std::move(answer)] { reply(to_response(answer)); });
    });
}

using Handler = std::function<void(Shard*, const HttpRequest&, HttpReply)>;

/// A route that only those with the key may use.
Handler guarded(const ApiParts& parts, Handler inner) {
    return [key = parts.api_key, inner = std::move(inner)](Shard* shard, const HttpRequest& request, HttpReply reply) {
        if (auto refusal = refuse_stranger(request, key)) {
            reply(*refusal);
        } else {
            inner(shard, request, std::move(reply));
        }
    };
}

void list_calls(StorageReader* reader, Shard* shard, const HttpRequest& request, HttpReply reply) {
    Parameters p(request, {"carrier", "status", "graph", "created_from", "created_before", "cursor", "limit"});
    const int limit = static_cast<int>(p.number("limit", 50, 1000));
    if (p.problem()) return reply(*p.problem());
    CallFilter filter;
    filter.carrier = p.text("carrier");
    filter.status = p.text("status");
    filter.graph = p.text("graph");
    filter.created_from = p.text("created_from");
    filter.created_before = p.text("created_before");
    ask(
        reader, shard, [=, cursor = p.text("cursor")](Queries& q) { return q.list_calls(filter, cursor, limit); },
        std::move(reply));
}

using Page = Result<std::string> (Queries::*)(const std::string&, uint64_t, int);

void add_page(HttpServer* server, const ApiParts& parts, const std::string& name, Page page) {
    server->route(
        "GET", "/api/v1/calls/*/" + name,
        guarded(parts, [reader = parts.reader, page](Shard* shard, const HttpRequest& request, HttpReply reply) {
            Parameters p(request, {"after", "limit"});
            const uint64_t after = p.number("after", 0, INT64_MAX);
            const int limit = static_cast<int>(p.number("limit", 500, 1000));
            if (p.problem()) return reply(*p.problem());
            ask(
                reader, shard, [=, call = request.captures[0]](Queries& q) { return (q.*page)(call, after, limit); },
                std::move(reply));
        }));
}

void add_health(HttpServer* server, const ApiParts& parts) {
    server->route("GET", "/healthz", [](Shard*, const HttpRequest&, HttpReply reply) {
        reply(HttpResponse::json(200, R"({"status":"ok"})"));
    });
    server->route("GET", "/readyz", [calls = parts.calls](Shard*, const HttpRequest&, HttpReply reply) {
        std::string why;
        const bool refusing = calls->refusing(&why);
        JsonWriter w;
        w.begin_object().field("ready", !refusing);
        if (refusing) w.field("why", why);
        w.end();
        reply(HttpResponse::json(refusing ? 503 : 200, w.take()));
    });
    server->route("GET", "/metrics", guarded(parts, [parts](Shard*, const HttpRequest&, HttpReply reply) {
                      reply({200,
                             "text/plain; version=0.0.4; charset=utf-8",
                             metrics_text(*parts.calls, *parts.shards, parts.metrics),
                             {}});
                  }));
}

}  // namespace

void add_api_routes(HttpServer* server, const ApiParts& parts) {
    add_health(server, parts);
    server->route("GET", "/api/v1/calls",
                  guarded(parts, [reader = parts.reader](Shard* shard, const HttpRequest& request, HttpReply reply) {
                      list_calls(reader, shard, request, std::move(reply));
                  }));
    server->route("GET", "/api/v1/calls/*",
                  guarded(parts, [reader = parts.reader](Shard* shard, const HttpRequest& request, HttpReply reply) {
                      ask(
                          reader, shard, [call = request.captures[0]](Queries& q) { return q.find_call(call); },
                          std::move(reply));
                  }));
    add_page(server, parts, "log", &Queries::conversation_log);
    add_page(server, parts, "events", &Queries::call_events);
    add_page(server, parts, "turns", &Queries::turns);
}

}  // namespace trunkline
