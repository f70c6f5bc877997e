#include "elements/deepgram/agent.h"

#include "engine/core/log.h"

namespace trunkline::deepgram {

GstStaticPadTemplate kSinkTemplate =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(TRUNKLINE_DEEPGRAM_CAPS));
GstStaticPadTemplate kSrcTemplate =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(TRUNKLINE_DEEPGRAM_CAPS));

Agent::Agent(GstElement* element) : ElementOf(element, "deepgram", &kSinkTemplate, &kSrcTemplate) {}

Result<AudioFormat> Agent::choose_output(GstPad* src_pad, const AudioFormat& input) {
    return deepgram::choose_output(src_pad, input, used());
}

void Agent::inject_agent(std::string text, const std::string& behavior) {
    const auto how = parse_inject_behavior(behavior.empty() ? "queue" : behavior);
    if (!how) {
        log_warn("deepgram", "inject-agent: behavior must be default, queue or interrupt", {{"behavior", behavior}});
        return;
    }
    with([text = std::move(text), how = *how](Talk& talk) { talk.inject_agent(text, how); });
}

}  // namespace trunkline::deepgram
