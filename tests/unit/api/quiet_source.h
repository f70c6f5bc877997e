#pragma once

namespace trunkline::test {

/// The element `quietsrc`: a source without a thread that never has anything to say but its end. For calls of a carrier
/// whose own elements are not the matter.
void register_quiet_source();

}  // namespace trunkline::test
