#include "engine/gst/heard_pad.h"

#include <algorithm>
#include <utility>

#include "engine/core/clock.h"

namespace trunkline::gst {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

}  // namespace

GstPad* HeardPad::request(GstPadTemplate* pad_template) {
    if (pad_) return nullptr;
    pad_ = gst_pad_new_from_template(pad_template, "heard");
    gst_pad_use_fixed_caps(pad_);
    // A stream of its own: what its readers send upstream does not reach the agent.
    gst_pad_set_iterate_internal_links_function(pad_, [](GstPad*, GstObject*) -> GstIterator* { return nullptr; });
    gst_pad_set_active(pad_, TRUE);
    gst_element_add_pad(element_, pad_);
    return pad_;
}

void HeardPad::release(GstPad* pad) {
    if (timer_ != 0) shard_->cancel(std::exchange(timer_, 0));
    waiting_.clear();  // nobody listens any more
    begun_ = false;    // the next pad is a new stream
    pad_ = nullptr;
    gst_pad_set_active(pad, FALSE);
    gst_element_remove_pad(element_, pad);
}

void HeardPad::start(Shard* shard, GstCaps* caps, int64_t bytes_per_second) {
    shard_ = shard;
    caps_ = Ptr<GstCaps>::share(caps);
    bytes_per_second_ = bytes_per_second;
}

void HeardPad::begin() {
    if (std::exchange(begun_, true)) return;
    Chars id(gst_pad_create_stream_id(pad_, element_, "heard"));
    gst_pad_push_event(pad_, gst_event_new_stream_start(id.get()));
    gst_pad_push_event(pad_, gst_event_new_caps(caps_.get()));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(pad_, gst_event_new_segment(&segment));
}

void HeardPad::sent(std::span<const uint8_t> bytes, int64_t now_ns) {
    if (!wanted() || bytes.empty()) return;
    push_played(now_ns);
    if (waiting_.empty()) plays_at_ns_ = std::max(now_ns, pushed_to_ns_);
    waiting_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    wake();
}

void HeardPad::cleared(int64_t now_ns) {
    if (!wanted()) return;
    push_played(now_ns);
    waiting_.clear();
}

void HeardPad::push_played(int64_t now_ns) {
    if (waiting_.empty() || now_ns <= plays_at_ns_) return;
    begin();
    constexpr int64_t kWhole = 2;  // a sample of linear audio is never cut in two
    const int64_t played = (now_ns - plays_at_ns_) / 1'000 * bytes_per_second_ / 1'000'000 / kWhole * kWhole;
    const size_t bytes = std::min(waiting_.size(), static_cast<size_t>(played));
    if (bytes == 0) return;
    const int64_t duration = static_cast<int64_t>(bytes) * kSecond / bytes_per_second_;
    const int64_t base = static_cast<int64_t>(gst_element_get_base_time(element_));
    GstBuffer* buffer = gst_buffer_new_memdup(waiting_.data(), bytes);
    GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(std::max<int64_t>(0, plays_at_ns_ - base));
    GST_BUFFER_DURATION(buffer) = static_cast<GstClockTime>(duration);
    if (plays_at_ns_ != pushed_to_ns_) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
    waiting_.erase(0, bytes);
    plays_at_ns_ += duration;
    pushed_to_ns_ = plays_at_ns_;
    gst_pad_push(pad_, buffer);
}

void HeardPad::wake() {
    if (timer_ != 0 || waiting_.empty()) return;
    timer_ = shard_->after(kEvery, [this] {
        timer_ = 0;
        push_played(monotonic_ns());
        wake();
    });
}

void HeardPad::eos(int64_t now_ns) {
    if (!pad_ || !shard_ || ended_) return;
    if (wanted()) push_played(now_ns);
    waiting_.clear();
    begin();
    ended_ = true;
    gst_pad_push_event(pad_, gst_event_new_eos());
}

void HeardPad::stop() {
    if (shard_) shard_->cancel(std::exchange(timer_, 0));
    shard_ = nullptr;
    waiting_.clear();
    plays_at_ns_ = pushed_to_ns_ = 0;
    begun_ = ended_ = false;
}

}  // namespace trunkline::gst
