#include "engine/net/http_refusal.h"

#include <sys/socket.h>

#include <string>
#include <string_view>

#include "engine/net/http_server.h"

namespace trunkline {
namespace {

constexpr size_t kDrainStep = 64U << 10;
constexpr int kDrainSteps = 16;

std::string_view reason_of(int status) {
    switch (status) {
        case 400:
            return "Bad Request";
        case 408:
            return "Request Timeout";
        case 413:
            return "Content Too Large";
        case 431:
            return "Request Header Fields Too Large";
        default:
            return "Service Unavailable";
    }
}

std::string_view detail_of(int status) {
    switch (status) {
        case 400:
            return "Content-Length must be a number, Transfer-Encoding chunked, and no header may go over lines";
        case 408:
            return "the request did not come in time";
        case 413:
            return "the body is larger than this server takes";
        case 431:
            return "the head of the request is larger than this server takes";
        default:
            return "too many connections wait for their request; try again";
    }
}

}  // namespace

void refuse_connection(int fd, int status) {
    const HttpResponse problem = HttpResponse::problem(status, reason_of(status), detail_of(status));
    std::string text = "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_of(status)) +
                       "\r\nServer: trunkline\r\nContent-Type: " + problem.content_type +
                       "\r\nContent-Length: " + std::to_string(problem.body.size()) + "\r\nConnection: close\r\n\r\n" +
                       problem.body;
    ::send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    ::shutdown(fd, SHUT_WR);
    // MSG_TRUNC: TCP drops the bytes without copying them.
    for (int i = 0; i<kDrainSteps&& ::recv(fd, nullptr, kDrainStep, MSG_DONTWAIT | MSG_TRUNC)> 0; ++i) continue;
}

}  // namespace trunkline
