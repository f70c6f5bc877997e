#include "elements/hume/session_rules.h"

namespace trunkline::hume {

ErrorKind kind_of_error(const std::string& code) {
    if (code.starts_with("E03")) return ErrorKind::kOfAccount;
    if (code.starts_with("E01") || code.starts_with("E02") || code.starts_with("E07")) return ErrorKind::kOfOneMessage;
    return ErrorKind::kOfTheMoment;
}

bool refusal_may_pass(int http_status) { return http_status < 400 || http_status >= 500 || http_status == 429; }

agent::SessionEnd refused(const UpgradeRefusal& refusal) {
    return agent::end_of_refusal(refusal, "api-key, HUME_AI_API_KEY or HUME_API_KEY", "the path in url, and config-id");
}

}  // namespace trunkline::hume
