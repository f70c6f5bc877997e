// What the carriers and backends of the other cells say and understand: a rig that says it wrongly would blame the
// engine.
#include <gtest/gtest.h>

#include <array>

#include "benchmarks/load/agent_wire.h"
#include "benchmarks/load/carrier_wire.h"
#include "benchmarks/load/http_text.h"
#include "benchmarks/load/media_text.h"
#include "engine/core/base64.h"
#include "engine/core/json.h"

namespace trunkline::load {
namespace {

constexpr const char* kRun = "0123456789abcdef";
constexpr const char* kNcco =
    R"([{"action":"connect","eventType":"synchronous","eventUrl":["https://h.example/vonage/event"],"endpoint":[{)"
    R"("type":"websocket","uri":"wss://h.example/vonage/media/k7","content-type":"audio/l16;rate=16000",)"
    R"("headers":{"leg":"abc","greeting":"Good \"day\""},"authorization":{"type":"vonage"}}]}])";

std::span<const uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
Json parsed(const std::string& text) { return Json::parse(text).value(); }

TEST(CellTest, OnlyWhatPassesUnchangedIsProvenByItsBytes) {
    const Cell vonage{CarrierKind::kVonage, BackendKind::kDeepgram, 24000};
    EXPECT_FALSE(Cell{}.up().converted || Cell{}.down().converted || vonage.up().converted || vonage.down().converted);
    EXPECT_EQ(vonage.down().out.name(), "linear16/24000");
    const Cell hume{CarrierKind::kTwilio, BackendKind::kHume};
    EXPECT_TRUE(hume.up().converted && hume.down().converted);
    EXPECT_EQ(hume.up().in.name() + " " + hume.up().out.name(), "mulaw/8000 linear16/16000");
    EXPECT_EQ(hume.down().in.name() + " " + hume.down().out.name(), "linear16/48000 mulaw/8000");
}

struct Vonage : testing::Test {
    std::unique_ptr<CarrierWire> wire = vonage_wire(kRun, 7, linear16(16000));
    Site site{"h.example", "https://h.example", "/vonage/answer", "0123456789abcdef0123456789abcdef"};
};

TEST_F(Vonage, TheWebhookIsJsonAndItsTokenHoldsTheHashOfTheBody) {
    const std::string request = wire->webhook(site);
    const size_t head = head_size(request);
    const std::string body = request.substr(head);
    EXPECT_EQ(header_value(request, "Content-Type"), "application/json");
    EXPECT_EQ(parsed(body)["uuid"].text_or(""), "01234567-89ab-4def-8000-000000000007");
    const std::string token(header_value(request, "Authorization").substr(7));
    const std::string claims = token.substr(token.find('.') + 1, token.rfind('.') - token.find('.') - 1);
    const auto plain = base64url_decode(claims);
    ASSERT_TRUE(plain);
    const Json read = parsed(std::string(plain->begin(), plain->end()));
    EXPECT_EQ(read["payload_hash"].text_or(""), sha256_hex(body));
    EXPECT_EQ(read["iss"].text_or(""), "Vonage");
}

TEST_F(Vonage, TheFirstMessageHasTheHeadersFlattened) {
    ASSERT_TRUE(wire->read_document(kNcco));
    EXPECT_EQ(target_of(wire->upgrade(site)), "/vonage/media/k7");
    EXPECT_NE(header_value(wire->upgrade(site), "Authorization"), "");
    const auto first = wire->openings();
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(parsed(first[0])["event"].text_or(""), "websocket:connected");
    EXPECT_EQ(parsed(first[0])["content-type"].text_or(""), "audio/l16;rate=16000");
    EXPECT_EQ(parsed(first[0])["greeting"].text_or(""), "Good \"day\"");
}

TEST_F(Vonage, AnotherRateAndAnotherActionAreRefused) {
    EXPECT_FALSE(vonage_wire(kRun, 7, linear16(8000))->read_document(kNcco));
    EXPECT_FALSE(wire->read_document(R"([{"action":"talk","text":"Sorry"}])"));
    EXPECT_FALSE(wire->read_document("<Response/>"));
}

