#pragma once
// Everything one session received, as JSON lines on disk, for judges that want the wire itself:
//   {"at_ms":12.5,"text":"{\"type\":\"session_settings\"}"}   a text frame as it came, whatever it holds
//   {"at_ms":20.1,"binary":640}                               a binary frame's length
#include <cstdio>
#include <memory>
#include <string>

namespace trunkline::lab::agent {

class MessageLog {
  public:
    MessageLog() = default;
    /// `dir`/`name`; with an empty `dir` nothing is ever written. False from `good` when the file cannot be made.
    MessageLog(const std::string& dir, const std::string& name);
    bool good() const { return !wanted_ || file_; }
    const std::string& path() const { return path_; }

    void text(double at_ms, const std::string& text);  ///< without its secrets
    void binary(double at_ms, size_t bytes);

  private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    void line(const std::string& line);
    bool wanted_ = false;
    std::string path_;
    std::unique_ptr<std::FILE, Close> file_;
    size_t written_ = 0;
};

/// `text` with "***" for every text in members that hold keys (language_model_api_key, headers, credentials …); "" when
/// it is no JSON but names one of them.
std::string without_secrets(const std::string& text);

}  // namespace trunkline::lab::agent
