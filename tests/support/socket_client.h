#pragma once
// A WebSocket client for tests of the lab: libsoup's, on a main context of its own, pumped by the test.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::lab {

struct ClientMessage {
    bool binary = false;
    std::string bytes;
    std::string type;  ///< of a text frame that is JSON
};

class SocketClient {
  public:
    struct Address {
        std::string path_and_query;
        std::vector<std::pair<std::string, std::string>> headers;  ///< empty values are left out
        std::string protocols;                                     ///< "token,key"
    };
    SocketClient(int port, const Address& address);
    ~SocketClient();
    SocketClient(const SocketClient&) = delete;
    SocketClient& operator=(const SocketClient&) = delete;

    bool connected() const;
    unsigned status() const;  ///< HTTP status of the handshake
    std::string response_header(const char* name) const;
    std::string chosen_protocol() const;

    void send(const std::string& text);
    void send_binary(const std::string& bytes);
    void close(int code = 1000);

    /// Runs the loop until `condition` holds; false after half a minute.
    bool until(const std::function<bool()>& condition);
    /// Until `count` text messages of `type` have come.
    bool until_type(const std::string& type, size_t count = 1);
    bool until_closed();

    const std::vector<ClientMessage>& messages() const;
    size_t count(const std::string& type) const;
    std::vector<std::string> types() const;  ///< binary frames in a row appear once, as "audio"
    std::string last(const std::string& type) const;
    std::string member(const std::string& type, const std::string& key) const;  ///< of the last message of that type
    std::string first_member(const std::string& type, const std::string& key) const;
    int close_code() const;
    bool closed() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace trunkline::lab
