#pragma once
// An answer without libsoup, for a connection that is let go before or instead of being served.
namespace trunkline {

/// Sends what the socket takes of a small problem document and ends our side; what the peer has sent is thrown away, so
/// that the kernel does not reset the connection over the answer. Never blocks; a peer that does not read gets nothing.
void refuse_connection(int fd, int status);

}  // namespace trunkline
