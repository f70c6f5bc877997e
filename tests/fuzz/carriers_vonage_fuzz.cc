// What Vonage's side of the network may send before a call exists. The first line says who and how: an authorization
// for the gates of webhooks and sockets; the rest is a webhook's body and query, and an answer of the REST API.
#include "engine/carriers/vonage.h"
#include "engine/carriers/vonage_rest.h"
#include "engine/carriers/vonage_signature.h"
#include "engine/net/jwt.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;

namespace {

constexpr const char* kSecret = "Zq9-secret-signature";
constexpr int64_t kNow = 1'700'000'000;

vonage::Settings settings() {
    vonage::Settings s;
    s.public_url = "https://voice.example.com";
    s.socket_key = "Zq9-secret-key";
    return s;
}

void must_be_refused(const HttpRequest& request) {
    for (const auto auth : {vonage::SocketAuth::kVonage, vonage::SocketAuth::kCustom}) {
        vonage::Settings vonage = settings();
        vonage.socket_auth = auth;
        vonage::SignatureSettings signature;
        signature.signature_secret = kSecret;
        vonage::Gate gate(signature, vonage);
        const auto webhook = gate.webhook(request, kNow);
        const auto socket = gate.socket(request, "ticket", kNow);
        must(!webhook && !socket, "a stranger is refused");
        must(webhook.error().status == 401 || webhook.error().status == 503, "a webhook is refused with 401 or 503");
        must(socket.error().status == 401, "a socket is refused with 401");
        for (const HttpResponse* refusal : {&webhook.error(), &socket.error()}) {
            must_be_json(refusal->body);
            must(refusal->body.find("Zq9") == std::string::npos, "a refusal tells no secret and repeats no token");
        }
    }
}

void must_have_its_shape(const vonage::Event& event) {
    const CarrierStatus& s = event.status;
    must(!event.name.empty() && event.name.size() <= 32, "an event has a name");
    must(s.detail.size() <= 256 && s.duration_s >= -1, "what is kept of an event is bounded");
    must(s.status.empty() || !s.carrier_call_id.empty(), "a status belongs to a call");
    must(s.carrier_call_id.size() <= 64, "an id is bounded");
    must(!event.media_leg || s.status.empty() || s.status == "failed", "a websocket ends a call by failing only");
}

void must_read(const HttpRequest& request) {
    const auto fields = vonage::webhook_fields(request);
    if (!fields) return must_explain(fields.error());
    for (const auto& [name, value] : *fields) must(!value.empty(), "a field holds something");
    if (const auto event = vonage::parse_event(*fields)) {
        must_have_its_shape(*event);
    } else {
        must_explain(event.error());
    }
    const auto call = vonage::parse_answer(*fields);
    if (!call) return must_explain(call.error());
    must(call->from.size() <= 256 && call->to.size() <= 256, "numbers are bounded");
    const std::string text = vonage::connect_ncco(settings(), *call, "ticket", vonage::url_params(request));
    const auto ncco = Json::parse(text);
    must(ncco && ncco->size() == 1, "an NCCO is one action in JSON");
    const Json headers = ncco->at(0)["endpoint"].at(0)["headers"];
    must(headers["leg"].text_or("") == call->carrier_call_id, "the headers name the caller, whatever the params say");
    must(headers.dump().size() <= vonage::kMaxHeaderBytes, "headers are bounded");
}

void must_answer(std::string_view body) {
    for (const int status : {200, 201, 204, 400, 401, 404, 429, 500}) {
        const auto call = vonage::read_call({status, {}, std::string(body)});
        if (call) {
            must(status == 200 || status == 201, "only success makes a call");
            continue;
        }
        must_explain(call.error());
        must(call.error().code == "vonage-" + std::to_string(status), "an error is the carrier's");
        must(call.error().message.size() < 2048, "an error is bounded");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view body = text_of({data, size});
    const std::string_view authorization = take_line(body);
    HttpRequest request;
    request.method = "POST";
    request.body = body;
    request.headers = {{"Authorization", std::string(authorization)}};
    must_be_refused(request);
    if (const auto claims = jwt_verify_hs256(authorization, "")) must(false, "an empty secret verifies nothing");
    must_read(request);
    request.query = body;
    must_read(request);
    request.method = "GET";
    request.body.clear();
    must_be_refused(request);
    must_read(request);
    must_answer(body);
    return 0;
}
