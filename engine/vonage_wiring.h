#pragma once
// From the settings of the process to the parts that serve Vonage's calls.
#include <memory>
#include <string>

#include "engine/carriers/vonage.h"
#include "engine/carriers/vonage_hangup.h"
#include "engine/carriers/vonage_signature.h"
#include "engine/config/config.h"
#include "engine/core/result.h"

namespace trunkline {

struct VonageWiring {
    vonage::Settings settings;
    std::shared_ptr<vonage::Gate> gate;
    std::unique_ptr<vonage::HangUps> hang_ups;
};

/// Says in the log what is missing and what will not work without it, when any setting of Vonage's is there. Errors: a
/// private key that is none ("bad-config").
Result<VonageWiring> wire_vonage(const Config& config, const std::string& public_url, size_t shards);

}  // namespace trunkline
