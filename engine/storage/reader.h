#pragma once
// The reader thread: runs queries one after another with a session of its own, so that no shard waits for the disk.
#include <functional>
#include <memory>
#include <string>

#include "engine/core/result.h"

namespace trunkline {

class Queries;

class StorageReader {
  public:
    using Work = std::function<Result<std::string>(Queries&)>;
    using Done = std::function<void(Result<std::string>)>;

    /// The database must exist already (StorageWriter::open() makes it). Errors: "database-open".
    static Result<std::unique_ptr<StorageReader>> open(const std::string& path);
    ~StorageReader();  ///< finishes the query under way; those that wait are answered with error "stopped"

    /// Any thread, never blocks. `done` gets the answer on the reader thread: post it to where it belongs. With too
    /// many queries waiting `done` is called at once, here, with error "busy".
    void query(Work work, Done done);

  private:
    struct Impl;
    explicit StorageReader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace trunkline
