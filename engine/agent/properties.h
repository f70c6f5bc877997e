#pragma once
// GObject properties from tables of names, texts and members, so that a property of an element is one line. Ids are
// 1 + the row: first the texts, then the durations, switches, numbers and choices.
#include <glib-object.h>
#include <gst/gst.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace trunkline::agent {

template <class Config>
struct TextProperty {
    const char *name, *nick, *blurb;
    std::string Config::*member;
    bool secret = false;  ///< can be set and not read
};
template <class Config>
struct DurationProperty {
    const char *name, *nick, *blurb;
    uint64_t Config::*member;
    guint64 least, most, preset;
};
template <class Config>
struct SwitchProperty {
    const char *name, *nick, *blurb;
    std::optional<bool> Config::*member;
    bool preset;
};
template <class Config>
struct NumberProperty {
    const char *name, *nick, *blurb;
    int Config::*member;
    int least, most, preset;
};

/// One of an enumeration.
template <class Config>
struct ChoiceProperty {
    const char *name, *nick, *blurb;
    GType (*type)();
    int (*get)(const Config&);
    void (*set)(Config&, int);
};

template <class Config>
struct PropertyTable {
    std::span<const TextProperty<Config>> texts;
    std::span<const DurationProperty<Config>> durations;
    std::span<const SwitchProperty<Config>> switches;
    std::span<const NumberProperty<Config>> numbers;
    std::span<const ChoiceProperty<Config>> choices{};

    void install(GObjectClass* klass) const {
        const auto flags =
            static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
        const auto secret =
            static_cast<GParamFlags>(G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
        const Config presets;
        guint id = 1;
        const auto add = [&](GParamSpec* spec) { g_object_class_install_property(klass, id++, spec); };
        for (const auto& t : texts) {
            const std::string& preset = presets.*t.member;
            add(g_param_spec_string(t.name, t.nick, t.blurb, preset.empty() ? nullptr : preset.c_str(),
                                    t.secret ? secret : flags));
        }
        for (const auto& d : durations)
            add(g_param_spec_uint64(d.name, d.nick, d.blurb, d.least, d.most, d.preset, flags));
        for (const auto& s : switches) add(g_param_spec_boolean(s.name, s.nick, s.blurb, s.preset, flags));
        for (const auto& n : numbers) add(g_param_spec_int(n.name, n.nick, n.blurb, n.least, n.most, n.preset, flags));
        for (const auto& c : choices) add(g_param_spec_enum(c.name, c.nick, c.blurb, c.type(), c.get(presets), flags));
    }

    /// False when the id is not of this table.
    bool set(Config& config, guint id, const GValue* value) const {
        size_t row = id - 1;
        if (row < texts.size()) {
            const char* text = g_value_get_string(value);
            config.*texts[row].member = text ? text : "";
        } else if ((row -= texts.size()) < durations.size()) {
            config.*durations[row].member = g_value_get_uint64(value);
        } else if ((row -= durations.size()) < switches.size()) {
            config.*switches[row].member = g_value_get_boolean(value) != FALSE;
        } else if ((row -= switches.size()) < numbers.size()) {
            config.*numbers[row].member = g_value_get_int(value);
        } else if ((row -= numbers.size()) < choices.size()) {
            choices[row].set(config, g_value_get_enum(value));
        } else {
            return false;
        }
        return true;
    }

    bool get(const Config& config, guint id, GValue* value) const {
        size_t row = id - 1;
        if (row < texts.size()) {
            g_value_set_string(value, (config.*texts[row].member).c_str());
        } else if ((row -= texts.size()) < durations.size()) {
            g_value_set_uint64(value, config.*durations[row].member);
        } else if ((row -= durations.size()) < switches.size()) {
            g_value_set_boolean(value, (config.*switches[row].member).value_or(switches[row].preset));
        } else if ((row -= switches.size()) < numbers.size()) {
            g_value_set_int(value, config.*numbers[row].member);
        } else if ((row -= numbers.size()) < choices.size()) {
            g_value_set_enum(value, choices[row].get(config));
        } else {
            return false;
        }
        return true;
    }
};

}  // namespace trunkline::agent
