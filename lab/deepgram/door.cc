// The Voice Agent's door: who is let in, and a session for each socket.
#include "lab/deepgram/handshake.h"
#include "lab/deepgram/lab.h"
#include "lab/deepgram/messages.h"
#include "lab/deepgram/session.h"

namespace trunkline::lab::deepgram {
namespace {

constexpr const char* kPath = "/v1/agent/converse";

agent::Refusal refusal(unsigned status, const char* code, const std::string& text) {
    const std::string id = agent::new_id();
    return {status, handshake_error(code, text, id), {{"dg-error", text}, {"dg-request-id", id}}};
}

Authorisation authorised(const agent::Request& request, const DeepgramOptions& options) {
    return authorise(request.header("Authorization"), request.header("Sec-WebSocket-Protocol"), options.api_key);
}

class Door : public agent::DoorOf<DeepgramOptions> {
  public:
    using DoorOf::DoorOf;
    std::string path() const override { return kPath; }
    std::vector<std::string> subprotocols() const override { return {"token", "bearer"}; }

  private:
    std::optional<agent::Refusal> refuse(const DeepgramOptions& options, agent::Ledger& ledger,
                                         const agent::Request& request, bool known_path) override {
        if (!known_path) {
            return refusal(404, "NOT_FOUND", std::string("no such path; the agent is at ") + kPath);
        }
        const Authorisation auth = authorised(request, options);
        if (auth.granted) return std::nullopt;
        ledger.event(0, "handshake", "refused with 401: " + auth.reason);
        return refusal(401, "INVALID_AUTH", auth.reason);
    }

    std::unique_ptr<agent::ServedSession> open(std::shared_ptr<const DeepgramOptions> options,
                                               agent::Opening opening) override {
        const std::string scheme = authorised(opening.request, *options).scheme;
        return std::make_unique<Session>(std::move(opening), std::move(options), scheme);
    }
};

}  // namespace

std::shared_ptr<agent::DoorOf<DeepgramOptions>> make_door(const DeepgramOptions& options) {
    return std::make_shared<Door>(options);
}

}  // namespace trunkline::lab::deepgram
