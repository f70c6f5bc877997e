#pragma once
// Twilio's REST API, the part a call engine needs: place, fetch and end a call. Asynchronous, on the thread of its
// HttpClient; 429 is tried again with back-off, 503 too unless it might
// place a call twice.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "engine/loop/shard.h"
#include "engine/net/http_client.h"
#include "engine/net/signature.h"

namespace trunkline::twilio {

struct RestSettings {
    std::string base_url = "https://api.twilio.com/2010-04-01";
    std::string account_sid;
    std::string user;      ///< API key SID, or the account SID
    std::string password;  ///< API key secret, or the auth token
    int max_tries = 4;
    int first_retry_ms = 500;  ///< doubled with every try
};

struct PlaceCall {
    std::string to, from;
    std::string url;              ///< our /twilio/voice route; or
    std::string twiml;            ///< an inline document, at most 4000 characters
    std::string status_callback;  ///< our /twilio/status route; all four events are asked for
    int timeout_s = 60;
};

struct RestCall {
    std::string sid;
    std::string
        status;  ///< one of `calls.status`; "initiated" also while Twilio queues it for its calls-per-second limit
    int64_t queue_ms = 0;  ///< Twilio's estimate of how long it stays queued
};

/// The call that an answer of the API holds, or why it holds none.
Result<RestCall> read_call(const HttpAnswer& answer);

/// Error codes: "twilio-<code>" with Twilio's own error code (20404, 21211, …), "twilio-http" without one, or those of
/// HttpClient. The message is Twilio's.
class RestClient {
  public:
    /// On `shard`; destroying it cancels what is under way.
    RestClient(Shard* shard, RestSettings settings);
    ~RestClient();
    void place(const PlaceCall& call, std::function<void(Result<RestCall>)> done);
    void fetch(const std::string& sid, std::function<void(Result<RestCall>)> done);
    /// A call that is gone already (404, 20404) counts as ended.
    void hang_up(const std::string& sid, std::function<void(Status)> done);

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace trunkline::twilio
