#pragma once
// A VonageSession with the carrier as a test script.
#include <string>
#include <string_view>
#include <vector>

#include "elements/vonage/vonage_session.h"
#include "tests/element/line/carrier_rig.h"

namespace trunkline::test {

/// What it hears is called "audio:<size>", "notify:<id>", "clear", "close:<code>".
class VonageRig : public CarrierRig {
  public:
    explicit VonageRig(const vonage::SessionOptions& options = vonage::kSessionOptions);

    // The carrier.
    void connected(int rate = 16'000, std::string_view more = R"(,"leg":"leg-1","greeting":"hi")");
    void notify(std::string_view id);
    std::vector<std::string> notifies() { return heard_after("notify:"); }  ///< their ids
    /// All audio, in order.
    const std::string& audio();
    /// connected() and, once it was seen, begin().
    void go_live(int rate = 16'000);

  private:
    std::string name_of_text(const Json& message) override;
    std::string name_of_binary(const std::string& message) override;
    std::string audio_;
};

}  // namespace trunkline::test
