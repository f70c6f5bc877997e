// The id of a webhook endpoint: the same for the same url and secret, in every process (see outbox.h).
#include <glib.h>

#include "engine/events/outbox.h"

namespace trunkline {

std::string webhook_endpoint_id(std::string_view url, std::string_view secret) {
    const std::string text = std::string(url) + '\n' + std::string(secret);
    char* digest =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, reinterpret_cast<const guchar*>(text.data()), text.size());
    std::string id = "wh_" + std::string(digest, 24);
    g_free(digest);
    return id;
}

}  // namespace trunkline
