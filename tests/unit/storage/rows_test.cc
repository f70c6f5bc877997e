// What records become in the tables.
#include "engine/storage/row_writer.h"
#include "tests/unit/storage/fixture.h"

namespace trunkline {
namespace {

using RowsTest = StorageTest;

TEST_F(RowsTest, ACallIsWrittenAndLaterUpdatesKeepWhatTheyDoNotName) {
    open();
    writer_->put(call_row("c1", "CA1"));
    CallRow update;
    update.id = "c1";
    update.status = "completed";
    update.end_reason = "hangup";
    update.ended_unix_ms = 1'795'170'253'000;
    update.duration_ms = 9'000;
    writer_->put(update);
    flush();
    EXPECT_EQ(
        text("SELECT carrier || carrier_call_id || direction || from_number || to_number || status || end_reason ||"
             " graph || duration_ms || created_at || ended_at FROM calls"),
        "twilioCA1inbound+4930+4940completedhangupsupport90002026-11-20T10:24:03.000Z2026-11-20T10:24:13.000Z");
}

TEST_F(RowsTest, ALateStatusDoesNotOpenACallAgain) {
    open();
    CallRow row = call_row("c1");
    row.status = "completed";
    writer_->put(row);
    row.status = "ringing";
    writer_->put(row);
    flush();
    EXPECT_EQ(text("SELECT status FROM calls"), "completed");
}

TEST_F(RowsTest, UnknownColumnsAreNull) {
    open();
    CallRow row;
    row.id = "c1";
    writer_->put(row);
    flush();
    EXPECT_EQ(text("SELECT carrier_call_id FROM calls"), "(null)");
    EXPECT_EQ(text("SELECT status FROM calls"), "initiated");
}

TEST_F(RowsTest, ASecondCallUnderTheSameCarrierIdIsKeptWithoutIt) {
    open();
    writer_->put(call_row("c1", "CA1"));
    writer_->put(call_row("c2", "CA1"));
    put(digit("c2", 1));
    flush();
    EXPECT_EQ(number("SELECT COUNT(*) FROM calls"), 2);
    EXPECT_EQ(text("SELECT carrier_call_id FROM calls WHERE id = 'c2'"), "(null)");
    EXPECT_NE(text("SELECT error FROM calls WHERE id = 'c2'").find("CA1"), std::string::npos);
    EXPECT_EQ(number("SELECT COUNT(*) FROM call_events"), 1);
    EXPECT_EQ(writer_->stats().dead_letters, 0U);
}

TEST_F(RowsTest, ASessionIsWrittenAtItsStartAndItsEnd) {
    open();
    SessionRow row;
    row.call_id = "c1";
    row.stream_id = "MZ1";
    row.encoding = "audio/x-mulaw";
    row.rate = 8000;
    row.started_unix_ms = 1;
    writer_->put(row);
    SessionRow end;
    end.call_id = "c1";
    end.stream_id = "MZ1";
    end.frames_in = 50;
    end.bytes_out = 8'000;
    end.stopped_unix_ms = 2;
    end.close_reason = "peer closed";
    writer_->put(end);
    flush();
    EXPECT_EQ(text("SELECT encoding || rate || frames_in || bytes_out || close_reason || started_at FROM sessions"),
              "audio/x-mulaw8000508000peer closed1970-01-01T00:00:00.001Z");
}

TEST_F(RowsTest, EveryFactIsAnEventOnce) {
    open();
    const auto one = digit("c1", 1);
    for (int i = 0; i < 3; ++i) put(one);
    put(digit("c1", 2));
    flush();
    EXPECT_EQ(number("SELECT COUNT(*) FROM call_events"), 2);
    EXPECT_EQ(text("SELECT body FROM call_events WHERE seq = 1"), one->body);
    EXPECT_EQ(writer_->stats().conflicts, 0U);
}

TEST_F(RowsTest, TwoDifferentFactsUnderOneNumberAreBothKeptAndCounted) {
    open();
    put(fact("c1", 1, "dtmf", "\"digit\":\"1\""));
    put(fact("c1", 1, "dtmf", "\"digit\":\"2\""));
    flush();
    EXPECT_NE(text("SELECT body FROM call_events").find("\"digit\":\"1\""), std::string::npos);
    EXPECT_NE(text("SELECT body FROM call_event_conflicts").find("\"digit\":\"2\""), std::string::npos);
    EXPECT_EQ(writer_->stats().conflicts, 1U);
}

TEST_F(RowsTest, AFinalTranscriptIsALineOfTheConversation) {
    open();
    put(fact("c1", 1, "transcript", R"("role":"user","text":"hel","final":false)", 1));
    put(fact("c1", 2, "transcript",
             R"("role":"user","text":"hello \"you\"","final":true,"confidence":0.9,"language":"en")", 1));
    flush();
    EXPECT_EQ(number("SELECT COUNT(*) FROM conversation_log"), 1);
    EXPECT_EQ(text("SELECT role || '|' || message || '|' || turn || '|' || t_ms FROM conversation_log"),
              "user|hello \"you\"|1|20");
    EXPECT_EQ(text("SELECT metadata FROM conversation_log"), R"({"node":"node","language":"en","confidence":0.9})");
    EXPECT_EQ(text("SELECT emotion_scores FROM conversation_log"), "(null)");
}

TEST_F(RowsTest, AnEmotionJoinsTheLastLineOfItsRole) {
    open();
    put(fact("c1", 1, "transcript", R"("role":"user","text":"hi","final":true)"));
    put(fact("c1", 2, "transcript", R"("role":"assistant","text":"hello","final":true)"));
    put(fact("c1", 3, "emotion", R"("role":"user","scores":{"Joy":0.5},"sentiment":"positive","confidence":0.7)"));
    flush();
    EXPECT_EQ(text("SELECT emotion_scores || sentiment || confidence FROM conversation_log WHERE seq = 1"),
              R"({"Joy":0.5}positive0.7)");
    EXPECT_EQ(text("SELECT sentiment FROM conversation_log WHERE seq = 2"), "(null)");
    EXPECT_EQ(number("SELECT COUNT(*) FROM conversation_log"), 2);
}

TEST_F(RowsTest, AnEmotionThatNamesItsTranscriptJoinsThatLine) {
    open();
    put(fact("c1", 1, "transcript", R"("role":"assistant","text":"One.","final":true)"));
    put(fact("c1", 2, "transcript", R"("role":"assistant","text":"Two.","final":true)"));
    put(fact("c1", 3, "emotion",
             R"("role":"assistant","scores":{"Joy":0.5},"sentiment":"positive","confidence":0.7,"said_seq":1)"));
    flush();
    EXPECT_EQ(text("SELECT sentiment FROM conversation_log WHERE seq = 1"), "positive");
    EXPECT_EQ(text("SELECT sentiment FROM conversation_log WHERE seq = 2"), "(null)");
    EXPECT_EQ(number("SELECT COUNT(*) FROM conversation_log"), 2);
}

TEST_F(RowsTest, AnEmotionWithoutALineIsALineOfItsOwn) {
    open();
    put(fact("c1", 1, "emotion", R"("role":"user","scores":{"Joy":0.5},"sentiment":"positive","confidence":0.7)"));
    flush();
    EXPECT_EQ(text("SELECT message || sentiment FROM conversation_log"), "positive");
}

TEST_F(RowsTest, FactsForWebhooksOnlyStayOutOfTheDerivedTables) {
    open();
    const auto said = fact("c1", 1, "transcript", R"("role":"user","text":"hi","final":true)");
    writer_->put(FactRecord{said, false, "w1"});
    flush();
    EXPECT_EQ(number("SELECT COUNT(*) FROM call_events"), 1);
    EXPECT_EQ(number("SELECT COUNT(*) FROM conversation_log"), 0);
    writer_->put(FactRecord{said, true, ""});
    flush();
    EXPECT_EQ(number("SELECT COUNT(*) FROM conversation_log"), 1);
}

TEST_F(RowsTest, AWaterfallAndAnInterruptionMeetInWhicheverOrder) {
    open();
    const std::string stages =
        R"("epoch":1,"engine_in_ms":1.5,"engine_ms":2.5,"voice_to_voice_ms":800,"backend_ms":null)";
    const std::string barge = R"("source":"backend","played_ms":100,"heard_text":"Well")";
    put(fact("c1", 1, "turn.latency", stages, 1));
    put(fact("c1", 2, "bargein", barge, 1));
    put(fact("c2", 1, "bargein", barge, 1));
    put(fact("c2", 2, "turn.latency", stages, 1));
    flush();
    for (const char* call : {"c1", "c2"}) {
        EXPECT_EQ(text(std::string("SELECT engine_in_ms || '|' || voice_to_voice_ms || '|' || interrupted || '|' ||"
                                   " heard_text FROM turns WHERE call_id = '") +
                       call + "'"),
                  "1.5|800.0|1|Well")
            << call;
    }
    EXPECT_EQ(text("SELECT backend_ms FROM turns WHERE call_id = 'c1'"), "(null)");
    EXPECT_EQ(number("SELECT COUNT(*) FROM turns"), 2);
}

TEST_F(RowsTest, P4ARejectedBargeInInterruptedNothing) {
    open();
    put(fact("c1", 1, "turn.latency", R"("epoch":1,"engine_ms":2.5)", 1));
    put(fact("c1", 2, "bargein", R"("source":"local","verdict":"rejected","reason":"too-short","played_ms":0)", 1));
    flush();
    EXPECT_EQ(number("SELECT interrupted FROM turns WHERE call_id = 'c1'"), 0);
    EXPECT_EQ(number("SELECT COUNT(*) FROM turns"), 1);
}

TEST_F(RowsTest, AFactAndAllItsDeliveriesAreOneRecord) {
    open();
    writer_->put(FactRecord{digit("c1", 1), true, "", {"w1", "w2"}});
    flush();
    EXPECT_EQ(number("SELECT COUNT(*) FROM call_events"), 1);
    EXPECT_EQ(number("SELECT COUNT(*) FROM webhook_deliveries WHERE seq = 1 AND webhook_id IN ('w1', 'w2')"), 2);
    EXPECT_EQ(number("SELECT COUNT(*) FROM webhook_queues"), 2);
}

TEST_F(RowsTest, EndpointsAreStoredWithoutTheirSecrets) {
    open();
    writer_->add_endpoint({"w1", "https://user:pass@host/hook?token=abc#x", "whsec_very"});
    writer_->add_endpoint({"w1", "https://user:pass@host/hook?token=abc#x", "whsec_very"});
    flush();
    EXPECT_EQ(text("SELECT url FROM webhooks"), "https://host/hook");
    EXPECT_EQ(number("SELECT COUNT(*) FROM webhooks"), 1);
}

TEST(PublicUrl, KeepsPathsWithAnAtSign) { EXPECT_EQ(public_url("http://h/a@b"), "http://h/a@b"); }

}  // namespace
}  // namespace trunkline
