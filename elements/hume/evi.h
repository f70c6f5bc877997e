#pragma once
// What is behind the GObject `humeevi`, on top of what every voice agent's element does.
#include <gst/gst.h>

#include <optional>
#include <string>

#include "elements/hume/evi_config.h"
#include "elements/hume/evi_talk.h"
#include "engine/agent/element.h"

namespace trunkline::hume {

extern GstStaticPadTemplate kSinkTemplate;
extern GstStaticPadTemplate kSrcTemplate;

class Evi : public agent::Element {
  public:
    explicit Evi(GstElement* element);

    EviConfig config;  ///< written by the GObject under its lock, taken over by open()

    void inject_agent(std::string text, const std::string& behavior);
    template <class Work>
    void with(Work work) {
        with_talk([work = std::move(work)](agent::Talk& talk) { work(static_cast<EviTalk&>(talk)); });
    }

  private:
    Status prepare() override;
    std::unique_ptr<agent::Talk> make_talk(Shard* shard, CallContext* call, gst::LiveSourcePad* src,
                                           agent::TalkHooks hooks) override;
    Result<agent::AudioFormat> choose_output(GstPad* src_pad, const agent::AudioFormat& input) override;
    gst::Ptr<GstCaps> caps_of_pad(bool sink) const override;

    // Set by open(), for the shard from then on.
    EviConfig used_;
    std::optional<Settings> settings_;
    SessionOptions session_options_;
};

}  // namespace trunkline::hume
