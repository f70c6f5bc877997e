// How sessions end and what goes wrong on purpose: errors, limits, timeouts, faults, the socket's close.
#include <algorithm>

#include "lab/deepgram/messages.h"
#include "lab/deepgram/session.h"
#include "lab/speech/wav.h"

namespace trunkline::lab::deepgram {
void Session::fatal(const std::string& code, const std::string& description) {
    if (phase_ == Phase::kOver) return;
    send(coded("Error", code, description));
    if (options_.faults.error_without_close) {
        phase_ = Phase::kOver;
        timers_.cancel_all();
        return;
    }
    close(options_.error_close_code);
}

void Session::close(int code) {
    phase_ = Phase::kOver;
    timers_.cancel_all();
    socket_.close(code);
}

void Session::drop() {
    phase_ = Phase::kOver;
    timers_.cancel_all();
    socket_.drop();
}

void Session::farewell() {
    send(coded("Error", "SERVER_GOING_AWAY", "the lab stops"));
    close(1001);
}

void Session::on_closed(int code) {
    phase_ = Phase::kOver;
    timers_.cancel_all();
    if (conversation_) conversation_->finish();
    const double now = journal_.now_ms();
    journal_.update([&](SessionRecord& r) {
        r.closed_ms = now;
        r.close_code = code;
        r.closed_by_client = !socket_.closed_by_us();
    });
    journal_.event("closed", std::string(socket_.closed_by_us() ? "by the lab" : "by the client") + ", code " +
                                 std::to_string(code));
    write_recording();
    const auto over = std::move(over_);
    over_ = nullptr;
    if (over) over();
}

void Session::write_recording() {
    if (options_.record_dir.empty() || recorded_.empty()) return;
    const std::string path = options_.record_dir + "/deepgram-heard-" + std::to_string(number()) + ".wav";
    if (auto written = write_wav(path, recorded_); !written) journal_.event("recording", written.error().message);
}

void Session::watch_silence() {
    const double every = std::clamp(options_.client_timeout_ms / 20.0, 5.0, 250.0);
    timers_.every(every, [this] {
        if (journal_.now_ms() - last_frame_ms_ < options_.client_timeout_ms) return;
        const std::string what =
            "no message from the client within " + std::to_string(options_.client_timeout_ms) + " ms";
        journal_.violation("CLIENT_MESSAGE_TIMEOUT", 34, what);
        fatal("CLIENT_MESSAGE_TIMEOUT", what);
    });
}

void Session::arm_limits() {
    const double limit_ms = options_.session_limit_s * 1000 / std::max(options_.session_speed, 1e-6);
    timers_.after(limit_ms * 115 / 120, [this] {
        send(coded("Warning", "MAXIMUM_SESSION_LENGTH_APPROACHING", "the session will end soon"));
    });
    timers_.after(limit_ms, [this] { fatal("MAXIMUM_SESSION_LENGTH_REACHED", "the session has reached its limit"); });
}

void Session::arm_faults() {
    const Faults& f = options_.faults;
    if (f.error_at_ms >= 0) timers_.after(f.error_at_ms, [this] { fatal(options_.faults.error_code, "a fault mode"); });
    if (f.warning_at_ms >= 0) {
        timers_.after(f.warning_at_ms,
                      [this] { send(coded("Warning", options_.faults.warning_code, "a fault mode")); });
    }
    if (f.close_at_ms >= 0) timers_.after(f.close_at_ms, [this] { close(options_.faults.close_code); });
    if (f.drop_at_ms >= 0) timers_.after(f.drop_at_ms, [this] { drop(); });
    if (f.stall_at_ms >= 0) timers_.after(f.stall_at_ms, [this] { stall(options_.faults.stall_ms); });
}

void Session::stall(int ms) {
    journal_.event("fault", "stalls for " + std::to_string(ms) + " ms");
    socket_.stall(ms);
}

void Session::garbage() {
    static constexpr const char* kGarbage[] = {
        R"({"type":"SomethingNew","depth":{"a":[1,2,{"b":null}]}})",
        R"({"type":"ConversationText","role":)",
        R"([])",
        R"({"type":42})",
        R"({"no_type":true})",
        R"({"type":"Warning","code":"SLOW_THINK_REQUEST","description":"with a field nobody knows","unknown":1})",
        R"("text")",
        R"({"type":"FunctionCallRequest","functions":"none"})",
    };
    const char* text = kGarbage[garbage_++ % std::size(kGarbage)];
    socket_.send(false, text, std::char_traits<char>::length(text));
}

}  // namespace trunkline::lab::deepgram
