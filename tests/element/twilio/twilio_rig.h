#pragma once
// A TwilioSession over a socket pair whose other end is the carrier, as a test script; no bytes of the engine in
// between.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elements/twilio/twilio_session.h"
#include "tests/support/call_rig.h"
#include "tests/unit/net/support.h"

namespace trunkline::test {

class TwilioRig : public CallRig, private MediaSession::Listener {
  public:
    explicit TwilioRig(twilio::SessionOptions options = {});
    ~TwilioRig() override;

    // The carrier.
    void send(std::string_view text) { pair->write(frame(kText, text)); }
    void start(const std::string& tracks = R"(["inbound"])");
    void media(const std::string& payload_base64 = kAudio, const char* track = "inbound");
    void mark(const std::string& name);
    void dtmf(char digit);
    /// What came from the engine since the start: "media:<base64>", "mark:<name>", "clear", "close:<code>", "binary".
    const std::vector<std::string>& heard();
    size_t heard_count(std::string_view beginning);
    /// The whole JSON texts, as sent.
    const std::vector<std::string>& texts() const { return texts_; }
    /// start() and, once it was seen, begin().
    void go_live();

    static constexpr const char* kAudio = "//////////8=";  ///< eight bytes of silence: a millisecond

    std::unique_ptr<Pair> pair;
    std::unique_ptr<twilio::TwilioSession> session;
    std::vector<MediaStart> starts;
    std::vector<MediaEnd> ends;

  private:
    void on_media_start(const MediaStart& start) override { starts.push_back(start); }
    void on_media_end(const MediaEnd& end) override { ends.push_back(end); }
    std::vector<std::string> heard_, texts_;
};

}  // namespace trunkline::test
