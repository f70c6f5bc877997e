#pragma once
// A tiny server at byte level for tests of the simulated carrier: answers webhooks, takes media sockets, and can break
// every rule of the protocol. One thread a connection; the test thread talks to the sockets, always with a deadline.
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/listening_socket.h"

namespace trunkline::lab::test {

struct Request {
    std::string method;
    std::string target;
    std::string path;                            // target without its query
    std::string head;                            // as received
    std::map<std::string, std::string> headers;  // names as received
    std::string body;
    std::map<std::string, std::string> fields;  // of the form, or of the query

    std::string header(const std::string& lower_name) const;
};

struct Reply {
    int status = 200;
    std::string type = "text/xml";
    std::string body;
    bool never = false;  // leaves the request unanswered
};

/// The server's end of a media socket.
class FakeSocket {
  public:
    FakeSocket(int fd, Request request, std::string first_bytes);
    ~FakeSocket();
    const Request& request() const { return request_; }
    /// Bytes that arrived in the same read as the upgrade request.
    const std::string& first_bytes() const { return first_bytes_; }

    /// Next text message; nothing at the end of the socket or after the patience is over.
    std::optional<std::string> next_text();
    /// Next text message whose event is `event`; others are skipped, but kept in `seen`.
    std::optional<std::string> next(std::string_view event);
    std::vector<std::string> seen;
    /// Next data message, text or binary; nothing at the end of the socket or after the patience is over.
    struct Message {
        bool binary = false;
        std::string data;
    };
    std::optional<Message> next_message();

    void send_text(std::string_view text) { send_frame(0x81, text); }
    void send_binary(std::string_view bytes) { send_frame(0x82, bytes); }
    /// An unmasked frame with this first byte.
    void send_frame(uint8_t first, std::string_view payload);
    void send_raw(std::string_view bytes);
    void media(const std::vector<uint8_t>& audio);
    void mark(const std::string& name);
    void clear();
    void close(uint16_t code);  ///< close frame, then end
    void shut();

    /// Reads until the socket ends; true when it did in time.
    bool ended();
    uint16_t close_code() const { return close_code_; }  ///< of the client; 0: none came
    /// Reads until the client's close frame; false when none came in time.
    bool next_close();
    bool was_reset() const { return reset_; }
    int pongs() const { return pongs_; }
    const std::string& stream_sid() const { return stream_sid_; }

  private:
    bool fill();
    void take_control(uint8_t opcode, const std::string& payload);
    std::optional<std::pair<uint8_t, std::string>> next_frame();
    int fd_;
    Request request_;
    std::string first_bytes_;
    std::string input_;
    std::string stream_sid_;
    uint16_t close_code_ = 0;
    bool reset_ = false;
    int pongs_ = 0;
};

class FakeServer {
  public:
    FakeServer();
    ~FakeServer();
    std::string address() const { return listener_.host_and_port(); }
    std::string url(const std::string& path) const { return "http://" + address() + path; }
    int port() const { return listener_.port(); }

    void answer(const std::string& path, std::function<Reply(const Request&)> handler);
    void answer(const std::string& path, Reply reply);
    /// A document with `verbs` inside <Response>.
    void twiml(const std::string& path, const std::string& verbs);
    /// What an upgrade is answered with instead of 101; empty: 101.
    void refuse_upgrades(std::string raw_reply);
    /// Selected in the 101; empty: none.
    void select_subprotocol(std::string name);

    /// The n-th request (from 0) to that path; waits for it.
    std::optional<Request> request(const std::string& path, size_t n = 0);
    size_t count(const std::string& path);
    /// The next media socket; null when none comes in time.
    std::unique_ptr<FakeSocket> socket();

  private:
    void accept_all();
    void serve(int fd);
    const trunkline::test::ListeningSocket listener_{256};
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::map<std::string, std::function<Reply(const Request&)>> handlers_;
    std::string refusal_;
    std::string subprotocol_;
    std::vector<Request> requests_;
    std::deque<std::unique_ptr<FakeSocket>> sockets_;
    std::list<int> open_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

/// Milliseconds every wait of these tests may take at most.
inline constexpr int kPatienceMs = 30000;

}  // namespace trunkline::lab::test
