#pragma once
// The carrier's REST interface, /v1/calls: create, look up, list, modify; with the application's token checked, its
// errors (RFC 7807) and its limits.
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/core/json.h"
#include "engine/core/result.h"
#include "lab/carrier/carrier_call.h"
#include "lab/vonage/options.h"

namespace trunkline::lab::vonage {

class VonageDriver;

struct RestOptions {
    std::string host = "127.0.0.1";
    int port = 0;                ///< 0: any free one
    std::string public_key;      ///< PEM of the application's key; empty: signatures are not checked, claims are
    std::string application_id;  ///< empty: any
    int creates_per_second = 3;  ///< in a rolling second; more is refused with 429
    int requests_per_second = 15;
    CallOptions call;  ///< what outbound calls are made from; the request overrides numbers, URLs and NCCO
    std::function<void(VonageDriver&)> prepare;  ///< of outbound calls, on their thread
};

/// What REST tells of a call.
struct CallSummary {
    std::string uuid;
    std::string conversation;
    std::string status;
    bool outbound = false;
    bool ended = false;
    std::string from;
    std::string to;
    std::string created;     ///< RFC 3339, as the following
    std::string start_time;  ///< of the answer; empty before it
    std::string end_time;
    double duration_ms = 0;
};
CallSummary summary_of(const VonageDriver& driver);
/// The call object of the interface.
void write_call(JsonWriter& w, const CallSummary& call);

/// All calls of a lab by uuid. Thread-safe.
class CallRegistry {
  public:
    void add(const std::string& uuid, const std::weak_ptr<VonageDriver>& call, std::shared_ptr<LabThread> thread);
    /// Runs `action` on the call's thread; false when there is no such call any more.
    bool with(const std::string& uuid, const std::function<void(VonageDriver&)>& action) const;
    std::vector<std::string> uuids() const;  ///< in the order in which the calls began

  private:
    struct Entry {
        std::weak_ptr<VonageDriver> call;
        std::shared_ptr<LabThread> thread;
    };
    mutable std::mutex mutex_;
    std::map<std::string, Entry> calls_;
    std::vector<std::string> order_;
};

struct RestReply {
    int status = 204;
    std::string body;  ///< JSON; empty with 204
};
RestReply problem(int status, const std::string& kind, const std::string& title, const std::string& detail,
                  const std::vector<std::string>& invalid_parameters = {});

/// What a create request asks for; the error is the reply that refuses it.
tl::expected<CallOptions, RestReply> read_create(const Json& body, CallOptions base);

class RestServer {
  public:
    using DialOut = std::function<CallSummary(CallOptions)>;
    RestServer(RestOptions options, std::shared_ptr<CallRegistry> registry, DialOut dial_out);
    ~RestServer();
    RestServer(const RestServer&) = delete;
    RestServer& operator=(const RestServer&) = delete;
    /// Returns the base URL. Codes: cannot-listen.
    Result<std::string> listen();

    using Query = std::map<std::string, std::string>;
    /// The interface without its HTTP. `path` without the query, which is decoded.
    RestReply answer(const std::string& method, const std::string& path, const std::string& authorization,
                     const std::string& body, const Query& query = {});

  private:
    struct Server;
    bool over_limit(std::vector<int64_t>& recent, int limit) const;
    RestReply create(const Json& body);
    RestReply list(const Query& query) const;
    RestReply get(const std::string& uuid) const;
    RestReply modify(const std::string& uuid, const Json& body) const;
    RestReply side_action(const std::string& method, const std::string& uuid, const std::string& what,
                          const Json& body) const;

    RestOptions options_;
    std::shared_ptr<CallRegistry> registry_;
    DialOut dial_out_;
    std::vector<int64_t> creates_;   // when, within the last second
    std::vector<int64_t> requests_;  // all others
    std::string base_url_;
    std::unique_ptr<LabThread> thread_;
    std::unique_ptr<Server> server_;
};

}  // namespace trunkline::lab::vonage
