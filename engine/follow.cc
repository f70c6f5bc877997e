#include "engine/follow.h"

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <thread>

#include "engine/core/json.h"

namespace trunkline {

struct FollowOutbox::Impl {
    static constexpr size_t kMost = 1024;
    std::function<void(const Fact&)> listener;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<FactPtr> facts;
    bool stop = false;
    std::thread thread;

    void run() {
        std::unique_lock lock(mutex);
        while (true) {
            wake.wait(lock, [&] { return stop || !facts.empty(); });
            if (facts.empty()) return;
            const FactPtr fact = facts.front();
            facts.pop_front();
            lock.unlock();
            listener(*fact);
            lock.lock();
        }
    }
};

FollowOutbox::FollowOutbox(Outbox* real, std::function<void(const Fact&)> listener)
    : real_(real), impl_(std::make_unique<Impl>()) {
    impl_->listener = std::move(listener);
    impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

FollowOutbox::~FollowOutbox() {
    {
        std::lock_guard lock(impl_->mutex);
        impl_->stop = true;
    }
    impl_->wake.notify_one();
    impl_->thread.join();
}

bool FollowOutbox::put(Record record) {
    if (const auto* fact = std::get_if<FactRecord>(&record); fact && fact->to_database) {
        std::lock_guard lock(impl_->mutex);
        if (impl_->facts.size() < Impl::kMost) impl_->facts.push_back(fact->fact);
        impl_->wake.notify_one();
    }
    return real_->put(std::move(record));
}

namespace {

std::string ms(const Json& value) {
    if (!value.is_number()) return "–";
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", value.number_or(0));
    return text;
}

std::string say(const Fact& fact, const Json& f) {
    const std::string& t = fact.type;
    if (t == "transcript") return f["role"].text_or("") + ": \"" + f["text"].text_or("") + "\"";
    if (t == "user.speech_started") return "caller starts to speak";
    if (t == "agent.started") return "agent starts to speak";
    if (t == "agent.stopped") {
        return std::string("agent stops") + (f["interrupted"].bool_or(false) ? ", interrupted" : "") + ": " +
               ms(f["played_ms"]) + " ms heard of " + ms(f["generated_ms"]) + " ms";
    }
    if (t == "bargein") {
        if (f["verdict"].text_or("") == "rejected") return "barge-in rejected: " + f["reason"].text_or("");
        if (!f["cleared_t_ms"].is_number()) return "barge-in: nothing was left to clear";
        return "barge-in: cleared " + std::to_string(f["cleared_t_ms"].int_or(0) - f["onset_t_ms"].int_or(0)) +
               (f["source"].text_or("") == "local" ? " ms after the caller began, "
                                                   : " ms after the backend's signal, ") +
               ms(f["played_ms"]) + " ms heard, " + ms(f["discarded_ms"]) + " ms thrown away";
    }
    if (t == "turn.latency") {
        return "turn " + std::to_string(f["turn"].int_or(0)) + ": voice to voice " + ms(f["voice_to_voice_ms"]) +
               " ms = engine " + ms(f["engine_ms"]) + " ms + backend " + ms(f["backend_ms"]) + " ms";
    }
    if (t == "call.created") return "call from " + f["from"].text_or("?") + " to " + f["to"].text_or("?");
    if (t == "call.answered") return "answered";
    if (t == "call.ended") return "ended: " + f["status"].text_or("") + ", " + f["reason"].text_or("");
    if (t == "tool.call") return "tool call " + f["name"].text_or("") + " " + f["arguments"].dump();
    if (t == "tool.result") return "tool result " + f["name"].text_or("");
    if (t == "dtmf") return "key " + f["digit"].text_or("");
    if (t == "error") return "error " + f["code"].text_or("") + ": " + f["message"].text_or("");
    return "";
}

const char* color_of(const std::string& type, const Json& f) {
    if (type == "transcript") return f["role"].text_or("") == "user" ? "\033[36m" : "\033[32m";
    if (type == "bargein" || type == "user.speech_started") return "\033[33m";
    if (type == "error") return "\033[31m";
    return "\033[2m";
}

}  // namespace

std::string describe_fact(const Fact& fact, bool color) {
    auto doc = Json::parse(fact.body);
    if (!doc) return "";
    std::string text = say(fact, *doc);
    if (text.empty()) return "";
    char time[48];
    std::snprintf(time, sizeof time, "%8.3f  ", static_cast<double>(fact.t_ms) / 1000);
    if (color) text = color_of(fact.type, *doc) + text + "\033[0m";
    return time + text;
}

}  // namespace trunkline
