#pragma once
// Stands in for the neighbours of an element under test: a source pad that feeds it, and sink pads that write down all
// that comes out, in order. Any thread may push, any thread may look.
#include <gst/gst.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace trunkline::test {

/// A sink pad that records. It must be taken off its peer before it dies; see ElementRig.
class PadRecorder {
  public:
    struct Entry {
        std::string what;   ///< "buffer", or the event's type name ("caps", "flush-start", …) or its structure's name
        std::string bytes;  ///< of a buffer
        bool discont = false;
        std::string text;  ///< of an event: its structure
    };

    explicit PadRecorder(const char* caps = nullptr);
    ~PadRecorder();
    GstPad* pad() const { return pad_; }
    /// Answers custom queries; default: nobody takes them.
    std::function<bool(GstQuery*)> on_query;

    std::vector<Entry> entries() const;
    size_t count(std::string_view what) const;
    std::string audio() const;  ///< all buffers, joined
    std::vector<std::string> buffers() const;
    bool wait(const std::function<bool(const std::vector<Entry>&)>& done) const;  ///< false after five seconds
    bool wait_for(std::string_view what, size_t count = 1) const;
    bool wait_audio(size_t bytes) const;

  private:
    void add(Entry entry);
    GstPad* pad_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<Entry> entries_;
};

/// A source pad that feeds an element's sink pad.
class PadFeeder {
  public:
    explicit PadFeeder(const char* caps);
    ~PadFeeder();
    GstPad* pad() const { return pad_; }
    /// stream-start, caps, segment; also done by the first push().
    void start();
    void restart();  ///< start() again, for an element that was stopped in between
    void segment();
    void flush();  ///< flush-start, flush-stop and a new segment
    GstFlowReturn push(const std::string& bytes, int64_t ingress_ns = 0);
    gboolean event(GstEvent* event) { return gst_pad_push_event(pad_, event); }

  private:
    GstPad* pad_;
    GstCaps* caps_;
    bool started_ = false;
};

}  // namespace trunkline::test
