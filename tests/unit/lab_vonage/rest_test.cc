// Checklist line 53: /v1/calls over HTTP, with the application's token.
#include <jwt.h>

#include <cstdlib>
#include <future>

#include "engine/core/clock.h"
#include "tests/unit/lab_vonage/keys.h"
#include "tests/unit/lab_vonage/vonage_call.h"

namespace trunkline::lab::vonage::test {
namespace {

constexpr char kApplication[] = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab";

/// A token of the application; `change` may spoil it.
std::string token(const std::function<void(jwt_t*)>& change = nullptr, jwt_alg_t alg = JWT_ALG_RS256) {
    jwt_t* made = nullptr;
    jwt_new(&made);
    const std::string key = alg == JWT_ALG_RS256 ? kPrivateKey : kPublicKey;
    jwt_set_alg(made, alg, reinterpret_cast<const unsigned char*>(key.data()), static_cast<int>(key.size()));
    const long now = static_cast<long>(unix_ms() / 1000);
    jwt_add_grant(made, "application_id", kApplication);
    jwt_add_grant(made, "jti", "j1");
    jwt_add_grant_int(made, "iat", now);
    jwt_add_grant_int(made, "exp", now + 900);
    if (change) change(made);
    char* text = jwt_encode_str(made);
    std::string out = text == nullptr ? "" : text;
    std::free(text);
    jwt_free(made);
    return "Bearer " + out;
}

class LabVonageRest : public VonageFixture {
  protected:
    void serve(int creates_per_second = 3) {
        RestOptions rest;
        rest.public_key = kPublicKey;
        rest.application_id = kApplication;
        rest.creates_per_second = creates_per_second;
        rest.requests_per_second = 0;
        rest.call = options;
        auto listening = lab.serve_rest(rest);
        ASSERT_TRUE(listening) << listening.error().message;
        base = *listening + "/v1/calls";
    }
    HttpAnswer ask(const std::string& method, const std::string& path, const std::string& body = "",
                   const std::string& authorization = token()) {
        std::promise<HttpAnswer> told;
        client.run([&] {
            HttpRequest request;
            request.method = method;
            request.url = base + path;
            request.form = body;
            request.content_type = "application/json";
            request.timeout_ms = lab::test::kPatienceMs;
            if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
            client.http().send(request, [&](const HttpAnswer& answer) { told.set_value(answer); });
        });
        return told.get_future().get();
    }
    std::string create_body(const std::string& more = "") const {
        return R"({"to":[{"type":"phone","number":"447700900001"}],"from":{"type":"phone","number":"447700900000"},)"
               R"("answer_url":[")" +
               server.url("/answer") + "\"]" + more + "}";
    }

