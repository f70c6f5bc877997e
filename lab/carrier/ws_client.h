#pragma once
// A WebSocket client with its hands on the bytes: it can send frames in the same segment as its upgrade request, vanish
// without a word, reset the connection or stop reading; and it tells every breach of the protocol by the server.
// Lives on the thread that dialed. No extension is offered, so none may be selected; nor a subprotocol that was not
// offered.
#include <gio/gio.h>

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lab/carrier/timer.h"
#include "lab/carrier/ws_frames.h"

namespace trunkline::lab {

struct WsDial {
    std::string host;  ///< where the connection goes
    uint16_t port = 0;
    bool tls = false;
    bool tls_check = true;     ///< certificate of the server
    std::string tls_name;      ///< name the certificate must carry; empty: `host`
    std::string host_header;   ///< Host: as the URL names it
    std::string target = "/";  ///< path (and query) of the request line
    std::vector<std::pair<std::string, std::string>> headers;
    std::string subprotocol;                        ///< offered; empty: none
    int timeout_ms = 15000;                         ///< from dialing to the 101
    size_t read_bytes = 64U << 10;                  ///< read at once
    int send_buffer = 0;                            ///< SO_SNDBUF; 0 leaves the system's
    std::vector<std::string> texts_behind_request;  ///< text frames sent in one write with the upgrade request
};

enum class DialFault { kNoAnswer, kRefused, kTls, kHandshake };

class WsClient : public std::enable_shared_from_this<WsClient> {
  public:
    class Handler {
      public:
        virtual ~Handler() = default;
        virtual void ws_opened() = 0;
        /// Never opened. `status` is the HTTP status, 0 if there was no HTTP answer.
        virtual void ws_failed(DialFault fault, int status, const std::string& message) = 0;
        virtual void ws_event(const WsEvent& event) = 0;
        /// The connection is gone (end of file, reset, broken pipe); comes once, after everything that was received.
        virtual void ws_gone(const std::string& reason) = 0;
    };

    static std::shared_ptr<WsClient> create(Handler* handler);
    ~WsClient();

    void dial(WsDial dial);
    void send_text(std::string_view text);
    void send_binary(std::string_view bytes);
    /// Frames between cork and uncork leave in one write.
    void cork() { corked_ = true; }
    void uncork();
    void send_close(uint16_t code, std::string_view reason);
    void send_pong(std::string_view payload);
    size_t pending() const { return output_.size(); }  ///< bytes the system has not taken yet

    /// Reads nothing until resume_reading(): what the peer sends piles up in TCP.
    void pause_reading();
    void resume_reading();
    /// Like a pause of its own, but keeps back what has been read already as well.
    void hold_events();
    void release_events();
    /// Stops reading, answering and sending, but leaves the socket open until shut() or destruction.
    void go_half_open();
    /// Closes with a TCP reset instead of a FIN.
    void reset();
    void shut();
    /// Forgets the handler: no more calls.
    void detach() { handler_ = nullptr; }
    int fragmented_messages() const { return reader_.fragmented_messages(); }

  private:
    explicit WsClient(Handler* handler);
    enum class State { kIdle, kConnecting, kUpgrading, kOpen, kHalfOpen, kGone };

    static gboolean on_certificate(GTlsConnection*, GTlsCertificate*, GTlsCertificateFlags, gpointer);
    static void on_connected(GObject* source, GAsyncResult* result, gpointer data);
    static gboolean on_readable(GObject* stream, gpointer data);
    static gboolean on_writable(GObject* stream, gpointer data);
    void send_upgrade();
    void read_available();
    bool take_bytes(std::string_view bytes);

    void deliver_events();
    void update_reading();
    void watch_reading(bool on);
    void frame(uint8_t opcode, std::string_view payload);
    void flush();
    void fail(DialFault fault, int status, const std::string& message);
    void gone(const std::string& reason);
    void drop_sources();

    Handler* handler_;
    WsDial dial_;
    State state_ = State::kIdle;
    GSocketClient* client_ = nullptr;
    GCancellable* cancel_;
    GSocketConnection* connection_ = nullptr;
    GSource* read_source_ = nullptr;
    GSource* write_source_ = nullptr;
    std::unique_ptr<Timer> timeout_;
    std::string key_;
    std::string head_;
    std::string output_;
    bool corked_ = false;
    bool held_ = false;
    bool paused_ = false;
    WsFrameReader reader_;
    std::minstd_rand masks_;
};

}  // namespace trunkline::lab
