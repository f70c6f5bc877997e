// The process-wide trust database. Out of the system store only the roots below are taken; a user behind a proxy that
// re-signs TLS, or with a vendor of his own, names his bundle in TRUNKLINE_CA_FILE (or the configuration).
#include "engine/net/tls.h"

#include <gio/gio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace trunkline {
namespace {

constexpr const char* kSystemStore = "/etc/ssl/certs/ca-certificates.crt";

// Common names of the roots below which telephony and AI vendors, their CDNs and the usual clouds have their
// certificates.
constexpr std::array<std::string_view, 33> kRoots = {
    "Amazon Root CA 1",
    "Amazon Root CA 2",
    "Amazon Root CA 3",
    "Amazon Root CA 4",
    "Starfield Services Root Certificate Authority - G2",  // cross-signs Amazon
    "Starfield Root Certificate Authority - G2",
    "Go Daddy Root Certificate Authority - G2",
    "ISRG Root X1",  // Let's Encrypt
    "ISRG Root X2",
    "DigiCert Global Root CA",
    "DigiCert Global Root G2",
    "DigiCert Global Root G3",
    "DigiCert High Assurance EV Root CA",
    "DigiCert Assured ID Root G2",
    "DigiCert TLS ECC P384 Root G5",
    "DigiCert TLS RSA4096 Root G5",
    "GTS Root R1",  // Google Trust Services
    "GTS Root R2",
    "GTS Root R3",
    "GTS Root R4",
    "GlobalSign Root CA",                     // cross-signs Google
    "GlobalSign",                             // R3, R4, R5, R6
    "USERTrust RSA Certification Authority",  // Sectigo
    "USERTrust ECC Certification Authority",
    "COMODO RSA Certification Authority",
    "COMODO ECC Certification Authority",
    "Sectigo Public Server Authentication Root R46",
    "Sectigo Public Server Authentication Root E46",
    "Baltimore CyberTrust Root",
    "SSL.com Root Certification Authority RSA",
    "SSL.com Root Certification Authority ECC",
    "Microsoft RSA Root Certificate Authority 2017",
    "Microsoft ECC Root Certificate Authority 2017",
};

std::string take_message(GError* error) {
    std::string message = error ? error->message : "unknown cause";
    g_clear_error(&error);
    return message;
}

/// The CN of a subject as GIO writes it ("CN=ISRG Root X1,O=Internet Security Research Group,C=US", in either order).
std::string_view common_name(std::string_view subject) {
    size_t at = subject.starts_with("CN=") ? 0 : subject.find(",CN=");
    if (at == std::string_view::npos) return {};
    subject.remove_prefix(at == 0 ? 3 : at + 4);
    return subject.substr(0, subject.find(','));
}

bool is_wanted(std::string_view name) {
    for (std::string_view root : kRoots)
        if (root == name) return true;
    return false;
}

/// PEM of the wanted roots in the system store.
Result<std::string> vendor_roots() {
    GError* error = nullptr;
    GList* all = g_tls_certificate_list_new_from_file(kSystemStore, &error);
    if (error)
        return fail("tls-ca", std::string("the trust store ") + kSystemStore +
                                  " cannot be read: " + take_message(error) +
                                  "; install ca-certificates or name a PEM bundle in TRUNKLINE_CA_FILE");
    std::string bundle;
    for (GList* item = all; item; item = item->next) {
        char* subject = nullptr;
        char* pem = nullptr;
        g_object_get(item->data, "subject-name", &subject, "certificate-pem", &pem, nullptr);
        if (subject && pem && is_wanted(common_name(subject))) bundle += pem;
        g_free(subject);
        g_free(pem);
    }
    g_list_free_full(all, g_object_unref);
    if (bundle.empty())
        return fail("tls-ca", std::string("the trust store ") + kSystemStore +
                                  " holds none of the expected roots; name a PEM bundle in TRUNKLINE_CA_FILE");
    return bundle;
}

/// A file that only this process sees. GIO reads its database again when it needs it: the file must stay open as long
/// as that lives.
Result<int> private_file(const std::string& text) {
    int fd = memfd_create("trunkline-ca", MFD_CLOEXEC);
    size_t done = 0;
    while (fd >= 0 && done < text.size()) {
        ssize_t n = write(fd, text.data() + done, text.size() - done);
        if (n <= 0) {
            close(fd);
            fd = -1;
        } else {
            done += static_cast<size_t>(n);
        }
    }
    if (fd < 0) return fail("tls-ca", std::string("no memory file for the trust store: ") + std::strerror(errno));
    return fd;
}

/// `fd`: closed with the database, -1 = nothing.
Status install(const std::string& path, const std::string& shown, int fd = -1) {
    GError* error = nullptr;
    GTlsDatabase* database = g_tls_file_database_new(path.c_str(), &error);
    if (!database) {
        if (fd >= 0) close(fd);
        return fail("tls-ca", "the CA bundle " + shown + " cannot be used: " + take_message(error));
    }
    if (fd >= 0) {
        g_object_set_data_full(G_OBJECT(database), "trunkline-ca", GINT_TO_POINTER(fd),
                               [](gpointer kept) { close(GPOINTER_TO_INT(kept)); });
    }
    g_tls_backend_set_default_database(g_tls_backend_get_default(), database);
    g_object_unref(database);
    return {};
}

Status install_file(const std::string& path) {
    GError* error = nullptr;
    GList* certificates = g_tls_certificate_list_new_from_file(path.c_str(), &error);
    if (error) return fail("tls-ca", "the CA bundle " + path + " cannot be read: " + take_message(error));
    bool empty = certificates == nullptr;
    g_list_free_full(certificates, g_object_unref);
    if (empty) return fail("tls-ca", "the CA bundle " + path + " holds no PEM certificate");
    std::unique_ptr<char, decltype(&g_free)> absolute(g_canonicalize_filename(path.c_str(), nullptr), g_free);
    return install(absolute.get(), path);
}

}  // namespace

