#pragma once
// The last seconds of a connection after its owner is gone: the close frame goes out, the peer's answer is waited for,
// and the socket is freed. Destroying the socket at once would reset the connection, and the peer would call it a
// failure.
#include <memory>
#include <string_view>

#include "engine/net/websocket.h"

namespace trunkline {

class Farewell : private WebSocketListener {
  public:
    /// Closes `socket` and owns itself until that has ended, which the socket's own close timeout
    /// bounds. The weak pointer is for who must end it early because the shard ends: abandon().
    static std::weak_ptr<Farewell> begin(std::unique_ptr<WebSocket> socket, uint16_t code, std::string_view reason);
    void abandon();
    ~Farewell() override;
    /// How many there are on the calling shard: whoever ends a shard in good order waits for none …
    static size_t under_way();
    /// … and drops those whose peer takes too long.
    static void abandon_all();

  private:
    Farewell();
    void on_text(std::string_view) override {}
    void on_binary(std::span<const uint8_t>) override {}
    void on_close(CloseCause cause, uint16_t code, std::string_view reason) override;

    std::unique_ptr<WebSocket> socket_;
    std::shared_ptr<Farewell> self_;
};

}  // namespace trunkline
