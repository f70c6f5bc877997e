// What an API of the carrier may answer: a status of three digits, then the body.
#include "engine/carriers/twilio_rest.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    HttpAnswer answer;
    answer.status = 100 + (data[0] << 8 | data[1]) % 500;
    answer.body = text_of({data + 2, size - 2});
    const auto call = twilio::read_call(answer);
    if (call) {
        must(answer.status == 200 || answer.status == 201, "only success makes a call");
        must(Json::parse(answer.body).has_value(), "a call is read from JSON");
    } else {
        must(call.error().code.starts_with("twilio-"), "an error is the carrier's");
        must_explain(call.error());
    }
    return 0;
}
