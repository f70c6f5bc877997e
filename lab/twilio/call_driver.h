#pragma once
// One simulated call on its thread: rings the webhook, executes the TwiML it answers, owns the media streams, reports
// the status, and tells whoever waits when something has changed.
//
//   webhook ─▶ TwiML ─▶ verb ─▶ verb ─▶ <Connect><Stream> … stream ends ─▶ action or next verb ─▶ … ─▶ completed
#include <deque>
#include <memory>
#include <optional>

#include "lab/carrier/carrier_driver.h"
#include "lab/carrier/http.h"
#include "lab/twilio/media_stream.h"
#include "lab/twilio/options.h"
#include "lab/twilio/twiml.h"

namespace trunkline::lab {

/// An id as the carrier makes them: two letters for its kind, and 32 hexadecimal digits.
std::string random_sid(const char* prefix);

class CallDriver : public CarrierDriver {
  public:
    CallDriver(TwilioCallOptions options, HttpSender& http);
    ~CallDriver() override;

    const char* carrier() const override { return "twilio"; }
    void start() override;
    using CarrierDriver::say;
    /// μ-law, byte for byte as it shall be on the wire.
    bool say(const std::string& name, const std::vector<uint8_t>& ulaw) { return say({name, {}, ulaw}); }

  private:
    /// Reports leave one after the other, so that their order is the one chosen here and not the network's.
    struct Report {
        HttpRequest request;
        int status_index = -1;  // into result_.status_callbacks; -1: of a stream
        std::string what;
    };

    // Documents: call_driver.cc
    void request_document(const std::string& url, const std::string& method, bool is_fallback);
    void document_answered(const std::string& url, bool is_fallback, const HttpAnswer& answer);
    void next_verb();
    void execute(const TwimlVerb& verb);
    void pick_up();
    void end(const std::string& status, const std::string& reason);
    void caller_left(HangUp how) override;
    std::weak_ptr<CallDriver> weak_self() { return std::static_pointer_cast<CallDriver>(shared_from_this()); }

    // Streams: call_streams.cc
    void connect(const TwimlVerb& verb);
    bool open_stream(const TwimlVerb& noun, bool bidirectional);
    bool tracks_of(const TwimlVerb& noun, bool bidirectional, std::vector<std::string>& tracks);
    std::string stream_url(const TwimlVerb& noun);
    std::optional<WsDial> dial_of(const std::string& url);
    void stop_stream(const TwimlVerb& verb);
    void leg_opened(MediaLeg& leg) override;
    void leg_over(MediaLeg& leg, LegEnd end, bool talked) override;

    // Requests and reports: call_reports.cc
    HttpRequest signed_request(const std::string& url, const std::string& method, FormFields fields) const;
    FormFields base_fields(const std::string& call_status) const;
    std::string public_form(const std::string& url) const;
    std::string routed_form(const std::string& url) const;
    void report_status(const std::string& event, const std::string& call_status, FormFields more = {});
    void report_stream(const MediaStream& stream, const char* event, const std::string& error);
    void queue_report(Report report);
    void send_next_report();

    const TwilioCallOptions options_;
    HttpSender& http_;
    std::string base_url_;  // of the document being executed, as the server names it
    std::string webhook_origin_;
    std::deque<TwimlVerb> verbs_;
    bool first_verb_ = true;
    std::string connect_action_;
    std::string connect_method_;

    int status_sequence_ = 0;
    std::deque<Report> reports_;
    std::deque<Report> held_reports_;
    bool report_in_flight_ = false;
};

}  // namespace trunkline::lab
