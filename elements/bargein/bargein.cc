// bargein: lets the caller interrupt the agent. The GObject: class and properties; the work is in gate.h.
//
//   agent ──sink──▶ bargein ──src──▶ line        audio and reply events pass untouched
//   caller ─monitor─▶                             what the caller says (optional; needed by the own detector)
//
//   1. the agent asks down: "the caller speaks" (query user-speech), or the own detector hears him; bargein decides
//   2. accepted: one loop turn later an interrupt event goes up; the agent drops its reply and flushes down to the line
//   3. the line clears the carrier and tells up what was heard (playback event)
//   4. one `bargein` fact per decision, accepted or rejected
#include "elements/bargein/bargein.h"

#include "elements/bargein/gate.h"

using trunkline::bargein::Gate;
using trunkline::bargein::GateConfig;
using trunkline::gst::LineHold;

struct _BargeIn {
    GstElement parent_instance;
    Gate* impl;
};
G_DEFINE_TYPE(BargeIn, barge_in, GST_TYPE_ELEMENT)

enum {
    kProp0,
    kPropEnabled,
    kPropSource,
    kPropMinSpeech,
    kPropMinSpeechThinking,
    kPropMinSpeechGreeting,
    kPropGreetingGuard,
    kPropProtected,
    kPropProvisional,
    kPropDuckGain,
    kPropResumeAfter,
    kPropEchoDelay
};

static Gate* impl_of(gpointer object) { return TRUNKLINE_BARGE_IN(object)->impl; }

static GType barge_in_source_get_type() {
    static const GEnumValue kValues[] = {
        {static_cast<gint>(GateConfig::Listen::kBackend), "The voice backend says when the caller speaks", "backend"},
        {static_cast<gint>(GateConfig::Listen::kLocal), "The own detector on the monitor pad does", "local"},
        {static_cast<gint>(GateConfig::Listen::kBoth), "Whichever is first", "both"},
        {0, nullptr, nullptr}};
    static const GType type = g_enum_register_static("BargeInSource", kValues);
    return type;
}

static GType barge_in_provisional_get_type() {
    static const GEnumValue kValues[] = {
        {static_cast<gint>(LineHold::Mode::kNone), "The line plays on until a decision falls", "none"},
        {static_cast<gint>(LineHold::Mode::kPause), "The line pauses meanwhile", "pause"},
        {static_cast<gint>(LineHold::Mode::kDuck), "The line is turned down meanwhile", "duck"},
        {0, nullptr, nullptr}};
    static const GType type = g_enum_register_static("BargeInProvisional", kValues);
    return type;
}

static void barge_in_init(BargeIn* self) { self->impl = new Gate(GST_ELEMENT(self)); }

static void barge_in_finalize(GObject* object) {
    delete impl_of(object);
    G_OBJECT_CLASS(barge_in_parent_class)->finalize(object);
}

static void barge_in_set_context(GstElement* element, GstContext* context) {
    if (auto* call = trunkline::call_context_get(context)) impl_of(element)->set_call(call);
    GST_ELEMENT_CLASS(barge_in_parent_class)->set_context(element, context);
}

static GstPad* barge_in_request_pad(GstElement* element, GstPadTemplate* wanted, const gchar*, const GstCaps*) {
    return impl_of(element)->request(wanted);
}

static void barge_in_release_pad(GstElement* element, GstPad* pad) { impl_of(element)->release(pad); }

static guint64* time_of(GateConfig& config, guint id) {
    switch (id) {
        case kPropMinSpeech:
            return &config.min_speech;
        case kPropMinSpeechThinking:
            return &config.min_speech_thinking;
        case kPropMinSpeechGreeting:
            return &config.min_speech_greeting;
        case kPropGreetingGuard:
            return &config.greeting_guard;
        case kPropResumeAfter:
            return &config.resume_after;
        case kPropEchoDelay:
            return &config.echo_delay;
        default:
            return nullptr;
    }
}

static void barge_in_set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
    GateConfig& config = impl_of(object)->config;
    GST_OBJECT_LOCK(object);
    bool known = true;
    if (guint64* time = time_of(config, id)) {
        *time = g_value_get_uint64(value);
    } else if (id == kPropEnabled) {
        config.enabled = g_value_get_boolean(value);
    } else if (id == kPropSource) {
        config.source = static_cast<GateConfig::Listen>(g_value_get_enum(value));
    } else if (id == kPropProtected) {
        config.is_protected = g_value_get_boolean(value);
    } else if (id == kPropProvisional) {
        config.provisional = static_cast<LineHold::Mode>(g_value_get_enum(value));
    } else if (id == kPropDuckGain) {
        config.duck_gain = g_value_get_double(value);
    } else {
        known = false;
    }
    GST_OBJECT_UNLOCK(object);
    if (!known) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    impl_of(object)->config_changed();
}

