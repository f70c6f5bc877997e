// Base64 of both alphabets, in both directions: what is accepted is exactly what would be written, and a second
// implementation reads the same bytes.
#include <glib.h>

#include <vector>

#include "engine/core/base64.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;

namespace {

void decode_standard(std::string_view text) {
    std::vector<uint8_t> exact(base64_decoded_bound(text.size()));  // ASAN watches its end
    const auto size = base64_decode(text, exact.data());
    must(!size || *size <= exact.size(), "the bound holds");
    if (!size) return;
    exact.resize(*size);
    must(base64_encode(exact) == text, "decoding accepts the one canonical text only");
    gsize length = 0;
    guchar* other = g_base64_decode(std::string(text).c_str(), &length);
    must(std::equal(exact.begin(), exact.end(), other, other + length), "GLib reads the same bytes");
    g_free(other);
}

void decode_url(std::string_view text) {
    const auto bytes = base64url_decode(text);
    if (bytes) must(base64url_encode(*bytes) == text, "decoding accepts the one canonical text only");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::span<const uint8_t> bytes(data, size);
    decode_standard(text_of(bytes));
    decode_url(text_of(bytes));
    const std::string standard = base64_encode(bytes), url = base64url_encode(bytes);
    must(standard.size() == base64_encoded_size(size), "the size is known beforehand");
    for (const auto& back : {base64_decode(standard), base64url_decode(url)})
        must(back && std::equal(back->begin(), back->end(), bytes.begin(), bytes.end()), "what is written reads back");
    return 0;
}
