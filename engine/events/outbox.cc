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

}  // namespace trunkline
