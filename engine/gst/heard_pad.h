#pragma once
// The `heard` pad of a carrier's sink: what the caller hears, when he hears it. A sink is given a reply faster than it
// plays and may be told to forget the rest; here comes out only what has been played, stamped with the running time at
// which it was:
//
//   sink ──sent()──▶ │ at the carrier, not played yet │ ──time──▶ heard pad ─▶ recordsink
//                            cleared() forgets it
//
// The carrier is taken to play at once what reaches it while it is silent, and everything else behind that. The way to
// the caller's ear is not in it. The sink's own pad must not pass its events on to this one (no
// gst_pad_event_default()). A request pad: where nobody asked for it, nothing is kept and no timer runs.
#include <gst/gst.h>

#include <cstdint>
#include <span>
#include <string>

#include "engine/gst/gst_ptr.h"
#include "engine/loop/shard.h"

namespace trunkline::gst {

/// A request pad "heard" with the caps of the sink's own pad.
#define TRUNKLINE_HEARD_TEMPLATE(caps) \
    GST_STATIC_PAD_TEMPLATE("heard", GST_PAD_SRC, GST_PAD_REQUEST, GST_STATIC_CAPS(caps))

class HeardPad {
  public:
    explicit HeardPad(GstElement* element) : element_(element) {}

    /// For GstElementClass::request_new_pad and release_pad. One pad at a time; nullptr for a second. A release before
    /// stop() is for the shard's thread: what was not played yet is forgotten.
    GstPad* request(GstPadTemplate* pad_template);
    void release(GstPad* pad);
    bool is(const GstPad* pad) const { return pad == pad_; }

    // Shard thread only.
    /// Before the first sent(): fixed caps, the bytes of one second, the shard whose timer says what was played.
    void start(Shard* shard, GstCaps* caps, int64_t bytes_per_second);
    void sent(std::span<const uint8_t> bytes, int64_t now_ns);
    void cleared(int64_t now_ns);
    /// Pushes what was played by now, forgets the rest, ends the stream.
    void eos(int64_t now_ns);
    void stop();  ///< READY → NULL

  private:
    static constexpr auto kEvery = std::chrono::milliseconds(100);

    bool wanted() const { return pad_ && shard_ && gst_pad_is_linked(pad_) && !ended_; }
    void begin();
    void push_played(int64_t now_ns);
    void wake();

    GstElement* element_;
    GstPad* pad_ = nullptr;
    Shard* shard_ = nullptr;
    Ptr<GstCaps> caps_;
    int64_t bytes_per_second_ = 8'000;
    std::string waiting_;       // at the carrier, not played
    int64_t plays_at_ns_ = 0;   // its first byte, monotonic
    int64_t pushed_to_ns_ = 0;  // end of what was pushed last
    TimerId timer_ = 0;
    bool begun_ = false, ended_ = false;
};

}  // namespace trunkline::gst
