// Reading the server's certificate. A pair is tried in a TLS handshake with ourselves over a socket pair: GIO does not
// compare key and certificate, and a renewal that has written only one of the two files must not take the place of a
// certificate that works.
#include "engine/net/server_certificate.h"

#include <gio/gio.h>
#include <sys/socket.h>

#include "engine/core/log.h"

namespace trunkline {
namespace {

std::string take_message(GError* error) {
    std::string message = error ? error->message : "unknown cause";
    g_clear_error(&error);
    return message;
}

GIOStream* stream_on(int fd) {
    GSocket* socket = g_socket_new_from_fd(fd, nullptr);
    GIOStream* stream = G_IO_STREAM(g_socket_connection_factory_create_connection(socket));
    g_object_unref(socket);
    return stream;
}

/// Both ends of one handshake.
struct Trial {
    GMainContext* context = g_main_context_new();
    int open = 2;
    std::string cause;

    static void ended(GObject* connection, GAsyncResult* result, gpointer data) {
        auto* self = static_cast<Trial*>(data);
        GError* error = nullptr;
        if (!g_tls_connection_handshake_finish(G_TLS_CONNECTION(connection), result, &error) && self->cause.empty())
            self->cause = take_message(std::exchange(error, nullptr));
        g_clear_error(&error);
        // Without this the other end would wait for ever for one that has given up.
        if (!self->cause.empty()) {
            GIOStream* base = nullptr;
            g_object_get(connection, "base-io-stream", &base, nullptr);
            g_socket_shutdown(g_socket_connection_get_socket(G_SOCKET_CONNECTION(base)), TRUE, TRUE, nullptr);
            g_object_unref(base);
        }
        --self->open;
    }
    static gboolean accept_any(GTlsConnection*, GTlsCertificate*, GTlsCertificateFlags, gpointer) { return TRUE; }

    void run(GTlsCertificate* certificate) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) return;
        g_main_context_push_thread_default(context);
        GIOStream* ends[2] = {stream_on(pair[0]), stream_on(pair[1])};
        GIOStream* tls[2] = {g_tls_server_connection_new(ends[0], certificate, nullptr),
                             g_tls_client_connection_new(ends[1], nullptr, nullptr)};
        if (tls[0] && tls[1]) {
            g_tls_connection_set_database(G_TLS_CONNECTION(tls[1]), nullptr);  // trust is not what is tried
            g_signal_connect(tls[1], "accept-certificate", G_CALLBACK(accept_any), nullptr);
            for (GIOStream* one : tls)
                g_tls_connection_handshake_async(G_TLS_CONNECTION(one), G_PRIORITY_DEFAULT, nullptr, ended, this);
            while (open > 0) g_main_context_iteration(context, TRUE);
        }
        for (GIOStream* one : {tls[0], tls[1], ends[0], ends[1]})
            if (one) g_object_unref(one);
        g_main_context_pop_thread_default(context);
    }
    ~Trial() { g_main_context_unref(context); }
};

void warn_if_over(GTlsCertificate* certificate, const std::string& file) {
    GDateTime* until = g_tls_certificate_get_not_valid_after(certificate);
    GDateTime* now = g_date_time_new_now_utc();
    if (until && g_date_time_compare(until, now) < 0) {
        char* text = g_date_time_format_iso8601(until);
        log_warn("net", "the TLS certificate has expired: clients refuse it; renew it and send SIGHUP",
                 {{"file", file}, {"valid_until", text}});
        g_free(text);
    }
    g_date_time_unref(now);
    if (until) g_date_time_unref(until);
}

}  // namespace

Result<CertificatePtr> load_server_certificate(const std::string& certificate_file, const std::string& key_file) {
    if (certificate_file.empty() && key_file.empty()) return CertificatePtr();
    if (certificate_file.empty() || key_file.empty())
        return fail("tls-certificate", "TLS needs both a certificate file and a key file; only one is set");
    const std::string files = "the TLS certificate " + certificate_file + " or its key " + key_file;
    GError* error = nullptr;
    GTlsCertificate* read = g_tls_certificate_new_from_files(certificate_file.c_str(), key_file.c_str(), &error);
    if (!read) return fail("tls-certificate", files + " cannot be used: " + take_message(error));
    CertificatePtr certificate(read, [](GTlsCertificate* c) { g_object_unref(c); });
    Trial trial;
    trial.run(read);
    if (!trial.cause.empty())
        return fail("tls-certificate", files + " cannot be used: a handshake with them fails (" + trial.cause +
                                           "); most likely the key belongs to another certificate");
    warn_if_over(read, certificate_file);
    return certificate;
}

}  // namespace trunkline
