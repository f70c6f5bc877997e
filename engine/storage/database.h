#pragma once
// Opening the database: path, pragmas, the one-writer lock, migrations, and what an exception of SOCI means.
#include <memory>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace soci {
class session;
}

namespace trunkline {

/// What to do about a failed statement.
enum class DbTrouble {
    kTryAgain,  ///< locked, disk full, out of memory: the same rows may go in later
    kBadRow,    ///< this row can never go in: constraint, type, size
};

/// An exception that was caught at a thread's edge, as an answer.
struct DbError {
    DbTrouble trouble;
    std::string message;
};

using SessionPtr = std::shared_ptr<soci::session>;

/// "sqlite:///var/lib/x.db", "sqlite:x.db" or a bare path → the path. Error "database-url" names what is not
/// understood.
Result<std::string> sqlite_path(std::string_view url);

/// The writing session: WAL, synchronous=FULL. It waits ten seconds for a lock of somebody else, for what must be done
/// before the program can start; wait_briefly() ends that. Errors: "database-open" names the file, the cause and the
/// cure.
Result<SessionPtr> open_writing_session(const std::string& path);
/// From now on a statement gives up on a lock after 200 ms: the storage thread must stay answerable.
void wait_briefly(soci::session& session);
/// A session that can only read.
Result<SessionPtr> open_reading_session(const std::string& path);

/// Brings an empty or older database up to date, each step in its own transaction; returns how many steps ran. Errors:
/// "database-migration"; "database-newer" when the database was made by a newer program.
Result<int> migrate(soci::session& session);

/// Call inside a catch block.
DbError current_db_error();

/// Holds "<path>.lock" while it lives, so that two engines never write into one file; gone with the process.
class WriterLock {
  public:
    /// Error "database-in-use" names the file.
    static Result<WriterLock> take(const std::string& path);
    WriterLock() = default;
    WriterLock(WriterLock&& other) noexcept;
    WriterLock& operator=(WriterLock&& other) noexcept;
    ~WriterLock();

  private:
    int fd_ = -1;
};

}  // namespace trunkline
