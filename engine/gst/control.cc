#include "engine/gst/control.h"

#include <algorithm>
#include <cmath>

namespace trunkline::gst {
namespace {

constexpr const char* kUserSpeech = "trunkline/user-speech";
constexpr const char* kInterrupt = "trunkline/interrupt";
constexpr const char* kReply = "trunkline/reply";
constexpr const char* kReplyText = "trunkline/reply-text";
constexpr const char* kProtect = "trunkline/protect";
constexpr const char* kLineHold = "trunkline/line-hold";
constexpr const char* kPlayback = "trunkline/playback";

const GstStructure* structure_named(GstEvent* event, const char* name) {
    const GstStructure* s = gst_event_get_structure(event);
    return s && gst_structure_has_name(s, name) ? s : nullptr;
}

}  // namespace

bool query_user_speech(GstPad* src_pad, int64_t onset_ns) {
    GstQuery* query = gst_query_new_custom(GST_QUERY_CUSTOM,
                                           gst_structure_new(kUserSpeech, "onset", G_TYPE_INT64, onset_ns, nullptr));
    const bool taken = gst_pad_peer_query(src_pad, query) != 0;
    gst_query_unref(query);
    return taken;
}

int64_t user_speech_onset(GstQuery* query) {
    if (GST_QUERY_TYPE(query) != GST_QUERY_CUSTOM) return 0;
    const GstStructure* s = gst_query_get_structure(query);
    gint64 onset = 0;
    if (!s || !gst_structure_has_name(s, kUserSpeech)) return 0;
    gst_structure_get_int64(s, "onset", &onset);
    return onset;
}

GstEvent* interrupt_event_new(int64_t decided_ns) {
    return gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM,
                                gst_structure_new(kInterrupt, "decided", G_TYPE_INT64, decided_ns, nullptr));
}

bool is_interrupt_event(GstEvent* event) { return structure_named(event, kInterrupt) != nullptr; }

GstEvent* reply_event_new(uint64_t epoch, bool end) {
    return gst_event_new_custom(
        GST_EVENT_CUSTOM_DOWNSTREAM,
        gst_structure_new(kReply, "epoch", G_TYPE_UINT64, epoch, "end", G_TYPE_BOOLEAN, gboolean(end), nullptr));
}

bool parse_reply_event(GstEvent* event, ReplyMark* mark) {
    const GstStructure* s = structure_named(event, kReply);
    if (!s) return false;
    guint64 epoch = 0;
    gboolean end = FALSE;
    gst_structure_get_uint64(s, "epoch", &epoch);
    gst_structure_get_boolean(s, "end", &end);
    *mark = {epoch, end != 0};
    return true;
}

GstEvent* reply_text_event_new(const std::string& text) {
    return gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM_OOB,
                                gst_structure_new(kReplyText, "text", G_TYPE_STRING, text.c_str(), nullptr));
}

bool parse_reply_text_event(GstEvent* event, std::string* text) {
    const GstStructure* s = structure_named(event, kReplyText);
    if (!s) return false;
    const char* value = gst_structure_get_string(s, "text");
    *text = value ? value : "";
    return true;
}

GstEvent* protect_event_new(bool on) {
    return gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM_OOB,
                                gst_structure_new(kProtect, "on", G_TYPE_BOOLEAN, gboolean(on), nullptr));
}

bool parse_protect_event(GstEvent* event, bool* on) {
    const GstStructure* s = structure_named(event, kProtect);
    if (!s) return false;
    gboolean value = FALSE;
    gst_structure_get_boolean(s, "on", &value);
    *on = value != 0;
    return true;
}

GstEvent* line_hold_event_new(const LineHold& hold) {
    return gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM_OOB,
                                gst_structure_new(kLineHold, "mode", G_TYPE_INT, static_cast<gint>(hold.mode), "gain",
                                                  G_TYPE_DOUBLE, hold.gain, nullptr));
}

bool parse_line_hold_event(GstEvent* event, LineHold* hold) {
    const GstStructure* s = structure_named(event, kLineHold);
    if (!s) return false;
    gint mode = 0;
    gdouble gain = 1.0;
    gst_structure_get(s, "mode", G_TYPE_INT, &mode, "gain", G_TYPE_DOUBLE, &gain, nullptr);
    const bool known = mode >= 0 && mode <= static_cast<gint>(LineHold::Mode::kDuck);
    hold->mode = known ? static_cast<LineHold::Mode>(mode) : LineHold::Mode::kNone;
    hold->gain = std::isfinite(gain) ? std::clamp(gain, 0.0, 1.0) : 1.0;
    return true;
}

GstEvent* playback_event_new(const Playback& p) {
    return gst_event_new_custom(
        GST_EVENT_CUSTOM_UPSTREAM,
        gst_structure_new(kPlayback, "state", G_TYPE_INT, static_cast<gint>(p.state), "epoch", G_TYPE_UINT64, p.epoch,
                          "at", G_TYPE_INT64, p.at_ns, "first-in", G_TYPE_INT64, p.first_in_ns, "played", G_TYPE_INT64,
                          p.played_ms, "discarded", G_TYPE_INT64, p.discarded_ms, nullptr));
}

bool parse_playback_event(GstEvent* event, Playback* p) {
    const GstStructure* s = structure_named(event, kPlayback);
    if (!s) return false;
    gint state = 0;
    guint64 epoch = 0;
    gint64 at = 0, first_in = 0, played = 0, discarded = 0;
    gst_structure_get(s, "state", G_TYPE_INT, &state, "epoch", G_TYPE_UINT64, &epoch, "at", G_TYPE_INT64, &at,
                      "first-in", G_TYPE_INT64, &first_in, "played", G_TYPE_INT64, &played, "discarded", G_TYPE_INT64,
                      &discarded, nullptr);
    *p = {static_cast<Playback::State>(state), epoch, at, first_in, played, discarded};
    return true;
}

}  // namespace trunkline::gst
