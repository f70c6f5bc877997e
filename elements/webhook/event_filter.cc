#include "elements/webhook/event_filter.h"

#include <algorithm>

namespace trunkline::webhook {

EventFilter::EventFilter(std::string_view list) {
    while (!list.empty()) {
        const size_t comma = list.find(',');
        std::string_view item = list.substr(0, comma);
        list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
        while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
        while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
        if (!item.empty()) patterns_.emplace_back(item);
    }
}

bool EventFilter::wants(std::string_view type) const {
    if (patterns_.empty()) return true;
    return std::any_of(patterns_.begin(), patterns_.end(), [&](const std::string& p) {
        if (p == "*" || p == type) return true;
        return p.ends_with(".*") && type.substr(0, p.size() - 1) == std::string_view(p).substr(0, p.size() - 1);
    });
}

}  // namespace trunkline::webhook
