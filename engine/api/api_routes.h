#pragma once
// The REST API for people and dashboards: health, metrics, and what is known of calls.
#include <string>
#include <vector>

#include "engine/api/metrics.h"

namespace trunkline {

class CallManager;
class HttpServer;
class ShardPool;
class StorageReader;

struct ApiParts {
    CallManager* calls = nullptr;
    ShardPool* shards = nullptr;
    StorageReader* reader = nullptr;
    std::string api_key;  ///< bearer token of /api/* and /metrics; empty = only loopback may ask
    std::vector<MetricSource> metrics;
};

/// Adds GET /healthz, /readyz, /metrics, /api/v1/calls, /api/v1/calls/{id} and …/{log,events,turns}.
void add_api_routes(HttpServer* server, const ApiParts& parts);

}  // namespace trunkline
