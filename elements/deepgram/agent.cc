#include "elements/deepgram/agent.h"

#include "engine/core/log.h"

namespace trunkline::deepgram {

GstStaticPadTemplate kSinkTemplate =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(TRUNKLINE_DEEPGRAM_CAPS));
GstStaticPadTemplate kSrcTemplate =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(TRUNKLINE_DEEPGRAM_CAPS));

Agent::Agent(GstElement* element) : agent::Element(element, "deepgram", &kSinkTemplate, &kSrcTemplate) {}

Status Agent::prepare() {
    GST_OBJECT_LOCK(element());
    used_ = config;
    GST_OBJECT_UNLOCK(element());
    auto settings = settings_of(used_);
    if (!settings) return tl::unexpected(settings.error());
    auto session = session_options_of(used_);
    if (!session) return tl::unexpected(session.error());
    settings_ = std::move(*settings);
    session_options_ = std::move(*session);
    return {};
}

std::unique_ptr<agent::Talk> Agent::make_talk(Shard* shard, CallContext* call, gst::LiveSourcePad* src,
                                              agent::TalkHooks hooks) {
    return std::make_unique<Talk>(shard, call, src, used_, session_options_, *settings_, std::move(hooks));
}

Result<AudioFormat> Agent::choose_output(GstPad* src_pad, const AudioFormat& input) {
    return deepgram::choose_output(src_pad, input, used_);
}

void Agent::inject_agent(std::string text, const std::string& behavior) {
    const auto how = parse_inject_behavior(behavior.empty() ? "queue" : behavior);
    if (!how) {
        log_warn("deepgram", "inject-agent: behavior must be default, queue or interrupt", {{"behavior", behavior}});
        return;
    }
    with([text = std::move(text), how = *how](Talk& talk) { talk.inject_agent(text, how); });
}

void Agent::inject_user(std::string text) {
    with([text = std::move(text)](Talk& talk) { talk.inject_user(text); });
}

void Agent::update_prompt(std::string prompt) {
    with([prompt = std::move(prompt)](Talk& talk) { talk.update_prompt(prompt); });
}

}  // namespace trunkline::deepgram
