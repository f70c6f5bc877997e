#pragma once
// The head of a request before libsoup sees it, pure.
#include <string_view>

namespace trunkline {

enum class HeadState {
    kIncomplete,
    kWhole,
    kUnreadable,  ///< whole, and nobody can tell where its body ends
};

/// Looks for the empty line, and at what says how long the body is: Content-Length must be a number, Transfer-Encoding
/// "chunked", no header may be folded over lines. libsoup 3.2.3 refuses such requests too, but loses their path in
/// memory.
HeadState judge_head(std::string_view bytes);

}  // namespace trunkline
