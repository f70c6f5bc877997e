// What a server may answer to our upgrade request, read in one piece and in many.
#include "engine/net/upgrade_request.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;

namespace {

using Verdict = UpgradeAnswer::Verdict;
constexpr const char* kKey = "dGhlIHNhbXBsZSBub25jZQ==";

UpgradeAnswer judge(std::string_view text, bool ended) {
    UpgradeAnswer answer = judge_upgrade_answer(text, ended, kKey, "chat");
    must(answer.consumed <= text.size(), "no more is consumed than came");
    must(!ended || answer.verdict != Verdict::kMore, "a dial ends with the connection");
    must(answer.refusal.detail.size() <= 200 && is_utf8(answer.refusal.detail), "a detail is short and UTF-8");
    must((answer.verdict == Verdict::kBroken) == !answer.problem.empty(), "what is broken says so, and nothing else");
    if (answer.verdict == Verdict::kAccepted)
        must(text.find(websocket_accept(kKey)) != std::string_view::npos, "only the answer to our key is accepted");
    if (answer.verdict == Verdict::kRefused)
        must(answer.refusal.http_status >= 200 && answer.refusal.http_status < 1000, "a refusal has its status");
    return answer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text = text_of({data, size});
    judge(text, true);
    const UpgradeAnswer whole = judge(text, false);
    const size_t piece = std::max(1 + size % 61, size / 64);
    for (size_t read = 0; read < size; read += piece) {
        const UpgradeAnswer part = judge(text.substr(0, read), false);
        if (part.verdict == Verdict::kMore) continue;
        must(part.verdict == whole.verdict && part.consumed == whole.consumed &&
                 part.refusal.http_status == whole.refusal.http_status,
             "the rest of the answer changes no verdict");
        // Of bytes that are no text, as much is shown as had come.
        must(!is_utf8(text) || part.refusal.detail == whole.refusal.detail, "nor what is shown of it");
    }
    return 0;
}
