// Conversion chains: decode, then format and channels, then rate, then encode; each step only where it is needed.
#include "engine/graph/convert.h"

#include <gst/audio/audio.h>

#include <algorithm>
#include <array>

namespace trunkline::graph {
namespace {

enum class Code { kRaw, kMulaw, kAlaw };

std::optional<Code> code_of(const GstStructure* s) {
    const std::string_view name = gst_structure_get_name(s);
    if (name == "audio/x-raw") return Code::kRaw;
    if (name == "audio/x-mulaw") return Code::kMulaw;
    if (name == "audio/x-alaw") return Code::kAlaw;
    return std::nullopt;
}

/// The value of an integer field nearest to `wish`; `fallback` when the field is not there.
int nearest(const GstStructure* s, const char* field, int wish) {
    if (!gst_structure_has_field(s, field)) return wish;
    GstStructure* copy = gst_structure_copy(s);
    gst_structure_fixate_field_nearest_int(copy, field, wish);
    int value = wish;
    gst_structure_get_int(copy, field, &value);
    gst_structure_free(copy);
    return value;
}

bool is_fixed_int(const GstStructure* s, const char* field) {
    int value = 0;
    return gst_structure_get_int(s, field, &value) != FALSE;
}

/// The raw format of a structure closest to `wish`.
std::string format_near(const GstStructure* s, const std::string& wish) {
    if (!gst_structure_has_field(s, "format")) return wish;
    GstStructure* copy = gst_structure_copy(s);
    if (!gst_structure_fixate_field_string(copy, "format", wish.c_str())) gst_structure_fixate_field(copy, "format");
    const char* format = gst_structure_get_string(copy, "format");
    std::string out = format ? format : wish;
    gst_structure_free(copy);
    return out;
}

struct Raw {
    std::string format = "S16LE";
    int rate = 8000;
    int channels = 1;
};

gst::Ptr<GstCaps> raw_caps(const Raw& raw) {
    return gst::Ptr<GstCaps>::adopt(gst_caps_new_simple("audio/x-raw", "format", G_TYPE_STRING, raw.format.c_str(),
                                                        "layout", G_TYPE_STRING, "interleaved", "rate", G_TYPE_INT,
                                                        raw.rate, "channels", G_TYPE_INT, raw.channels, nullptr));
}

gst::Ptr<GstCaps> coded_caps(Code code, const Raw& raw) {
    return gst::Ptr<GstCaps>::adopt(gst_caps_new_simple(code == Code::kMulaw ? "audio/x-mulaw" : "audio/x-alaw", "rate",
                                                        G_TYPE_INT, raw.rate, "channels", G_TYPE_INT, raw.channels,
                                                        nullptr));
}

bool can_resample(const std::string& format) {
    constexpr std::array<std::string_view, 4> kFormats = {"S16LE", "S32LE", "F32LE", "F64LE"};
    return std::find(kFormats.begin(), kFormats.end(), format) != kFormats.end();
}

/// One structure to one structure.
class Chain {
  public:
    Chain(const GstStructure* from, const GstStructure* to) : from_(from), to_(to) {}

    std::optional<Conversion> plan() {
        const auto in = code_of(from_), out = code_of(to_);
        if (!in || !out) return std::nullopt;
        choose_ends(*in, *out);
        conversion_.from = *in == Code::kRaw ? raw_caps(have_) : coded_caps(*in, have_);
        if (*in != Code::kRaw) step(*in == Code::kMulaw ? "mulawdec" : "alawdec", raw_caps(have_));
        if (!change_format_and_rate()) return std::nullopt;
        if (*out != Code::kRaw) step(*out == Code::kMulaw ? "mulawenc" : "alawenc", coded_caps(*out, want_));
        if (conversion_.steps.empty()) return std::nullopt;
        return std::move(conversion_);
    }

  private:
    /// Rates and formats as near to each other as both ends allow.
    void choose_ends(Code in, Code out) {
        const int wish = is_fixed_int(to_, "rate") ? nearest(to_, "rate", 8000) : nearest(from_, "rate", 8000);
        have_.rate = nearest(from_, "rate", wish);
        want_.rate = nearest(to_, "rate", have_.rate);
        have_.channels = nearest(from_, "channels", nearest(to_, "channels", 1));
        want_.channels = nearest(to_, "channels", have_.channels);
        if (in == Code::kRaw)
            have_.format = format_near(from_, out == Code::kRaw ? format_near(to_, "S16LE") : "S16LE");
        if (out == Code::kRaw) want_.format = format_near(to_, have_.format);
    }

