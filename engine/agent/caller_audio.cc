// The usual case, one frame as long as one message, passes without a copy.
#include "engine/agent/caller_audio.h"

#include <algorithm>
#include <utility>

#include "engine/core/speech_level.h"

namespace trunkline::agent {

CallerAudio::CallerAudio(Shard* shard, std::chrono::milliseconds chunk, Send send, bool whole)
    : shard_(shard), chunk_(chunk), send_(std::move(send)), whole_(whole) {}

CallerAudio::~CallerAudio() { shard_->cancel(timer_); }

void CallerAudio::set_format(AudioFormat format) {
    format_ = format;
    const auto samples = static_cast<size_t>(format.rate) * static_cast<size_t>(chunk_.count()) / 1000;
    chunk_bytes_ = std::max<size_t>(samples, 1) * format.sample_bytes();
}

void CallerAudio::frame(std::span<const uint8_t> audio, int64_t ingress_ns) {
    const bool mulaw = format_.encoding == AudioFormat::Encoding::kMulaw;
    if (mulaw ? SpeechLevel::voiced_mulaw(audio) : SpeechLevel::voiced_s16(audio)) {
        voiced_ = true;
        ingress_ns_ = ingress_ns;
    }
    if (partial_.empty() && audio.size() >= chunk_bytes_ && (!whole_ || audio.size() % chunk_bytes_ == 0)) {
        fresh_ = false;
        send_all(audio);
        return;
    }
    if (whole_ && std::exchange(fresh_, false) && audio.size() % chunk_bytes_ != 0) {
        partial_.assign(chunk_bytes_ - audio.size() % chunk_bytes_, silent_byte());
    }
    partial_.insert(partial_.end(), audio.begin(), audio.end());
    if (partial_.size() >= chunk_bytes_) {
        whole_ ? send_whole() : flush();
    }
    if (timer_ == 0 && !partial_.empty()) {
        // Whole messages: the next frame is as likely to be late as the timer, and what it completes must not be torn.
        timer_ = shard_->after(whole_ ? 3 * chunk_ : chunk_, [this] {
            timer_ = 0;
            flush();
        });
    }
}

void CallerAudio::silence(std::chrono::milliseconds length) {
    length = std::min(length, std::chrono::milliseconds(1000));
    const auto samples =
        static_cast<size_t>(format_.rate) * static_cast<size_t>(std::max<int64_t>(length.count(), 0)) / 1000;
    frame(std::vector<uint8_t>(samples * format_.sample_bytes(), silent_byte()), 0);
}

void CallerAudio::flush() {
    shard_->cancel(std::exchange(timer_, 0));
    if (partial_.empty()) return;
    if (whole_) partial_.resize((partial_.size() + chunk_bytes_ - 1) / chunk_bytes_ * chunk_bytes_, silent_byte());
    send_all(partial_);
    partial_.clear();
}

void CallerAudio::send_whole() {
    shard_->cancel(std::exchange(timer_, 0));
    const size_t whole = partial_.size() / chunk_bytes_ * chunk_bytes_;
    send_all(std::span(partial_).first(whole));
    partial_.erase(partial_.begin(), partial_.begin() + static_cast<std::ptrdiff_t>(whole));
}

void CallerAudio::send_all(std::span<const uint8_t> audio) {
    // What is left over goes along as a shorter message: waiting for more would hold it back for the length of a frame.
    while (!audio.empty()) {
        const auto piece = audio.first(std::min(chunk_bytes_, audio.size()));
        audio = audio.subspan(piece.size());
        const bool last = audio.empty();
        send_(piece, last ? ingress_ns_ : 0, last && voiced_);
    }
    voiced_ = false;
    ingress_ns_ = 0;
}

}  // namespace trunkline::agent
