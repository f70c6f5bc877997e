#pragma once
// What is behind the GObject `deepgramagent`, on top of what every voice agent's element does.
#include <gst/gst.h>

#include <string>

#include "elements/deepgram/agent_config.h"
#include "elements/deepgram/audio_formats.h"
#include "elements/deepgram/talk.h"
#include "engine/agent/element_of.h"
#include "engine/agent/properties.h"

namespace trunkline::deepgram {

extern GstStaticPadTemplate kSinkTemplate;
extern GstStaticPadTemplate kSrcTemplate;

class Agent : public agent::ElementOf<AgentConfig, Talk> {
  public:
    explicit Agent(GstElement* element);

    static const agent::PropertyTable<AgentConfig>& properties();

    void inject_agent(std::string text, const std::string& behavior);

  private:
    Result<AudioFormat> choose_output(GstPad* src_pad, const AudioFormat& input) override;
};

}  // namespace trunkline::deepgram
