// A server has some tens of routes: a sorted list is quick enough and easy to reason about.
#include "engine/net/http_routes.h"

#include <algorithm>

namespace trunkline {
namespace {

/// Cuts the first segment off `path` ("/a/b" → "a", rest "/b").
std::string_view next_segment(std::string_view& path) {
    path.remove_prefix(1);
    std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

bool matches(std::string_view pattern, std::string_view path, std::vector<std::string>& captures) {
    captures.clear();
    while (pattern.starts_with('/') && path.starts_with('/')) {
        std::string_view wanted = next_segment(pattern);
        std::string_view got = next_segment(path);
        if (wanted == "*" && !got.empty()) {
            captures.push_back(percent_decode(got, false));
        } else if (wanted != got) {
            return false;
        }
    }
    return pattern.empty() && path.empty();
}

}  // namespace

void RouteTable::add(std::string_view method, std::string_view pattern, HttpHandler handler) {
    insert({std::string(method), std::string(pattern), 0, std::move(handler), nullptr});
}

void RouteTable::add_upgrade(std::string_view pattern, UpgradeHandler handler) {
    insert({std::string(), std::string(pattern), 0, nullptr, std::move(handler)});
}

void RouteTable::insert(Route route) {
    route.literal =
        route.pattern.size() - static_cast<size_t>(std::count(route.pattern.begin(), route.pattern.end(), '*'));
    auto place =
        std::find_if(routes_.begin(), routes_.end(), [&](const Route& other) { return other.literal < route.literal; });
    routes_.insert(place, std::move(route));
}

RouteTable::Found RouteTable::find(std::string_view method, std::string_view path) const {
    Found found;
    std::vector<std::string> captures;
    for (const Route& route : routes_) {
        if (!route.handler || !matches(route.pattern, path, captures)) continue;
        bool right = route.method == method || (route.method == "GET" && method == "HEAD");
        if (right && !found.handler) {
            found.handler = &route.handler;
            found.captures = captures;
        }
        if (found.allow.find(route.method) != std::string::npos) continue;
        found.allow.append(found.allow.empty() ? "" : ", ").append(route.method);
        if (route.method == "GET") found.allow += ", HEAD";
    }
    return found;
}

RouteTable::Found RouteTable::find_upgrade(std::string_view path) const {
    Found found;
    for (const Route& route : routes_) {
        if (!route.upgrade || !matches(route.pattern, path, found.captures)) continue;
        found.upgrade = &route.upgrade;
        found.allow = "GET";
        return found;
    }
    return found;
}

}  // namespace trunkline
