#pragma once
// Between GStreamer caps and the two encodings the voice agent is spoken to in.
#include <gst/gst.h>

#include <optional>

#include "elements/deepgram/agent_config.h"
#include "elements/deepgram/deepgram_settings.h"
#include "engine/core/result.h"
#include "engine/gst/gst_ptr.h"

namespace trunkline::deepgram {

#define TRUNKLINE_DEEPGRAM_CAPS                                                           \
    "audio/x-mulaw, rate=(int)8000, channels=(int)1; audio/x-raw, format=(string)S16LE, " \
    "layout=(string)interleaved, channels=(int)1, rate=(int)[8000,48000]"

/// Nothing when `caps` are not fixed caps of the template above.
std::optional<AudioFormat> format_of_caps(const GstCaps* caps);
gst::Ptr<GstCaps> caps_of_format(const AudioFormat& format);

/// What the agent shall answer in: the format of the properties, else that of the caller, else what downstream of
/// `src_pad` takes. Error "no-output-format" when nothing fits.
Result<AudioFormat> choose_output(GstPad* src_pad, const AudioFormat& input, const AgentConfig& config);

}  // namespace trunkline::deepgram
