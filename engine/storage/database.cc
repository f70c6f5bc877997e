// See the header. soci-sqlite3.h includes sqlite3.h inside a namespace of its own: never include sqlite3.h here.
#include "engine/storage/database.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "engine/core/clock.h"
#include "engine/storage/migrations.h"
#include "engine/storage/soci_session.h"
// After the header that switches Boost off.
#include <soci/sqlite3/soci-sqlite3.h>

namespace trunkline {
namespace {

// Long enough for a reader's checkpoint, short enough that the storage thread stays answerable.
constexpr int kBusyTimeoutMs = 200;
// At the start nobody waits for us yet, and a backup that holds the lock is no reason not to start.
constexpr int kStartBusyTimeoutMs = 10'000;

void set_busy_timeout(soci::session& session, int ms) { session << "PRAGMA busy_timeout=" + std::to_string(ms); }

Result<SessionPtr> open_session(const std::string& path, int busy_ms, std::initializer_list<const char*> pragmas) {
    try {
        auto session = std::make_shared<soci::session>(soci::sqlite3, "db=\"" + path + "\"");
        set_busy_timeout(*session, busy_ms);
        for (const char* pragma : pragmas) *session << pragma;
        return session;
    } catch (const std::exception& problem) {
        return fail("database-open", "cannot open the database " + path + ": " + problem.what() +
                                         "; check that its folder exists and may be written by this user");
    }
}

// Statements end with ';' at the end of a line, comments are lines of their own; SOCI takes one statement at a time.
std::vector<std::string> split_statements(std::string_view sql) {
    std::vector<std::string> statements;
    std::string statement;
    while (!sql.empty()) {
        const std::string_view line = sql.substr(0, sql.find('\n'));
        sql.remove_prefix(std::min(sql.size(), line.size() + 1));
        if (line.empty() || line.starts_with("--")) continue;
        const bool last = line.ends_with(';');
        statement.append(last ? line.substr(0, line.size() - 1) : line).append(last ? "" : "\n");
        if (last) statements.push_back(std::exchange(statement, {}));
    }
    return statements;
}

int current_version(soci::session& session) {
    session << "CREATE TABLE IF NOT EXISTS schema_migrations"
               " (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)";
    int version = 0;
    session << "SELECT COALESCE(MAX(version), 0) FROM schema_migrations", soci::into(version);
    return version;
}

void apply(soci::session& session, const Migration& migration) {
    soci::transaction transaction(session);
    for (const std::string& statement : split_statements(migration.sql)) session << statement;
    const std::string name(migration.name), now = rfc3339(unix_ms());
    session << "INSERT INTO schema_migrations (version, name, applied_at) VALUES (:v, :n, :t)",
        soci::use(migration.version), soci::use(name), soci::use(now);
    transaction.commit();
}

}  // namespace

Result<std::string> sqlite_path(std::string_view url) {
    std::string_view path = url;
    if (path.starts_with("sqlite://")) {
        path.remove_prefix(9);
    } else if (path.starts_with("sqlite:")) {
        path.remove_prefix(7);
    } else if (path.find("://") != std::string_view::npos) {
        return fail("database-url",
                    "this program stores into SQLite only; write sqlite:///path/to/file.db, not a URL of " +
                        std::string(path.substr(0, path.find("://"))));
    }
    if (path.empty() || path == ":memory:" || path.find('"') != std::string_view::npos) {
        return fail("database-url", "the database needs a file: write sqlite:///path/to/file.db");
    }
    return std::string(path);
}

Result<SessionPtr> open_writing_session(const std::string& path) {
    return open_session(path, kStartBusyTimeoutMs,
                        {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON",
                         "PRAGMA journal_size_limit=67108864"});
}

void wait_briefly(soci::session& session) { set_busy_timeout(session, kBusyTimeoutMs); }

Result<SessionPtr> open_reading_session(const std::string& path) {
    return open_session(path, kBusyTimeoutMs, {"PRAGMA query_only=ON"});
}

Result<int> migrate(soci::session& session) {
    try {
        const int before = current_version(session);
        const auto all = migrations();
        if (before > all.back().version) {
            return fail("database-newer", "the database is of version " + std::to_string(before) +
                                              ", this program knows " + std::to_string(all.back().version) +
                                              "; start a newer program");
        }
        for (const Migration& migration : all) {
            if (migration.version > before) apply(session, migration);
        }
        return all.back().version - before;
    } catch (const std::exception& problem) {
        return fail("database-migration",
                    std::string("the database could not be brought up to date: ") + problem.what());
    }
}

DbError current_db_error() {
    constexpr int kTooBig = 18, kConstraint = 19, kMismatch = 20, kRange = 25;
    try {
        throw;
    } catch (const soci::sqlite3_soci_error& problem) {
        const int code = problem.result() & 0xFF;
        const bool bad_row = code == kTooBig || code == kConstraint || code == kMismatch || code == kRange;
        // Not what(): it quotes the values of the row, and those are people's words and numbers.
        return {bad_row ? DbTrouble::kBadRow : DbTrouble::kTryAgain, problem.get_error_message()};
    } catch (const soci::soci_error& problem) {
        return {DbTrouble::kTryAgain, problem.get_error_message()};
    } catch (const std::exception& problem) {
        return {DbTrouble::kTryAgain, problem.what()};
    }
}

Result<WriterLock> WriterLock::take(const std::string& path) {
    WriterLock lock;
    const std::string file = path + ".lock";
    lock.fd_ = open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (lock.fd_ < 0) {
        return fail("database-open", "cannot make " + file + ": " + std::strerror(errno) +
                                         "; check that the folder exists and may be written by this user");
    }
    if (flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
        return fail("database-in-use", "another trunkline process writes into " + path +
                                           "; stop it, or give this one a database of its own");
    }
    return lock;
}

WriterLock::WriterLock(WriterLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
WriterLock& WriterLock::operator=(WriterLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}
WriterLock::~WriterLock() {
    if (fd_ >= 0) close(fd_);
}

}  // namespace trunkline
