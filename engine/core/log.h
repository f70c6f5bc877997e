#pragma once
// Structured logging. One record = a component, a message and key=value fields; text for people or one JSON object per
// line for machines; ASCII-safe on the console, asynchronous, and dropping the oldest record rather than blocking a
// shard. Secrets never reach a log: pass ids and names, not keys, tokens or URLs with credentials.
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace trunkline {

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError, kOff };

struct LogOptions {
    LogLevel level = LogLevel::kInfo;
    bool json = false;   ///< one JSON object per line instead of text
    bool color = false;  ///< only honoured for text; callers pass isatty(2)
    std::string file;    ///< empty = standard error
};

/// A field's value is rendered at the call: string, integer, floating point or bool.
class LogField {
  public:
    LogField(std::string_view key, std::string_view value) : key_(key), value_(value), quoted_(true) {}
    LogField(std::string_view key, const std::string& value) : LogField(key, std::string_view(value)) {}
    LogField(std::string_view key, const char* value) : LogField(key, std::string_view(value ? value : "")) {}
    LogField(std::string_view key, bool value) : key_(key), value_(value ? "true" : "false") {}
    template <class T>
    requires std::is_arithmetic_v<T> LogField(std::string_view key, T value)
        : key_(key), value_(std::to_string(value)) {}

    std::string_view key() const { return key_; }
    const std::string& value() const { return value_; }
    bool quoted() const { return quoted_; }  ///< true: a string, escaped when written; false: a bare JSON token

  private:
    std::string_view key_;
    std::string value_;
    bool quoted_ = false;
};

/// Starts the asynchronous logger. Without it records of kWarn and above go to standard error, synchronously.
void log_start(const LogOptions& options);
/// Flushes and stops; safe to call twice.
void log_stop();
bool log_enabled(LogLevel level);
void log(LogLevel level, std::string_view component, std::string_view message,
         std::initializer_list<LogField> fields = {});
/// Parses "trace", "debug", "info", "warn", "error", "off"; kInfo when unknown and sets *ok to false.
LogLevel parse_log_level(std::string_view text, bool* ok = nullptr);

inline void log_debug(std::string_view c, std::string_view m, std::initializer_list<LogField> f = {}) {
    if (log_enabled(LogLevel::kDebug)) log(LogLevel::kDebug, c, m, f);
}
inline void log_info(std::string_view c, std::string_view m, std::initializer_list<LogField> f = {}) {
    log(LogLevel::kInfo, c, m, f);
}
inline void log_warn(std::string_view c, std::string_view m, std::initializer_list<LogField> f = {}) {
    log(LogLevel::kWarn, c, m, f);
}
inline void log_error(std::string_view c, std::string_view m, std::initializer_list<LogField> f = {}) {
    log(LogLevel::kError, c, m, f);
}
/// A warning about what somebody sent who may be anybody: 20 such lines a second in all, and the first of a later
/// second says how many were left out. A flood of garbage neither fills the disk nor pushes other lines out.
void log_stranger(std::string_view component, std::string_view message, std::initializer_list<LogField> fields = {});

}  // namespace trunkline
