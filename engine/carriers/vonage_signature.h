#pragma once
// Who may call Vonage's routes: signed webhooks and the authorization of the media socket. Pure but for the memory of
// tokens that were used.
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/carriers/vonage.h"
#include "engine/core/json.h"

namespace trunkline::vonage {

/// Ids of tokens that were used, and for what, so that nobody uses one for anything else. Any thread. Bounded: when it
/// is full the oldest goes, and tokens as old as that one are taken no more.
class UsedTokens {
  public:
    enum class Use { kFirst, kSameAgain, kRefused };

    explicit UsedTokens(size_t most = 262'144, int64_t keep_s = 600) : most_(most), keep_s_(keep_s) {}
    /// `purpose`: a hash of what it is used for. kRefused: it was used for something else, or is too old to tell.
    Use use(const std::string& jti, const std::string& purpose, int64_t iat, int64_t now_s);
    size_t size() const;

  private:
    struct Entry {
        int64_t iat;
        std::string jti;
    };
    void drop_oldest();

    size_t most_;
    int64_t keep_s_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::string> used_;  // jti → purpose
    std::deque<Entry> in_order_;
    int64_t least_iat_ = INT64_MIN;
};

struct SignatureSettings {
    bool required = true;          ///< false: everybody may call (--insecure)
    std::string signature_secret;  ///< of the account, from the dashboard; not the API secret
    std::string api_key;           ///< of the account; empty = any
    std::string application_id;    ///< empty = any
    int64_t max_age_s = 300;       ///< how far `iat` may be from now, either way
};

class Gate {
  public:
    Gate(SignatureSettings settings, Settings vonage) : settings_(std::move(settings)), vonage_(std::move(vonage)) {}

    /// A webhook: token, time, replay, and the hash over the body as it came. The same request with the same token may
    /// come again: Vonage repeats what it got no answer to. Refusals: 503 for a request that is not signed at all
    /// (Vonage tries again, signed), 401 for one that is signed wrongly.
    tl::expected<void, HttpResponse> webhook(const HttpRequest& request, int64_t now_s);
    /// The upgrade of the media socket, before the 101; a token opens one, once. Refusals: 401.
    tl::expected<void, HttpResponse> socket(const HttpRequest& request, std::string_view ticket, int64_t now_s);

  private:
    Status judge(const Json& claims, int64_t now_s) const;
    Status judge_hash(const Json& claims, const HttpRequest& request) const;
    UsedTokens::Use use(const Json& claims, const HttpRequest& request, int64_t now_s);

    SignatureSettings settings_;
    Settings vonage_;
    UsedTokens used_;
};

}  // namespace trunkline::vonage
