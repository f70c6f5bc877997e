#pragma once
// A program that judges us, as a child process: it prints one line per case.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace trunkline::test {

class Judge {
  public:
    /// `arguments`: the script of this folder, and what it gets.
    explicit Judge(const std::string& arguments) {
        const char* source = std::getenv("TRUNKLINE_SOURCE_DIR");
        std::string script = std::string(source ? source : ".") + "/tests/conformance/websocket/" + arguments;
        pipe_ = popen(("/usr/bin/python3 -W ignore " + script + " 2>&1").c_str(), "r");
    }
    ~Judge() {
        if (pipe_) pclose(pipe_);
    }
    Judge(const Judge&) = delete;
    Judge& operator=(const Judge&) = delete;
    std::string line() {
        char text[512] = "";
        return fgets(text, sizeof text, pipe_) ? text : "";
    }
    /// Everything it still says, and its exit status.
    std::pair<std::string, int> end() {
        std::string all;
        for (std::string one = line(); !one.empty(); one = line()) all += one;
        return {all, pclose(std::exchange(pipe_, nullptr))};
    }

  private:
    FILE* pipe_;
};

}  // namespace trunkline::test
