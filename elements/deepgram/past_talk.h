#pragma once
// What was said so far, bounded, for the session that takes the place of a lost one.
#include <deque>
#include <utility>
#include <vector>

#include "elements/deepgram/deepgram_settings.h"

namespace trunkline::deepgram {

class PastTalk {
  public:
    static constexpr size_t kMaxEntries = 200;
    static constexpr size_t kMaxBytes = 64U << 10;  ///< the oldest goes first

    void add(Past entry) {
        bytes_ += size_of(entry);
        entries_.push_back(std::move(entry));
        while (entries_.size() > kMaxEntries || (bytes_ > kMaxBytes && entries_.size() > 1)) {
            bytes_ -= size_of(entries_.front());
            entries_.pop_front();
        }
    }
    std::vector<Past> entries() const { return {entries_.begin(), entries_.end()}; }

  private:
    static size_t size_of(const Past& entry) {
        if (const auto* text = std::get_if<ConversationText>(&entry)) return text->content.size();
        const auto& done = std::get<PastCall>(entry);
        return done.call.arguments.size() + done.response.size();
    }
    std::deque<Past> entries_;
    size_t bytes_ = 0;
};

}  // namespace trunkline::deepgram
