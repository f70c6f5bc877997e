#pragma once
// What the agent answers: the first rule that fits what it heard.
#include <set>
#include <string>
#include <vector>

#include "lab/agent/options.h"

namespace trunkline::lab::agent {

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

/// Said first; "" for nothing. `otherwise`: what the client wishes, if the brain has no greeting of its own.
std::string greeting_of(const Brain& brain, const std::string& otherwise = "");

/// What `reply` says when its calls came back with `contents`; `answered` is false when one of them did not.
std::vector<std::string> lines_of(const Reply& reply, const std::vector<std::string>& contents, bool answered);

/// {"result": "x"} → x for a spoken answer: the content itself unless it is JSON, then its first text or number.
std::string speakable(const std::string& content);
/// `line` with every "{result}" replaced.
std::string with_result(std::string line, const std::string& result);

}  // namespace trunkline::lab::agent
