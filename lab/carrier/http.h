#pragma once
// Webhook requests of the simulated carrier: one session a thread, a limit on the whole exchange, everything
// asynchronous.
#include <functional>
#include <memory>
#include <string>

#include "lab/carrier/form.h"

typedef struct _SoupSession SoupSession;

namespace trunkline::lab {

struct HttpAnswer {
    int status = 0;            ///< 0: no HTTP answer, see `error`
    std::string content_type;  ///< without parameters, lower case; empty when there is none
    std::string body;
    std::string error;
    bool timed_out = false;
    bool connect_timed_out = false;  ///< then `timed_out` is set as well
    bool refused = false;
    double ms = 0;
};

struct HttpRequest {
    std::string method = "POST";
    std::string url;
    std::string host_header;  ///< empty: from the URL
    FormFields headers;
    std::string form;  ///< body of anything but a GET
    std::string content_type = "application/x-www-form-urlencoded; charset=UTF-8";
    int timeout_ms = 15000;      ///< of the whole exchange
    int connect_timeout_ms = 0;  ///< until the connection stands; 0: only the whole counts
};

class HttpSender {
  public:
    explicit HttpSender(const char* user_agent);
    ~HttpSender();
    HttpSender(const HttpSender&) = delete;
    HttpSender& operator=(const HttpSender&) = delete;
    /// `done` runs once on this thread's main context, unless the sender is destroyed before.
    void send(const HttpRequest& request, std::function<void(HttpAnswer)> done);

  private:
    struct Exchange;
    SoupSession* session_;
    std::shared_ptr<bool> alive_;
};

}  // namespace trunkline::lab
