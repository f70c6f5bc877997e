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

/// Ids of tokens that were used, so that nobody uses one again. Any thread. Bounded: when it is full the oldest goes,
/// and tokens as old as that one are taken no more.
class UsedTokens {
  public:
    explicit UsedTokens(size_t most = 262'144, int64_t keep_s = 600) : most_(most), keep_s_(keep_s) {}
    /// False: it was used before, or is too old to tell.
    bool use(const std::string& jti, int64_t iat, int64_t now_s);
    /// What it was used for has failed: it may be used again.
    void give_back(const std::string& jti);
    size_t size() const;

  private:
    struct Entry {
        uint64_t number;
        int64_t iat;
        std::string jti;
    };
    void drop_oldest();

    size_t most_;
    int64_t keep_s_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, uint64_t> used_;  // jti → number of its entry
    std::deque<Entry> in_order_;
    uint64_t next_ = 0;
    int64_t least_iat_ = INT64_MIN;
};

struct SignatureSettings {
    bool required = true;          ///< false: everybody may call (--insecure)
    std::string signature_secret;  ///< of the account, from the dashboard; not the API secret
    std::string api_key;           ///< of the account; empty = any
    std::string application_id;    ///< empty = any
    int64_t max_age_s = 300;       ///< how far `iat` may be from now, either way
};

/// What a request was let in with; empty when nothing had to be shown.
struct Pass {
    std::string jti;
};

class Gate {
  public:
    Gate(SignatureSettings settings, Settings vonage) : settings_(std::move(settings)), vonage_(std::move(vonage)) {}

    /// A webhook: token, time, replay, and the hash over the body as it came. Refusals: 503 for a request that is not
    /// signed at all (Vonage tries again, signed), 401 for one that is signed wrongly.
    tl::expected<Pass, HttpResponse> webhook(const HttpRequest& request, int64_t now_s);
    /// The upgrade of the media socket, before the 101. Refusals: 401.
    tl::expected<Pass, HttpResponse> socket(const HttpRequest& request, std::string_view ticket, int64_t now_s);
    /// The request was not served; the same one may come again.
    void give_back(const Pass& pass) {
        if (!pass.jti.empty()) used_.give_back(pass.jti);
    }

  private:
    Status judge(const Json& claims, int64_t now_s) const;
    Status judge_hash(const Json& claims, const HttpRequest& request) const;
    tl::expected<Pass, HttpResponse> use(const Json& claims, int64_t now_s);

    SignatureSettings settings_;
    Settings vonage_;
    UsedTokens used_;
};

}  // namespace trunkline::vonage
