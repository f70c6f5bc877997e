#pragma once
// What the simulated Vonage holds against the server. Vonage publishes no numbers for these; they are the lab's own.
#include "lab/carrier/violation.h"

namespace trunkline::lab::vonage {

inline constexpr int kAnswerFailed = 7100;    ///< answer_url: no answer, an HTTP error, or no JSON
inline constexpr int kAnswerTimeout = 7101;   ///< answer_url: 3 s to connect or 5 s to answer were over
inline constexpr int kBadNcco = 7110;         ///< an NCCO the carrier refuses
inline constexpr int kNccoIgnored = 7111;     ///< an NCCO in the reply to an event that takes none
inline constexpr int kEventFailed = 7120;     ///< event_url did not answer 200 to 205
inline constexpr int kSocketNoAnswer = 7201;  ///< no TCP connection, or no answer in time
inline constexpr int kSocketRefused = 7202;
inline constexpr int kSocketTls = 7203;
inline constexpr int kSocketHandshake = 7204;       ///< anything but a correct 101
inline constexpr int kSocketBroken = 7205;          ///< gone without a close frame
inline constexpr int kSocketClosedByServer = 7206;  ///< a close frame; the intended end is PUT hangup
inline constexpr int kSocketProtocol = 7207;        ///< RFC 6455 broken
inline constexpr int kFrameSize = 7210;             ///< a binary message that is not exactly one 20 ms frame
inline constexpr int kQueueFull = 7211;             ///< more audio than the queue holds; the newest is dropped
inline constexpr int kBadText = 7212;               ///< a text message that is neither clear nor notify
inline constexpr int kCongestion = 7213;            ///< the server reads too slowly; caller audio is discarded

}  // namespace trunkline::lab::vonage