    std::string base;
    LabThread client{"test"};
};

TEST_F(LabVonageRest, Line53_CreateRingsAndTheCallCanBeReadAndHungUp) {
    serve();
    const HttpAnswer created = ask("POST", "", create_body());
    ASSERT_EQ(created.status, 201) << created.body;
    const Json call_json = parsed(created.body);
    EXPECT_EQ(call_json["status"].text_or(""), "started");
    EXPECT_EQ(call_json["direction"].text_or(""), "outbound");
    EXPECT_EQ(call_json["conversation_uuid"].text_or("").substr(0, 4), "CON-");
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    ASSERT_TRUE(socket->next("websocket:connected"));

    const std::string uuid = call_json["uuid"].text_or("");
    const HttpAnswer read = ask("GET", "/" + uuid);
    EXPECT_EQ(read.status, 200);
    EXPECT_EQ(parsed(read.body)["status"].text_or(""), "answered");
    EXPECT_EQ(parsed(read.body)["to"]["number"].text_or(""), "447700900001") << "an object here, a string in webhooks";
    EXPECT_EQ(parsed(ask("GET", "").body)["_embedded"]["calls"].at(0)["uuid"].text_or(""), uuid);

    const HttpAnswer hung_up = ask("PUT", "/" + uuid, R"({"action":"hangup"})");
    EXPECT_EQ(hung_up.status, 204);
    EXPECT_EQ(hung_up.body, "");
    EXPECT_TRUE(socket->next_close());
    socket->close(1000);
    auto made = lab.outgoing(0);
    ASSERT_NE(made, nullptr);
    EXPECT_TRUE(made->wait_for([](const CallResult& c) { return c.ended; }, kWait));
    EXPECT_EQ(made->result().end_reason, "the server hung up");
    EXPECT_EQ(ask("PUT", "/" + uuid, R"({"action":"hangup"})").status, 404);
}

TEST_F(LabVonageRest, Line53_TransferReplacesWhatTheCallDoes) {
    serve();
    ring_and_start();
    const std::string path = "/" + call->result().call_sid;
    EXPECT_EQ(
        ask("PUT", path, R"({"action":"transfer","destination":{"type":"ncco","ncco":[{"action":"dance"}]}})").status,
        400);
    const HttpAnswer moved =
        ask("PUT", path,
            R"({"action":"transfer","destination":{"type":"ncco","ncco":[{"action":"talk","text":"moved"}]}})");
    EXPECT_EQ(moved.status, 204) << moved.body;
    EXPECT_TRUE(socket->next_close());
    socket->close(1000);
    ASSERT_TRUE(wait_ended());
    EXPECT_EQ(call->result().verbs.back(), "talk moved");
    EXPECT_EQ(statuses(), (Strings{"started", "ringing", "answered", "completed"})) << "no disconnected";
}

TEST_F(LabVonageRest, Line53_TransferToAUrlAsksIt) {
    serve();
    server.answer("/other", json_reply(R"([{"action":"talk","text":"elsewhere"}])"));
    ring_and_start();
    const std::string body =
        R"({"action":"transfer","destination":{"type":"ncco","url":[")" + server.url("/other") + "\"]}}";
    EXPECT_EQ(ask("PUT", "/" + call->result().call_sid, body).status, 204);
    EXPECT_TRUE(socket->next_close());
    socket->close(1000);
    ASSERT_TRUE(wait_ended());
    EXPECT_EQ(call->result().verbs.back(), "talk elsewhere");
}

TEST_F(LabVonageRest, Line53_MuteAndKeysReachTheSocket) {
    serve();
    ring_and_start();
    const std::string path = "/" + call->result().call_sid;
    EXPECT_EQ(ask("PUT", path, R"({"action":"earmuff"})").status, 204);
    EXPECT_FALSE(parsed(socket->next("websocket:media:update"))["active"].bool_or(true));
    EXPECT_EQ(ask("PUT", path + "/dtmf", R"({"digits":"7"})").status, 200);
    EXPECT_EQ(parsed(socket->next("websocket:dtmf"))["digit"].text_or(""), "7");
    EXPECT_EQ(ask("PUT", path + "/talk", R"({"text":"hello"})").status, 200);
    EXPECT_EQ(ask("DELETE", path + "/stream").status, 200);
    EXPECT_EQ(ask("PUT", path + "/dance").status, 404);
}

TEST_F(LabVonageRest, Line53_TheApplicationsTokenIsChecked) {
    serve();
    const long now = static_cast<long>(unix_ms() / 1000);
    EXPECT_EQ(ask("GET", "").status, 200);
    const auto set = [](const char* claim, long value) {
        return token([=](jwt_t* t) {
            jwt_del_grants(t, claim);
            jwt_add_grant_int(t, claim, value);
        });
    };
    const auto without = [](const char* claim) { return token([=](jwt_t* t) { jwt_del_grants(t, claim); }); };
    std::string spoilt = token();
    spoilt[spoilt.size() - 10] = spoilt[spoilt.size() - 10] == 'A' ? 'B' : 'A';
    const std::string other = token([](jwt_t* t) {
        jwt_del_grants(t, "application_id");
        jwt_add_grant(t, "application_id", "bbbbbbbb-bbbb-cccc-dddd-0123456789ab");
    });
    for (const std::string& bad :
         {std::string(), std::string("Basic YTpi"), std::string("Bearer x.y"), spoilt, other, without("application_id"),
          without("jti"), without("iat"), set("exp", now - 5), set("exp", now + 30 * 3600),
          // The public key as the secret of an HMAC, and no algorithm at all.
          token(nullptr, JWT_ALG_HS256), token(nullptr, JWT_ALG_NONE)}) {
        const HttpAnswer answer = ask("GET", "", "", bad);
        EXPECT_EQ(answer.status, 401) << bad;
        EXPECT_EQ(parsed(answer.body)["title"].text_or(""), "Unauthorized");
    }
}

