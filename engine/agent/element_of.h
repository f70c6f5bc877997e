#pragma once
// The element of one backend, from the parts that its author writes.
#include <memory>
#include <optional>
#include <utility>

#include "engine/agent/element.h"

namespace trunkline::agent {

/// `Config` holds the properties as plain values. Beside it stand settings_of(config) and session_options_of(config),
/// which check them when the element gets READY. `BackendTalk` is made of them for each talk.
template <class Config, class BackendTalk>
class ElementOf : public Element {
  public:
    using Element::Element;

    Config config;  ///< written by the GObject under its lock, taken over by open()

    /// Runs `work` on the shard while there is a talk that goes on.
    template <class Work>
    void with(Work work) {
        with_talk([work = std::move(work)](Talk& talk) { work(static_cast<BackendTalk&>(talk)); });
    }

  protected:
    const Config& used() const { return used_; }  ///< what open() took over

  private:
    Status prepare() override {
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

    std::unique_ptr<Talk> make_talk(Shard* shard, CallContext* call, gst::LiveSourcePad* src,
                                    TalkHooks hooks) override {
        return std::make_unique<BackendTalk>(shard, call, src, used_, session_options_, *settings_, std::move(hooks));
    }

    // Set by open(), for the shard from then on.
    Config used_;
    std::optional<typename decltype(settings_of(std::declval<const Config&>()))::value_type> settings_;
    typename decltype(session_options_of(std::declval<const Config&>()))::value_type session_options_;
};

}  // namespace trunkline::agent