static void barge_in_get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
    GST_OBJECT_LOCK(object);
    GateConfig config = impl_of(object)->config;
    GST_OBJECT_UNLOCK(object);
    if (const guint64* time = time_of(config, id)) {
        g_value_set_uint64(value, *time);
    } else if (id == kPropEnabled) {
        g_value_set_boolean(value, config.enabled);
    } else if (id == kPropSource) {
        g_value_set_enum(value, static_cast<gint>(config.source));
    } else if (id == kPropProtected) {
        g_value_set_boolean(value, config.is_protected);
    } else if (id == kPropProvisional) {
        g_value_set_enum(value, static_cast<gint>(config.provisional));
    } else if (id == kPropDuckGain) {
        g_value_set_double(value, config.duck_gain);
    } else {
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

static GstStateChangeReturn barge_in_change_state(GstElement* element, GstStateChange change) {
    const auto result = GST_ELEMENT_CLASS(barge_in_parent_class)->change_state(element, change);
    if (change == GST_STATE_CHANGE_READY_TO_NULL) impl_of(element)->reset();
    return result;
}

static constexpr auto kFlags =
    static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

static void barge_in_install_time(GObjectClass* klass, guint id, const char* name, const char* nick, const char* blurb,
                                  guint64 most, guint64 preset) {
    g_object_class_install_property(klass, id, g_param_spec_uint64(name, nick, blurb, 0, most, preset, kFlags));
}

static void barge_in_install_properties(GObjectClass* klass) {
    const GateConfig preset;
    const auto boolean = [&](guint id, const char* name, const char* nick, const char* blurb, gboolean value) {
        g_object_class_install_property(klass, id, g_param_spec_boolean(name, nick, blurb, value, kFlags));
    };
    boolean(kPropEnabled, "enabled", "Enabled", "Whether the caller may interrupt; false = the agent always finishes",
            preset.enabled);
    g_object_class_install_property(
        klass, kPropSource,
        g_param_spec_enum(
            "source", "Source",
            "Who says that the caller speaks while the agent is heard; the own detector needs the monitor "
            "pad linked",
            barge_in_source_get_type(), static_cast<gint>(preset.source), kFlags));
    barge_in_install_time(
        klass, kPropMinSpeech, "min-speech", "Minimum speech",
        "How long the caller must have spoken on the monitor pad within the last second to interrupt; "
        "0 = the signal, or the detector's onset, is enough (ns)",
        GST_SECOND, preset.min_speech);
    barge_in_install_time(klass, kPropMinSpeechThinking, "min-speech-thinking", "Minimum speech, thinking",
                          "The same while the agent thinks of its answer, if longer than min-speech; 0 = the own "
                          "detector does not interrupt then (ns)",
                          GST_SECOND, preset.min_speech_thinking);
    barge_in_install_time(klass, kPropMinSpeechGreeting, "min-speech-greeting", "Minimum speech, greeting",
                          "The same during the first reply of the call, if longer than min-speech (ns)", GST_SECOND,
                          preset.min_speech_greeting);
    barge_in_install_time(
        klass, kPropGreetingGuard, "greeting-guard", "Greeting guard",
        "Nothing interrupts the first reply of the call for so long after it began; 0 = no guard (ns)", 60 * GST_SECOND,
        preset.greeting_guard);
    boolean(kPropProtected, "protected", "Protected",
            "Replies that are said while this is true are heard to their end; the agent can say so as well (event "
            "protect)",
            preset.is_protected);
    g_object_class_install_property(
        klass, kPropProvisional,
        g_param_spec_enum("provisional", "Provisional",
                          "What happens with audio the carrier does not have yet while it is not sure whether the "
                          "caller interrupts",
                          barge_in_provisional_get_type(), static_cast<gint>(preset.provisional), kFlags));
    g_object_class_install_property(
        klass, kPropDuckGain,
        g_param_spec_double("duck-gain", "Duck gain", "Factor for the agent's samples while provisional=duck is on",
                            0.0, 1.0, preset.duck_gain, kFlags));
    barge_in_install_time(
        klass, kPropResumeAfter, "resume-after", "Resume after",
        "The line plays on when no speech was confirmed so long after a provisional duck or pause (ns)", 5 * GST_SECOND,
        preset.resume_after);
    barge_in_install_time(klass, kPropEchoDelay, "echo-delay", "Echo delay",
                          "So late may an echo of the agent come back on the monitor pad; longer = safer and less "
                          "sensitive behind the agent's words (ns)",
                          3 * GST_SECOND, preset.echo_delay);
}

static void barge_in_class_init(BargeInClass* klass) {
    using namespace trunkline;
    auto* object = G_OBJECT_CLASS(klass);
    object->finalize = barge_in_finalize;
    object->set_property = barge_in_set_property;
    object->get_property = barge_in_get_property;
    barge_in_install_properties(object);
    auto* element = GST_ELEMENT_CLASS(klass);
    element->set_context = barge_in_set_context;
    element->request_new_pad = barge_in_request_pad;
    element->release_pad = barge_in_release_pad;
    element->change_state = barge_in_change_state;
    gst_element_class_add_static_pad_template(element, &bargein::kSinkTemplate);
    gst_element_class_add_static_pad_template(element, &bargein::kSrcTemplate);
    gst_element_class_add_static_pad_template(element, &bargein::kMonitorTemplate);
    gst_element_class_add_static_pad_template(element, &gst::kEventSrcTemplate);
    gst_element_class_set_static_metadata(
        element, "Barge-in", "Filter/Audio",
        "Lets the caller interrupt the agent: decides, has the reply dropped and the carrier cleared, reports it",
        "Trunkline");
}
