#include "engine/agent/audio_caps.h"

namespace trunkline::agent {

using Encoding = AudioFormat::Encoding;

std::optional<AudioFormat> format_of_caps(const GstCaps* caps) {
    if (!caps || !gst_caps_is_fixed(caps)) return std::nullopt;
    const GstStructure* s = gst_caps_get_structure(caps, 0);
    gint rate = 0, channels = 1;
    if (!gst_structure_get_int(s, "rate", &rate)) return std::nullopt;
    gst_structure_get_int(s, "channels", &channels);
    if (channels != 1) return std::nullopt;
    if (gst_structure_has_name(s, "audio/x-mulaw") && rate == 8000) return AudioFormat{Encoding::kMulaw, rate};
    const bool s16 = g_strcmp0(gst_structure_get_string(s, "format"), "S16LE") == 0;
    if (gst_structure_has_name(s, "audio/x-raw") && s16 && rate >= 8000 && rate <= 48'000) {
        return AudioFormat{Encoding::kLinear16, rate};
    }
    return std::nullopt;
}

gst::Ptr<GstCaps> caps_of_format(const AudioFormat& format) {
    const bool mulaw = format.encoding == Encoding::kMulaw;
    GstCaps* caps = gst_caps_new_simple(mulaw ? "audio/x-mulaw" : "audio/x-raw", "rate", G_TYPE_INT, format.rate,
                                        "channels", G_TYPE_INT, 1, nullptr);
    if (!mulaw) {
        gst_caps_set_simple(caps, "format", G_TYPE_STRING, "S16LE", "layout", G_TYPE_STRING, "interleaved", nullptr);
    }
    return gst::Ptr<GstCaps>::adopt(caps);
}

}  // namespace trunkline::agent
