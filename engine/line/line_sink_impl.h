#pragma once
// What a carrier's sink does: audio and events of its pad, in order and on the shard, to the playout and from there to
// the session. The GObject around it is line_sink.cc.
#include <gst/gst.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/gst/call_context.h"
#include "engine/gst/heard_pad.h"
#include "engine/gst/pad_order.h"
#include "engine/line/carrier_kind.h"
#include "engine/line/line_session.h"
#include "engine/line/playout.h"

namespace trunkline::line {

class LineSinkImpl final : public LineSession::Sink, private Playout::Out {
  public:
    LineSinkImpl(GstElement* element, const CarrierKind& carrier, GstStaticPadTemplate* sink_template);

    void set_call(CallContext* call) { call_ = call; }
    GstPad* request(GstPadTemplate* wanted);
    /// NULL to READY: finds the call's session. False when there is none; the bus has the error then.
    bool attach();
    void detach();

    bool idle() const override { return playout_.idle(); }
    int64_t heard_ms() const override;
    void on_mark(std::string_view name) override;
    void on_writable() override;

    PlayoutOptions options;
    int rate;
    gst::HeardPad heard;

  private:
    static gboolean query(GstPad* pad, GstObject* parent, GstQuery* query);
    GstFlowReturn chain(GstBuffer* buffer);
    void give(GstBuffer* buffer);
    void note_drops();

    gboolean event(GstEvent* event);
    void take_in_order(GstEvent* event);
    void take(GstEvent* event);
    void control(GstEvent* event);
    void schedule();

    bool takes_media() const override { return !session_ || session_->takes_media(); }
    bool send_media(std::span<const uint8_t> audio) override;
    bool send_mark(std::string_view name) override { return session_ && session_->send_mark(name); }
    bool send_clear() override { return session_ && session_->send_clear(); }
    void on_playback(const gst::Playback& reported) override;

    GstElement* element_;
    gst::PadOrder order_;
    const CarrierKind& carrier_;
    GstStaticPadTemplate* template_;
    GstPad* pad_;  // owned by the element
    Playout playout_;
    CallContext* call_ = nullptr;
    LineSession* session_ = nullptr;
    TimerId timer_ = 0;
    int64_t timer_at_ = 0;
    uint64_t noted_drops_ = 0;
};

}  // namespace trunkline::line
