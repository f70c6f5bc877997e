#pragma once
// JSON messages that tell their kind by a member `type`: how they begin, and readers found by that name.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "engine/core/json.h"
#include "engine/core/result.h"

namespace trunkline::agent {

/// A message of ours up to its first own member.
inline JsonWriter message(std::string_view type) {
    JsonWriter w;
    w.begin_object().field("type", type);
    return w;
}

template <class Message>
struct Reader {
    std::string_view type;
    Result<Message> (*read)(const Json& message);
};

/// A message that none of `readers` knows becomes Unknown{its type}. Errors: "bad-json", "no-type", those of the
/// reader.
template <class Unknown, class Message, size_t kCount>
Result<Message> parse_message(std::string_view text, const JsonLimits& limits,
                              const std::array<Reader<Message>, kCount>& readers) {
    auto doc = Json::parse(text, limits);
    if (!doc) return fail("bad-json", "message of the voice agent is not JSON: " + doc.error().message);
    const auto type = (*doc)["type"].text();
    if (!type) return fail("no-type", "message of the voice agent has no `type`");
    const auto reader =
        std::find_if(readers.begin(), readers.end(), [&](const auto& one) { return one.type == *type; });
    if (reader == readers.end()) return Unknown{*type};
    return reader->read(*doc);
}

}  // namespace trunkline::agent
