#pragma once
// Settings of the process. A later source wins: defaults, trunkline.yaml, the environment (.env is read, the real
// environment wins over it), command-line flags (which main.cc applies on top).
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/log.h"
#include "engine/core/result.h"

namespace trunkline {

struct Config {
    std::string host = "127.0.0.1";
    uint16_t port = 8080;
    size_t shards = 0;  ///< 0 = one per core
    int pace_us = 500;  ///< how long a busy shard lets events gather, 0 = not at all (docs/performance.md)
    std::vector<std::string> graphs;  ///< files and directories; empty = ./graphs
    std::string default_graph;
    std::string database = "var/trunkline.db";  ///< path of the SQLite file
    std::string public_url;                     ///< SERVER_URL or BASE_URL
    std::string twilio_auth_token;
    // Vonage. What needs which of them: docs/vonage-webhooks.md.
    std::string vonage_api_key, vonage_api_secret, vonage_application_id;
    std::string vonage_private_key;       ///< PEM text, or the path of a file that holds it
    std::string vonage_signature_secret;  ///< of signed webhooks, from the dashboard
    std::string vonage_phone_number;
    int vonage_media_rate = 16'000;                        ///< Hz
    std::string vonage_api_url = "https://api.nexmo.com";  ///< the REST API's, without path
    bool vonage_custom_socket_auth = false;  ///< a value of ours on the media socket instead of Vonage's token
    std::string vonage_fallback_ncco;        ///< JSON array; empty = an apology
    bool insecure = false;                   ///< accept webhooks and sockets without a signature
    std::string api_key;                     ///< TRUNKLINE_API_KEY: bearer token of /api and /metrics
    std::string ticket_key;                  ///< TRUNKLINE_TICKET_KEY: shared by the nodes behind one balancer
    std::string ca_file;                     ///< TRUNKLINE_CA_FILE
    std::string tls_certificate, tls_key;
    int drain_ms = 10'000;  ///< how long SIGTERM lets calls finish by themselves
    int64_t media_wait_ms = 60'000;
    size_t max_calls = 20'000;
    size_t outbox_records = 65'536;   ///< records that may wait in memory for the database
    int request_timeout_ms = 10'000;  ///< for each step of an HTTP request: its head, its body, taking the answer
    int webhook_timeout_ms = 10'000;  ///< for the answer of a webhook receiver
    LogOptions log;
};

using EnvLookup = std::function<std::optional<std::string>(const std::string& name)>;

/// `file` empty = trunkline.yaml if it is there; a named file must exist. Errors: "bad-config" with file:line:column
/// and the nearest key, or the name of the environment variable.
Result<Config> load_config(const std::string& file, const EnvLookup& env);
/// One setting by its key, as the file would set it: for flags. False: there is no such key, or the value is none of
/// its.
bool set_setting(Config* config, std::string_view key, const std::string& value);
/// Refuses what would be open to the world or unreachable from it: no carrier whose requests can be checked without
/// `insecure` ("unsafe-config"), no public URL unless only this machine is listened to, half a TLS setting
/// ("bad-config"). The message names the cure.
Status check_config(const Config& config);
/// `vonage_private_key` as PEM text: read from its file, or from one line with \n in it as .env files have it. Error
/// "bad-config" when the file cannot be read. Nothing when none is set.
Result<std::string> vonage_private_key(const Config& config);

}  // namespace trunkline
