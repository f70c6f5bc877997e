#pragma once
// What a conversation may do to its socket.
#include <cstdint>
#include <span>
#include <string>

namespace trunkline::lab::deepgram {

class Link {
  public:
    virtual ~Link() = default;
    virtual void send(const std::string& message) = 0;
    virtual void send_audio(std::span<const uint8_t> bytes) = 0;
    /// Sends Error and ends the session.
    virtual void fatal(const std::string& code, const std::string& description) = 0;
    virtual void close(int code) = 0;
    virtual void drop() = 0;
};

}  // namespace trunkline::lab::deepgram
