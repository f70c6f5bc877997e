#pragma once
// GET /metrics: everything a Grafana board needs, gathered at the scrape from counters the parts keep anyway.
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace trunkline {

class CallManager;
class HttpServer;
class ShardPool;

/// One family of /metrics. `kind`: "counter", "gauge".
struct MetricRow {
    std::string name, help, kind;
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;
};

/// What other parts (storage, delivery) add to a scrape. Any shard.
using MetricSource = std::function<void(std::vector<MetricRow>*)>;

/// The Prometheus text format.
std::string metrics_text(const CallManager& calls, const ShardPool& shards, const std::vector<MetricSource>& more);

}  // namespace trunkline
