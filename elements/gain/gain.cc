// The GObject of gain, around gain::Limiter.
//
//   gst-launch-1.0 audiotestsrc volume=0.9 ! audio/x-raw,rate=16000 ! gain gain=2.8 ! autoaudiosink
//
// Why not stock elements: volume and audioamplify cut loud samples off, and audiodynamic and rglimiter bend each sample
// by itself, which is nearly as bad; docs/audio-gain.md has the measurement.
#include "elements/gain/gain.h"

#include <memory>

#include "elements/gain/limiter.h"

using trunkline::gain::Limiter;

struct _TrunklineGain {
    GstBaseTransform parent_instance;
    gdouble gain, ceiling;
    guint64 release;
    Limiter* limiter;
};
G_DEFINE_TYPE(TrunklineGain, trunkline_gain, GST_TYPE_BASE_TRANSFORM)

namespace {

enum { kProp0, kPropGain, kPropCeiling, kPropRelease };

#define GAIN_CAPS \
    "audio/x-raw, format=(string)S16LE, layout=(string)interleaved, rate=(int)[8000,48000], channels=(int)[1,2]"
GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(GAIN_CAPS));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(GAIN_CAPS));

void finalize(GObject* object) {
    delete TRUNKLINE_GAIN(object)->limiter;
    G_OBJECT_CLASS(trunkline_gain_parent_class)->finalize(object);
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
    TrunklineGain* self = TRUNKLINE_GAIN(object);
    switch (id) {
        case kPropGain:
            self->gain = g_value_get_double(value);
            break;
        case kPropCeiling:
            self->ceiling = g_value_get_double(value);
            break;
        case kPropRelease:
            self->release = g_value_get_uint64(value);
            break;
        default:
            G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
    const TrunklineGain* self = TRUNKLINE_GAIN(object);
    switch (id) {
        case kPropGain:
            g_value_set_double(value, self->gain);
            break;
        case kPropCeiling:
            g_value_set_double(value, self->ceiling);
            break;
        case kPropRelease:
            g_value_set_uint64(value, self->release);
            break;
        default:
            G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

gboolean set_caps(GstBaseTransform* base, GstCaps* in, GstCaps*) {
    TrunklineGain* self = TRUNKLINE_GAIN(base);
    gint rate = 0, channels = 0;
    const GstStructure* s = gst_caps_get_structure(in, 0);
    if (!gst_structure_get_int(s, "rate", &rate) || !gst_structure_get_int(s, "channels", &channels)) return FALSE;
    delete self->limiter;
    self->limiter =
        new Limiter({self->gain, self->ceiling, static_cast<double>(self->release) / GST_SECOND}, rate, channels);
    return TRUE;
}

GstFlowReturn transform_ip(GstBaseTransform* base, GstBuffer* buffer) {
    TrunklineGain* self = TRUNKLINE_GAIN(base);
    if (!self->limiter) return GST_FLOW_NOT_NEGOTIATED;
    if (GST_BUFFER_IS_DISCONT(buffer)) self->limiter->reset();
    GstMapInfo map;
    if (!gst_buffer_map(buffer, &map, GST_MAP_READWRITE)) return GST_FLOW_ERROR;
    self->limiter->process({reinterpret_cast<int16_t*>(map.data), map.size / 2});
    gst_buffer_unmap(buffer, &map);
    return GST_FLOW_OK;
}

gboolean stop(GstBaseTransform* base) {
    TrunklineGain* self = TRUNKLINE_GAIN(base);
    delete self->limiter;
    self->limiter = nullptr;
    return TRUE;
}

}  // namespace

static void trunkline_gain_init(TrunklineGain* self) {
    const Limiter::Options defaults;
    self->gain = defaults.gain;
    self->ceiling = defaults.ceiling;
    self->release = static_cast<guint64>(defaults.release_s * GST_SECOND);
    gst_base_transform_set_in_place(GST_BASE_TRANSFORM(self), TRUE);
}

static void trunkline_gain_class_init(TrunklineGainClass* klass) {
    auto* object = G_OBJECT_CLASS(klass);
    object->finalize = finalize;
    object->set_property = set_property;
    object->get_property = get_property;
    const auto flags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
    g_object_class_install_property(
        object, kPropGain,
        g_param_spec_double("gain", "Gain", "What every sample is multiplied by; 0.1 to 20, default 1 (factor)", 0.1,
                            20, 1, flags));
    g_object_class_install_property(
        object, kPropCeiling,
        g_param_spec_double("ceiling", "Ceiling",
                            "Share of full scale that no sample passes: louder audio is turned down as a whole; 0.1 to "
                            "1, default 0.9",
                            0.1, 1, 0.9, flags));
    g_object_class_install_property(
        object, kPropRelease,
        g_param_spec_uint64("release", "Release",
                            "How long the way back to the full gain takes after loud audio: shorter ones change the "
                            "loudness within a word; 1 ms to 10 s, default 2 s (ns)",
                            GST_MSECOND, 10 * GST_SECOND, 2 * GST_SECOND, flags));
    auto* element = GST_ELEMENT_CLASS(klass);
    gst_element_class_add_static_pad_template(element, &sink_template);
    gst_element_class_add_static_pad_template(element, &src_template);
    gst_element_class_set_static_metadata(element, "Gain with limiter", "Filter/Effect/Audio",
                                          "Makes audio louder and keeps it from clipping, without delay", "Trunkline");
    auto* base = GST_BASE_TRANSFORM_CLASS(klass);
    base->set_caps = set_caps;
    base->transform_ip = transform_ip;
    base->stop = stop;
}
