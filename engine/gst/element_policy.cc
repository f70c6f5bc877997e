// The tables behind element_policy.h. Blocking was measured by pushing 300 frames into each element from one thread;
// classes are judged by what they derive from, so that an element nobody listed is still caught.
#include "engine/gst/element_policy.h"

#include <algorithm>
#include <array>

namespace trunkline {
namespace {

struct NamedRefusal {
    std::string_view factory;
    const char* reason;
    const char* cure;
};

constexpr std::array kBlocking = {
    NamedRefusal{"interleave", "waits on the first buffer until another thread fills its other inputs",
                 "record both legs with a sink that takes two pads"},
    NamedRefusal{"adder", "waits until every input has data", ""},
    NamedRefusal{"clocksync", "waits for the clock before it passes a buffer on",
                 "the carrier's sink paces audio itself: leave it out"},
    NamedRefusal{"tcpclientsink", "writes to its socket until the peer has taken everything", ""},
    NamedRefusal{"tcpserversink", "writes to its sockets from the pushing thread", ""},
    NamedRefusal{"multifdsink", "hands buffers to a client thread under locks", ""},
    NamedRefusal{"multisocketsink", "hands buffers to a client thread under locks", ""},
    NamedRefusal{"souphttpclientsink", "waits for the HTTP server", "use webhooksink"},
    NamedRefusal{"curlhttpsink", "waits for the HTTP server", "use webhooksink"},
    NamedRefusal{"shout2send", "waits for the server", ""},
    NamedRefusal{"rtmpsink", "waits for the server", ""},
    NamedRefusal{"srtsink", "waits for the peer", ""},
    NamedRefusal{"srtclientsink", "waits for the peer", ""},
    NamedRefusal{"ristsink", "waits for the peer", ""},
    NamedRefusal{"fdsink", "writes to a descriptor that may not be ready", "use filesink"},
    NamedRefusal{"fakesrc", "is a source with its own thread that never rests", ""},
};

struct TypeRefusal {
    const char* type;
    const char* reason;
    const char* cure;
};

constexpr std::array kBlockingTypes = {
    TypeRefusal{"GstAggregator", "waits in its own thread until every input has data, and blocks who pushes meanwhile",
                ""},
    TypeRefusal{"GstAudioBaseSink", "waits for room in a sound device's buffer",
                "a server has no sound device: use fakesink or filesink"},
    TypeRefusal{"GstVideoAggregator", "waits until every input has data", ""},
};

/// Start threads of their own; fine where the graph accepts the cost.
constexpr std::array<std::string_view, 14> kThreaded = {
    "queue",     "queue2",     "multiqueue",   "downloadbuffer", "rtpjitterbuffer", "webrtcbin", "rtpbin",
    "decodebin", "decodebin3", "uridecodebin", "uridecodebin3",  "playbin",         "playbin3",  "parsebin"};

bool is_a(GType type, const char* base_name) {
    const GType base = g_type_from_name(base_name);
    return base != 0 && g_type_is_a(type, base) != FALSE;
}

bool is_base_sink(GType type) { return is_a(type, "GstBaseSink"); }

std::optional<std::string_view> find_setting(std::span<const PolicySetting> settings, std::string_view name) {
    const auto at =
        std::find_if(settings.begin(), settings.end(), [&](const PolicySetting& s) { return s.name == name; });
    return at == settings.end() ? std::nullopt : std::optional(at->value);
}

bool is_true(std::span<const PolicySetting> settings, std::string_view name) {
    return find_setting(settings, name) == std::optional<std::string_view>("true");
}

bool is_zero_or_unset(std::span<const PolicySetting> settings, std::string_view name) {
    const auto value = find_setting(settings, name);
    return !value || value->empty() || value->find_first_not_of("0nsumh.") == std::string_view::npos;
}

PolicyRefusal blocking(std::string reason, std::string cure, std::string property = {}) {
    return {"blocking-element", std::move(reason), std::move(cure), std::move(property)};
}

/// Elements that are fine or not depending on how they are set.
std::optional<PolicyRefusal> check_settings(std::string_view factory, GType type,
                                            std::span<const PolicySetting> settings) {
    if (factory == "identity" && is_true(settings, "sync")) {
        return blocking("waits for the clock before it passes a buffer on", "leave sync out", "sync");
    }
    if (factory == "identity" && !is_zero_or_unset(settings, "sleep-time")) {
        return blocking("sleeps in the pushing thread", "leave sleep-time out", "sleep-time");
    }
    if (factory == "input-selector" &&
        find_setting(settings, "sync-streams") != std::optional<std::string_view>("false")) {
        return blocking("makes the inactive input wait for the active one", "set sync-streams: false", "sync-streams");
    }
    if (factory == "appsink" && !is_true(settings, "drop")) {
        return blocking("waits when its queue is full", "set drop: true and max-buffers", "drop");
    }
    if (!is_base_sink(type)) return std::nullopt;
    if (is_true(settings, "sync"))
        return blocking("waits for the clock before every buffer", "leave sync out: the engine sets it to false",
                        "sync");
    if (is_true(settings, "async"))
        return blocking("waits for a first buffer before it starts", "leave async out: the engine sets it to false",
                        "async");
    if (!is_zero_or_unset(settings, "throttle-time"))
        return blocking("drops or delays by the clock", "leave throttle-time out", "throttle-time");
    return std::nullopt;
}

}  // namespace

int threads_started_by(std::string_view factory, GType type) {
    if (factory == "queue2" || factory == "multiqueue" || factory == "queue") return 1;
    if (std::find(kThreaded.begin(), kThreaded.end(), factory) != kThreaded.end()) return 2;
    return is_a(type, "GstBaseSrc") ? 1 : 0;
}

std::optional<PolicyRefusal> check_element_policy(std::string_view factory, GType type,
                                                  std::span<const PolicySetting> settings, bool threads_allowed) {
    for (const NamedRefusal& refusal : kBlocking) {
        if (refusal.factory == factory) return blocking(refusal.reason, refusal.cure);
    }
    for (const TypeRefusal& refusal : kBlockingTypes) {
        if (is_a(type, refusal.type)) return blocking(refusal.reason, refusal.cure);
    }
    if (auto refusal = check_settings(factory, type, settings)) return refusal;
    if (!threads_allowed && threads_started_by(factory, type) > 0) {
        return PolicyRefusal{"needs-threads",
                             "starts a thread for every call",
                             "write `threads: allowed` in the graph if that is worth it",
                             {}};
    }
    return std::nullopt;
}

std::vector<ForcedProperty> forced_properties(std::string_view, GType type) {
    if (!is_base_sink(type)) return {};
    return {{"async", false}, {"sync", false}, {"enable-last-sample", false}};
}

}  // namespace trunkline
