#pragma once
// Vonage's routes behind the real server on real sockets: calls without media, a REST API that remembers, and tokens as
// Vonage makes them.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/api/vonage_routes.h"
#include "engine/call/call_manager.h"
#include "engine/carriers/vonage_hangup.h"
#include "engine/carriers/vonage_signature.h"
#include "engine/core/json.h"
#include "engine/graph/graph_store.h"
#include "engine/net/http_server.h"
#include "tests/support/listening_socket.h"
#include "tests/support/recording_outbox.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/carriers/fake_api.h"
#include "tests/unit/net/server_support.h"

namespace trunkline::test {

inline const std::string kUuid = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab";
inline const std::string kSecret = "0123456789abcdef0123456789abcdef";

struct Reply {
    int status = 0;
    std::string head, body;
    Json json() const { return Json::parse(body).value_or(Json()); }
};

struct RigWishes {
    bool signed_requests = false;
    bool custom_socket = false;
    bool rest = true;   ///< credentials of the REST API are there
    bool mute = false;  ///< the REST API takes connections and says nothing
    std::shared_ptr<vonage::RestLimits> rest_limits = std::make_shared<vonage::RestLimits>();
    std::string limits = "{call: 30m}";
    size_t max_calls = 20'000;
};

/// The carrier's end of a media socket.
class MediaClient {
  public:
    MediaClient(uint16_t port, const std::string& path, const std::string& authorization);
    int status() const { return status_; }
    /// What Vonage says first.
    void connected(const std::string& uuid = kUuid);
    /// The code of the close frame that came, 0 when none did.
    int wait_close_code();
    void answer_close();

  private:
    RawClient client_;
    int status_ = 0;
};

class VonageRig {
  public:
    explicit VonageRig(RigWishes wishes = {});
    ~VonageRig();
    VonageRig(const VonageRig&) = delete;
    VonageRig& operator=(const VonageRig&) = delete;

    Reply get(const std::string& target, const std::string& authorization = "") const;
    Reply post(const std::string& target, const std::string& body, const std::string& authorization = "") const;
    MediaClient dial(const std::string& path, const std::string& authorization = "") const {
        return {server->port(), path, authorization};
    }
    /// A signed request's header for this body; every one has a jti of its own.
    static std::string signature(const std::string& body);

    /// The NCCO of a call that is announced, and the path of its media socket.
    Json announce(const std::string& uuid = kUuid);
    static std::string media_path(const Json& ncco);
    std::string row(std::string CallRow::*column) const;
    bool wait_ended() const;

    RecordingOutbox outbox;
    FakeApi api{{{204, ""}}};
    const ListeningSocket mute_api;  ///< takes connections and says nothing
    std::unique_ptr<ShardPool> shards;
    std::unique_ptr<graph::GraphStore> graphs;
    std::unique_ptr<vonage::HangUps> hang_ups;
    std::unique_ptr<CallManager> calls;
    std::unique_ptr<HttpServer> server;

  private:
    Reply ask(const std::string& request) const;
    TempFolder folder_;
};

}  // namespace trunkline::test
