// Opening: addresses, migrations, the one-writer lock.
#include "tests/unit/storage/fixture.h"

#include "engine/storage/migrations.h"

namespace trunkline {
namespace {

TEST(SqlitePath, UnderstandsUrlsAndBarePaths) {
    EXPECT_EQ(sqlite_path("sqlite:///var/x.db").value_or(""), "/var/x.db");
    EXPECT_EQ(sqlite_path("sqlite:x.db").value_or(""), "x.db");
    EXPECT_EQ(sqlite_path("data/x.db").value_or(""), "data/x.db");
}

TEST(SqlitePath, RefusesOtherDatabasesAndNoFile) {
    for (const char* url : {"postgresql://h/db", "sqlite:", "", ":memory:", "a\"b"}) {
        const auto path = sqlite_path(url);
        ASSERT_FALSE(path.has_value()) << url;
        EXPECT_EQ(path.error().code, "database-url");
    }
}

TEST(Migrations, AreNumberedWithoutGaps) {
    int expected = 1;
    for (const Migration& migration : migrations()) EXPECT_EQ(migration.version, expected++) << migration.name;
}

using DatabaseTest = StorageTest;

TEST_F(DatabaseTest, MigratesAnEmptyFileOnce) {
    auto session = open_writing_session(path_);
    ASSERT_TRUE(session.has_value());
    EXPECT_EQ(migrate(**session).value_or(-1), static_cast<int>(migrations().size()));
    EXPECT_EQ(migrate(**session).value_or(-1), 0);
    for (const char* table : {"calls", "sessions", "conversation_log", "call_events", "turns", "webhooks",
                              "webhook_deliveries", "webhook_queues"})
        EXPECT_EQ(number(std::string("SELECT COUNT(*) FROM ") + table), 0) << table;
}

TEST_F(DatabaseTest, SyncsEveryCommitIntoAWriteAheadLog) {
    auto session = open_writing_session(path_);
    ASSERT_TRUE(session.has_value());
    Statement mode(**session, "PRAGMA journal_mode", "", "s");
    mode.each({}, [&] { EXPECT_EQ(mode.text(0), "wal"); });
    Statement sync(**session, "PRAGMA synchronous", "", "i");
    sync.each({}, [&] { EXPECT_EQ(sync.integer(0), 2); });
}

TEST_F(DatabaseTest, RefusesADatabaseOfANewerProgram) {
    auto session = open_writing_session(path_);
    ASSERT_TRUE(session.has_value());
    ASSERT_TRUE(migrate(**session).has_value());
    execute(**session, "INSERT INTO schema_migrations VALUES (999, 'later', '')");
    const auto result = migrate(**session);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, "database-newer");
}

TEST_F(DatabaseTest, NamesTheFileThatCannotBeOpened) {
    StorageOptions options;
    options.path = folder_ + "/missing/x.db";
    const auto writer = StorageWriter::open(options);
    ASSERT_FALSE(writer.has_value());
    EXPECT_EQ(writer.error().code, "database-open");
    EXPECT_NE(writer.error().message.find("missing/x.db"), std::string::npos);
}

TEST_F(DatabaseTest, RefusesAFileThatIsNoDatabase) {
    FILE* file = fopen(path_.c_str(), "w");
    fputs("this is not a database, and long enough to look like one, page by page by page by page", file);
    fclose(file);
    StorageOptions options;
    options.path = path_;
    EXPECT_FALSE(StorageWriter::open(options).has_value());
}

TEST_F(DatabaseTest, LetsOneWriterIn) {
    open();
    StorageOptions options;
    options.path = path_;
    const auto second = StorageWriter::open(options);
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, "database-in-use");
    writer_.reset();
    open();
}

TEST_F(DatabaseTest, AReadingSessionCannotWrite) {
    open();
    auto session = open_reading_session(path_);
    ASSERT_TRUE(session.has_value());
    EXPECT_ANY_THROW(execute(**session, "DELETE FROM calls"));
}

}  // namespace
}  // namespace trunkline
