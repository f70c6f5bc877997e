#include "elements/bargein/echo.h"

#include <algorithm>

namespace trunkline::bargein {
namespace {

constexpr int64_t kPieceNs = 20'000'000;
constexpr double kAudible = -45;    // dBFS of the agent, below which nothing is learnt
constexpr double kGrow = 1.0 / 50;  // dB a frame: 1 dB a second, less than the margin between two words

}  // namespace

void Echo::sent(double dbfs, int64_t now_ns) {
    const int64_t at = std::max(now_ns, ends_ns_);
    ends_ns_ = at + kPieceNs;
    pieces_.push_back({at, dbfs});
    if (pieces_.size() > kMost) pieces_.pop_front();
}

void Echo::cleared(int64_t now_ns) {
    while (!pieces_.empty() && pieces_.back().at_ns > now_ns) pieces_.pop_back();
    ends_ns_ = std::min(ends_ns_, now_ns);
}

void Echo::delayed(int64_t now_ns, int64_t by_ns) {
    for (auto it = pieces_.rbegin(); it != pieces_.rend() && it->at_ns > now_ns - by_ns; ++it) it->at_ns += by_ns;
    if (ends_ns_ > now_ns - by_ns) ends_ns_ += by_ns;
}

double Echo::loudest(int64_t now_ns) {
    const int64_t from = now_ns - options_.max_delay_ns - 2 * kPieceNs;
    while (!pieces_.empty() && pieces_.front().at_ns < from) pieces_.pop_front();
    double loudest = kSilence;
    for (const Piece& piece : pieces_) {
        if (piece.at_ns > now_ns) break;
        loudest = std::max(loudest, piece.dbfs);
    }
    return loudest;
}

double Echo::bound_dbfs(int64_t now_ns) {
    const double sent = loudest(now_ns);
    return sent <= kAudible ? kSilence : sent - loss_db_;
}

void Echo::heard_no_speech(double dbfs, int64_t now_ns) {
    const double sent = loudest(now_ns);
    if (sent <= kAudible) return;
    const double seen = sent - dbfs - options_.margin_db;
    loss_db_ = std::clamp(std::min(seen, loss_db_ + kGrow), options_.least_loss_db, options_.most_loss_db);
}

}  // namespace trunkline::bargein
