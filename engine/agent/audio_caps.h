#pragma once
// Between GStreamer caps and the audio formats voice agents are spoken to in.
#include <gst/gst.h>

#include <optional>

#include "engine/agent/audio_format.h"
#include "engine/gst/gst_ptr.h"

namespace trunkline::agent {

#define TRUNKLINE_AGENT_RAW_CAPS \
    "audio/x-raw, format=(string)S16LE, layout=(string)interleaved, channels=(int)1, rate=(int)[8000,48000]"

/// Nothing when `caps` are not fixed caps of mu-law at 8 kHz or of the raw audio above.
std::optional<AudioFormat> format_of_caps(const GstCaps* caps);
gst::Ptr<GstCaps> caps_of_format(const AudioFormat& format);

}  // namespace trunkline::agent