Status tls_init(const std::string& ca_file) {
    if (!g_tls_backend_supports_tls(g_tls_backend_get_default()))
        return fail("tls-ca", "GIO has no TLS backend; install the package glib-networking");
    // GnuTLS as Debian sets it up would still speak TLS 1.0 and 1.1 (RFC 8996 forbids both). GIO reads this once, at
    // its first connection; who needs another policy sets it himself.
    setenv("G_TLS_GNUTLS_PRIORITY", "NORMAL:%COMPAT:-VERS-TLS1.1:-VERS-TLS1.0", 0);
    const char* from_environment = std::getenv("TRUNKLINE_CA_FILE");
    if (!ca_file.empty()) return install_file(ca_file);
    if (from_environment && *from_environment) return install_file(from_environment);
    auto bundle = vendor_roots();
    if (!bundle) return tl::unexpected(bundle.error());
    const auto fd = private_file(*bundle);
    if (!fd) return tl::unexpected(fd.error());
    return install("/proc/self/fd/" + std::to_string(*fd), "of known vendors", *fd);
}

std::string TlsRefusal::text(std::string_view fallback) const {
    constexpr std::array<std::pair<unsigned, const char*>, 7> kReasons = {{
        {G_TLS_CERTIFICATE_UNKNOWN_CA,
         "the certificate is signed by no trusted authority (add it with TRUNKLINE_CA_FILE if you trust it)"},
        {G_TLS_CERTIFICATE_BAD_IDENTITY,
         "the certificate belongs to another host name (use a name that stands in it, or have it issued for this one)"},
        {G_TLS_CERTIFICATE_NOT_ACTIVATED, "the certificate is not valid yet (check the clock)"},
        {G_TLS_CERTIFICATE_EXPIRED, "the certificate has expired (its owner must renew it; check the clock too)"},
        {G_TLS_CERTIFICATE_REVOKED, "the certificate was revoked (its owner must replace it)"},
        {G_TLS_CERTIFICATE_INSECURE, "the certificate uses an insecure algorithm (its owner must replace it)"},
        {G_TLS_CERTIFICATE_GENERIC_ERROR, "the certificate could not be checked"},
    }};
    std::string text;
    for (const auto& [flag, reason] : kReasons)
        if (flags_ & flag) text += (text.empty() ? "" : "; ") + std::string(reason);
    return text.empty() ? std::string(fallback) : text;
}

}  // namespace trunkline