    bool change_format_and_rate() {
        const bool convert = have_.format != want_.format || have_.channels != want_.channels;
        const bool resample = have_.rate != want_.rate;
        if (resample && !can_resample(want_.format) && !can_resample(have_.format)) return false;
        const bool resample_first = resample && !can_resample(want_.format);
        if (resample_first) change_rate();
        if (convert) {
            have_.format = want_.format, have_.channels = want_.channels;
            step("audioconvert", raw_caps(have_));
        }
        if (resample && !resample_first) change_rate();
        return true;
    }
    void change_rate() {
        have_.rate = want_.rate;
        step("audioresample", raw_caps(have_));
    }
    void step(const char* factory, gst::Ptr<GstCaps> caps) {
        const GstCaps* before =
            conversion_.steps.empty() ? conversion_.from.get() : conversion_.steps.back().caps.get();
        conversion_.cost_us += element_cost_us(factory, before, caps.get());
        conversion_.steps.push_back({factory, std::move(caps)});
    }

    const GstStructure* from_;
    const GstStructure* to_;
    Raw have_, want_;
    Conversion conversion_;
};

std::optional<GstAudioInfo> raw_info(const GstCaps* caps) {
    GstAudioInfo info;
    gst_audio_info_init(&info);
    if (!caps || !gst_caps_is_fixed(caps) ||
        std::string_view(gst_structure_get_name(gst_caps_get_structure(caps, 0))) != "audio/x-raw")
        return std::nullopt;
    return gst_audio_info_from_caps(&info, caps) ? std::optional(info) : std::nullopt;
}

struct Cost {
    std::string_view factory;
    double us;
};
// Measured per 20 ms frame on the reference machine; see docs/graph-reference.md.
constexpr std::array kCosts = {Cost{"mulawdec", 0.7},  Cost{"mulawenc", 1.3},      Cost{"alawdec", 0.7},
                               Cost{"alawenc", 1.3},   Cost{"audioconvert", 0.9},  Cost{"tee", 0.35},
                               Cost{"funnel", 0.35},   Cost{"capsfilter", 0.35},   Cost{"identity", 0.35},
                               Cost{"fakesink", 0.33}, Cost{"removesilence", 0.7}, Cost{"level", 0.6},
                               Cost{"webrtcdsp", 5.1}, Cost{"queue", 17.7}};

double resample_cost_us(int in, int out) {
    if (in == out) return 0.35;
    const bool whole = in % out == 0 || out % in == 0;
    if (!whole) return 11;
    return out > in ? 3.2 : in > 24000 ? 3.5 : 2.7;
}

}  // namespace

std::optional<Conversion> plan_conversion(const GstCaps* offered, const GstCaps* wanted) {
    std::optional<Conversion> best;
    for (guint i = 0; i < gst_caps_get_size(offered); i++) {
        for (guint j = 0; j < gst_caps_get_size(wanted); j++) {
            auto chain = Chain(gst_caps_get_structure(offered, i), gst_caps_get_structure(wanted, j)).plan();
            if (!chain || (best && best->cost_us <= chain->cost_us)) continue;
            if (!gst_caps_can_intersect(chain->from.get(), offered) ||
                !gst_caps_can_intersect(chain->steps.back().caps.get(), wanted))
                continue;
            best = std::move(chain);
        }
    }
    return best;
}

double element_cost_us(std::string_view factory, const GstCaps* in, const GstCaps* out) {
    if (factory == "audioresample") {
        const auto from = raw_info(in), to = raw_info(out);
        return from && to ? resample_cost_us(from->rate, to->rate) : 0;
    }
    for (const Cost& cost : kCosts) {
        if (cost.factory == factory) return cost.us;
    }
    return 0;
}

uint64_t element_delay_ns(std::string_view factory, const GstCaps* in, const GstCaps* out) {
    const auto from = raw_info(in), to = raw_info(out);
    if (factory != "audioresample" || !from || !to || from->rate == to->rate) return 0;
    GstStructure* options = gst_structure_new_empty("resampler-options");
    gst_audio_resampler_options_set_quality(GST_AUDIO_RESAMPLER_METHOD_KAISER, GST_AUDIO_RESAMPLER_QUALITY_DEFAULT,
                                            from->rate, to->rate, options);
    GstAudioResampler* resampler =
        gst_audio_resampler_new(GST_AUDIO_RESAMPLER_METHOD_KAISER, GST_AUDIO_RESAMPLER_FLAG_NONE,
                                GST_AUDIO_INFO_FORMAT(&*from), from->channels, from->rate, to->rate, options);
    gst_structure_free(options);
    if (!resampler) return 0;
    const gsize samples = gst_audio_resampler_get_max_latency(resampler);
    gst_audio_resampler_free(resampler);
    return gst_util_uint64_scale_round(samples, GST_SECOND, static_cast<guint64>(from->rate));
}

}  // namespace trunkline::graph
