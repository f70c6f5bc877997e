#pragma once
// What every session of a simulated agent does with its socket: it keeps the record, ends in every way and breaks on
// purpose. The session of a protocol derives from it and knows what is said first, how messages are read and what
// follows from them.
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lab/agent/conversation.h"
#include "lab/agent/door.h"
#include "lab/agent/faults.h"
#include "lab/agent/journal.h"
#include "lab/agent/message_log.h"
#include "lab/agent/shape.h"
#include "lab/agent/socket.h"
#include "lab/agent/timers.h"
#include "lab/speech/pcm.h"

namespace trunkline::lab::agent {

std::string new_id();  ///< a random UUID

class Session : public ServedSession {
  public:
    int number() const final { return journal_.number(); }
    void command(const Command& command) override;
    void farewell() override { close(1001, "the lab stops"); }

    // What conversations may do. After the end nothing is sent any more.
    void send(const std::string& message);
    void send_audio(std::span<const uint8_t> bytes);  ///< as a binary message
    /// Sends the protocol's error and ends the session.
    void fatal(const std::string& code, const std::string& text);
    void close(int code, const std::string& reason = "");
    void drop();  ///< connection reset, no close frame
    /// A breach of the rules: recorded, and in strict mode an error and the end.
    void breach(const std::string& code, int line, const std::string& what);
    bool over() const { return over_; }

    Timers& timers() { return timers_; }
    Journal& journal() { return journal_; }
    const World& world() const { return world_; }

  protected:
    /// What all sessions of a protocol have in common.
    struct Wire {
        size_t max_message_bytes = 4U << 20;     ///< a larger message of the client closes with 1009
        bool close_reasons = false;              ///< close frames say why
        std::vector<std::string> audio_types{};  ///< messages that hold audio: their texts are not kept
        std::span<const char* const> garbage{};  ///< what the fault of that name sends, in turns
    };
    struct Identity {
        std::string auth_scheme;
        std::string request_id;
    };
    /// `faults` are those of `options`.
    Session(Opening opening, std::shared_ptr<const AgentOptions> options, const CommonFaults& faults,
            const Identity& identity, Wire wire);

    // Messages as they come, also when the session is over; to be written into log_.
    virtual void on_text(const std::string& text) = 0;
    virtual void on_binary(std::span<const uint8_t> bytes) = 0;
    /// The protocol's error message, and the reason of the close frame after it.
    virtual std::string error(const std::string& code, const std::string& text) const = 0;
    virtual std::string error_reason(const std::string& code) const { return code; }
    virtual void warn(const std::string& /*code*/) {}  ///< nothing where the protocol has no warnings
    /// Null while there is none.
    virtual Conversation* conversation() { return nullptr; }

    /// Into the record.
    void received(const std::string& type, const std::string& text);
    /// Breaches for all problems at checklist line `line`; false when the session ended with one.
    bool check(const Checked& checked, int line);
    /// Counts a frame of the client's audio and returns the ms since the one before.
    double count_audio(size_t bytes);
    /// Audio that was taken, as it came and as it is heard, for the record and for the recording.
    void keep_audio(std::span<const uint8_t> bytes, const Samples& samples_8k);
    /// From now on the times of the faults count.
    void arm_faults();
    /// `seconds` on the session's clock in ms.
    double clock_ms(double seconds) const;

    World world_;
    Journal journal_;
    Timers timers_;
    MessageLog log_;

  private:
    bool holds_audio(const std::string& type) const;
    void end();
    void on_closed(int code);
    void write_recording();

    const std::shared_ptr<const AgentOptions> options_;
    const CommonFaults& faults_;
    const Wire wire_;
    std::function<void()> on_over_;
    Socket socket_;
    bool over_ = false;
    Samples recorded_;
    double last_audio_ms_ = -1;
    size_t garbage_ = 0;
};

}  // namespace trunkline::lab::agent
