// See tls_files.h. ECDSA on P-256, which is what servers show today and what signs fast enough not to load the rig.
#include "benchmarks/load/tls_files.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

namespace trunkline::load {
namespace {

constexpr long kHour = 3600;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<FILE, int (*)(FILE*)>;

Key new_key() { return {EVP_EC_gen("P-256"), &EVP_PKEY_free}; }

bool add_extension(X509* to, X509* issuer, int what, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value);
    const bool added = extension != nullptr && X509_add_ext(to, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

/// A certificate of version 3 for `subject`, not signed yet. Without `issuer` it is its own.
Certificate unsigned_certificate(const char* subject, EVP_PKEY* key, X509* issuer, long serial) {
    Certificate made(X509_new(), &X509_free);
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -kHour);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 48 * kHour);
    X509_set_pubkey(made.get(), key);
    X509_NAME* name = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(subject), -1, -1, 0);
    X509_set_issuer_name(made.get(), issuer == nullptr ? name : X509_get_subject_name(issuer));
    return made;
}

bool write_certificate(const std::string& path, X509* certificate) {
    const File file(std::fopen(path.c_str(), "wxe"), &std::fclose);
    return file && PEM_write_X509(file.get(), certificate) == 1;
}

bool write_key(const std::string& path, EVP_PKEY* key) {
    const File file(std::fopen(path.c_str(), "wxe"), &std::fclose);
    return file && PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
}

bool make_all(const TlsFiles& files) {
    const Key ca_key = new_key(), key = new_key();
    if (!ca_key || !key) return false;
    const Certificate ca = unsigned_certificate("Trunkline load rig", ca_key.get(), nullptr, 1);
    if (!add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE") ||
        !add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign") ||
        X509_sign(ca.get(), ca_key.get(), EVP_sha256()) == 0)
        return false;
    const Certificate server = unsigned_certificate("localhost", key.get(), ca.get(), 2);
    if (!add_extension(server.get(), ca.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1") ||
        !add_extension(server.get(), ca.get(), NID_ext_key_usage, "serverAuth") ||
        X509_sign(server.get(), ca_key.get(), EVP_sha256()) == 0)
        return false;
    return write_certificate(files.ca(), ca.get()) && write_certificate(files.certificate(), server.get()) &&
           write_key(files.key(), key.get());
}

}  // namespace

TlsFiles::TlsFiles(TlsFiles&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}

TlsFiles::~TlsFiles() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

Result<TlsFiles> TlsFiles::make() {
    std::error_code error;
    std::string folder = (std::filesystem::temp_directory_path(error) / "trunkline-load-tls-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) return fail("tls", "cannot make a folder for certificates: " + folder);
    TlsFiles files(std::move(folder));
    if (!make_all(files)) return fail("tls", "cannot make certificates in " + files.folder_ + "; is the disk full?");
    return files;
}

}  // namespace trunkline::load
