#pragma once
// An authority and a server's certificate signed by it, made for one invocation of the rig and gone with it: what both
// sides of a loopback TLS connection need to trust each other, and nobody else.
#include <string>

#include "engine/core/result.h"

namespace trunkline::load {

class TlsFiles {
  public:
    /// Makes both in a new folder below the temporary one. The server is `localhost`, 127.0.0.1. Error code "tls".
    static Result<TlsFiles> make();
    TlsFiles(TlsFiles&& other) noexcept;
    TlsFiles& operator=(TlsFiles&&) = delete;
    ~TlsFiles();  ///< removes the folder

    std::string ca() const { return folder_ + "/ca.pem"; }
    std::string certificate() const { return folder_ + "/server.pem"; }
    std::string key() const { return folder_ + "/server.key"; }

  private:
    explicit TlsFiles(std::string folder) : folder_(std::move(folder)) {}
    std::string folder_;
};

}  // namespace trunkline::load
