#include "elements/bargein/agent_talk.h"

#include <algorithm>
#include <utility>

namespace trunkline::bargein {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;
/// A line that reports may be late by so much before its silence counts as "heard".
constexpr int64_t kLineLateNs = 5'000'000'000;

}  // namespace

void AgentTalk::reply_start(uint64_t epoch, int64_t now_ns) {
    reply_end();
    Reply reply;
    reply.epoch = epoch;
    reply.number = ++number_;
    reply.started_ns = now_ns;
    reply.is_protected = protect_;
    if (!next_words_.empty()) add(reply, std::exchange(next_words_, {}));
    replies_.push_back(std::move(reply));
    if (replies_.size() > kRemembered) replies_.pop_front();
}

void AgentTalk::reply_end() {
    if (!replies_.empty()) replies_.back().ended = true;
}

void AgentTalk::text(std::string words) {
    if (words.empty() || words.size() > kMaxText) return;
    if (!replies_.empty() && !replies_.back().ended) {
        add(replies_.back(), std::move(words));
    } else if (next_words_.size() + words.size() <= kMaxText) {
        if (!next_words_.empty()) next_words_ += ' ';
        next_words_ += words;
    }
}

void AgentTalk::add(Reply& reply, std::string words) {
    size_t bytes = words.size();
    for (const Passage& passage : reply.passages) bytes += passage.words.size();
    if (bytes > kMaxText) return;
    if (!reply.passages.empty() && reply.passages.back().at_ns == reply.given_ns) {
        reply.passages.back().words += ' ' + words;
    } else {
        reply.passages.push_back({reply.given_ns, std::move(words)});
    }
}

void AgentTalk::audio(int64_t duration_ns, int64_t now_ns) {
    if (replies_.empty() || replies_.back().ended) reply_start(0, now_ns);
    replies_.back().given_ns += duration_ns;
    ends_ns_ = std::max(ends_ns_, now_ns) + duration_ns;
}

void AgentTalk::protect(bool on) {
    protect_ = on;
    if (on && !replies_.empty() && !replies_.back().ended) replies_.back().is_protected = true;
}

void AgentTalk::on_playback(const gst::Playback& playback) {
    using State = gst::Playback::State;
    line_reports_ = true;
    if (playback.state == State::kFirstSent) {
        for (Reply& reply : replies_) {
            if (reply.epoch == playback.epoch) reply.started_ns = playback.at_ns;
        }
    } else if (playback.state == State::kFinished) {
        // They are heard in their order: those before it are over as well.
        const auto it = std::find_if(replies_.begin(), replies_.end(),
                                     [&](const Reply& reply) { return reply.epoch == playback.epoch; });
        if (it != replies_.end()) replies_.erase(replies_.begin(), it + 1);
    }
}

void AgentTalk::cancel(int64_t now_ns) {
    for (Reply& reply : replies_) past_.push_back(std::move(reply));
    replies_.clear();
    while (past_.size() > kRemembered) past_.pop_front();
    next_words_.clear();
    ends_ns_ = std::min(ends_ns_, now_ns);
}

bool AgentTalk::at_ear(int64_t now_ns) const {
    if (replies_.empty()) return false;
    return now_ns < ends_ns_ + (line_reports_ ? kLineLateNs : 0);
}

int64_t AgentTalk::started_ns() const { return replies_.empty() ? 0 : replies_.front().started_ns; }

const AgentTalk::Reply* AgentTalk::find(uint64_t epoch) const {
    for (const auto* list : {&replies_, &past_}) {
        const auto it = std::find_if(list->begin(), list->end(), [&](const Reply& r) { return r.epoch == epoch; });
        if (it != list->end()) return &*it;
    }
    return nullptr;
}

std::string AgentTalk::heard_text(uint64_t epoch, int64_t played_ms) const {
    const Reply* reply = find(epoch);
    std::string text;
    if (!reply) return text;
    const int64_t played = played_ms * kNsPerMs;
    for (size_t i = 0; i < reply->passages.size(); ++i) {
        const Passage& passage = reply->passages[i];
        const bool last = i + 1 == reply->passages.size();
        const int64_t end = last ? reply->given_ns : reply->passages[i + 1].at_ns;
        if (played <= passage.at_ns || end <= passage.at_ns) break;
        const double part = static_cast<double>(played - passage.at_ns) / static_cast<double>(end - passage.at_ns);
        const std::string_view spoken = spoken_part(passage.words, part);
        if (!text.empty() && !spoken.empty()) text += ' ';
        text += spoken;
        if (part < 1) break;
    }
    return text;
}

std::string_view spoken_part(std::string_view words, double part) {
    if (part >= 1) return words;
    if (part <= 0 || words.empty()) return {};
    const auto at = static_cast<size_t>(part * static_cast<double>(words.size()));
    if (words[at] == ' ') return words.substr(0, at);
    const size_t space = words.rfind(' ', at);
    return space == std::string_view::npos ? std::string_view() : words.substr(0, space);
}

}  // namespace trunkline::bargein
