// What a server may answer to our upgrade request.
#include <cstdint>
#include <cstdlib>

#include "engine/core/json.h"
#include "engine/net/upgrade_request.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using Verdict = trunkline::UpgradeAnswer::Verdict;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    for (bool ended : {false, true}) {
        auto answer = trunkline::judge_upgrade_answer(text, ended, "dGhlIHNhbXBsZSBub25jZQ==", "chat");
        if (ended && answer.verdict == Verdict::kMore) std::abort();  // a dial that would never end
        if (answer.consumed > size) std::abort();
        if (answer.refusal.detail.size() > 200 || !trunkline::is_utf8(answer.refusal.detail)) std::abort();
    }
    return 0;
}
