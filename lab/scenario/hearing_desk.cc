// The worker behind `heard:`.
#include "lab/scenario/hearing_desk.h"

#include "lab/speech/pcm.h"

namespace trunkline::lab {

std::vector<Hearing> HearingDesk::Seat::hearings() const {
    std::lock_guard lock(mutex_);
    return hearings_;
}

bool HearingDesk::Seat::caught_up() const {
    std::lock_guard lock(mutex_);
    return waiting_ == 0;
}

size_t HearingDesk::Seat::listened() const {
    std::lock_guard lock(mutex_);
    return listened_;
}

HearingDesk::HearingDesk(std::shared_ptr<const KnownSpeech> known)
    : known_(std::move(known)), worker_([this] { work(); }) {}

HearingDesk::~HearingDesk() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    worker_.join();
}

std::shared_ptr<HearingDesk::Seat> HearingDesk::seat() {
    auto seat = std::make_shared<Seat>();
    seat->listener_ = std::make_unique<Listener>(known_);
    seat->listener_->on_hearing = [raw = seat.get()](const Hearing& hearing) {
        std::lock_guard lock(raw->mutex_);
        raw->hearings_.push_back(hearing);
    };
    return seat;
}

void HearingDesk::hear(const std::shared_ptr<Seat>& seat, std::vector<uint8_t> played, bool resampled) {
    enqueue({seat, std::move(played), resampled, false});
}

void HearingDesk::finish(const std::shared_ptr<Seat>& seat) { enqueue({seat, {}, false, true}); }

void HearingDesk::enqueue(Job job) {
    {
        std::lock_guard lock(job.seat->mutex_);
        ++job.seat->waiting_;
    }
    {
        std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
}

void HearingDesk::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (stopping_) return;
        Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        if (job.finish) {
            job.seat->listener_->finish();
        } else {
            job.seat->listener_->narrow(job.resampled);
            job.seat->listener_->hear(ulaw_decode(job.played));
        }
        {
            std::lock_guard seat_lock(job.seat->mutex_);
            --job.seat->waiting_;
            job.seat->listened_ += job.played.size();
        }
        lock.lock();
    }
}

}  // namespace trunkline::lab
