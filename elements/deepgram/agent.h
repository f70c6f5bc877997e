#pragma once
// What is behind the GObject `deepgramagent`, on top of what every voice agent's element does.
#include <gst/gst.h>

#include <optional>
#include <string>

#include "elements/deepgram/agent_config.h"
#include "elements/deepgram/audio_formats.h"
#include "elements/deepgram/talk.h"
#include "engine/agent/element.h"

namespace trunkline::deepgram {

extern GstStaticPadTemplate kSinkTemplate;
extern GstStaticPadTemplate kSrcTemplate;

class Agent : public agent::Element {
  public:
    explicit Agent(GstElement* element);

    AgentConfig config;  ///< written by the GObject under its lock, taken over by open()

    void inject_agent(std::string text, const std::string& behavior);
    void inject_user(std::string text);
    void update_prompt(std::string prompt);

  private:
    Status prepare() override;
    std::unique_ptr<agent::Talk> make_talk(Shard* shard, CallContext* call, gst::LiveSourcePad* src,
                                           agent::TalkHooks hooks) override;
    Result<AudioFormat> choose_output(GstPad* src_pad, const AudioFormat& input) override;
    template <class Work>
    void with(Work work) {
        with_talk([work = std::move(work)](agent::Talk& talk) { work(static_cast<Talk&>(talk)); });
    }

    // Set by open(), for the shard from then on.
    AgentConfig used_;
    std::optional<Settings> settings_;
    SessionOptions session_options_;
};

}  // namespace trunkline::deepgram