TEST_F(LabVonageRest, Line53_ErrorsFollowRfc7807) {
    serve(0);
    const HttpAnswer unknown = ask("GET", "/aaaaaaaa-0000-0000-0000-000000000000");
    EXPECT_EQ(unknown.status, 404);
    for (const char* key : {"type", "title", "detail", "instance"}) EXPECT_TRUE(parsed(unknown.body)[key].is_string());
    EXPECT_EQ(unknown.content_type, "application/problem+json");
    const std::pair<std::string, const char*> bad[] = {
        {"{", ""},
        {"[]", "body"},
        {create_body(R"(,"colour":1)"), "colour"},
        {create_body(R"(,"ncco":[])"), "ncco"},
        {create_body(R"(,"random_from_number":true)"), "from"},
        {create_body(R"(,"ringing_timer":121)"), "ringing_timer"},
        {create_body(R"(,"event_url":"https://a.example")"), "event_url"},
        {create_body(R"(,"machine_detection":"perhaps")"), "machine_detection"},
        {R"({"to":[{"type":"phone","number":"+447700900001"}]})", "to"},
        {R"({"to":[],"from":{}})", "to"},
    };
    for (const auto& [body, parameter] : bad) {
        const HttpAnswer answer = ask("POST", "", body);
        EXPECT_EQ(answer.status, 400) << body;
        if (*parameter != '\0') {
            EXPECT_EQ(parsed(answer.body)["invalid_parameters"].at(0)["name"].text_or(""), parameter) << answer.body;
        }
    }
}

TEST_F(LabVonageRest, Line53_ListsAreFilteredAndPaged) {
    options.outbound = true;
    options.callee = Callee::kBusy;
    serve();
    std::vector<std::unique_ptr<VonageCall>> calls;
    for (int i = 0; i < 3; ++i) calls.push_back(lab.call(options));
    for (auto& one : calls) ASSERT_TRUE(one->wait_ended(kWait));
    const auto listed = [this](const std::string& query) {
        const Json page = parsed(ask("GET", query).body);
        Strings out;
        for (size_t i = 0; i < page["_embedded"]["calls"].size(); ++i)
            out.push_back(page["_embedded"]["calls"].at(i)["uuid"].text_or(""));
        return out;
    };
    const Strings all = {calls[0]->result().call_sid, calls[1]->result().call_sid, calls[2]->result().call_sid};
    EXPECT_EQ(listed(""), all);
    EXPECT_EQ(listed("?order=desc&page_size=2"), (Strings{all[2], all[1]}));
    EXPECT_EQ(listed("?record_index=1&page_size=1"), Strings{all[1]});
    EXPECT_EQ(listed("?status=busy"), all);
    EXPECT_EQ(listed("?status=answered"), Strings{});
    EXPECT_EQ(listed("?date_start=2020-01-01T00%3A00%3A00Z"), all);
    EXPECT_EQ(listed("?date_end=2020-01-01T00%3A00%3A00Z"), Strings{});
    const Json one = parsed(ask("GET", "/" + all[1]).body);
    EXPECT_EQ(listed("?conversation_uuid=" + one["conversation_uuid"].text_or("?")), Strings{all[1]});
    const Json first = parsed(ask("GET", "?page_size=2").body);
    EXPECT_EQ(first["count"].int_or(0), 3);
    EXPECT_EQ(first["_links"]["next"]["href"].text_or(""), base + "?page_size=2&record_index=2");
    EXPECT_FALSE(parsed(ask("GET", "?page_size=2&record_index=2").body)["_links"]["next"].exists());
    for (const char* bad : {"?page_size=0", "?page_size=x", "?order=up", "?record_index=-1", "?colour=red"})
        EXPECT_EQ(ask("GET", bad).status, 400) << bad;
}

TEST_F(LabVonageRest, Line53_TheFourthCreateInASecondIsRefused) {
    RestOptions rest_options;
    rest_options.public_key = kPublicKey;
    RestServer rest(rest_options, std::make_shared<CallRegistry>(), [](const CallOptions&) { return CallSummary(); });
    const std::string bearer = token();
    const int64_t begun = monotonic_ns();
    std::vector<int> seen;
    for (int i = 0; i < 4; ++i) seen.push_back(rest.answer("POST", "/v1/calls", bearer, create_body()).status);
    if (monotonic_ns() - begun >= 1'000'000'000) GTEST_SKIP() << "the machine stood still for a second";
    EXPECT_EQ(seen, (std::vector<int>{201, 201, 201, 429}));
}

}  // namespace
}  // namespace trunkline::lab::vonage::test
