#include "engine/server.h"

#include <atomic>
#include <filesystem>
#include <set>
#include <thread>

#include "engine/api/api_routes.h"
#include "engine/api/twilio_routes.h"
#include "engine/api/vonage_routes.h"
#include "engine/call/call_manager.h"
#include "engine/core/clock.h"
#include "engine/core/id.h"
#include "engine/core/json.h"
#include "engine/core/log.h"
#include "engine/egress.h"
#include "engine/follow.h"
#include "engine/loop/shard_pool.h"
#include "engine/net/farewell.h"
#include "engine/net/http_counters.h"
#include "engine/net/http_server.h"
#include "engine/net/network_types.h"
#include "engine/net/tls.h"
#include "engine/storage/queries.h"
#include "engine/storage/reader.h"
#include "engine/storage/writer.h"
#include "engine/vonage_wiring.h"

namespace trunkline {

namespace {

/// What an earlier process left for a webhook that has another secret or address now, or none: it waits, and somebody
/// must know.
void tell_of_forgotten(const std::set<std::string>& known, const Result<std::string>& waiting) {
    const auto list = waiting ? Json::parse(*waiting) : Result<Json>(tl::unexpected(waiting.error()));
    for (size_t i = 0; list && i < list->size(); ++i) {
        const Json one = list->at(i);
        if (known.contains(one["webhook_id"].text_or(""))) continue;
        log_warn("webhook",
                 "deliveries wait for a webhook that no graph names: they go when one does again, with its url and its "
                 "secret",
                 {{"url", one["url"].text_or("")},
                  {"webhook", one["webhook_id"].text_or("")},
                  {"waiting", one["waiting"].int_or(0)}});
    }
}

/// For the end of stream, the carrier's hang-up and the close frame of the calls that a shutdown ends.
constexpr auto kEndPatience = std::chrono::milliseconds(5'000);

}  // namespace

struct Server::Impl {
    explicit Impl(ServerOptions given) : options(std::move(given)) {}

    Status start_storage();
    Status load_graphs();
    void know_endpoints();
    Status start_calls();
    Status listen();
    void add_carriers();
    std::string public_url() const;
    void say_farewell();
    void add_storage_metrics(std::vector<MetricRow>* rows) const;
    void add_http_metrics(std::vector<MetricRow>* rows) const;

    ServerOptions options;
    std::unique_ptr<StorageWriter> storage;
    std::unique_ptr<StorageReader> reader;
    std::unique_ptr<FollowOutbox> follow;
    std::unique_ptr<Egress> egress;
    std::unique_ptr<ShardPool> shards;
    std::unique_ptr<graph::GraphStore> graphs;
    VonageWiring vonage;
    std::unique_ptr<CallManager> calls;
    std::unique_ptr<HttpServer> http;

