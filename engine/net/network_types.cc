#include "engine/net/network_types.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <libsoup/soup.h>

namespace trunkline {

void register_network_types() {
    GTlsBackend* tls = g_tls_backend_get_default();
    const GType classes[] = {
        G_TYPE_SOCKET,
        G_TYPE_INET_SOCKET_ADDRESS,
        G_TYPE_UNIX_SOCKET_ADDRESS,
        G_TYPE_NETWORK_ADDRESS,
        G_TYPE_PROXY_ADDRESS,
        G_TYPE_SOCKET_CLIENT,
        G_TYPE_TCP_CONNECTION,
        G_TYPE_TASK,
        G_TYPE_CANCELLABLE,
        SOUP_TYPE_SESSION,
        SOUP_TYPE_MESSAGE,
        SOUP_TYPE_SERVER,
        SOUP_TYPE_SERVER_MESSAGE,
        SOUP_TYPE_AUTH_MANAGER,
        SOUP_TYPE_CACHE,
        SOUP_TYPE_CONTENT_DECODER,
        SOUP_TYPE_LOGGER,
        g_tls_backend_get_certificate_type(tls),
        g_tls_backend_get_file_database_type(tls),
        g_tls_backend_get_client_connection_type(tls),
        g_tls_backend_get_server_connection_type(tls),
    };
    // A class names the types of its properties when it is initialised. It is never taken down.
    for (const GType type : classes) g_type_class_unref(g_type_class_ref(type));
    g_object_unref(g_resolver_get_default());
    g_proxy_resolver_get_default();
}

}  // namespace trunkline
