#pragma once
// A database in a folder of its own, and short ways to write and count.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "engine/core/clock.h"
#include "engine/core/id.h"
#include "engine/events/fact.h"
#include "engine/storage/database.h"
#include "engine/storage/statement.h"
#include "engine/storage/writer.h"

namespace trunkline {

constexpr std::chrono::milliseconds kPatience{20'000};

class StorageTest : public testing::Test {
  protected:
    StorageTest() { std::filesystem::create_directories(folder_); }
    ~StorageTest() override {
        writer_.reset();
        std::filesystem::remove_all(folder_);
    }

    void open(size_t ring = 65'536) {
        StorageOptions options;
        options.path = path_;
        options.ring_records = ring;
        auto writer = StorageWriter::open(options);
        ASSERT_TRUE(writer.has_value()) << writer.error().message;
        writer_ = *std::move(writer);
    }
    void flush() { ASSERT_TRUE(writer_->flush(kPatience)); }

    static FactPtr fact(const std::string& call, uint64_t seq, const std::string& type, const std::string& fields,
                        uint64_t turn = 0) {
        auto made = std::make_shared<Fact>();
        made->call_id = call;
        made->seq = seq;
        made->type = type;
        made->t_ms = static_cast<int64_t>(seq) * 10;
        made->unix_ms = 1'795'170'243'000 + static_cast<int64_t>(seq);
        write_fact_body(*made, "node", turn, "hash", fields);
        return made;
    }
    static FactPtr digit(const std::string& call, uint64_t seq) { return fact(call, seq, "dtmf", "\"digit\":\"1\""); }
    void put(const FactPtr& what, const std::string& webhook = "") {
        ASSERT_TRUE(writer_->put(FactRecord{what, true, webhook}));
    }
    static CallRow call_row(const std::string& id, const std::string& sid = "") {
        CallRow row;
        row.id = id;
        row.carrier = "twilio";
        row.carrier_call_id = sid;
        row.direction = "inbound";
        row.from_number = "+4930";
        row.to_number = "+4940";
        row.status = "initiated";
        row.graph = "support";
        row.graph_hash = "hash";
        row.created_unix_ms = 1'795'170'243'000;
        return row;
    }

    int64_t number(const std::string& sql) {
        auto session = open_reading_session(path_);
        EXPECT_TRUE(session.has_value());
        Statement query(**session, sql, "", "i");
        int64_t value = -1;
        query.each({}, [&] { value = query.integer(0); });
        return value;
    }
    std::string text(const std::string& sql) {
        auto session = open_reading_session(path_);
        EXPECT_TRUE(session.has_value());
        Statement query(**session, sql, "", "s");
        std::string value = "(no row)";
        query.each({}, [&] { value = query.is_null(0) ? "(null)" : query.text(0); });
        return value;
    }

    // In memory where there is such a place: hundreds of synced commits would take the tests seconds on a disk.
    static std::string base() { return std::filesystem::exists("/dev/shm") ? "/dev/shm/" : testing::TempDir(); }
    const std::string folder_ = base() + new_id("trunkline-storage-");
    const std::string path_ = folder_ + "/t.db";
    std::unique_ptr<StorageWriter> writer_;
};

}  // namespace trunkline
