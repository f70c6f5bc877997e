#pragma once
// One live call: a media session, a pipeline built from a graph, limits, and one clean-up whichever way it ends.
//
//   kConnecting ──start, pipeline plays──▶ kLive ──end()──▶ kEnding ──EOS or 2 s──▶ kEnded ──socket closed──▶ gone
//        └──────────────── end() ────────────────────────────────▲
//
// The first end() wins; everything after it is one path: EOS down the pipeline so that the last facts come out, state
// NULL, `call.ended`, close of the socket, on_gone(). Lives and dies on one shard.
#include <functional>
#include <memory>
#include <string>

#include "engine/call/call_outbox.h"
#include "engine/call/waiting_call.h"
#include "engine/events/turn_clock.h"
#include "engine/graph/builder.h"
#include "engine/gst/call_context.h"
#include "engine/gst/media_session.h"
#include "engine/loop/shard.h"

typedef struct _GstMessage GstMessage;
typedef struct _GstBus GstBus;

namespace trunkline {

class Call final : private MediaSession::Listener {
  public:
    /// `on_ended`: the call is over and its last fact is put, it counts no more. `on_gone`: it may be destroyed.
    struct Hooks {
        std::function<void(Call*)> on_ended;
        std::function<void(Call*)> on_gone;
        CarrierHangUp hang_up = nullptr;  ///< empty: the carrier ends the call when the socket closes
    };
    Call(Shard* shard, WaitingCall waiting, Outbox* outbox, Hooks hooks);
    ~Call() override;

    /// Once, right after construction: the call's socket.
    void start(const MediaSessionFactory& factory, std::unique_ptr<WebSocket> socket);
    /// Ends the call, deferred; only the first one counts. A later one cuts short what the caller still has to hear of
    /// the agent's goodbye.
    void end(CallEnding ending);
    /// Ends it at once, for who cannot wait: its last fact is put, the hooks may or may not have run. Destroy it now.
    void cut_off(CallEnding ending);

    const std::string& id() const { return waiting_.call_id; }
    const IncomingCall& incoming() const { return waiting_.incoming; }
    const CallEnding& ending() const { return ending_; }
    MediaStats media_stats() const { return session_ ? session_->stats() : MediaStats{}; }
    Shard* shard() const { return shard_; }

  private:
    enum class State { kConnecting, kLive, kEnding, kEnded };

    void on_media_start(const MediaStart& start) override;
    void on_media_end(const MediaEnd& end) override;

    Status check(const MediaStart& start);
    Status build_pipeline();
    void go_live(const MediaStart& start);
    void start_limits();
    void watch_silence();
    static int on_bus_message(GstBus* bus, GstMessage* message, void* call);
    void on_own_shard(Task step);
    void later(void (Call::*step)());
    void stop_pipeline();
    void finish();
    bool ended_by_us() const;
    void close_socket();
    void put_fact(const FactPtr& fact);
    void put_session_row(bool end);

    Shard* shard_;
    WaitingCall waiting_;
    CallOutbox outbox_;
    Hooks hooks_;
    State state_ = State::kConnecting;
    CallEnding ending_;
    TurnClock turns_;
    CallContext context_;
    std::unique_ptr<MediaSession> session_;
    graph::BuiltPipeline pipeline_;
    MediaStart media_;
    int64_t live_ns_ = 0;
    int64_t live_unix_ms_ = 0;
    int64_t play_out_until_ns_ = 0;  // a goodbye of the agent is heard before the line goes
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what is posted and deferred
    TimerId limit_timer_ = 0, silence_timer_ = 0, eos_timer_ = 0;
};

}  // namespace trunkline
