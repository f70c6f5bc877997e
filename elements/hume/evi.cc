#include "elements/hume/evi.h"

#include "engine/agent/audio_caps.h"
#include "engine/core/log.h"

namespace trunkline::hume {

using agent::AudioFormat;

GstStaticPadTemplate kSinkTemplate =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(TRUNKLINE_AGENT_RAW_CAPS));
GstStaticPadTemplate kSrcTemplate =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(TRUNKLINE_AGENT_RAW_CAPS));

Evi::Evi(GstElement* element) : ElementOf(element, "hume", &kSinkTemplate, &kSrcTemplate) {}

gst::Ptr<GstCaps> Evi::caps_of_pad(bool sink) const {
    GST_OBJECT_LOCK(element());
    const int rate = sink ? config.input_rate : config.output_rate;
    GST_OBJECT_UNLOCK(element());
    if (rate == 0) return {};
    return agent::caps_of_format({AudioFormat::Encoding::kLinear16, rate});
}

Result<AudioFormat> Evi::choose_output(GstPad* src_pad, const AudioFormat&) {
    const AudioFormat format{AudioFormat::Encoding::kLinear16, used().output_rate};
    auto wanted = gst::Ptr<GstCaps>::adopt(gst_pad_peer_query_caps(src_pad, nullptr));
    if (gst_caps_can_intersect(agent::caps_of_format(format).get(), wanted.get())) return format;
    gst::Chars text(gst_caps_to_string(wanted.get()));
    return fail("no-output-format", "Hume speaks at " + std::to_string(format.rate) +
                                        " Hz, and the next element takes only " + text.get() +
                                        ": put `audioconvert ! audioresample` behind humeevi");
}

void Evi::inject_agent(std::string text, const std::string& behavior) {
    if (!behavior.empty() && behavior != "default" && behavior != "queue" && behavior != "interrupt") {
        log_warn("hume", "inject-agent: behavior must be default, queue or interrupt", {{"behavior", behavior}});
        return;
    }
    with([text = std::move(text), now = behavior == "interrupt"](EviTalk& talk) { talk.say(text, now); });
}

}  // namespace trunkline::hume
