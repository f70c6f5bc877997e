// Draws are made from raw 64-bit numbers by hand, because the distributions of the standard library differ between
// implementations and a seed must mean the same everywhere.
#include "lab/agent/latency.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace trunkline::lab::agent {
namespace {

/// In (0, 1).
double uniform(std::mt19937_64& random) { return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53; }

}  // namespace

LatencyModel::LatencyModel(const LatencyOptions& options, int session)
    : options_(options), random_(options.seed * 1000003U + static_cast<uint64_t>(session)) {}

double LatencyModel::draw(const LogNormal& model) {
    const double u = uniform(random_), v = uniform(random_);
    const double normal = std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
    return model.median_ms * std::exp(model.sigma * normal) * options_.scale;
}

double LatencyModel::around(double middle, double spread) {
    return std::max(0.0, middle + (2 * uniform(random_) - 1) * spread) * options_.scale;
}

TurnLatency LatencyModel::turn() {
    if (options_.by_parts) return {draw(options_.stt), draw(options_.think), draw(options_.speak)};
    const double total = draw(options_.total);
    return {total * 12 / 64, total * 34 / 64, total * 18 / 64};
}

}  // namespace trunkline::lab::agent
