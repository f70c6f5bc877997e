#pragma once
// The caps of the pads, and which of them the voice agent answers in.
#include <gst/gst.h>

#include "elements/deepgram/agent_config.h"
#include "elements/deepgram/deepgram_settings.h"
#include "engine/agent/audio_caps.h"
#include "engine/core/result.h"

namespace trunkline::deepgram {

#define TRUNKLINE_DEEPGRAM_CAPS "audio/x-mulaw, rate=(int)8000, channels=(int)1; " TRUNKLINE_AGENT_RAW_CAPS

/// What the agent shall answer in: the format of the properties, else that of the caller, else what downstream of
/// `src_pad` takes. Error "no-output-format" when nothing fits.
Result<AudioFormat> choose_output(GstPad* src_pad, const AudioFormat& input, const AgentConfig& config);

}  // namespace trunkline::deepgram
