#pragma once
// What the agent was given to say to the caller and how far he has heard it. Pure: told by events of the stream and by
// the line's reports.
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "engine/gst/control.h"

namespace trunkline::bargein {

class AgentTalk {
  public:
    void reply_start(uint64_t epoch, int64_t now_ns);
    void reply_end();
    /// Words of the reply under way, or of the next one.
    void text(std::string words);
    void audio(int64_t duration_ns, int64_t now_ns);
    /// From here on replies are protected, or not any more. The reply under way is, if it ever was.
    void protect(bool on);
    void on_playback(const gst::Playback& playback);
    /// What was said is over, heard or not: the decision fell, or a flush passed.
    void cancel(int64_t now_ns);

    /// The line was held: what had not been heard comes that much later.
    void delayed(int64_t by_ns) { ends_ns_ += by_ns; }

    /// A reply is being said or still waits to be heard. Where no line reports anything, the clock stands in.
    bool at_ear(int64_t now_ns) const;
    /// When all audio given so far will have been heard.
    int64_t ends_ns() const { return ends_ns_; }
    /// The reply at the caller's ear is the first of the call.
    bool greeting() const { return !replies_.empty() && replies_.front().number == 1; }
    bool is_protected() const { return !replies_.empty() && replies_.front().is_protected; }
    /// When the reply at the caller's ear went to the carrier, or was given when that is not known; 0: none.
    int64_t started_ns() const;
    bool ever_spoke() const { return number_ > 0; }
    /// The words of reply `epoch` that `played_ms` of its audio hold, to the last whole word.
    std::string heard_text(uint64_t epoch, int64_t played_ms) const;

  private:
    static constexpr size_t kRemembered = 16;
    static constexpr size_t kMaxText = 64U << 10;
    struct Passage {
        int64_t at_ns;  // of the reply's audio
        std::string words;
    };
    struct Reply {
        uint64_t epoch = 0;
        uint64_t number = 0;
        int64_t given_ns = 0;
        int64_t started_ns = 0;
        bool ended = false, is_protected = false;
        std::vector<Passage> passages;
    };
    static void add(Reply& reply, std::string words);
    const Reply* find(uint64_t epoch) const;

    std::deque<Reply> replies_;  // not heard to the end; the last one is being given
    std::deque<Reply> past_;     // cancelled, for what is still asked about them
    std::string next_words_;
    bool protect_ = false;
    bool line_reports_ = false;
    uint64_t number_ = 0;
    int64_t ends_ns_ = 0;
};

/// The part of `words` that `part` (0…1) of its audio holds, to the last whole word.
std::string_view spoken_part(std::string_view words, double part);

}  // namespace trunkline::bargein
