#pragma once
// What a conversation may do to its socket.
#include <string>

namespace trunkline::lab::hume {

class Link {
  public:
    virtual ~Link() = default;
    virtual void send(const std::string& message) = 0;
    /// Sends `error` and ends the session.
    virtual void fatal(const std::string& code, const std::string& text) = 0;
    virtual void close(int code, const std::string& reason) = 0;
    virtual void drop() = 0;
};

}  // namespace trunkline::lab::hume
