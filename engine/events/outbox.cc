#include "engine/events/outbox.h"

namespace trunkline {

FactWeight fact_weight(std::string_view type, std::string_view fields) {
    if (type == "transcript") {
        // JsonWriter's own form; in a text the quotes would have a backslash before them.
        const bool interim = fields.find("\"final\":false") != std::string_view::npos;
        return interim ? FactWeight::kInterim : FactWeight::kEssential;
    }
    const bool essential = type.starts_with("call.") || type.starts_with("tool.");
    return essential ? FactWeight::kEssential : FactWeight::kOrdinary;
}

std::string public_url(const std::string& url) {
    std::string shown = url.substr(0, url.find_first_of("?#"));
    const size_t scheme = shown.find("://");
    const size_t host = scheme == std::string::npos ? 0 : scheme + 3;
    const size_t path = shown.find('/', host);
    const size_t at = shown.rfind('@', path);
    if (at != std::string::npos && at >= host) shown.erase(host, at + 1 - host);
    return shown;
}

}  // namespace trunkline
