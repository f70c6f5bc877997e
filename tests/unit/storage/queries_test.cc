// The read side: filters, pages, and the shape of the answers.
#include "engine/storage/queries.h"

#include <future>
#include <set>

#include "engine/core/json.h"
#include "engine/storage/reader.h"
#include "tests/unit/storage/fixture.h"

namespace trunkline {
namespace {

class QueriesTest : public StorageTest {
  protected:
    Json ask(const std::function<Result<std::string>(Queries&)>& work) {
        const auto answer = ask_raw(work);
        EXPECT_TRUE(answer.has_value()) << (answer ? "" : answer.error().message);
        if (!answer) return {};
        auto json = Json::parse(*answer);
        EXPECT_TRUE(json.has_value()) << *answer;
        return json.value_or(Json());
    }
    Result<std::string> ask_raw(const std::function<Result<std::string>(Queries&)>& work) {
        if (!reader_) {
            auto reader = StorageReader::open(path_);
            EXPECT_TRUE(reader.has_value());
            reader_ = *std::move(reader);
        }
        std::promise<Result<std::string>> answer;
        auto got = answer.get_future();
        reader_->query(work, [&](Result<std::string> result) { answer.set_value(std::move(result)); });
        return got.get();
    }
    /// 25 calls, two a second, every fifth by the other carrier, every second one completed.
    void many_calls() {
        open();
        for (int i = 0; i < 25; ++i) {
            CallRow row = call_row("c" + std::to_string(100 + i), "CA" + std::to_string(i));
            row.carrier = i % 5 == 0 ? "vonage" : "twilio";
            row.status = i % 2 == 0 ? "completed" : "in_progress";
            row.graph = i % 3 == 0 ? "sales" : "support";
            row.created_unix_ms = 1'795'170'243'000 + i / 2 * 1'000;
            writer_->put(row);
        }
        flush();
    }
    size_t count(const CallFilter& filter) {
        return ask([&](Queries& q) { return q.list_calls(filter, "", 1'000); })["calls"].size();
    }
    std::unique_ptr<StorageReader> reader_;
};

TEST_F(QueriesTest, PagesThroughAllCallsNewestFirst) {
    many_calls();
    std::vector<std::string> seen;
    std::string cursor;
    int pages = 0;
    do {
        const Json page = ask([&](Queries& q) { return q.list_calls({}, cursor, 10); });
        for (size_t i = 0; i < page["calls"].size(); ++i) seen.push_back(page["calls"].at(i)["id"].text_or(""));
        cursor = page["next_cursor"].text_or("");
        ++pages;
    } while (!cursor.empty() && pages < 10);
    EXPECT_EQ(pages, 3);
    ASSERT_EQ(seen.size(), 25U);
    EXPECT_EQ(seen.front(), "c124");
    EXPECT_TRUE(std::is_sorted(seen.rbegin(), seen.rend()));
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 25U);
}

TEST_F(QueriesTest, AFullLastPageHasNoNext) {
    many_calls();
    EXPECT_TRUE(ask([&](Queries& q) { return q.list_calls({}, "", 25); })["next_cursor"].is_null());
}

TEST_F(QueriesTest, FiltersByCarrierStatusGraphAndTime) {
    many_calls();
    CallFilter filter;
    filter.carrier = "vonage";
    EXPECT_EQ(count(filter), 5U);
    filter.status = "completed";
    EXPECT_EQ(count(filter), 3U);
    filter = {};
    filter.graph = "sales";
    EXPECT_EQ(count(filter), 9U);
    filter = {};
    filter.created_from = rfc3339(1'795'170'245'000);
    filter.created_before = rfc3339(1'795'170'247'000);
    EXPECT_EQ(count(filter), 4U);
    filter = {};
    filter.batch_id = "none";
    EXPECT_EQ(count(filter), 0U);
}

TEST_F(QueriesTest, RefusesACursorThatIsNone) {
    open();
    for (const char* cursor : {"!!", "QUJD", "x"}) {
        const auto answer = ask_raw([&](Queries& q) { return q.list_calls({}, cursor, 10); });
        ASSERT_FALSE(answer.has_value()) << cursor;
        EXPECT_EQ(answer.error().code, "bad-cursor");
    }
}

TEST_F(QueriesTest, FindsACallByEitherId) {
    open();
    CallRow row = call_row("c1", "CA1");
    row.params_json = R"({"greeting":"hi"})";
    writer_->put(row);
    flush();
    for (const char* id : {"c1", "CA1"}) {
        const Json call = ask([&](Queries& q) { return q.find_call(id); });
        EXPECT_EQ(call["id"].text_or(""), "c1");
        EXPECT_EQ(call["from"].text_or(""), "+4930");
        EXPECT_EQ(call["params"]["greeting"].text_or(""), "hi");
        EXPECT_TRUE(call["ended_at"].is_null());
        EXPECT_TRUE(call["duration_ms"].is_null());
        EXPECT_EQ(call["created_at"].text_or(""), "2026-11-20T10:24:03.000Z");
        EXPECT_EQ(call.size(), 21U);
    }
}

TEST_F(QueriesTest, SaysWhenThereIsNoSuchCall) {
    open();
    using Ask = std::function<Result<std::string>(Queries&)>;
    const Ask all[] = {
        [](Queries& q) { return q.find_call("x' OR 1=1"); }, [](Queries& q) { return q.conversation_log("x", 0, 10); },
        [](Queries& q) { return q.call_events("x", 0, 10); }, [](Queries& q) { return q.turns("", 0, 10); }};
    for (const Ask& work : all) {
        const auto answer = ask_raw(work);
        ASSERT_FALSE(answer.has_value());
        EXPECT_EQ(answer.error().code, "not-found");
    }
}

TEST_F(QueriesTest, GivesTheEventsOfACallInPages) {
    open();
    writer_->put(call_row("c1", "CA1"));
    for (uint64_t seq = 1; seq <= 12; ++seq) put(digit("c1", seq));
    flush();
    const Json first = ask([](Queries& q) { return q.call_events("CA1", 0, 10); });
    EXPECT_EQ(first["call_id"].text_or(""), "c1");
    ASSERT_EQ(first["events"].size(), 10U);
    EXPECT_EQ(first["events"].at(9).dump(), digit("c1", 10)->body);
    EXPECT_EQ(first["next_after"].int_or(0), 10);
    const Json second = ask([](Queries& q) { return q.call_events("c1", 10, 10); });
    EXPECT_EQ(second["events"].size(), 2U);
    EXPECT_TRUE(second["next_after"].is_null());
}

TEST_F(QueriesTest, GivesTheConversationWithEmotions) {
    open();
    writer_->put(call_row("c1"));
    put(fact("c1", 1, "transcript", R"("role":"user","text":"hi","final":true)", 1));
    put(fact("c1", 2, "emotion", R"("role":"user","scores":{"Joy":0.5},"sentiment":"positive","confidence":0.7)", 1));
    put(fact("c1", 3, "transcript", R"("role":"assistant","text":"hello","final":true)", 1));
    flush();
    const Json log = ask([](Queries& q) { return q.conversation_log("c1", 0, 10); });
    ASSERT_EQ(log["log"].size(), 2U);
    const Json line = log["log"].at(0);
    EXPECT_EQ(line["message"].text_or(""), "hi");
    EXPECT_EQ(line["emotion_scores"]["Joy"].number_or(0), 0.5);
    EXPECT_EQ(line["sentiment"].text_or(""), "positive");
    EXPECT_EQ(line["confidence"].number_or(0), 0.7);
    EXPECT_EQ(line["turn"].int_or(0), 1);
    EXPECT_TRUE(log["log"].at(1)["emotion_scores"].is_null());
}

TEST_F(QueriesTest, GivesTheTurns) {
    open();
    writer_->put(call_row("c1"));
    put(fact("c1", 1, "turn.latency", R"("epoch":1,"engine_ms":2.5,"voice_to_voice_ms":800,"backend_ms":null)", 1));
    put(fact("c1", 2, "bargein", R"("heard_text":"Well")", 2));
    flush();
    const Json turns = ask([](Queries& q) { return q.turns("c1", 0, 10); })["turns"];
    ASSERT_EQ(turns.size(), 2U);
    EXPECT_EQ(turns.at(0)["engine_ms"].number_or(0), 2.5);
    EXPECT_TRUE(turns.at(0)["backend_ms"].is_null());
    EXPECT_FALSE(turns.at(0)["interrupted"].bool_or(true));
    EXPECT_TRUE(turns.at(1)["interrupted"].bool_or(false));
    EXPECT_EQ(turns.at(1)["heard_text"].text_or(""), "Well");
}

TEST_F(QueriesTest, AnswersQueriesThatWaitWhenTheReaderStops) {
    open();
    auto reader = StorageReader::open(path_);
    ASSERT_TRUE(reader.has_value());
    std::promise<void> go;
    std::promise<std::string> second;
    auto gate = go.get_future().share();
    std::promise<void> entered;
    (*reader)->query(
        [&, gate](Queries&) -> Result<std::string> {
            entered.set_value();
            gate.wait();
            return std::string();
        },
        [](const Result<std::string>&) {});
    entered.get_future().wait();
    (*reader)->query([](Queries&) -> Result<std::string> { return std::string("ran"); },
                     [&](Result<std::string> answer) { second.set_value(answer ? *answer : answer.error().code); });
    auto stopped = std::async(std::launch::async, [&] { reader->reset(); });
    go.set_value();
    const std::string answer = second.get_future().get();
    EXPECT_TRUE(answer == "ran" || answer == "stopped") << answer;
    stopped.wait();
}

}  // namespace
}  // namespace trunkline
