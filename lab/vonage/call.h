#pragma once
// One simulated call on its thread: asks the answer URL, executes the NCCO, owns the websocket legs, reports every
// status, and lets an NCCO in a reply take over where the carrier does.
//
//   answer_url ─▶ NCCO ─▶ action ─▶ connect … leg ends ─▶ disconnected ─▶ NCCO of the reply, or next action ─▶ … ─▶
//   completed
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "lab/carrier/carrier_driver.h"
#include "lab/carrier/http.h"
#include "lab/carrier/url.h"
#include "lab/vonage/jwt.h"
#include "lab/vonage/media_socket.h"
#include "lab/vonage/ncco.h"
#include "lab/vonage/options.h"

namespace trunkline::lab::vonage {

/// Names and JSON values of a webhook, in order.
using EventFields = std::vector<std::pair<std::string, std::string>>;
/// A JSON string.
std::string json_text(std::string_view text);
std::string random_uuid();

class VonageDriver : public CarrierDriver {
  public:
    VonageDriver(CallOptions options, HttpSender& http);
    ~VonageDriver() override;

    const char* carrier() const override { return "vonage"; }
    void start() override;
    void set_active(bool active);  ///< websocket:media:update

    // What REST asks for.
    void hang_up_by_rest();
    /// Replaces what the call does. Codes: bad-ncco.
    Status transfer(std::string_view ncco);
    void transfer_to_url(const std::string& url);

    const CallOptions& options() const { return options_; }
    const std::string& conversation() const { return conversation_; }
    const std::string& created_at() const { return created_at_; }  ///< RFC 3339
    std::string started_at() const { return answered_at_; }        ///< RFC 3339; empty before the answer
    std::string ended_at() const { return ended_at_; }

  private:
    using Actions = std::vector<NccoAction>;
    using Reply = std::function<void(std::optional<Actions>)>;

    /// A request of the carrier with its retries.
    struct Ask {
        std::string url;
        std::string method;
        EventFields fields;
        int attempts = 2;
        int timeout_ms = 5000;
        std::function<void(const HttpAnswer&)> done;
        int attempt = 1;
    };
    /// Events leave one after the other, so that their order is the one chosen here and not the network's.
    struct Event {
        std::string status;
        std::string url;
        std::string method;
        EventFields fields;
        bool honours = false;  ///< an NCCO in the reply is executed
        Reply then;            ///< called once with it, or with nothing
        int index = -1;        ///< into result_.status_callbacks; -1: a duplicate
    };

    // The life of the call: call.cc
    void ring_out();
    void ask_for_answer(const std::string& url, const std::string& method, EventFields extra, bool is_fallback);
    void answer_came(const std::string& url, const std::string& method, bool is_fallback, const HttpAnswer& answer);
    void take_ncco(Actions actions);
    void next_action();
    bool execute(const NccoAction& action);
    void pick_up();
    void end(const std::string& status, const std::string& reason, EventFields more = {});
    void caller_left(HangUp how) override;
    std::weak_ptr<VonageDriver> weak_self() { return std::static_pointer_cast<VonageDriver>(shared_from_this()); }

    // Webhooks: call_events.cc
    HttpRequest build_request(const std::string& url, const std::string& method, const EventFields& fields,
                              int attempt) const;
    void ask(Ask ask);
    EventFields call_fields(const std::string& status) const;
    void report(const std::string& status, EventFields more = {});
    void report_to(const NccoAction& action, const std::string& status, EventFields more, Reply then);
    void queue_event(Event event);
    void send_next_event();
    void event_answered(const Event& event, const HttpAnswer& answer);
    void ask_fallback(const Event& event, const HttpAnswer& answer);
    EventFields filtered(const std::string& status, EventFields fields) const;
    std::optional<Actions> ncco_in(const std::string& body, bool wanted);

    // Websocket legs: call_sockets.cc
    bool connect(const NccoAction& action);
    std::optional<WsDial> dial_of(const SocketEndpoint& endpoint);
    EventFields socket_fields(const MediaSocket& socket, const std::string& status) const;
    void report_socket(const MediaSocket& socket, const std::string& status, EventFields more, bool honours,
                       Reply then);
    void continue_with(std::optional<Actions> actions);
    void leg_opened(MediaLeg& leg) override;
    void leg_over(MediaLeg& leg, LegEnd end, bool talked) override;

    const CallOptions options_;
    HttpSender& http_;
    Signer signer_;
    std::string conversation_;
    std::string created_at_;
    std::string answered_at_;
    std::string ended_at_;
    std::deque<NccoAction> actions_;
    bool closes_late_ = false;  // the socket is closed when `completed` has been answered
    HangUp late_close_ = HangUp::kStopThenClose;
    bool changing_ncco_ = false;  // a transfer closes the leg; that is no end of the call
    std::string hang_up_reason_ = "the caller hung up";
    Timer leg_timer_;

    std::deque<Event> events_;
    std::deque<Event> held_events_;
    bool event_in_flight_ = false;
};

}  // namespace trunkline::lab::vonage
