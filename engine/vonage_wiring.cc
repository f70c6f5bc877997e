#include "engine/vonage_wiring.h"

#include <array>

#include "engine/core/id.h"
#include "engine/core/log.h"
#include "engine/net/jwt.h"

namespace trunkline {
namespace {

std::string random_key() {
    std::array<uint8_t, 32> random{};
    random_bytes(random);
    return {random.begin(), random.end()};
}

/// What the REST API needs; nothing when a part of it is missing.
Result<std::optional<vonage::RestSettings>> rest_settings(const Config& c) {
    if (c.vonage_application_id.empty() || c.vonage_private_key.empty()) return std::nullopt;
    auto key = vonage_private_key(c);
    if (!key) return tl::unexpected(key.error());
    if (!jwt_sign_rs256(*key, "{}"))
        return fail("bad-config", "VONAGE_PRIVATE_KEY holds no private RSA key in PEM form");
    vonage::RestSettings rest;
    rest.base_url = c.vonage_api_url;
    rest.application_id = c.vonage_application_id;
    rest.private_key = std::move(*key);
    return rest;
}

void tell_missing(const Config& c) {
    const bool wanted = !c.vonage_signature_secret.empty() || !c.vonage_application_id.empty() ||
                        !c.vonage_private_key.empty() || !c.vonage_api_key.empty();
    if (!wanted) return;
    if (c.vonage_signature_secret.empty() && !c.insecure)
        log_warn("vonage", "VONAGE_SIGNATURE_SECRET is not set: /vonage/answer and /vonage/event take nothing");
    for (const auto& [value, name] : {std::pair(&c.vonage_application_id, "VONAGE_APPLICATION_ID"),
                                      std::pair(&c.vonage_private_key, "VONAGE_PRIVATE_KEY")}) {
        if (!value->empty()) continue;
        log_warn("vonage",
                 "without this setting a call that the engine ends is not hung up at Vonage, only its socket "
                 "is closed",
                 {{"missing", name}});
    }
}

}  // namespace

Result<VonageWiring> wire_vonage(const Config& c, const std::string& public_url, size_t shards) {
    tell_missing(c);
    auto rest = rest_settings(c);
    if (!rest) return tl::unexpected(rest.error());
    VonageWiring wiring;
    wiring.settings.public_url = public_url;
    wiring.settings.media_rate = c.vonage_media_rate;
    wiring.settings.fallback_ncco = c.vonage_fallback_ncco;
    wiring.settings.socket_auth =
        c.vonage_custom_socket_auth ? vonage::SocketAuth::kCustom : vonage::SocketAuth::kVonage;
    wiring.settings.socket_key = c.ticket_key.empty() ? random_key() : c.ticket_key;
    vonage::SignatureSettings signature;
    signature.required = !c.insecure;
    signature.signature_secret = c.vonage_signature_secret;
    signature.api_key = c.vonage_api_key;
    signature.application_id = c.vonage_application_id;
    wiring.gate = std::make_shared<vonage::Gate>(std::move(signature), wiring.settings);
    wiring.hang_ups = std::make_unique<vonage::HangUps>(shards, std::move(*rest));
    return wiring;
}

}  // namespace trunkline
