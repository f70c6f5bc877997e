// How sessions end and what goes wrong on purpose: errors, limits, timeouts, faults, the socket's close.
#include <algorithm>

#include "lab/hume/session.h"
#include "lab/speech/wav.h"

namespace trunkline::lab::hume {

void Session::fatal(const std::string& code, const std::string& text) {
    if (phase_ == Phase::kOver) return;
    send(writer_.error(code, text, ids_.request));
    if (options_.faults.error_without_close) {
        phase_ = Phase::kOver;
        timers_.cancel_all();
        return;
    }
    close(options_.error_close_code, slug_of(code));
}

void Session::close(int code, const std::string& reason) {
    phase_ = Phase::kOver;
    timers_.cancel_all();
    // A reason needs a code to stand behind.
    socket_.close(code, code == 1005 || reason.empty() ? nullptr : reason.c_str());
}

void Session::drop() {
    if (phase_ == Phase::kOver) return;
    phase_ = Phase::kOver;
    timers_.cancel_all();
    socket_.drop();
}

void Session::on_closed(int code) {
    phase_ = Phase::kOver;
    timers_.cancel_all();
    conversation_->finish();
    const double now = journal_.now_ms();
    journal_.update([&](agent::SessionRecord& r) {
        r.closed_ms = now;
        r.close_code = code;
        r.closed_by_client = !socket_.closed_by_us();
    });
    journal_.event("closed", std::string(socket_.closed_by_us() ? "by the lab" : "by the client") + ", code " +
                                 std::to_string(code));
    write_recording();
    const auto over = std::exchange(over_, nullptr);
    if (over) over();
}

void Session::write_recording() {
    if (options_.record_dir.empty() || recorded_.empty()) return;
    const std::string path = options_.record_dir + "/hume-heard-" + std::to_string(number()) + ".wav";
    if (auto written = write_wav(path, recorded_); !written) journal_.event("recording", written.error().message);
}

void Session::arm_limits() {
    const double speed = std::max(options_.session_speed, 1e-6);
    active_ms_ = journal_.now_ms();
    if (options_.max_duration_s > 0) {
        timers_.after(options_.max_duration_s * 1000 / speed, [this] {
            end_by_limit(options_.max_duration_code, "the chat has reached its maximum duration");
        });
    }
    if (options_.inactivity_s <= 0) return;
    const double every = std::clamp(options_.inactivity_s * 1000 / speed / 20, 5.0, 250.0);
    timers_.every(every, [this] { watch_activity(); });
}

void Session::watch_activity() {
    const double now = journal_.now_ms();
    if (conversation_->active()) {
        active_ms_ = now;
        // The line that warns of the end does not put it off.
        if (conversation_->user_active()) inactive_said_ = false;
        return;
    }
    const double limit_s = inactive_said_ ? options_.inactivity_grace_s : options_.inactivity_s;
    if (now - active_ms_ >= limit_s * 1000 / std::max(options_.session_speed, 1e-6)) idle();
}

void Session::idle() {
    if (!inactive_said_ && !options_.inactivity_line.empty()) {
        inactive_said_ = true;
        active_ms_ = journal_.now_ms();
        return conversation_->say(options_.inactivity_line);
    }
    end_by_limit(options_.inactivity_code, "nobody has spoken for too long");
}

void Session::end_by_limit(const std::string& code, const std::string& what) {
    journal_.event("limit", what);
    if (!code.empty()) send(writer_.error(code, what, ids_.request));
    close(options_.limit_close_code, what);
}

void Session::arm_faults() {
    const Faults& f = options_.faults;
    if (f.error_at_ms >= 0) timers_.after(f.error_at_ms, [this] { fatal(options_.faults.error_code, "a fault mode"); });
    if (f.close_at_ms >= 0) timers_.after(f.close_at_ms, [this] { close(options_.faults.close_code, "a fault mode"); });
    if (f.drop_at_ms >= 0) timers_.after(f.drop_at_ms, [this] { drop(); });
    if (f.stall_at_ms >= 0) {
        timers_.after(f.stall_at_ms, [this] {
            journal_.event("fault", "stalls for " + std::to_string(options_.faults.stall_ms) + " ms");
            socket_.stall(options_.faults.stall_ms);
        });
    }
}

void Session::garbage() {
    static constexpr const char* kGarbage[] = {
        R"({"type":"something_new","depth":{"a":[1,2,{"b":null}]}})",
        R"({"type":"assistant_message","id":)",
        R"([])",
        R"({"type":42})",
        R"({"no_type":true})",
        R"({"type":"assistant_prosody","models":{},"unknown":1})",
        R"("text")",
        R"({"type":"audio_output","id":"x","index":"none","data":7})",
        R"({"type":"audio_output","id":"y","index":0,"data":"%%% not base64 %%%"})",
        R"({"type":"audio_output","id":"z","index":0,"data":"UklGRgAAAABXQVZF"})",
    };
    const char* text = kGarbage[garbage_++ % std::size(kGarbage)];
    socket_.send(false, text, std::char_traits<char>::length(text));
}

}  // namespace trunkline::lab::hume
