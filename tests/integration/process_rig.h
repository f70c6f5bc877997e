#pragma once
// The engine as a process between the simulated carrier and the simulated agent, with a database that outlives it.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lab/deepgram/lab.h"
#include "lab/twilio/lab.h"
#include "tests/integration/curl.h"
#include "tests/integration/engine_process.h"
#include "tests/integration/stored_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_folder.h"

namespace trunkline::test {

class ProcessRig {
  public:
    /// `extra_nodes`, `extra_links`: YAML lines; `fact_sinks`: where the facts go ("db, hook").
    explicit ProcessRig(const std::string& extra_nodes = "", const std::string& fact_sinks = "db",
                        const std::string& extra_links = "");
    ~ProcessRig();

    /// Starts the engine, not waiting until it is ready; the one before must be gone.
    EngineProcess& start(std::vector<std::string> environment = {});
    EngineProcess& engine() const { return *engine_; }
    lab::deepgram::DeepgramLab& agent() { return *agent_; }
    std::unique_ptr<lab::TwilioCall> call();
    size_t sessions() const;  ///< that the agent has seen so far

    HttpAnswer get(const std::string& path) const;
    /// The carrier's voice webhook, for a call that then never comes.
    HttpAnswer announce() const;
    /// A line of /metrics: `trunkline_storage_refused_total`, `…{weight="ordinary"}`; -1 when it is not there.
    double metric(const std::string& name) const { return metric_in(get("/metrics").body, name); }
    static double metric_in(const std::string& metrics, const std::string& name);

    std::string database() const { return folder_ + "/calls.db"; }
    StoredRows sql(const std::string& query) const;
    long number(const std::string& query) const;

  private:
    std::string url(const std::string& path) const;

    TempFolder made_;
    const std::string folder_ = made_.path();
    std::unique_ptr<lab::deepgram::DeepgramLab> agent_;
    lab::TwilioLab twilio_;
    std::unique_ptr<EngineProcess> engine_;
};

}  // namespace trunkline::test
