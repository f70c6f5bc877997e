// The media ticket: nobody but us can make one.
#include "engine/call/ticket.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace trunkline {
namespace {

constexpr int64_t kNow = 1'800'000'000'000;
const Ticket kTicket{"call_01JD", "twilio", "CA0123456789abcdef0123456789abcdef", "0123456789abcdef", kNow + 1'000};

TEST(TicketMint, GivesBackWhatItSigned) {
    const TicketMint mint("key");
    const auto ticket = mint.check(mint.sign(kTicket), kNow);
    ASSERT_TRUE(ticket) << ticket.error().message;
    EXPECT_EQ(ticket->call_id, kTicket.call_id);
    EXPECT_EQ(ticket->carrier, kTicket.carrier);
    EXPECT_EQ(ticket->carrier_call_id, kTicket.carrier_call_id);
    EXPECT_EQ(ticket->graph_hash, kTicket.graph_hash);
    EXPECT_EQ(ticket->expires_unix_ms, kTicket.expires_unix_ms);
}

TEST(TicketMint, WritesWhatAPathSegmentCanHold) {
    const std::string text = TicketMint("key").sign(kTicket);
    EXPECT_LT(text.size(), 300U);
    EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
    })) << text;
}

TEST(TicketMint, EveryChangedCharacterIsNoticed) {
    const TicketMint mint("key");
    const std::string good = mint.sign(kTicket);
    for (size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        const auto ticket = mint.check(bad, kNow);
        ASSERT_FALSE(ticket) << "character " << i;
        EXPECT_EQ(ticket.error().code, "bad-ticket");
    }
}

TEST(TicketMint, CutOrLengthenedIsNoticed) {
    const TicketMint mint("key");
    const std::string good = mint.sign(kTicket);
    for (size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(mint.check(good.substr(0, size), kNow));
    EXPECT_FALSE(mint.check(good + "A", kNow));
    EXPECT_FALSE(mint.check(good + "." + good, kNow));
}

TEST(TicketMint, AnotherKeyOpensNothing) {
    const auto ticket = TicketMint("other").check(TicketMint("key").sign(kTicket), kNow);
    ASSERT_FALSE(ticket);
    EXPECT_EQ(ticket.error().code, "bad-ticket");
}

TEST(TicketMint, TheSameKeyOnAnotherNodeOpens) {
    EXPECT_TRUE(TicketMint("key").check(TicketMint("key").sign(kTicket), kNow));
}

TEST(TicketMint, WithoutAKeyEachMintHasItsOwn) {
    const TicketMint a(""), b("");
    EXPECT_TRUE(a.check(a.sign(kTicket), kNow));
    EXPECT_FALSE(b.check(a.sign(kTicket), kNow));
}

TEST(TicketMint, ExpiresAtItsTime) {
    const TicketMint mint("key");
    const std::string text = mint.sign(kTicket);
    EXPECT_TRUE(mint.check(text, kTicket.expires_unix_ms));
    const auto late = mint.check(text, kTicket.expires_unix_ms + 1);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, "expired-ticket");
}

TEST(TicketMint, GarbageOpensNothing) {
    const TicketMint mint("key");
    for (const std::string& text : {std::string(), std::string("."), std::string("a.b"), std::string(5'000, 'x'),
                                    std::string(5'000, '.'), std::string("\0.\0", 3)}) {
        EXPECT_FALSE(mint.check(text, kNow));
    }
}

}  // namespace
}  // namespace trunkline
