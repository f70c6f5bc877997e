// With a call, all that touches the element is done on the call's shard; without, from the test's thread, as gst-launch
// does.
#include "tests/support/agent_rig.h"

#include <gtest/gtest.h>

#include <future>

#include "engine/core/clock.h"
#include "engine/net/farewell.h"

namespace trunkline::test {

AgentRig::AgentRig(AgentRigOptions options)
    : server(options.script),
      agent(GST_ELEMENT(g_object_new(options.type, "name", "agent", nullptr))),
      caller(options.caller_caps),
      line(options.line_caps),
      facts_("call_test", "hash", monotonic_ns()),
      bus_(gst_bus_new()),
      with_call_(options.call),
      settings_message_(options.settings_message) {
    gst_object_ref_sink(agent);
    gst_element_set_bus(agent, bus_);
    shard_.start();
    call_.shard = &shard_;
    call_.facts = &facts_;
    call_.turns = &turns;
    call_.hang_up = [this](std::string_view reason, std::string_view who, bool failed) {
        std::lock_guard lock(mutex_);
        hangups_.push_back({std::string(reason), std::string(who), failed});
        changed_.notify_all();
    };
    call_.backend_known = [this](std::string_view backend, std::string_view config, std::string_view session) {
        std::lock_guard lock(mutex_);
        backends_.push_back(std::string(backend) + " " + std::string(config) + " " + std::string(session));
        changed_.notify_all();
    };
    if (with_call_) {
        GstContext* context = call_context_new(&call_);
        gst_element_set_context(agent, context);
        gst_context_unref(context);
    }
    options.properties.try_emplace("url", server.url());
    options.properties.try_emplace("api-key", "test-key");
    for (const auto& [name, value] : options.properties) {
        gst_util_set_object_arg(G_OBJECT(agent), name.c_str(),
                                value == "@tool" ? server.tool_url().c_str() : value.c_str());
    }
    GstPad* sink = gst_element_get_static_pad(agent, "sink");
    GstPad* src = gst_element_get_static_pad(agent, "src");
    EXPECT_EQ(gst_pad_link(caller.pad(), sink), GST_PAD_LINK_OK);
    EXPECT_EQ(gst_pad_link(src, line.pad()), GST_PAD_LINK_OK);
    if (options.events) {
        GstPad* facts = gst_element_request_pad_simple(agent, "events");
        EXPECT_EQ(gst_pad_link(facts, events.pad()), GST_PAD_LINK_OK);
        gst_object_unref(facts);
    }
    gst_object_unref(sink);
    gst_object_unref(src);
}

AgentRig::~AgentRig() {
    set_state(GST_STATE_NULL);
    for (size_t closing = 1; with_call_ && closing > 0;) {  // bounded by the sockets' close timeout
        on_shard([&] { closing = Farewell::under_way(); });
    }
    gst_element_set_bus(agent, nullptr);
    gst_object_unref(agent);
    gst_object_unref(bus_);
    shard_.stop();
}

void AgentRig::on_shard(const std::function<void()>& work) {
    if (!with_call_) {
        work();
        return;
    }
    std::promise<void> done;
    shard_.post([&] {
        work();
        done.set_value();
    });
    done.get_future().wait();
}

void AgentRig::set_state(GstState state) {
    on_shard([&] { gst_element_set_state(agent, state); });
}

void AgentRig::play() {
    set_state(GST_STATE_PLAYING);
    on_shard([&] { caller.start(); });
}

bool AgentRig::talk() {
    play();
    if (!with_call_) return server.wait_text(settings_message_);
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return !backends_.empty(); });
}

void AgentRig::say(const std::string& audio, int64_t ingress_ns) {
    on_shard([&] { caller.push(audio, ingress_ns); });
}

void AgentRig::caller_event(GstEvent* event) {
    on_shard([&] { caller.event(event); });
}

void AgentRig::upstream(GstEvent* event) {
    on_shard([&] { gst_pad_push_event(line.pad(), event); });
}

void AgentRig::playback(gst::Playback::State state, uint64_t epoch, int64_t played_ms, int64_t at_ns) {
    upstream(gst::playback_event_new({.state = state,
                                      .epoch = epoch,
                                      .at_ns = at_ns,
                                      .first_in_ns = at_ns,
                                      .played_ms = played_ms,
                                      .discarded_ms = 0}));
}

std::vector<Json> AgentRig::facts(std::string_view type) const {
    std::vector<Json> found;
    for (const std::string& body : events.buffers()) {
        auto fact = Json::parse(body);
        if (fact && (*fact)["type"].text_or("") == type) found.push_back(*fact);
    }
    return found;
}

bool AgentRig::wait_fact(std::string_view type, size_t count) const {
    const std::string key = "\"type\":\"" + std::string(type) + "\"";
    return events.wait([&](const std::vector<PadRecorder::Entry>& all) {
        size_t seen = 0;
        for (const auto& entry : all) seen += entry.bytes.find(key) != std::string::npos;
        return seen >= count;
    });
}

std::vector<AgentRig::HangUp> AgentRig::hangups() const {
    std::lock_guard lock(mutex_);
    return hangups_;
}

bool AgentRig::wait_hangup() const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return !hangups_.empty(); });
}

std::vector<std::string> AgentRig::backends() const {
    std::lock_guard lock(mutex_);
    return backends_;
}

std::string AgentRig::wait_error() const {
    GstMessage* message = gst_bus_timed_pop_filtered(bus_, 30 * GST_SECOND, GST_MESSAGE_ERROR);
    if (!message) return {};
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    std::string text = error->message;
    g_error_free(error);
    gst_message_unref(message);
    return text;
}

int run_gst_tests(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    gst_init(&argc, &argv);
    g_log_set_always_fatal(static_cast<GLogLevelFlags>(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK));
    const int result = RUN_ALL_TESTS();
    gst_deinit();
    return result;
}

}  // namespace trunkline::test
