// Element look-ups.
#include "engine/graph/element_table.h"

#include <algorithm>

namespace trunkline::graph {
namespace {

bool is_agent_class(GstElementFactory* factory, std::string_view name) {
    const char* klass = gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS);
    return (klass && std::string_view(klass).find("Agent") != std::string_view::npos) || name.ends_with("agent");
}

std::vector<PadTemplate> read_pads(GstElementClass* klass) {
    std::vector<PadTemplate> pads;
    for (GList* l = gst_element_class_get_pad_template_list(klass); l != nullptr; l = l->next) {
        auto* pad = GST_PAD_TEMPLATE(l->data);
        PadTemplate info;
        info.name = GST_PAD_TEMPLATE_NAME_TEMPLATE(pad);
        info.is_src = GST_PAD_TEMPLATE_DIRECTION(pad) == GST_PAD_SRC;
        info.request = GST_PAD_TEMPLATE_PRESENCE(pad) == GST_PAD_REQUEST;
        info.sometimes = GST_PAD_TEMPLATE_PRESENCE(pad) == GST_PAD_SOMETIMES;
        info.caps = GST_PAD_TEMPLATE_CAPS(pad);
        info.media = media_of(info.caps);
        pads.push_back(std::move(info));
    }
    return pads;
}

/// The comma list in the metadata `call-facts`.
std::vector<std::string> read_facts(GstElementFactory* factory) {
    std::vector<std::string> facts;
    const char* listed = gst_element_factory_get_metadata(factory, "call-facts");
    gchar** words = g_strsplit(listed ? listed : "", ",", -1);
    for (gchar** word = words; *word; ++word) {
        const std::string fact = g_strstrip(*word);
        if (!fact.empty()) facts.push_back(fact);
    }
    g_strfreev(words);
    return facts;
}

std::optional<ElementInfo> look_up(const std::string& name) {
    auto factory = gst::Ptr<GstElementFactory>::adopt(gst_element_factory_find(name.c_str()));
    if (!factory) return std::nullopt;
    auto loaded = gst::Ptr<GstPluginFeature>::adopt(gst_plugin_feature_load(GST_PLUGIN_FEATURE(factory.get())));
    if (!loaded) return std::nullopt;
    ElementInfo info;
    info.name = name;
    info.factory = gst::Ptr<GstElementFactory>::share(GST_ELEMENT_FACTORY(loaded.get()));
    info.type = gst_element_factory_get_element_type(info.factory.get());
    if (info.type == 0) return std::nullopt;
    info.klass = G_OBJECT_CLASS(g_type_class_ref(info.type));
    info.pads = read_pads(GST_ELEMENT_CLASS(info.klass));
    info.facts = read_facts(info.factory.get());
    info.agent = is_agent_class(info.factory.get(), name);
    return info;
}

}  // namespace

bool PadTemplate::matches(std::string_view pad) const {
    const size_t percent = name.find('%');
    if (percent == std::string::npos) return pad == name;
    if (pad == name) return true;
    if (!pad.starts_with(std::string_view(name).substr(0, percent)) || pad.size() == percent) return false;
    return name[percent + 1] == 's' || pad.substr(percent).find_first_not_of("0123456789_") == std::string_view::npos;
}

const PadTemplate* ElementInfo::pad(std::string_view pad_name) const {
    const auto at = std::find_if(pads.begin(), pads.end(), [&](const PadTemplate& p) { return p.matches(pad_name); });
    return at == pads.end() ? nullptr : &*at;
}

const ElementInfo* ElementTable::find(const std::string& factory) {
    auto at = known_.find(factory);
    if (at == known_.end()) at = known_.emplace(factory, look_up(factory)).first;
    return at->second ? &*at->second : nullptr;
}

const std::vector<std::string>& ElementTable::names() {
    if (!names_.empty()) return names_;
    GList* features = gst_registry_get_feature_list(gst_registry_get(), GST_TYPE_ELEMENT_FACTORY);
    for (GList* l = features; l != nullptr; l = l->next)
        names_.emplace_back(gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(l->data)));
    gst_plugin_feature_list_free(features);
    names_.emplace_back("callsrc");
    names_.emplace_back("callsink");
    std::sort(names_.begin(), names_.end());
    return names_;
}

bool is_convertible_audio(const GstCaps* caps) {
    if (gst_caps_is_any(caps)) return false;
    for (guint i = 0; i < gst_caps_get_size(caps); i++) {
        const std::string_view name = gst_structure_get_name(gst_caps_get_structure(caps, i));
        if (name == "audio/x-raw" || name == "audio/x-mulaw" || name == "audio/x-alaw") return true;
    }
    return false;
}

PlanLink::Media media_of(const GstCaps* caps) {
    if (gst_caps_is_any(caps) || gst_caps_is_empty(caps)) return PlanLink::Media::kOther;
    const std::string_view name = gst_structure_get_name(gst_caps_get_structure(caps, 0));
    if (name == "application/x-call-event") return PlanLink::Media::kFacts;
    return name.starts_with("audio/") ? PlanLink::Media::kAudio : PlanLink::Media::kOther;
}

std::string caps_text(const GstCaps* caps) {
    const gst::Chars text(gst_caps_to_string(caps));
    std::string out = text.get();
    for (const std::string_view noise : {"(string)", "(int)", "(GstAudioFormat)", "(fraction)", "(boolean)"}) {
        for (size_t at = out.find(noise); at != std::string::npos; at = out.find(noise, at))
            out.erase(at, noise.size());
    }
    return out;
}

}  // namespace trunkline::graph
