#pragma once
// A VonageSession over a socket pair whose other end is the carrier, as a test script; no bytes of the engine in
// between.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "elements/vonage/vonage_session.h"
#include "tests/support/call_rig.h"
#include "tests/unit/net/support.h"

namespace trunkline::test {

class VonageRig : public CallRig, private MediaSession::Listener {
  public:
    explicit VonageRig(vonage::SessionOptions options = vonage::kSessionOptions);
    ~VonageRig() override;

    // The carrier.
    void text(std::string_view text) { pair->write(frame(kText, text)); }
    void binary(std::string_view bytes) { pair->write(frame(kBinary, bytes)); }
    void connected(int rate = 16'000, const std::string& more = R"(,"leg":"leg-1","greeting":"hi")");
    void notify(const std::string& id);
    /// What came from the engine since the start, binary messages as "audio:<size>", notifies as "notify:<id>",
    /// "clear", "close:<code>".
    const std::vector<std::string>& heard();
    size_t heard_count(std::string_view beginning);
    std::vector<std::string> notifies();  ///< their ids
    /// The whole texts, as sent.
    const std::vector<std::string>& texts() const { return texts_; }
    /// All audio, in order.
    const std::string& audio();
    /// connected() and, once it was seen, begin().
    void go_live(int rate = 16'000);

    std::unique_ptr<Pair> pair;
    std::unique_ptr<vonage::VonageSession> session;
    std::vector<MediaStart> starts;
    std::vector<MediaEnd> ends;

  private:
    void on_media_start(const MediaStart& start) override { starts.push_back(start); }
    void on_media_end(const MediaEnd& end) override { ends.push_back(end); }
    std::vector<std::string> heard_, texts_;
    std::string audio_;
};

}  // namespace trunkline::test
