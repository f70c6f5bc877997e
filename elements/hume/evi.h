#pragma once
// What is behind the GObject `humeevi`, on top of what every voice agent's element does.
#include <gst/gst.h>

#include <string>

#include "elements/hume/evi_config.h"
#include "elements/hume/evi_talk.h"
#include "engine/agent/element_of.h"
#include "engine/agent/properties.h"

namespace trunkline::hume {

extern GstStaticPadTemplate kSinkTemplate;
extern GstStaticPadTemplate kSrcTemplate;

class Evi : public agent::ElementOf<EviConfig, EviTalk> {
  public:
    explicit Evi(GstElement* element);

    static const agent::PropertyTable<EviConfig>& properties();

    void inject_agent(std::string text, const std::string& behavior);

  private:
    Result<agent::AudioFormat> choose_output(GstPad* src_pad, const agent::AudioFormat& input) override;
    gst::Ptr<GstCaps> caps_of_pad(bool sink) const override;
};

}  // namespace trunkline::hume
