#pragma once
// The talk of one call with EVI: its messages, the order of its audio, and the emotions.
#include <chrono>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "elements/hume/evi_config.h"
#include "elements/hume/hume_session.h"
#include "elements/hume/index_order.h"
#include "engine/agent/talk.h"

namespace trunkline::hume {

class EviTalk : public agent::Talk, private SessionListener {
  public:
    EviTalk(Shard* shard, CallContext* call, gst::LiveSourcePad* src, const EviConfig& config, SessionOptions session,
            Settings settings, agent::TalkHooks hooks);
    ~EviTalk() override;

    void interrupt() override;
    void say(std::string_view text, bool now);
    void inject_user(std::string_view text) { send(write_user_input(text)); }
    void update_prompt(std::string prompt) { session_.update_prompt(std::move(prompt)); }
    void set_context(std::string_view text) { send(write_context(text)); }
    void pause() { send(write_pause()); }
    void resume_agent() { send(write_resume()); }

  private:
    Session& session() override { return session_; }
    void begin(agent::AudioFormat input, agent::AudioFormat output) override;
    bool tool_known(std::string_view name) override { return settings_.may_be_asked(name); }
    void answer_tool(const agent::ToolCall& call, std::string_view content, std::string_view error) override;
    void finishing() override;

    void on_ready(const ChatMetadata& chat) override;
    void on_message(const ServerMessage& message) override;
    void on_reconnect(int attempt, std::string_view why) override;
    void on_end(const agent::SessionEnd& end) override { ended(end); }

    void on(const UserInterruption&);
    void on(const UserMessage& said);
    void on(const AssistantMessage& said);
    void on(const AssistantProsody& heard);
    void on(const AudioOutput& audio);
    void on(const AssistantEnd&);
    void on(const ToolCallRequest& call);
    void on(const ToolOutcome& outcome);
    void on(const ServerError& error);
    template <class Other>
    void on(const Other&) {}  // informational

    void play_wav(std::span<const uint8_t> file);
    void watch_order();
    void emotion(bool user, const Scores& scores, uint64_t said_seq);

    /// A segment of the assistant whose text and expression come apart.
    struct Segment {
        std::string id;
        uint64_t seq = 0;  ///< of its transcript; 0 = not come yet
        std::optional<Scores> scores;
    };
    Segment& segment(std::string_view id);

    Settings settings_;
    std::string config_id_;
    std::chrono::milliseconds reorder_timeout_;
    agent::AudioFormat output_;
    IndexOrder order_;
    TimerId order_timer_ = 0;
    bool finished_ = false;
    bool end_waits_ = false;  ///< assistant_end came before all audio
    std::deque<Segment> segments_;
    std::vector<std::string> builtin_;  ///< tool calls that Hume runs itself
    Session session_;
};

}  // namespace trunkline::hume
