// The caller's own format first: then nothing in the call has to be converted.
#include "elements/deepgram/audio_formats.h"

#include <vector>

namespace trunkline::deepgram {
namespace {

using Encoding = AudioFormat::Encoding;
/// Rates the agent speaks linear16 at, the ones that sound best on a telephone first.
constexpr int kRates[] = {16'000, 24'000, 8'000, 48'000, 32'000};

std::vector<AudioFormat> candidates(const AudioFormat& input, const AgentConfig& config) {
    std::vector<AudioFormat> list{input};
    for (const int rate : kRates) list.push_back({Encoding::kLinear16, rate});
    if (config.output_rate != 0) list.push_back({Encoding::kLinear16, config.output_rate});
    list.push_back({Encoding::kMulaw, 8000});
    std::erase_if(list, [&](const AudioFormat& f) {
        if (config.output_rate != 0 && f.rate != config.output_rate) return true;
        switch (config.output_format) {
            case AgentConfig::Output::kMulaw:
                return f.encoding != Encoding::kMulaw;
            case AgentConfig::Output::kLinear16:
                return f.encoding != Encoding::kLinear16;
            case AgentConfig::Output::kAuto:
                break;
        }
        return false;
    });
    return list;
}

}  // namespace

Result<AudioFormat> choose_output(GstPad* src_pad, const AudioFormat& input, const AgentConfig& config) {
    auto wanted = gst::Ptr<GstCaps>::adopt(gst_pad_peer_query_caps(src_pad, nullptr));
    for (const AudioFormat& format : candidates(input, config)) {
        if (gst_caps_can_intersect(agent::caps_of_format(format).get(), wanted.get())) return format;
    }
    gst::Chars text(gst_caps_to_string(wanted.get()));
    return fail(
        "no-output-format",
        std::string("the voice agent can speak nothing that the next element takes (") + text.get() +
            "): put `audioconvert ! audioresample` behind deepgramagent, or mend output-format and output-rate");
}

}  // namespace trunkline::deepgram
