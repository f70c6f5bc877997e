#include "engine/call/ticket.h"

#include <array>

#include "engine/core/base64.h"
#include "engine/core/id.h"
#include "engine/core/json.h"
#include "engine/net/signature.h"

namespace trunkline {
namespace {

constexpr size_t kTagBytes = 16;
constexpr size_t kMaxTicket = 2048;

std::span<const uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string tag(std::string_view key, std::string_view payload) {
    const auto mac = hmac_sha256(key, payload);
    return base64url_encode({mac.data(), kTagBytes});
}

}  // namespace

TicketMint::TicketMint(std::string key) : key_(std::move(key)) {
    if (!key_.empty()) return;
    std::array<uint8_t, 32> random{};
    random_bytes(random);
    key_.assign(random.begin(), random.end());
}

std::string TicketMint::sign(const Ticket& t) const {
    JsonWriter w;
    w.begin_object().field("i", t.call_id).field("c", t.carrier).field("s", t.carrier_call_id);
    w.field("h", t.graph_hash.substr(0, 16)).field("e", t.expires_unix_ms).end();
    const std::string payload = base64url_encode(bytes_of(w.text()));
    return payload + "." + tag(key_, payload);
}

Result<Ticket> TicketMint::check(std::string_view text, int64_t now_unix_ms) const {
    const size_t dot = text.find('.');
    if (text.size() > kMaxTicket || dot == std::string_view::npos ||
        !equal_constant_time(tag(key_, text.substr(0, dot)), text.substr(dot + 1))) {
        return fail("bad-ticket", "the media ticket is not one of ours");
    }
    const auto payload = base64url_decode(text.substr(0, dot));
    if (!payload) return fail("bad-ticket", "the media ticket is malformed");
    auto doc = Json::parse({reinterpret_cast<const char*>(payload->data()), payload->size()});
    if (!doc) return fail("bad-ticket", "the media ticket is malformed");
    Ticket t{(*doc)["i"].text_or(""), (*doc)["c"].text_or(""), (*doc)["s"].text_or(""), (*doc)["h"].text_or(""),
             (*doc)["e"].int_or(0)};
    if (t.expires_unix_ms < now_unix_ms) return fail("expired-ticket", "the media ticket has expired");
    return t;
}

}  // namespace trunkline
