#pragma once
// What json-glib does not do for hostile text: it accepts much that is no JSON, recurses without a limit, reads large
// integers wrongly and asserts on lone surrogates. This pass goes over the text once, without recursion, and either
// names the first error or lists the few places to mend before parsing.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"

namespace trunkline {

struct JsonMend {
    enum class Kind {
        kReplaceEscape,  ///< \u0000 or a lone surrogate at `offset`: becomes \ufffd
        kMakeDouble,     ///< ".0" goes in at `offset`: an integer beyond 64 bits
    };
    size_t offset;
    Kind kind;
};

/// Deepest nesting of arrays and objects in `text`, strings skipped; for any bytes, valid or not.
int json_depth(std::string_view text);
/// Checks RFC 8259 and the depth. Errors: "json-depth", "json-syntax", with line and column (bytes) in the message.
Result<std::vector<JsonMend>> json_check(std::string_view text, int max_depth);
std::string json_mend(std::string_view text, const std::vector<JsonMend>& mends);

}  // namespace trunkline