    Outbox* outbox() { return follow ? static_cast<Outbox*>(follow.get()) : storage.get(); }
};

Server::Server() = default;

Server::~Server() {
    if (impl_) stop([] { return true; });
}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options) {
    std::unique_ptr<Server> server(new Server());
    server->impl_ = std::make_unique<Impl>(std::move(options));
    Impl& s = *server->impl_;
    register_network_types();
    if (auto ok = tls_init(s.options.config.ca_file); !ok) return tl::unexpected(ok.error());
    if (auto ok = s.load_graphs(); !ok) return tl::unexpected(ok.error());
    if (auto ok = s.start_storage(); !ok) return tl::unexpected(ok.error());
    s.know_endpoints();
    s.shards =
        std::make_unique<ShardPool>(s.options.config.shards, std::chrono::microseconds(s.options.config.pace_us));
    if (auto ok = s.start_calls(); !ok) return tl::unexpected(ok.error());
    if (auto ok = s.listen(); !ok) return tl::unexpected(ok.error());
    return server;
}

Status Server::Impl::start_storage() {
    const std::filesystem::path file(options.config.database);
    std::error_code error;
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
    StorageOptions storage_options;
    storage_options.path = file.string();
    storage_options.ring_records = options.config.outbox_records;
    auto opened = StorageWriter::open(storage_options);
    if (!opened) return tl::unexpected(opened.error());
    storage = std::move(*opened);
    auto read = StorageReader::open(storage->path());
    if (!read) return tl::unexpected(read.error());
    reader = std::move(*read);
    if (options.follow) follow = std::make_unique<FollowOutbox>(storage.get(), options.follow);
    egress = std::make_unique<Egress>(storage.get(), options.config.webhook_timeout_ms);
    return {};
}

Status Server::Impl::load_graphs() {
    graph::CompileOptions compile;
    compile.rates["vonage"] = options.config.vonage_media_rate;
    graphs = std::make_unique<graph::GraphStore>(options.config.graphs, options.load, compile);
    const auto report = graphs->reload();
    if (!report.diagnostics.empty()) {
        for (const auto& d : report.diagnostics) {
            log(d.severity == graph::Severity::kError ? LogLevel::kError : LogLevel::kWarn, "graph", d.message,
                {{"code", d.code}, {"at", d.file + ":" + std::to_string(d.line) + ":" + std::to_string(d.column)}});
        }
    }
    if (graphs->all().empty()) {
        return fail("no-graph", "no usable call graph: run `trunkline lint " + options.config.graphs.front() + "`");
    }
    const std::string& preset = options.config.default_graph;
    if (!preset.empty() && !graphs->find(preset)) {
        return fail("unknown-graph",
                    "the default graph '" + preset + "' is not among those loaded, or does not compile");
    }
    return {};
}

/// So that deliveries a former process left behind find their secret again before a call names it.
void Server::Impl::know_endpoints() {
    std::set<std::string> known;
    for (const auto& plan : graphs->all()) {
        for (const auto& wiring : plan->wirings) {
            for (const auto& node : wiring.nodes) {
                if (node.factory != "webhooksink") continue;
                std::string url, secret;
                for (const auto& property : node.properties) {
                    if (property.name == "url") url = property.value.text;
                    if (property.name == "secret") secret = property.value.text;
                }
                if (url.empty()) continue;
                known.insert(webhook_endpoint_id(url, secret));
                storage->add_endpoint({webhook_endpoint_id(url, secret), url, secret});
            }
        }
    }
    egress->wake();
    reader->query(
        [](Queries& q) { return q.waiting_webhooks(); },
        [known = std::move(known)](const Result<std::string>& waiting) { tell_of_forgotten(known, waiting); });
}

std::string Server::Impl::public_url() const {
    const Config& c = options.config;
    return c.public_url.empty() ? "http://" + c.host + ":" + std::to_string(c.port) : c.public_url;
}

Status Server::Impl::start_calls() {
    auto wired = wire_vonage(options.config, public_url(), shards->size());
    if (!wired) return tl::unexpected(wired.error());
    vonage = std::move(*wired);
    CallManagerOptions call_options;
    call_options.default_graph = options.config.default_graph;
    call_options.media_wait_ms = options.config.media_wait_ms;
    call_options.max_calls = options.config.max_calls;
    call_options.ticket_key = options.config.ticket_key;
    call_options.hang_up["vonage"] = [hang_ups = vonage.hang_ups.get()](Shard* shard, const std::string& uuid,
                                                                        std::function<void()> done) {
        hang_ups->hang_up(shard, uuid, std::move(done));
    };
    calls = std::make_unique<CallManager>(shards.get(), graphs.get(), outbox(), options.carriers, call_options);
    return {};
}

/// A carrier whose requests cannot be told from anybody's gets no routes, unless that is wanted.
void Server::Impl::add_carriers() {
    const Config& c = options.config;
    if (c.insecure || !c.twilio_auth_token.empty()) {
        add_twilio_routes(http.get(), calls.get(), {c.insecure ? "" : c.twilio_auth_token, public_url()});
    } else {
        log_info("twilio", "no calls from Twilio: TWILIO_AUTH_TOKEN is not set");
    }
    add_vonage_routes(http.get(), {calls.get(), vonage.settings, vonage.gate, vonage.hang_ups.get()});
}

Status Server::Impl::listen() {
    const Config& c = options.config;
    HttpServerOptions http_options = options.http;
    http_options.host = c.host;
    http_options.port = c.port;
    http_options.tls_certificate = c.tls_certificate;
    http_options.tls_key = c.tls_key;
    http_options.header_timeout_ms = c.request_timeout_ms;
    // A carrier's media message is below 10 kB. Towards it no more than a second and a half of audio is handed over
    // when it does not read; what goes beyond are marks, clears and pongs.
    http_options.websocket.max_message = 256U << 10;
    http_options.websocket.high_watermark = 16U << 10;
    http_options.websocket.low_watermark = 4U << 10;
    http_options.websocket.max_pending = 256U << 10;
    http = std::make_unique<HttpServer>(shards.get(), http_options);
    add_carriers();
    ApiParts parts{calls.get(), shards.get(), reader.get(), c.api_key, {}};
    parts.metrics.push_back([this](std::vector<MetricRow>* rows) { add_storage_metrics(rows); });
    parts.metrics.push_back([this](std::vector<MetricRow>* rows) { add_http_metrics(rows); });
    add_api_routes(http.get(), parts);
    return http->listen();
}

void Server::Impl::add_http_metrics(std::vector<MetricRow>* rows) const {
    const HttpCounters& c = http->counters();
    rows->push_back(
        {"trunkline_http_connections_total", "Connections accepted", "counter", {}, static_cast<double>(c.accepted)});
    rows->push_back({"trunkline_http_waiting_connections",
                     "Accepted, the head of the request not there yet",
                     "gauge",
                     {},
                     static_cast<double>(c.waiting)});
    rows->push_back({"trunkline_http_busy_connections",
                     "A body on its way in, or an answer on its way out",
                     "gauge",
                     {},
                     static_cast<double>(c.in_progress)});
    const auto dropped = [&](const char* reason, uint64_t n) {
        rows->push_back({"trunkline_http_refused_connections_total",
                         "Connections that were let go, by reason",
                         "counter",
                         {{"reason", reason}},
                         static_cast<double>(n)});
    };
    dropped("timeout", c.timed_out);
    dropped("crowd", c.crowded_out);
    dropped("too-large", c.oversized);
    rows->push_back({"trunkline_accept_failures_total",
                     "Times that no descriptor was free for a connection",
                     "counter",
                     {},
                     static_cast<double>(c.out_of_fds)});
}

void Server::Impl::add_storage_metrics(std::vector<MetricRow>* rows) const {
    const StorageStats s = storage->stats();
    const auto add = [&](const char* name, const char* help, const char* kind, double value) {
        rows->push_back({name, help, kind, {}, value});
    };
    add("trunkline_storage_rows_total", "Rows written", "counter", static_cast<double>(s.rows));
    add("trunkline_storage_batches_total", "Transactions committed", "counter", static_cast<double>(s.batches));
    add("trunkline_storage_refused_total", "Records a full ring did not take", "counter",
        static_cast<double>(s.refused));
    const char* const weights[] = {"interim", "ordinary", "essential"};
    for (size_t i = 0; i < s.left_out.size(); ++i) {
        rows->push_back({"trunkline_storage_facts_left_out_total",
                         "Facts that were not made because too many records waited",
                         "counter",
                         {{"weight", weights[i]}},
                         static_cast<double>(s.left_out[i])});
    }
    add("trunkline_storage_in_trouble", "1 while the database takes no rows", "gauge", s.in_trouble ? 1 : 0);
    add("trunkline_storage_aside_records", "Ends of calls waiting beside a full ring", "gauge",
        static_cast<double>(s.aside));
    add("trunkline_storage_recovered_calls_total", "Calls that a killed process left open, closed at the start",
        "counter", static_cast<double>(s.recovered_calls));
    add("trunkline_storage_retries_total", "Commits that failed and were tried again", "counter",
        static_cast<double>(s.retries));
    add("trunkline_storage_conflicts_total", "Different facts under one number", "counter",
        static_cast<double>(s.conflicts));
    add("trunkline_storage_dead_letters_total", "Records written to the file beside the database", "counter",
        static_cast<double>(s.dead_letters));
    add("trunkline_storage_ring_records", "Records waiting for the storage thread", "gauge",
        static_cast<double>(s.ring_depth));
    add("trunkline_storage_ring_capacity_records", "Records the ring can hold", "gauge",
        static_cast<double>(s.ring_capacity));
    add("trunkline_recordings_total", "Recordings begun", "counter", static_cast<double>(s.recordings.files));
    add("trunkline_recordings_failed_total", "Recordings that could not be made or came to an early end", "counter",
        static_cast<double>(s.recordings.failed));
    add("trunkline_recording_bytes_total", "Recorded audio written", "counter",
        static_cast<double>(s.recordings.bytes));
    add("trunkline_recording_lost_bytes_total", "Recorded audio that found no room in the queue or on the disk",
        "counter", static_cast<double>(s.recordings.lost_bytes));
    add("trunkline_recording_queue_bytes", "Recorded audio waiting for the storage thread", "gauge",
        static_cast<double>(s.recordings.waiting_bytes));
    const DeliveryStats d = egress->stats();
    add("trunkline_webhooks_delivered_total", "Facts delivered", "counter", static_cast<double>(d.delivered));
    add("trunkline_webhooks_failed_attempts_total", "Attempts that failed", "counter",
        static_cast<double>(d.failed_attempts));
    add("trunkline_webhooks_parked_total", "Facts given up on", "counter", static_cast<double>(d.parked));
}

/// Closing handshakes get a moment; a peer that does not answer is left.
void Server::Impl::say_farewell() {
    if (!shards) return;
    const int64_t until = monotonic_ns() + 1'000'000'000;
    std::atomic<size_t> left = 1;
    while (left > 0 && monotonic_ns() < until) {
        left = 0;
        shards->run_on_each([&](Shard*) { left += Farewell::under_way(); });
        if (left > 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    shards->run_on_each([](Shard*) { Farewell::abandon_all(); });
}

uint16_t Server::port() const { return impl_->http->port(); }

graph::GraphStore::Report Server::reload() { return impl_->graphs->reload(); }

Status Server::reload_certificate() {
    const std::string& file = impl_->options.config.tls_certificate;
    auto read = impl_->http->reload_certificate();
    if (read && !file.empty()) log_info("net", "TLS certificate read again", {{"file", file}});
    return read;
}

void Server::stop(const std::function<bool()>& drained_enough) {
    if (!impl_) return;
    Impl& s = *impl_;
    if (s.calls) {
        s.calls->start_draining();
        const int64_t until = monotonic_ns() + int64_t{s.options.config.drain_ms} * 1'000'000;
        const auto busy = [&] {
            const CallCounts c = s.calls->counts();
            return c.live > 0;
        };
        bool hurry = false;
        while (busy() && monotonic_ns() < until) {
            hurry = drained_enough();
            if (hurry) break;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        std::chrono::milliseconds longest = kEndPatience;
        if (s.vonage.hang_ups) longest += s.vonage.hang_ups->time_for(s.calls->live_of("vonage"));
        const int64_t cut = monotonic_ns() + longest.count() * 1'000'000;
        const auto go_on = [&] {
            hurry = hurry || drained_enough();
            return !hurry && monotonic_ns() < cut;
        };
        if (!s.calls->end_all(kEndPatience, go_on))
            log_warn("server", "some calls did not end in time and were cut off");
    }
    if (s.http) s.http->stop();
    s.http.reset();
    s.reader.reset();  // what it still answers goes to living shards
    s.say_farewell();
    if (s.shards && s.vonage.hang_ups) s.shards->run_on_each([&](Shard* shard) { s.vonage.hang_ups->release(shard); });
    if (s.shards) s.shards->stop();
    s.calls.reset();
    s.egress.reset();
    s.follow.reset();
    s.storage.reset();
    s.shards.reset();
    impl_.reset();
}

}  // namespace trunkline
