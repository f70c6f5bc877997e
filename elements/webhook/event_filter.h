#pragma once
// Which facts a webhook wants: a comma list of types, each exact ("transcript") or a family ("call.*"); "*" or empty =
// all.
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::webhook {

class EventFilter {
  public:
    EventFilter() = default;
    explicit EventFilter(std::string_view list);
    bool wants(std::string_view type) const;

  private:
    std::vector<std::string> patterns_;
};

}  // namespace trunkline::webhook
