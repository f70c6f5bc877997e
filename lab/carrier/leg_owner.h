#pragma once
// The call a media leg belongs to, as the leg's parts see it.
#include <cstddef>
#include <string>
#include <string_view>

#include "lab/carrier/call_result.h"

namespace trunkline::lab {

class MediaLeg;

enum class LegEnd { kRefused, kServerClosed, kProtocolError, kLost, kHungUp };
const char* to_string(LegEnd end);

class LegOwner {
  public:
    virtual ~LegOwner() = default;
    virtual double call_ms() const = 0;
    virtual void note(std::string_view kind, std::string detail) = 0;
    /// Returns the index under which the violation stands in the result.
    virtual size_t violation(int code, bool warning, std::string message) = 0;
    virtual void violation_repeated(size_t index) = 0;
    virtual StreamResult& leg_result(const MediaLeg& leg) = 0;
    virtual void leg_opened(MediaLeg& leg) = 0;
    virtual void leg_changed() = 0;  ///< something may have become true that somebody waits for
    virtual void leg_ended(MediaLeg& leg, LegEnd end) = 0;
};

/// Where a leg and its parts write what happens on it.
struct LegBook {
    LegOwner& owner;
    const MediaLeg& leg;

    double call_ms() const { return owner.call_ms(); }
    void note(std::string_view kind, std::string detail) const { owner.note(kind, std::move(detail)); }
    StreamResult& result() const { return owner.leg_result(leg); }
};

}  // namespace trunkline::lab
