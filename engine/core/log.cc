// Logging on spdlog: a record is rendered to one ASCII line on the calling thread and handed to one writer thread; when
// its queue is full the oldest line goes, so a slow disk or terminal never holds a shard.
#include "engine/core/log.h"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "engine/core/clock.h"
#include "engine/core/json.h"
#include "engine/core/patient_output.h"

namespace trunkline {
namespace {

constexpr size_t kQueuedLines = 8192;
constexpr uint64_t kStrangersPerSecond = 20;

/// spdlog's own would wait for ever for who does not read, and the end of the process with it.
class StandardError final : public spdlog::sinks::base_sink<std::mutex> {
  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        out_.write({line.data(), line.size()});
    }
    void flush_() override {}

  private:
    PatientOutput out_{STDERR_FILENO};
};

struct Logger {
    std::shared_ptr<spdlog::details::thread_pool> pool;
    std::shared_ptr<spdlog::async_logger> out;
    bool json = false, color = false;
};

struct State {
    std::shared_mutex mutex;  // written at start and stop only
    std::shared_ptr<Logger> logger;
    std::atomic<int> level{static_cast<int>(LogLevel::kWarn)};
};

State& state() {
    static State* const kState = new State;  // never destroyed: threads may log while the process ends
    return *kState;
}

const char* level_name(LogLevel level) {
    switch (level) {
        case LogLevel::kTrace:
            return "trace";
        case LogLevel::kDebug:
            return "debug";
        case LogLevel::kInfo:
            return "info";
        case LogLevel::kWarn:
            return "warn";
        case LogLevel::kError:
            return "error";
        case LogLevel::kOff:
            break;
    }
    return "off";
}

const char* level_color(LogLevel level) {
    if (level == LogLevel::kError) return "\x1b[31m";
    if (level == LogLevel::kWarn) return "\x1b[33m";
    return level == LogLevel::kInfo ? "\x1b[32m" : "\x1b[90m";
}

void append_u16(unsigned unit, std::string& out) {
    char text[8];
    std::snprintf(text, sizeof text, "\\u%04x", unit & 0xFFFFU);
    out += text;
}

// JSON string escapes, and \uXXXX for all that is not ASCII: a console of any encoding shows it. The input of the
// second step is well-formed UTF-8, because json_escape() has made it so.
void append_ascii(std::string_view text, std::string& out) {
    std::string escaped;
    json_escape(text, escaped);
    for (size_t i = 0; i < escaped.size();) {
        const auto first = static_cast<unsigned char>(escaped[i]);
        if (first < 0x80) {
            out += escaped[i++];
            continue;
        }
        const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
        unsigned code = first & (0xFFU >> (length + 1));
        for (size_t k = 1; k < length; ++k) code = code << 6 | (static_cast<unsigned char>(escaped[i + k]) & 0x3FU);
        i += length;
        if (code < 0x10000) {
            append_u16(code, out);
        } else {
            append_u16(0xD800 + ((code - 0x10000) >> 10), out);
            append_u16(0xDC00 + ((code - 0x10000) & 0x3FF), out);
        }
    }
}

void append_quoted(std::string_view text, std::string& out) {
    out += '"';
    append_ascii(text, out);
    out += '"';
}

// Numbers and bools are JSON tokens as they are; nan and inf are not.
bool bare_in_json(const LogField& field) {
    return !field.quoted() && field.value().find("nan") == std::string::npos &&
           field.value().find("inf") == std::string::npos;
}

bool plain_word(std::string_view text) {
    if (text.empty()) return false;
    for (const char c : text) {
        if (c <= ' ' || c > '~' || c == '"' || c == '=' || c == '\\') return false;
    }
    return true;
}

using Fields = std::initializer_list<LogField>;

std::string render_json(LogLevel level, std::string_view component, std::string_view message, Fields fields) {
    std::string line =
        "{\"time\":\"" + rfc3339(unix_ms()) + "\",\"level\":\"" + level_name(level) + "\",\"component\":";
    append_quoted(component, line);
    line += ",\"message\":";
    append_quoted(message, line);
    for (const LogField& field : fields) {
        line += ',';
        append_quoted(field.key(), line);
        line += ':';
        if (bare_in_json(field)) {
            line += field.value();
        } else {
            append_quoted(field.value(), line);
        }
    }
    return line += '}';
}

std::string render_text(LogLevel level, std::string_view component, std::string_view message, Fields fields,
                        bool color) {
    std::string line = rfc3339(unix_ms()) + ' ';
    if (color) line += level_color(level);
    char name[8];
    std::snprintf(name, sizeof name, "%-5s", level_name(level));
    line += name;
    if (color) line += "\x1b[0m";
    line += ' ';
    append_ascii(component, line);
    line += ": ";
    append_ascii(message, line);
    for (const LogField& field : fields) {
        line += ' ';
        append_ascii(field.key(), line);
        line += '=';
        if (plain_word(field.value())) {
            line += field.value();
        } else {
            append_quoted(field.value(), line);
        }
    }
    return line;
}

spdlog::level::level_enum to_spdlog(LogLevel level) { return static_cast<spdlog::level::level_enum>(level); }

}  // namespace

