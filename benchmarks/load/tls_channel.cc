// See tls_channel.h.
#include "benchmarks/load/tls_channel.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace trunkline::load {
namespace {

constexpr size_t kMaxWaiting = 4U << 20;

std::string last_error() {
    const unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    const char* reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "no reason given";
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

Result<TlsContext> TlsContext::server(const std::string& certificate_file, const std::string& key_file) {
    TlsContext made(SSL_CTX_new(TLS_server_method()), true);
    SSL_CTX* context = made.context_.get();
    if (context == nullptr) return fail("tls", "no TLS: " + last_error());
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1)
        return fail("tls",
                    "the certificate " + certificate_file + " or its key " + key_file + " is no use: " + last_error());
    return made;
}

Result<TlsContext> TlsContext::client(const std::string& ca_file) {
    TlsContext made(SSL_CTX_new(TLS_client_method()), false);
    SSL_CTX* context = made.context_.get();
    if (context == nullptr) return fail("tls", "no TLS: " + last_error());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1)
        return fail("tls", "no certificate authority in '" + ca_file + "': " + last_error());
    return made;
}

TlsChannel::TlsChannel(const TlsContext& context, const std::string& server_name)
    : ssl_(SSL_new(context.context_.get()), &SSL_free),
      incoming_(BIO_new(BIO_s_mem())),
      outgoing_(BIO_new(BIO_s_mem())) {
    BIO_set_mem_eof_return(incoming_, -1);  // empty means "not yet", not "ended"
    SSL_set_bio(ssl_.get(), incoming_, outgoing_);
    if (context.is_server_) {
        SSL_set_accept_state(ssl_.get());
        return;
    }
    SSL_set_connect_state(ssl_.get());
    SSL_set_tlsext_host_name(ssl_.get(), server_name.c_str());
    SSL_set1_host(ssl_.get(), server_name.c_str());
}

TlsChannel::~TlsChannel() = default;

/// What an operation that gave no data means.
void TlsChannel::note(int result) {
    const int why = SSL_get_error(ssl_.get(), result);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return;
    ended_ = true;
    if (why == SSL_ERROR_ZERO_RETURN) return;
    const long verdict = SSL_get_verify_result(ssl_.get());
    error_ = verdict == X509_V_OK ? last_error() : X509_verify_cert_error_string(verdict);
}

bool TlsChannel::shake_hands() {
    if (established_ || ended_) return established_;
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    established_ = result == 1;
    if (!established_) note(result);
    if (established_ && !waiting_.empty()) {
        seal(waiting_);
        waiting_.clear();
        waiting_.shrink_to_fit();
    }
    return established_;
}

size_t TlsChannel::open(std::span<const uint8_t> sealed, std::span<uint8_t> plain) {
    if (!sealed.empty()) BIO_write(incoming_, sealed.data(), static_cast<int>(sealed.size()));
    size_t size = 0;
    if (!shake_hands()) return size;
    ERR_clear_error();
    while (!ended_) {
        const int got = SSL_read(ssl_.get(), plain.data() + size, static_cast<int>(plain.size() - size));
        if (got <= 0) {
            note(got);
            break;
        }
        size += static_cast<size_t>(got);
    }
    return size;
}

bool TlsChannel::seal(std::string_view plain) {
    if (plain.empty()) return !ended_;
    if (!shake_hands()) {
        if (ended_ || waiting_.size() + plain.size() > kMaxWaiting) return false;
        waiting_.append(plain);
        return true;
    }
    ERR_clear_error();
    const int result = SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
    if (result <= 0) note(result);
    return result > 0;
}

void TlsChannel::seal_farewell() {
    if (established_ && !ended_) SSL_shutdown(ssl_.get());
}

std::string_view TlsChannel::outgoing() const {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(outgoing_, &bytes);
    return {bytes, size > 0 ? static_cast<size_t>(size) : 0};
}

void TlsChannel::outgoing_sent() { BIO_reset(outgoing_); }

}  // namespace trunkline::load
