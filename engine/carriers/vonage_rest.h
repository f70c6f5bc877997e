#pragma once
// Vonage's Voice API, the part a call engine needs: place, fetch and end a call. Asynchronous, on the thread of its
// HttpClient. Vonage refuses what is above its limits instead of queueing it, so the limits are ours to keep.
#include <climits>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/carriers/rolling_limit.h"
#include "engine/core/result.h"
#include "engine/loop/shard.h"
#include "engine/net/http_client.h"
#include "engine/net/signature.h"

namespace trunkline::vonage {

/// RS256 tokens of one application, made when needed and used until shortly before they expire.
class TokenSource {
  public:
    TokenSource(std::string application_id, std::string private_key, int64_t life_s = 900)
        : application_id_(std::move(application_id)), private_key_(std::move(private_key)), life_s_(life_s) {}
    Result<std::string> token(int64_t now_s);
    /// The API did not take it: the next one is a new one.
    void forget() { expires_s_ = 0; }

  private:
    std::string application_id_, private_key_, token_;
    int64_t life_s_;
    int64_t made_s_ = 0, expires_s_ = 0;
};

/// What the account may do; one for all clients of the process.
struct RestLimits {
    RollingLimit creates{3, 1'050'000'000, 60'000'000'000};
    RollingLimit others{15, 1'050'000'000, 60'000'000'000};
};

struct RestSettings {
    std::string base_url = "https://api.nexmo.com";  ///< the region's own when calls live elsewhere
    std::string application_id;
    std::string private_key;  ///< PEM
    int64_t token_life_s = 900;
    int max_tries = 4;
    int first_retry_ms = 500;  ///< doubled with every try
    int timeout_ms = 10'000;
    std::shared_ptr<RestLimits> limits = std::make_shared<RestLimits>();
};

struct PlaceCall {
    std::string to, from;           ///< with or without +; `from` empty = a random number of the application
    std::string answer_url;         ///< our /vonage/answer route, asked by GET; or
    std::string ncco;               ///< the document itself, a JSON array
    std::string event_url;          ///< our /vonage/event route
    int ringing_timer_s = 60;       ///< 1 to 120
    std::string machine_detection;  ///< "", continue or hangup
};

/// The body of POST /v1/calls.
std::string place_body(const PlaceCall& call);

struct RestCall {
    std::string uuid, conversation_uuid;
    std::string status;  ///< one of `calls.status`
};

/// The call that an answer of the API holds, or why it holds none.
Result<RestCall> read_call(const HttpAnswer& answer);
/// What the API refused, from an answer that is no success: its RFC 7807 title, detail and the names of parameters.
Error read_error(const HttpAnswer& answer);

/// Error codes: "vonage-<HTTP status>", "vonage-limit" when too many requests wait already, "jwt-key", or those of
/// HttpClient. The message is Vonage's.
class RestClient {
  public:
    /// On `shard`; destroying it cancels what is under way.
    RestClient(Shard* shard, RestSettings settings);
    ~RestClient();
    void place(const PlaceCall& call, std::function<void(Result<RestCall>)> done);
    void fetch(const std::string& uuid, std::function<void(Result<RestCall>)> done);
    /// A call that is gone already (404) counts as ended. `turn_ms`: how long it may wait for its turn (each time that
    /// it is tried), `answer_ms`: for the answer from then on, 0 = as the settings say.
    void hang_up(const std::string& uuid, std::function<void(Status)> done, int turn_ms = INT_MAX, int answer_ms = 0);

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace trunkline::vonage
