#pragma once
// The routes of a server as a pure table: patterns with '*' for one segment, matched against paths as sent.
#include <string>
#include <string_view>
#include <vector>

#include "engine/net/http_server.h"

namespace trunkline {

/// "%41" → "A"; a percent sign without two hex digits stays as it is.
std::string percent_decode(std::string_view text, bool plus_is_space);

class RouteTable {
  public:
    struct Found {
        const HttpHandler* handler = nullptr;     ///< null: no route for this method
        const UpgradeHandler* upgrade = nullptr;  ///< only from find_upgrade()
        std::vector<std::string> captures;        ///< of the '*' segments, percent-decoded
        std::string allow;                        ///< methods of the path, for the Allow header; empty: unknown path
    };

    void add(std::string_view method, std::string_view pattern, HttpHandler handler);
    void add_upgrade(std::string_view pattern, UpgradeHandler handler);
    /// HEAD is answered by GET routes. Of several matching patterns the one with most literal characters wins.
    Found find(std::string_view method, std::string_view path) const;
    Found find_upgrade(std::string_view path) const;

  private:
    struct Route {
        std::string method;  // empty for upgrades
        std::string pattern;
        size_t literal = 0;
        HttpHandler handler;
        UpgradeHandler upgrade;
    };
    void insert(Route route);
    std::vector<Route> routes_;  // most literal first
};

}  // namespace trunkline
