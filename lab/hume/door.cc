// The door of EVI: who is let in, and a session for each socket.
#include "lab/hume/handshake.h"
#include "lab/hume/lab.h"
#include "lab/hume/session.h"

namespace trunkline::lab::hume {
namespace {

constexpr const char* kPath = "/v0/evi/chat";

class Door : public agent::DoorOf<HumeOptions> {
  public:
    using DoorOf::DoorOf;
    std::string path() const override { return kPath; }

  private:
    std::optional<agent::Refusal> refuse(const HumeOptions& options, agent::Ledger& ledger,
                                         const agent::Request& request, bool known_path) override {
        const auto refusal = [&](unsigned status, const std::string& why) {
            ledger.event(0, "handshake", "refused with " + std::to_string(status) + ": " + why);
            return agent::Refusal{status, refusal_body(status, why), {}};
        };
        if (!known_path) return refusal(404, std::string("no such path; the chat is at ") + kPath);
        const Faults& faults = options.faults;
        if (faults.refuse_status > 0 && (faults.refuse_first < 0 || refusals_ < faults.refuse_first)) {
            ++refusals_;
            return refusal(static_cast<unsigned>(faults.refuse_status), "a fault mode");
        }
        const Authorisation auth = authorise(request.query(), request, options);
        if (auth.granted) return std::nullopt;
        return refusal(401, auth.reason);
    }

    std::unique_ptr<agent::ServedSession> open(std::shared_ptr<const HumeOptions> options,
                                               agent::Opening opening) override {
        const Query query = opening.request.query();
        Session::Chat chat{authorise(query, opening.request, *options).scheme,
                           read_query(query, opening.request.raw_query())};
        ++live_;
        chat.one_too_many = options->max_chats > 0 && live_ > options->max_chats;
        opening.over = [this, over = std::move(opening.over)] {
            --live_;
            over();
        };
        return std::make_unique<Session>(std::move(opening), std::move(options), std::move(chat));
    }

    int refusals_ = 0;  // by fault; server's thread only
    int live_ = 0;      // server's thread only
};

}  // namespace

std::shared_ptr<agent::DoorOf<HumeOptions>> make_door(const HumeOptions& options) {
    return std::make_shared<Door>(options);
}

}  // namespace trunkline::lab::hume
