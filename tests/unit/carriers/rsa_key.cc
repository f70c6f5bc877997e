#include "rsa_key.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <memory>
#include <vector>

namespace trunkline::test {
namespace {

struct Freed {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

EVP_PKEY* key() {
    static const std::unique_ptr<EVP_PKEY, Freed> made(EVP_RSA_gen(2048));
    return made.get();
}

std::string encode(const unsigned char* bytes, size_t size) {
    std::string text(4 * ((size + 2) / 3) + 1, '\0');
    text.resize(static_cast<size_t>(
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size))));
    while (text.ends_with('=')) text.pop_back();
    for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return text;
}

std::string encode(std::string_view text) {
    return encode(reinterpret_cast<const unsigned char*>(text.data()), text.size());
}

std::string decode(std::string_view part) {
    std::string text(part);
    for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
    size_t padding = 0;
    while (text.size() % 4 != 0) text += '=', ++padding;
    std::string bytes(text.size() / 4 * 3, '\0');
    const int size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    bytes.resize(size < 0 ? 0 : static_cast<size_t>(size) - padding);
    return bytes;
}

}  // namespace

const std::string& private_key_pem() {
    static const std::string pem = [] {
        const std::unique_ptr<BIO, Freed> bio(BIO_new(BIO_s_mem()));
        PEM_write_bio_PrivateKey(bio.get(), key(), nullptr, nullptr, 0, nullptr, nullptr);
        char* data = nullptr;
        const long size = BIO_get_mem_data(bio.get(), &data);
        return std::string(data, static_cast<size_t>(size));
    }();
    return pem;
}

std::string claims_signed(std::string_view token) {
    const size_t last = token.rfind('.');
    const std::string signature = decode(token.substr(last + 1));
    const std::string_view text = token.substr(0, last);
    const std::unique_ptr<EVP_MD_CTX, Freed> context(EVP_MD_CTX_new());
    const bool good =
        EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key()) == 1 &&
        EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                         reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
    return good ? decode(text.substr(text.find('.') + 1)) : "";
}

std::string header_of(std::string_view token) { return decode(token.substr(0, token.find('.'))); }

std::string hs256_token(std::string_view secret, std::string_view claims, std::string_view header) {
    const std::string text = encode(header) + "." + encode(claims);
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
    return text + "." + encode(mac, size);
}

}  // namespace trunkline::test
