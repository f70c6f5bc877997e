#pragma once
// What the agent answers: the first rule that fits what it heard.
#include <set>
#include <string>

#include "lab/deepgram/options.h"

namespace trunkline::lab::deepgram {

class Mind {
  public:
    explicit Mind(Brain brain) : brain_(std::move(brain)) {}
    /// `name`: recordings named by the listener, joined by '+', "" when unintelligible or typed. `text`: the
    /// transcript.
    const Reply& answer(const std::string& name, const std::string& text);
    const Brain& brain() const { return brain_; }

  private:
    Brain brain_;
    std::set<size_t> used_;
};

/// Does `when` of a rule fit?
bool rule_fits(const std::string& when, const std::string& name, const std::string& text);

}  // namespace trunkline::lab::deepgram
