#pragma once
// A carrier's session over a socket pair whose other end is the carrier, as a test script; no bytes of the engine in
// between. Each carrier's rig adds what its carrier says and how its messages are called.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/line/line_session.h"
#include "tests/support/call_rig.h"
#include "tests/unit/net/support.h"

namespace trunkline::test {

class CarrierRig : public CallRig, private MediaSession::Listener {
  public:
    ~CarrierRig() override;

    // The carrier.
    void text(std::string_view text) { pair->write(frame(kText, text)); }
    void binary(std::string_view bytes) { pair->write(frame(kBinary, bytes)); }
    /// What came from the engine since the start: "close:<code>", and messages as the carrier's rig calls them.
    const std::vector<std::string>& heard();
    size_t heard_count(std::string_view beginning);
    /// What follows `beginning` in those that begin so.
    std::vector<std::string> heard_after(std::string_view beginning);
    /// The whole texts, as sent.
    const std::vector<std::string>& texts() const { return texts_; }

    std::unique_ptr<Pair> pair;
    std::unique_ptr<line::LineSession> session;
    std::vector<MediaStart> starts;
    std::vector<MediaEnd> ends;

  protected:
    using Open = std::function<std::unique_ptr<line::LineSession>(Shard*, std::unique_ptr<WebSocket>, Listener*)>;
    explicit CarrierRig(const Open& open);
    virtual std::string name_of_text(const Json& message) = 0;
    virtual std::string name_of_binary(const std::string& message) = 0;
    /// The pipeline plays, once the start was seen.
    void begin();

  private:
    void on_media_start(const MediaStart& start) override { starts.push_back(start); }
    void on_media_end(const MediaEnd& end) override { ends.push_back(end); }
    std::vector<std::string> heard_, texts_;
};

}  // namespace trunkline::test
