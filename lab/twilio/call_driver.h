#pragma once
// One simulated call on its thread: rings the webhook, executes the TwiML it answers, owns the media streams, reports
// the status, and tells whoever waits when something has changed.
//
//   webhook ─▶ TwiML ─▶ verb ─▶ verb ─▶ <Connect><Stream> … stream ends ─▶ action or next verb ─▶ … ─▶ completed
#include <deque>
#include <functional>
#include <memory>

#include "lab/carrier/carrier_driver.h"
#include "lab/carrier/http.h"
#include "lab/twilio/media_stream.h"
#include "lab/twilio/options.h"
#include "lab/twilio/twiml.h"

namespace trunkline::lab {

class CallDriver : public CarrierDriver, private StreamOwner {
  public:
    CallDriver(TwilioCallOptions options, HttpSender& http);
    ~CallDriver() override;

    const char* carrier() const override { return "twilio"; }
    void start() override;
    /// Speaks after whatever is still being said. False when no bidirectional stream is open.
    bool say(std::string name, std::vector<uint8_t> ulaw);
    bool say(const Utterance& utterance) override { return say(utterance.name, utterance.ulaw); }
    void be_quiet() override;
    void press(std::string_view digits) override;
    void pause_reading(bool pause) override;
    void hang_up(HangUp how) override;
    double now_ms() const override { return call_ms(); }
    void note(std::string_view kind, std::string detail) override { add_note(kind, std::move(detail)); }

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
    void later(std::function<void()> step);
    void execute(const TwimlVerb& verb);
    void answered();
    void end(const std::string& status, const std::string& reason);
    void violation(int code, bool warning, std::string message);
    std::weak_ptr<CallDriver> weak_self() { return std::static_pointer_cast<CallDriver>(shared_from_this()); }

    // Streams: call_streams.cc
    void connect(const TwimlVerb& verb);
    bool open_stream(const TwimlVerb& noun, bool bidirectional);
    bool tracks_of(const TwimlVerb& noun, bool bidirectional, std::vector<std::string>& tracks);
    std::string stream_url(const TwimlVerb& noun);
    bool plan_dial(const std::string& url, WsDial& dial);
    void stop_stream(const TwimlVerb& verb);
    MediaStream* talking() const;
    size_t stream_violation(Violation violation) override;
    void violation_repeated(size_t index) override { ++result_.violations[index].repeats; }
    StreamResult& stream_result(const MediaStream& stream) override;
    void stream_opened(MediaStream& stream) override;
    void stream_changed() override { changed(); }
    void stream_ended(MediaStream& stream, StreamEnd end) override;

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
    double answered_ms_ = -1;
    std::string base_url_;  // of the document being executed, as the server names it
    std::string webhook_origin_;
    std::deque<TwimlVerb> verbs_;
    int documents_ = 0;
    bool first_verb_ = true;
    bool hanging_up_ = false;
    bool vanished_ = false;  // hung up half-open: nothing more is said to anybody
    std::string connect_action_;
    std::string connect_method_;
    std::vector<std::unique_ptr<MediaStream>> streams_;
    MediaStream* connected_ = nullptr;  // the stream <Connect> waits for
    Timer step_timer_;
    std::function<void()> step_;
    Timer limit_timer_;

    int status_sequence_ = 0;
    std::deque<Report> reports_;
    std::deque<Report> held_reports_;
    bool report_in_flight_ = false;
};

}  // namespace trunkline::lab
