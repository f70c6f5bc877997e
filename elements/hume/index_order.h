#pragma once
// The audio of a segment (one id) in the order of its indexes, segment after segment. A piece that comes too early
// waits for the ones before it, within bounds; skip() gives up what is missing. Pieces of a dropped segment are not
// heard any more. Pure: the owner keeps the time.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::hume {

class IndexOrder {
  public:
    static constexpr size_t kMaxHeld = 64;                  ///< pieces that wait; one more gives up what is missing
    static constexpr size_t kMaxHeldBytes = 4U << 20;       ///< likewise
    static constexpr int64_t kMaxIndex = int64_t{1} << 40;  ///< one above is nonsense
    static constexpr size_t kMaxDropped = 64;               ///< segments that are remembered as over
    static constexpr size_t kMaxSegments = 16;              ///< segments that wait at once; the oldest is given up

    /// May be called from inside take(), skip() and drop_known() never.
    using Play = std::function<void(std::span<const uint8_t> piece)>;

    explicit IndexOrder(Play play) : play_(std::move(play)) {}

    /// One piece; `index` -1 = behind all that came. Plays it, and what has waited for it, or keeps a copy.
    void take(std::string_view id, int64_t index, std::span<const uint8_t> piece);
    /// A segment is known although no audio of it came yet.
    void announce(std::string_view id);
    /// What is missing will not come: goes on behind it.
    void skip();
    /// Every segment that is known is over.
    void drop_known();
    bool dropped(std::string_view id) const;

    bool waiting() const { return held_ > 0; }
    uint64_t skipped() const { return skipped_; }  ///< pieces that never came in time
    uint64_t late() const { return late_; }        ///< pieces that came twice, too late, or of a dropped segment
    uint64_t reordered() const { return reordered_; }

  private:
    struct Segment {
        std::string id;
        int64_t next = 0;
        std::map<int64_t, std::vector<uint8_t>> early;
    };

    Segment* find(std::string_view id);
    void play_ready();
    void remember_dropped(std::string id);

    Play play_;
    std::deque<Segment> segments_;     // the first one is being played
    std::deque<std::string> dropped_;  // ids
    std::vector<std::string> announced_;
    size_t held_ = 0, held_bytes_ = 0;
    uint64_t skipped_ = 0, late_ = 0, reordered_ = 0;
};

}  // namespace trunkline::hume
