#pragma once
// How long the simulated services take: log-normal draws, repeatable by seed.
#include <cstdint>
#include <random>

#include "lab/agent/options.h"

namespace trunkline::lab::agent {

/// Milliseconds after the end of the caller's turn, each counted from the step before.
struct TurnLatency {
    double stt = 0;
    double think = 0;
    double speak = 0;
    double total() const { return stt + think + speak; }
};

class LatencyModel {
  public:
    LatencyModel(const LatencyOptions& options, int session);
    TurnLatency turn();
    double welcome() { return around(options_.welcome_ms, 3); }
    double applied() { return around(options_.applied_ms, 6); }
    double greeting() const { return options_.greeting_ms * options_.scale; }

  private:
    double draw(const LogNormal& model);
    double around(double middle, double spread);
    LatencyOptions options_;
    std::mt19937_64 random_;
};

}  // namespace trunkline::lab::agent
