#pragma once
// A TwilioSession with the carrier as a test script.
#include <string>
#include <string_view>

#include "elements/twilio/twilio_session.h"
#include "tests/element/line/carrier_rig.h"

namespace trunkline::test {

/// What it hears is called "media:<base64>", "mark:<name>", "clear", "close:<code>", "binary".
class TwilioRig : public CarrierRig {
  public:
    explicit TwilioRig(const twilio::SessionOptions& options = {});

    // The carrier.
    void start(std::string_view tracks = R"(["inbound"])");
    void media(std::string_view payload_base64 = kAudio, std::string_view track = "inbound");
    void mark(std::string_view name);
    void dtmf(char digit);
    /// start() and, once it was seen, begin().
    void go_live();

    static constexpr const char* kAudio = "//////////8=";  ///< eight bytes of silence: a millisecond

  private:
    std::string name_of_text(const Json& message) override;
    std::string name_of_binary(const std::string&) override { return "binary"; }
};

}  // namespace trunkline::test
