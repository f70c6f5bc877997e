#pragma once
// The last resort: records that the database can never take (or could not take before the end of the process) go as
// JSON lines into "<database>.refused.jsonl", so that nothing known is lost without a trace.
#include <string>
#include <string_view>

#include "engine/events/outbox.h"

namespace trunkline {

class DeadLetters {
  public:
    explicit DeadLetters(std::string database_path) : path_(std::move(database_path) + ".refused.jsonl") {}
    /// False when even the file could not be written.
    bool keep(const Record& record, std::string_view why) const;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

}  // namespace trunkline
