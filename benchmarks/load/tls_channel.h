#pragma once
// TLS below a TcpSocket, by OpenSSL on memory buffers: the socket keeps reading and writing, so a message costs one
// recv and one send as it does without TLS, and what is measured beside the engine is the price of the records alone.
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/result.h"

struct ssl_ctx_st;
struct ssl_st;
struct bio_st;

namespace trunkline::load {

/// What all connections of one side share. It must outlive its channels. Error code "tls".
class TlsContext {
  public:
    /// The side that shows a certificate (PEM chain) with its key. No session tickets: every handshake is a whole one.
    static Result<TlsContext> server(const std::string& certificate_file, const std::string& key_file);
    /// The side that checks it: signed by an authority of `ca_file`, and made for the name that is dialled.
    static Result<TlsContext> client(const std::string& ca_file);

  private:
    friend class TlsChannel;
    struct Free {
        void operator()(ssl_ctx_st* context) const;
    };
    TlsContext(ssl_ctx_st* adopted, bool is_server) : context_(adopted), is_server_(is_server) {}

    std::unique_ptr<ssl_ctx_st, Free> context_;
    bool is_server_;
};

class TlsChannel {
  public:
    /// A client that wants the certificate of `server_name`; a server ignores the name.
    TlsChannel(const TlsContext& context, const std::string& server_name);
    ~TlsChannel();
    TlsChannel(const TlsChannel&) = delete;
    TlsChannel& operator=(const TlsChannel&) = delete;

    /// Takes all of `sealed`, what the peer sent, writes what it held into `plain` and returns its size. `plain` must
    /// be larger than `sealed` by one record (16 kB). Answers of the handshake are in outgoing() afterwards.
    size_t open(std::span<const uint8_t> sealed, std::span<uint8_t> plain);
    /// Seals `plain` into outgoing(); before the handshake is through it waits for it, and a client begins it.
    /// False when the channel has ended or more than 4 MB wait.
    bool seal(std::string_view plain);
    /// The last record of an orderly end.
    void seal_farewell();
    /// Bytes for the peer; valid until the next call.
    std::string_view outgoing() const;
    void outgoing_sent();

    bool ended() const { return ended_; }                ///< farewell of the peer, or an error
    const std::string& error() const { return error_; }  ///< empty when nothing went wrong

  private:
    bool shake_hands();
    void note(int result);

    std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
    bio_st* incoming_ = nullptr;  // both belong to ssl_
    bio_st* outgoing_ = nullptr;
    bool established_ = false, ended_ = false;
    std::string waiting_;
    std::string error_;
};

}  // namespace trunkline::load
