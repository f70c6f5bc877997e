#pragma once
// A whole service in one process: the engine (Server), the simulated Twilio and the simulated Voice Agent, on real
// sockets.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "elements/twilio/twilio_session.h"
#include "elements/vonage/vonage_session.h"
#include "engine/core/json.h"
#include "engine/server.h"
#include "lab/deepgram/lab.h"
#include "lab/speech/library.h"
#include "lab/twilio/lab.h"
#include "tests/integration/curl.h"
#include "tests/support/temp_folder.h"

namespace trunkline::test {

struct RigOptions {
    std::string limits = "{call: 30m, silence: 45s}";
    std::string gate = "{element: bargein}";
    std::string agent;  ///< more settings of the agent, ", name: value"
    std::string line = "{element: callsink}";
    std::string heard = "caller -> agent", said = "agent -> gate -> line";  ///< the two ways of the audio
    std::string agent_url;                                                  ///< of another agent than the lab's
    std::string extra_nodes, extra_links, fact_sinks = "db";
    lab::deepgram::DeepgramOptions deepgram;
    twilio::SessionOptions session;
    std::string auth_token = "rig-token";
    int drain_ms = 0;
    int webhook_timeout_ms = 10'000;
    HttpServerOptions http;
};

/// Options of a backend that thinks fast and says `lines` of the Asterisk recordings by rule.
lab::deepgram::DeepgramOptions quick_agent();

class Rig {
  public:
    explicit Rig(RigOptions options = {});
    ~Rig();

    /// A call as the carrier places it; `change` may break things first.
    std::unique_ptr<lab::TwilioCall> call(const std::function<void(lab::TwilioCallOptions&)>& change = nullptr,
                                          const std::string& path = "/twilio/voice");
    /// Says a recording on the call.
    void say(lab::TwilioCall& call, const std::string& recording);

    lab::deepgram::DeepgramLab& agent() { return *agent_; }
    lab::SpeechLibrary& speech() { return *speech_; }
    Server& server() { return *server_; }
    void stop_server() { server_.reset(); }
    std::string base_url() const;
    int port() const { return server_->port(); }

    /// First column of every row.
    std::vector<std::string> sql(const std::string& query) const;
    /// Waits until `query` gives `rows` rows.
    bool wait_sql(const std::string& query, size_t rows, int timeout_ms = 10'000) const;
    /// Our id of a carrier's call, once it has ended in the database; "" at the deadline.
    std::string ended_call(const std::string& call_sid, int timeout_ms = 15'000) const;
    /// The facts of a call, in order.
    std::vector<Json> facts(const std::string& call_id, const std::string& type = "") const;
    /// HTTP GET against the engine; status and body.
    HttpAnswer get(const std::string& path, const std::vector<std::string>& headers = {}) const;

  private:
    std::string graph_text() const;
    RigOptions options_;
    TempFolder folder_;
    const std::string dir_ = folder_.path();
    std::shared_ptr<lab::SpeechLibrary> speech_;
    std::unique_ptr<lab::deepgram::DeepgramLab> agent_;
    std::unique_ptr<lab::TwilioLab> twilio_;
    std::unique_ptr<Server> server_;
};

/// Everything that must hold for any call that is over, however it ended: one row that is closed, one call.ended,
/// numbers without a gap, and the backend's sessions closed.
void expect_one_clean_end(Rig& rig, const std::string& call_id);

}  // namespace trunkline::test
