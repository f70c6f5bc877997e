#pragma once
// How the caller's end disappears.

namespace trunkline::lab {

enum class HangUp {
    kStopThenClose,     ///< what the carrier does: its farewell, then a close frame
    kCloseWithoutStop,  ///< WebSocket close frame alone
    kDrop,              ///< TCP FIN without a close frame
    kReset,             ///< TCP reset
    kHalfOpen,          ///< nothing any more, socket stays: the peer must notice by itself
};

}  // namespace trunkline::lab
