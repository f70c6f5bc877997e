#include "engine/api/metrics.h"

#include <dirent.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "engine/call/call_manager.h"
#include "engine/core/histogram.h"
#include "engine/loop/shard_pool.h"

namespace trunkline {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::vector<ClientMetric::Label> labels_of(const std::vector<std::pair<std::string, std::string>>& labels) {
    std::vector<ClientMetric::Label> out;
    for (const auto& [name, value] : labels) {
        ClientMetric::Label label;
        label.name = name;
        label.value = value;
        out.push_back(label);
    }
    return out;
}

void add(std::map<std::string, MetricFamily>& families, const MetricRow& row) {
    MetricFamily& family = families[row.name];
    family.name = row.name;
    family.help = row.help;
    family.type = row.kind == "counter" ? MetricType::Counter : MetricType::Gauge;
    ClientMetric metric;
    metric.label = labels_of(row.labels);
    metric.counter.value = metric.gauge.value = row.value;
    family.metric.push_back(metric);
}

/// A histogram of nanoseconds as a Prometheus histogram of seconds with a few buckets.
void add_histogram(std::map<std::string, MetricFamily>& families, const std::string& name, const std::string& help,
                   const std::vector<std::pair<std::string, std::string>>& labels, const Histogram& histogram) {
    MetricFamily& family = families[name];
    family.name = name;
    family.help = help;
    family.type = MetricType::Histogram;
    ClientMetric metric;
    metric.label = labels_of(labels);
    for (const double bound : {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5}) {
        metric.histogram.bucket.push_back({histogram.count_at_most(static_cast<int64_t>(bound * 1e9)), bound});
    }
    metric.histogram.sample_count = histogram.count();
    metric.histogram.sample_sum = histogram.sum() / 1e9;
    family.metric.push_back(metric);
}

size_t count_entries(const char* directory) {
    // Linux tells it since 6.2; reading 20,000 names would hold the shard, and its calls, for tens of milliseconds.
    struct stat counted {};
    if (stat(directory, &counted) == 0 && counted.st_size > 0) return static_cast<size_t>(counted.st_size);
    DIR* dir = opendir(directory);
    if (!dir) return 0;
    size_t n = 0;
    while (const dirent* entry = readdir(dir)) n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

void add_process(std::vector<MetricRow>* rows) {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    rows->push_back({"process_cpu_seconds_total",
                     "User and system CPU time",
                     "counter",
                     {},
                     seconds(usage.ru_utime) + seconds(usage.ru_stime)});
    long pages = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident;
    rows->push_back({"process_resident_memory_bytes",
                     "Resident memory",
                     "gauge",
                     {},
                     static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE))});
    rows->push_back({"process_open_fds",
                     "Open file descriptors",
                     "gauge",
                     {},
                     static_cast<double>(count_entries("/proc/self/fd"))});
    rows->push_back({"process_threads",
                     "Threads, fixed whatever the load",
                     "gauge",
                     {},
                     static_cast<double>(count_entries("/proc/self/task"))});
}

void add_calls(const CallManager& calls, std::vector<MetricRow>* rows) {
    const CallCounts c = calls.counts();
    rows->push_back({"trunkline_calls_live", "Calls with a media socket", "gauge", {}, static_cast<double>(c.live)});
    rows->push_back({"trunkline_calls_waiting",
                     "Calls announced by a webhook, media socket not there yet",
                     "gauge",
                     {},
                     static_cast<double>(c.waiting)});
    rows->push_back({"trunkline_calls_admitted_total", "Calls taken", "counter", {}, static_cast<double>(c.admitted)});
    rows->push_back({"trunkline_calls_refused_total",
                     "Calls refused at the webhook",
                     "counter",
                     {},
                     static_cast<double>(c.refused)});
    rows->push_back({"trunkline_audio_dropped_seconds_total",
                     "Audio that callers did not get because their carrier did not read, of calls that are over",
                     "counter",
                     {},
                     static_cast<double>(c.dropped_out_ms) / 1e3});
    rows->push_back({"trunkline_caller_frames_dropped_total",
                     "Caller frames that found no room before the pipeline played, of calls that are over",
                     "counter",
                     {},
                     static_cast<double>(c.dropped_in)});
    for (const auto& [key, n] : c.ended) {
        const size_t slash = key.find('/');
        rows->push_back({"trunkline_calls_ended_total",
                         "Calls over, by status and reason",
                         "counter",
                         {{"status", key.substr(0, slash)}, {"reason", key.substr(slash + 1)}},
                         static_cast<double>(n)});
    }
}

}  // namespace

std::string metrics_text(const CallManager& calls, const ShardPool& shards, const std::vector<MetricSource>& more) {
    std::vector<MetricRow> rows;
    add_process(&rows);
    add_calls(calls, &rows);
    for (const MetricSource& source : more) source(&rows);
    std::map<std::string, MetricFamily> families;
    for (const MetricRow& row : rows) add(families, row);
    for (size_t i = 0; i < shards.size(); ++i) {
        const std::vector<std::pair<std::string, std::string>> labels{{"shard", std::to_string(i)}};
        add_histogram(families, "trunkline_loop_lag_seconds", "How late the timers of a shard fire", labels,
                      shards.at(i)->loop_lag());
        add(families, {"trunkline_shard_wakeups_total", "Loop turns of a shard", "counter", labels,
                       static_cast<double>(shards.at(i)->wakeups())});
    }
    std::vector<MetricFamily> list;
    list.reserve(families.size());
    for (auto& [name, family] : families) list.push_back(std::move(family));
    return prometheus::TextSerializer().Serialize(list);
}

}  // namespace trunkline
