// What a webhook receiver or an API may answer to a request of ours, on a socket: the first byte is the size of the
// pieces. Every request ends with one callback: an answer within its bounds, or an error that says what happened.
#include <glib.h>
#include <poll.h>

#include <set>

#include "engine/net/http_client.h"
#include "tests/fuzz/loopback.h"

using namespace trunkline;
using namespace trunkline::fuzz;

namespace {

constexpr size_t kMaxResponse = 2048;

/// One connection at a time; answers with what it is given, whatever is asked.
class Stranger {
  public:
    Stranger() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof at;
        must(::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0 && ::listen(listener_, 8) == 0 &&
                 ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &length) == 0,
             "a peer listens");
        port_ = ntohs(at.sin_port);
    }
    uint16_t port() const { return port_; }
    void begin(std::string_view answer, size_t piece) { answer_ = answer, piece_ = piece; }
    void end() {
        while (true) {
            hang_up();
            if ((peer_ = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) < 0) return;
        }
    }
    /// One step, without waiting.
    void step() {
        if (peer_ < 0) peer_ = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (peer_ < 0) return;
        char request[4096];
        const ssize_t asked = ::recv(peer_, request, sizeof request, 0);
        if (asked == 0) return hang_up();
        heard_ |= asked > 0;
        if (!heard_) return;
        if (answer_.empty()) {
            ::shutdown(peer_, SHUT_WR);
            return;
        }
        const ssize_t n = ::send(peer_, answer_.data(), std::min(piece_, answer_.size()), MSG_NOSIGNAL);
        if (n > 0) answer_.remove_prefix(static_cast<size_t>(n));
        if (n < 0 && errno != EAGAIN) hang_up();
    }

  private:
    void hang_up() {
        if (peer_ < 0) return;
        const linger reset{1, 0};
        setsockopt(peer_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        ::close(peer_);
        peer_ = -1;
        heard_ = false;
    }
    int listener_, peer_ = -1;
    uint16_t port_ = 0;
    bool heard_ = false;
    std::string_view answer_;
    size_t piece_ = 1;
};

void must_be_told(const Result<HttpAnswer>& answer) {
    static const std::set<std::string> kCodes = {"connect", "timeout", "response-too-large", "http"};
    if (!answer) {
        must(kCodes.contains(answer.error().code), "an error is one of those that are documented");
        return must_explain(answer.error());
    }
    must(answer->status >= 100 && answer->status < 1000, "an answer has a status");
    must(answer->body.size() <= kMaxResponse, "no answer is longer than the limit");
    for (const auto& [name, value] : answer->headers)
        must(!name.empty() && value.find_first_of("\r\n") == std::string::npos, "a header is one line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static Stranger stranger;
    if (size == 0) return 0;
    stranger.begin(text_of({data + 1, size - 1}), 1U + data[0]);
    int answers = 0;
    {
        HttpClient client;
        HttpCall call;
        call.url = "http://127.0.0.1:" + std::to_string(stranger.port()) + "/hook";
        call.body = "{}";
        call.max_response = kMaxResponse;
        call.timeout_ms = 240'000;
        client.call(std::move(call), [&](const Result<HttpAnswer>& answer) {
            ++answers;
            must(answer || answer.error().code != "timeout", "a peer that hangs up is noticed");
            must_be_told(answer);
        });
        while (answers == 0) {
            stranger.step();
            g_main_context_iteration(nullptr, FALSE);
        }
    }
    stranger.end();
    for (int turn = 0; turn < 8 && g_main_context_iteration(nullptr, FALSE); ++turn) continue;
    must(answers == 1, "a request is answered once");
    return 0;
}
