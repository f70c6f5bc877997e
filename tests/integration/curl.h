#pragma once
// HTTP requests of a stranger: by curl, nothing of the engine's own client in between.
#include <string>

namespace trunkline::test {

struct HttpAnswer {
    int status = 0;  ///< 0: there was none
    std::string body;
};

/// `options` as on curl's command line.
HttpAnswer curl(const std::string& options, const std::string& url);

}  // namespace trunkline::test
