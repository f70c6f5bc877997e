#pragma once
// Everything one invocation measures: targets by turns, numbers of calls, rounds, or the search for the largest number.
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "benchmarks/load/rig.h"

namespace trunkline::load {

/// The command line, checked.
struct Arguments {
    LoadPlan plan;
    std::string engine_command, bare_command, attack_command, engine_log, report, title;
    std::vector<std::string> backend_env;
    std::string backend_path;
    pid_t engine_pid = 0;
    uint16_t port = 0, backend_port = 0;
    std::vector<uint32_t> calls = {50};
    uint32_t rounds = 1, warm_up_calls = 2;
    double seconds = 20, ramp = 5, settle = 1, setup_limit = 10, start_limit = 15, talk = 2, silence = 2;
    double agent_delay = 0, new_call_life = 4;
    uint32_t agent_burst_ms = 20;
    bool tls = false, tls_carrier = false;
    bool find_slo = false;
    double slo_ms = 20;
    bool bare = false, json = false, strict = false;
    std::string command_line;

    bool has_engine() const { return !engine_command.empty() || engine_pid != 0; }
};

/// Measures and prints; returns the exit status of the program.
int run_all(Arguments args);

}  // namespace trunkline::load
