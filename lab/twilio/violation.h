#pragma once
// What the simulated carrier holds against the server, in the carrier's own error codes.
#include "lab/carrier/violation.h"

namespace trunkline::lab {

inline constexpr int kWebhookFailed = 11200;
inline constexpr int kWebhookTimeout = 11205;
inline constexpr int kWebhookMalformed = 11206;
inline constexpr int kBadTwiml = 12100;
inline constexpr int kUnknownVerb = 12200;
inline constexpr int kStreamNoAnswer = 31901;
inline constexpr int kStreamRefused = 31902;
inline constexpr int kStreamBroken = 31903;
inline constexpr int kStreamTls = 31910;
inline constexpr int kStreamHandshake = 31920;
inline constexpr int kStreamClosedByServer = 31921;
inline constexpr int kStreamNotWss = 31922;
inline constexpr int kStreamBadUrl = 31923;
inline constexpr int kStreamProtocol = 31924;
inline constexpr int kStreamCongestion = 31930;
inline constexpr int kStreamQueueFull = 31931;
inline constexpr int kStreamBadTrack = 31941;
inline constexpr int kStreamUndecodable = 31950;
inline constexpr int kStreamInvalidMessage = 31951;

}  // namespace trunkline::lab
