#include "tests/integration/curl.h"

#include <cstdio>
#include <cstdlib>

namespace trunkline::test {

HttpAnswer curl(const std::string& options, const std::string& url) {
    const std::string command = "curl -s -m 20 -o - -w '\\n%{http_code}' " + options + " '" + url + "'";
    std::string out;
    FILE* pipe = popen(command.c_str(), "r");
    if (!pipe) return {};
    char buffer[4096];
    while (const size_t n = fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, n);
    pclose(pipe);
    const size_t line = out.rfind('\n');
    if (line == std::string::npos) return {};
    return {std::atoi(out.c_str() + line + 1), out.substr(0, line)};
}

}  // namespace trunkline::test
