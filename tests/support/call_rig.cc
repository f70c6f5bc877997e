#include "tests/support/call_rig.h"

#include <gtest/gtest.h>

#include "engine/core/clock.h"

namespace trunkline::test {

CallRig::CallRig() : facts("call_test", "hash", monotonic_ns()) {
    call.shard = &shard;
    call.facts = &facts;
    call.turns = &turns;
    call.outbox = &outbox;
}

void CallRig::on_shard(const std::function<void()>& work) {
    bool did = false;
    shard.run_until(
        [&] {
            if (!std::exchange(did, true)) work();
            return true;
        },
        std::chrono::seconds(1));
}

bool CallRig::run(const std::function<bool()>& done) { return shard.run_until(done, std::chrono::seconds(30)); }

void CallRig::turn() {
    int left = 3;
    on_shard([&] {
        for (int i = 0; i < 3; ++i) shard.post([&] { --left; });
    });
    run([&] { return left == 0; });
}

ElementUnderTest::ElementUnderTest(CallRig* rig, GType type, const char* name, bool with_call)
    : rig_(rig), element_(GST_ELEMENT(g_object_new(type, "name", name, nullptr))), bus_(gst_bus_new()) {
    gst_object_ref_sink(element_);
    gst_element_set_bus(element_, bus_);
    if (!with_call) return;
    GstContext* context = call_context_new(&rig->call);
    gst_element_set_context(element_, context);
    gst_context_unref(context);
}

ElementUnderTest::~ElementUnderTest() {
    set_state(GST_STATE_NULL);
    gst_element_set_bus(element_, nullptr);
    gst_object_unref(element_);
    gst_object_unref(bus_);
}

bool ElementUnderTest::set_state(GstState state) {
    bool ok = false;
    rig_->on_shard([&] { ok = gst_element_set_state(element_, state) != GST_STATE_CHANGE_FAILURE; });
    return ok;
}

GstPad* ElementUnderTest::pad(const char* name) const {
    GstPad* found = gst_element_get_static_pad(element_, name);
    if (!found) found = gst_element_request_pad_simple(element_, name);
    if (found) gst_object_unref(found);  // the element keeps it
    return found;
}

std::string ElementUnderTest::error() const {
    GstMessage* message = gst_bus_pop_filtered(bus_, GST_MESSAGE_ERROR);
    if (!message) return {};
    GError* error = nullptr;
    gchar* debug = nullptr;
    gst_message_parse_error(message, &error, &debug);
    const std::string text = std::string(error->message) + "\n" + (debug ? debug : "");
    g_error_free(error);
    g_free(debug);
    gst_message_unref(message);
    return text;
}

size_t ElementUnderTest::messages(GstMessageType type) const {
    size_t count = 0;
    while (GstMessage* message = gst_bus_pop_filtered(bus_, type)) {
        ++count;
        gst_message_unref(message);
    }
    return count;
}

UpstreamRecorder::UpstreamRecorder(GstPad* pad) : pad_(pad) {
    probe_ = gst_pad_add_probe(
        pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
        [](GstPad*, GstPadProbeInfo* info, gpointer data) {
            auto* self = static_cast<UpstreamRecorder*>(data);
            GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
            gst::Playback reported;
            if (gst::parse_playback_event(event, &reported)) self->playback.push_back(reported);
            if (gst::is_interrupt_event(event)) ++self->interrupts;
            return GST_PAD_PROBE_OK;
        },
        this, nullptr);
}

UpstreamRecorder::~UpstreamRecorder() { gst_pad_remove_probe(pad_, probe_); }

std::vector<Json> facts_in(const PadRecorder& recorder, std::string_view type) {
    std::vector<Json> found;
    for (const std::string& body : recorder.buffers()) {
        auto doc = Json::parse(body);
        EXPECT_TRUE(doc) << body;
        if (doc && (type.empty() || (*doc)["type"].text_or("") == type)) found.push_back(*doc);
    }
    return found;
}

int run_element_tests(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    testing::InitGoogleTest(&argc, argv);
    const int result = RUN_ALL_TESTS();
    gst_deinit();
    return result;
}

}  // namespace trunkline::test
