// recordsink: both legs of a call in one stereo WAV file, left the caller, right the agent as the caller hears it.
#include "elements/recorder/recordsink.h"

#include "elements/recorder/recorder.h"
#include "engine/gst/call_context.h"

using trunkline::recorder::Recorder;

struct _RecordSink {
    GstElement parent_instance;
    Recorder* recorder;
};
G_DEFINE_TYPE(RecordSink, record_sink, GST_TYPE_ELEMENT)

enum { kProp0, kPropDirectory, kPropLocation, kPropRate, kPropFormat };
enum { kFormatLinear, kFormatMulaw };

static GType record_sink_format_get_type() {
    static const GEnumValue kValues[] = {{kFormatLinear, "16-bit linear PCM", "linear16"},
                                         {kFormatMulaw, "G.711 mu-law, half the size", "mulaw"},
                                         {0, nullptr, nullptr}};
    static const GType type = g_enum_register_static("RecordSinkFormat", kValues);
    return type;
}

static Recorder* recorder_of(gpointer object) { return TRUNKLINE_RECORD_SINK(object)->recorder; }

static void record_sink_init(RecordSink* self) {
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SINK);
    self->recorder = new Recorder(GST_ELEMENT(self));
}

static void record_sink_finalize(GObject* object) {
    delete recorder_of(object);
    G_OBJECT_CLASS(record_sink_parent_class)->finalize(object);
}

static void record_sink_set_context(GstElement* element, GstContext* context) {
    if (auto* call = trunkline::call_context_get(context)) recorder_of(element)->set_call(call);
    GST_ELEMENT_CLASS(record_sink_parent_class)->set_context(element, context);
}

static GstPad* record_sink_request_pad(GstElement* element, GstPadTemplate* wanted, const gchar*, const GstCaps*) {
    return recorder_of(element)->request(wanted);
}

static void record_sink_release_pad(GstElement* element, GstPad* pad) { recorder_of(element)->release(pad); }

static void record_sink_set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
    auto& options = recorder_of(object)->options;
    const char* text = G_VALUE_HOLDS_STRING(value) ? g_value_get_string(value) : nullptr;
    switch (id) {
        case kPropDirectory:
            options.directory = text ? text : "";
            break;
        case kPropLocation:
            options.location = text ? text : "";
            break;
        case kPropRate:
            options.rate = g_value_get_int(value);
            break;
        case kPropFormat:
            options.mulaw = g_value_get_enum(value) == kFormatMulaw;
            break;
        default:
            G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

static void record_sink_get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
    const auto& options = recorder_of(object)->options;
    switch (id) {
        case kPropDirectory:
            g_value_set_string(value, options.directory.c_str());
            break;
        case kPropLocation:
            g_value_set_string(value, options.location.c_str());
            break;
        case kPropRate:
            g_value_set_int(value, options.rate);
            break;
        case kPropFormat:
            g_value_set_enum(value, options.mulaw ? kFormatMulaw : kFormatLinear);
            break;
        default:
            G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

static GstStateChangeReturn record_sink_change_state(GstElement* element, GstStateChange change) {
    if (change == GST_STATE_CHANGE_NULL_TO_READY && !recorder_of(element)->attach()) return GST_STATE_CHANGE_FAILURE;
    const auto result = GST_ELEMENT_CLASS(record_sink_parent_class)->change_state(element, change);
    if (change == GST_STATE_CHANGE_READY_TO_NULL) recorder_of(element)->detach();
    return result;
}

static void record_sink_install_properties(GObjectClass* object) {
    const auto flags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
    g_object_class_install_property(
        object, kPropDirectory,
        g_param_spec_string("directory", "Directory",
                            "Where recordings are kept; made when it is not there. No recording leaves it",
                            "recordings", flags));
    g_object_class_install_property(
        object, kPropLocation,
        g_param_spec_string("location", "Location",
                            "File below the directory; {call_id}, {node} and {date} (of today, UTC) are filled in, "
                            "folders are made, characters that file names should not have become _",
                            "{call_id}.wav", flags));
    g_object_class_install_property(
        object, kPropRate,
        g_param_spec_int("rate", "Rate", "Sample rate of the file (Hz)", 8'000, 48'000, 8'000, flags));
    g_object_class_install_property(object, kPropFormat,
                                    g_param_spec_enum("format", "Format", "How a sample is stored in the file",
                                                      record_sink_format_get_type(), kFormatLinear, flags));
}

static void record_sink_class_init(RecordSinkClass* klass) {
    using namespace trunkline;
    auto* object = G_OBJECT_CLASS(klass);
    object->finalize = record_sink_finalize;
    object->set_property = record_sink_set_property;
    object->get_property = record_sink_get_property;
    record_sink_install_properties(object);
    auto* element = GST_ELEMENT_CLASS(klass);
    element->set_context = record_sink_set_context;
    element->request_new_pad = record_sink_request_pad;
    element->release_pad = record_sink_release_pad;
    element->change_state = record_sink_change_state;
    gst_element_class_add_static_pad_template(element, &recorder::kCallerTemplate);
    gst_element_class_add_static_pad_template(element, &recorder::kAgentTemplate);
    gst_element_class_add_static_pad_template(element, &gst::kEventSrcTemplate);
    gst_element_class_set_static_metadata(
        element, "Record sink", "Sink/File/Audio",
        "Both legs of a call in one stereo WAV file: left the caller, right the agent as the caller hears it",
        "Trunkline");
}
