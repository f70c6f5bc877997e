#pragma once
// The last so many ids of something, to know them again. No lock of its own.
#include <cstddef>
#include <deque>
#include <string>
#include <unordered_set>

namespace trunkline {

class RecentIds {
  public:
    explicit RecentIds(size_t most) : most_(most) {}

    /// The oldest goes when there are too many.
    void add(const std::string& id) {
        if (!known_.insert(id).second) return;
        in_order_.push_back(id);
        if (in_order_.size() <= most_) return;
        known_.erase(in_order_.front());
        in_order_.pop_front();
    }
    bool contains(const std::string& id) const { return known_.contains(id); }

  private:
    size_t most_;
    std::unordered_set<std::string> known_;
    std::deque<std::string> in_order_;
};

}  // namespace trunkline
