#pragma once
// Peers that mean no good, on plain sockets: what they send is chosen byte by byte, and so is what they never read.
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace trunkline::test {

/// One TCP connection. Every wait has a limit of 60 s.
class HostilePeer {
  public:
    /// `receive_buffer` in bytes, 0 = the system's.
    explicit HostilePeer(int port, int receive_buffer = 0);
    ~HostilePeer();
    HostilePeer(const HostilePeer&) = delete;
    HostilePeer& operator=(const HostilePeer&) = delete;

    /// All of it; false once the connection is gone.
    bool send(std::string_view bytes);
    /// What the kernel takes now.
    void send_some(std::string_view bytes);
    /// Reads what is there, without waiting; false when the other side has ended the connection.
    bool read();
    /// Reads until `done` holds for all that was received and not taken, or the connection ends.
    bool read_until(const std::function<bool(const std::string&)>& done);
    /// Waits for the end of the connection; all that was received and not taken.
    std::string read_to_end();
    /// Reads on until the server's close frame: its code, 1005 without one, 1006 when the connection just ended.
    int close_code();
    /// Leaves with a reset.
    void reset();

    std::string received;

  private:
    int fd_;
    bool ended_ = false;
};

std::string http_get(int port, const std::string& path);

/// Announces a call as the carrier does (the engine runs --insecure); the path of its media socket.
std::string media_path(int port, const std::string& call_sid);
/// … and opens the socket. Nothing has been said on it yet.
std::unique_ptr<HostilePeer> media_peer(int port, const std::string& call_sid, int receive_buffer = 0);
/// The `start` message of that call.
std::string start_message(const std::string& call_sid);
/// One `media` message, 20 ms of silence.
std::string media_message();

}  // namespace trunkline::test