TEST_F(Vonage, AFrameThatIsNoFrameIsBroken) {
    using Kind = CarrierWire::Heard::Kind;
    const std::string frame(640, 'x');
    EXPECT_EQ(wire->read(WsOpcode::kBinary, bytes_of(frame)).kind, Kind::kMedia);
    EXPECT_EQ(wire->read(WsOpcode::kBinary, bytes_of(frame).first(320)).kind, Kind::kBroken);
    const auto mark = wire->read(WsOpcode::kText, bytes_of(R"({"action":"notify","payload":{"id":"r1:3"}})"));
    EXPECT_EQ(mark.kind, Kind::kMark);
    EXPECT_EQ(parsed(wire->mark_back(mark.text))["payload"]["id"].text_or(""), "r1:3");
    EXPECT_EQ(wire->read(WsOpcode::kText, bytes_of(R"({"action":"clear"})")).kind, Kind::kClear);
}

struct Hume : testing::Test {
    using Kind = AgentWire::Heard::Kind;
    std::unique_ptr<AgentWire> wire = hume_wire({CarrierKind::kTwilio, BackendKind::kHume});
    Kind heard(std::string_view text) { return wire->read(WsOpcode::kText, bytes_of(text)).kind; }
};

TEST_F(Hume, SettingsWithTheRateAreTakenAndOthersNamed) {
    EXPECT_EQ(heard(R"({"type":"session_settings","audio":{"encoding":"linear16","sample_rate":16000,"channels":1}})"),
              Kind::kSettings);
    EXPECT_EQ(heard(R"({"type":"session_settings","audio":{"encoding":"linear16","sample_rate":48000,"channels":1}})"),
              Kind::kBroken);
    EXPECT_EQ(heard(R"({"type":"session_settings","system_prompt":"x"})"), Kind::kNothing);
    EXPECT_EQ(heard(R"({"type":"assistant_input","text":"Hi"})"), Kind::kNothing);
    const auto audio = wire->read(WsOpcode::kText, bytes_of(R"({"type":"audio_input","data":"/////w=="})"));
    EXPECT_EQ(audio.kind, Kind::kAudio);
    EXPECT_EQ(audio.audio.size(), 4U);
}

TEST_F(Hume, AReplyIsWavFilesInOrderUnderTheIdOfItsText) {
    const auto texts = wire->begin_turn(1, true);
    ASSERT_EQ(texts.size(), 2U);
    EXPECT_EQ(parsed(texts[0])["models"]["prosody"]["scores"].size(), 48U);
    EXPECT_EQ(wire->begin_turn(2, false).size(), 1U) << "who has not heard all interrupts nothing";
    const std::string pcm(1920, 'p');
    for (int index = 0; index < 2; ++index) {
        std::array<char, 8192> out;
        const auto message = wire->write_audio(out.data(), bytes_of(pcm));
        const Json read = parsed(std::string(out.data(), message.size));
        EXPECT_EQ(read["index"].int_or(-1), index);
        EXPECT_NE(read["id"].text_or(""), parsed(texts[1])["id"].text_or("")) << "the second turn has its own";
        const auto wav = base64_field({out.data(), message.size}, "\"data\"");
        ASSERT_EQ(wav.size(), 44 + pcm.size());
        EXPECT_EQ(as_text(wav).substr(0, 4), "RIFF");
        EXPECT_EQ(wav[24] + 256 * wav[25], 48000);
        EXPECT_EQ(as_text(wav).substr(44), pcm);
    }
}

TEST(Deepgram, AskedForAnythingButTheLinesFormatItSaysSo) {
    using Kind = AgentWire::Heard::Kind;
    const auto settings = [](const std::string& format) {
        const std::string audio = R"("encoding":")" + format.substr(0, format.find('/')) + R"(","sample_rate":)" +
                                  format.substr(format.find('/') + 1);
        return R"({"type":"Settings","audio":{"input":{)" + audio + R"(},"output":{)" + audio + R"(}}})";
    };
    const auto twilio = deepgram_wire({});
    EXPECT_EQ(twilio->read(WsOpcode::kText, bytes_of(settings("mulaw/8000"))).kind, Kind::kSettings);
    EXPECT_EQ(twilio->read(WsOpcode::kText, bytes_of(settings("linear16/16000"))).kind, Kind::kBroken);
    const auto vonage = deepgram_wire({CarrierKind::kVonage, BackendKind::kDeepgram});
    EXPECT_EQ(vonage->read(WsOpcode::kText, bytes_of(settings("linear16/16000"))).kind, Kind::kSettings);
}

}  // namespace
}  // namespace trunkline::load

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
