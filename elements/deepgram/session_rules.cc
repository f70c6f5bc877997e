#include "elements/deepgram/session_rules.h"

#include <algorithm>
#include <iterator>

namespace trunkline::deepgram {

std::string authorization(const std::string& key) {
    const bool jwt = key.starts_with("eyJ") && std::count(key.begin(), key.end(), '.') == 2;
    return (jwt ? "Bearer " : "Token ") + key;
}

bool error_may_pass(const std::string& code) {
    static constexpr std::string_view kPassing[] = {
        "INTERNAL_SERVER_ERROR",     "SERVER_GOING_AWAY",     "FAILED_TO_THINK",    "FAILED_TO_SPEAK",
        "FAILED_TO_START_LISTENING", "ASR_CONNECTION_CLOSED", "ASR_DRIVER_TIMEOUT", "CLIENT_MESSAGE_TIMEOUT"};
    return std::find(std::begin(kPassing), std::end(kPassing), code) != std::end(kPassing);
}

SessionEnd refused(const UpgradeRefusal& refusal) {
    return agent::end_of_refusal(refusal, "api-key or DEEPGRAM_API_KEY", "the path in url");
}

}  // namespace trunkline::deepgram
