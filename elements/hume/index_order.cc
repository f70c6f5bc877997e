// The first segment is the one that plays. A later one waits only while the first has a gap: without one there is no
// telling whether more of it will come, and the next one's audio must not wait for that.
#include "elements/hume/index_order.h"

#include <algorithm>
#include <utility>

namespace trunkline::hume {

IndexOrder::Segment* IndexOrder::find(std::string_view id) {
    const auto at = std::find_if(segments_.begin(), segments_.end(), [&](const Segment& s) { return s.id == id; });
    return at == segments_.end() ? nullptr : &*at;
}

bool IndexOrder::dropped(std::string_view id) const {
    return std::find(dropped_.begin(), dropped_.end(), id) != dropped_.end();
}

void IndexOrder::announce(std::string_view id) {
    if (id.empty() || dropped(id) || std::find(announced_.begin(), announced_.end(), id) != announced_.end()) return;
    if (announced_.size() >= kMaxDropped) announced_.erase(announced_.begin());
    announced_.emplace_back(id);
}

void IndexOrder::take(std::string_view id, int64_t index, std::span<const uint8_t> piece) {
    if (dropped(id) || index > kMaxIndex) {
        ++late_;
        return;
    }
    Segment* segment = find(id);
    if (!segment) {
        if (segments_.size() >= kMaxSegments) skip();
        segments_.push_back({std::string(id), 0, {}});
        segment = &segments_.back();
        // The one that plays has no gap: it is done, for all that can be known.
        if (segments_.size() == 2 && segments_.front().early.empty()) {
            remember_dropped(std::move(segments_.front().id));
            segments_.pop_front();
            segment = &segments_.front();
        }
    }
    // Without an id there is nothing an index could count in.
    if (index < 0 || id.empty()) index = segment->early.empty() ? segment->next : segment->early.rbegin()->first + 1;
    if (index < segment->next || segment->early.contains(index)) {
        ++late_;
        return;
    }
    if (segment == &segments_.front() && index == segment->next) {
        ++segment->next;
        play_(piece);
        play_ready();
        return;
    }
    ++reordered_;
    segment->early.emplace(index, std::vector<uint8_t>(piece.begin(), piece.end()));
    ++held_;
    held_bytes_ += piece.size();
    while (held_ > kMaxHeld || held_bytes_ > kMaxHeldBytes) skip();
}

/// What the first segment has without a gap; then the next ones.
void IndexOrder::play_ready() {
    while (!segments_.empty()) {
        Segment& first = segments_.front();
        while (!first.early.empty() && first.early.begin()->first == first.next) {
            const std::vector<uint8_t> piece = std::move(first.early.begin()->second);
            first.early.erase(first.early.begin());
            --held_;
            held_bytes_ -= piece.size();
            ++first.next;
            play_(piece);
        }
        if (!first.early.empty() || segments_.size() == 1) return;
        remember_dropped(std::move(first.id));
        segments_.pop_front();
    }
}

void IndexOrder::skip() {
    if (segments_.empty()) return;
    Segment& first = segments_.front();
    if (!first.early.empty()) {
        skipped_ += static_cast<uint64_t>(first.early.begin()->first - first.next);
        first.next = first.early.begin()->first;
    }
    play_ready();
}

void IndexOrder::drop_known() {
    // Those that play last: they are the ones of which more will come, and the oldest are forgotten first.
    for (std::string& id : std::exchange(announced_, {})) remember_dropped(std::move(id));
    for (Segment& segment : segments_) remember_dropped(std::move(segment.id));
    segments_.clear();
    held_ = held_bytes_ = 0;
}

void IndexOrder::remember_dropped(std::string id) {
    if (id.empty()) return;
    std::erase(announced_, id);
    std::erase(dropped_, id);  // to be the last of them
    dropped_.push_back(std::move(id));
    if (dropped_.size() > kMaxDropped) dropped_.pop_front();
}

}  // namespace trunkline::hume
