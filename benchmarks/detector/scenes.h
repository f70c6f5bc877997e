#pragma once
// The calls the candidates hear: real speech, and all that must not be taken for it.
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "lab/speech/library.h"

namespace trunkline::detector {

struct Scene {
    lab::Samples caller, agent;  ///< of the same length; mu-law has been applied to both
    int64_t onset = -1;          ///< sample at which the caller begins to speak; -1: he does not
};
struct Group {
    std::string name;
    bool speech = false;
    std::vector<Scene> scenes;
};

struct SceneOptions {
    size_t recordings = 200;
    uint64_t seed = 1;
};
/// Codes: those of the speech library.
Result<std::vector<Group>> make_groups(lab::SpeechLibrary& speech, const SceneOptions& options);

}  // namespace trunkline::detector