void log_start(const LogOptions& options) {
    log_stop();
    auto logger = std::make_shared<Logger>();
    logger->json = options.json;
    logger->color = options.color && options.file.empty();
    std::string no_file;
    try {
        spdlog::sink_ptr sink;
        try {
            if (!options.file.empty()) sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
        } catch (const std::exception& problem) {
            no_file = problem.what();
        }
        if (!sink) sink = std::make_shared<StandardError>();
        logger->pool = std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1);
        logger->out = std::make_shared<spdlog::async_logger>("trunkline", std::move(sink), logger->pool,
                                                             spdlog::async_overflow_policy::overrun_oldest);
        logger->out->set_pattern("%v");
        logger->out->set_level(spdlog::level::trace);
        logger->out->flush_on(spdlog::level::trace);
    } catch (const std::exception& problem) {
        log_error("log", "cannot start the log; warnings go to standard error", {{"cause", problem.what()}});
        return;
    }
    {
        const std::unique_lock lock(state().mutex);
        state().logger = std::move(logger);
        state().level = static_cast<int>(options.level);
    }
    if (!no_file.empty()) log_error("log", "cannot open the log file; logging to standard error", {{"cause", no_file}});
}

void log_stop() {
    std::shared_ptr<Logger> old;
    {
        const std::unique_lock lock(state().mutex);
        old = std::exchange(state().logger, nullptr);
        state().level = static_cast<int>(LogLevel::kWarn);
    }
    if (old) old->pool.reset();  // writes what is queued and joins; only then may the file be closed
}

bool log_enabled(LogLevel level) {
    return level != LogLevel::kOff && static_cast<int>(level) >= state().level.load(std::memory_order_relaxed);
}

void log(LogLevel level, std::string_view component, std::string_view message, std::initializer_list<LogField> fields) {
    if (!log_enabled(level)) return;
    const std::shared_lock lock(state().mutex);
    const Logger* const logger = state().logger.get();
    const std::string line = logger && logger->json
                                 ? render_json(level, component, message, fields)
                                 : render_text(level, component, message, fields, logger && logger->color);
    if (!logger) {
        std::fprintf(stderr, "%s\n", line.c_str());
        return;
    }
    logger->out->log(to_spdlog(level), spdlog::string_view_t(line));
}

void log_stranger(std::string_view component, std::string_view message, std::initializer_list<LogField> fields) {
    static std::atomic<int64_t> second{0};
    static std::atomic<uint64_t> asked{0}, left_out{0};
    const int64_t now = monotonic_ns() / 1'000'000'000;
    int64_t was = second.load();
    if (was != now && second.compare_exchange_strong(was, now)) {
        asked = 0;
        if (const uint64_t lines = left_out.exchange(0); lines > 0)
            log_warn("log", "lines about strangers were left out", {{"lines", lines}});
    }
    if (asked.fetch_add(1) >= kStrangersPerSecond) {
        ++left_out;
        return;
    }
    log_warn(component, message, fields);
}

LogLevel parse_log_level(std::string_view text, bool* ok) {
    for (int i = 0; i <= static_cast<int>(LogLevel::kOff); ++i) {
        if (text != level_name(static_cast<LogLevel>(i))) continue;
        if (ok) *ok = true;
        return static_cast<LogLevel>(i);
    }
    if (ok) *ok = false;
    return LogLevel::kInfo;
}

}  // namespace trunkline
