#include "engine/config/config.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/core/json.h"

namespace trunkline {
namespace {

/// One setting: its key in trunkline.yaml, the environment variables it may come from, and how it is set.
struct Setting {
    const char* key;
    std::vector<const char*> env;
    std::function<bool(Config&, const std::string&)> set;
};

template <class T>
bool to_number(const std::string& text, T* out, T least, T most) {
    T value{};
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size() || value < least || value > most) return false;
    *out = value;
    return true;
}

bool to_bool(const std::string& text, bool* out) {
    if (text == "true" || text == "1" || text == "yes") return *out = true, true;
    if (text == "false" || text == "0" || text == "no") return *out = false, true;
    return false;
}

bool set_database(Config& c, std::string text) {
    for (const char* prefix : {"sqlite:///", "sqlite://", "sqlite:"}) {
        if (text.starts_with(prefix)) {
            text.erase(0, std::string(prefix).size());
            break;
        }
    }
    if (text.empty() || text.find("://") != std::string::npos) return false;
    c.database = text;
    return true;
}

bool set_url(Config& c, std::string text) {
    while (text.ends_with('/')) text.pop_back();
    if (!text.starts_with("http://") && !text.starts_with("https://")) return false;
    c.public_url = text;
    return true;
}

/// Tokens go there: never in the open, but on this machine.
bool set_api_url(Config& c, std::string text) {
    while (text.ends_with('/')) text.pop_back();
    bool loopback = false;
    for (const char* host : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
        const std::string_view prefix(host);
        if (text.starts_with(prefix) && (text.size() == prefix.size() || text[prefix.size()] == ':')) loopback = true;
    }
    if (!text.starts_with("https://") && !loopback) return false;
    c.vonage_api_url = text;
    return true;
}

bool set_ncco(Config& c, const std::string& text) {
    const auto ncco = Json::parse(text);
    if (!ncco || !ncco->is_array() || ncco->size() == 0 || text.size() > 32'768) return false;
    for (size_t i = 0; i < ncco->size(); ++i) {
        if (!ncco->at(i)["action"].is_string()) return false;
    }
    c.vonage_fallback_ncco = text;
    return true;
}

const std::vector<Setting>& settings() {
    static const auto text = [](std::string Config::*member) {
        return [member](Config& c, const std::string& v) { return c.*member = v, true; };
    };
    static const std::vector<Setting> all = {
        {"host", {"TRUNKLINE_HOST"}, text(&Config::host)},
        {"port",
         {"TRUNKLINE_PORT", "PORT"},
         [](Config& c, const std::string& v) { return to_number<uint16_t>(v, &c.port, 0, 65535); }},
        {"shards",
         {"TRUNKLINE_SHARDS"},
         [](Config& c, const std::string& v) { return to_number<size_t>(v, &c.shards, 0, 256); }},
        {"pace_us",
         {"TRUNKLINE_PACE_US"},
         [](Config& c, const std::string& v) { return to_number<int>(v, &c.pace_us, 0, 10'000); }},
        {"graphs", {"TRUNKLINE_GRAPHS"}, [](Config& c, const std::string& v) { return c.graphs = {v}, !v.empty(); }},
        {"default_graph", {"TRUNKLINE_GRAPH"}, text(&Config::default_graph)},
        {"database", {"DATABASE_URL"}, [](Config& c, const std::string& v) { return set_database(c, v); }},
        {"server_url", {"SERVER_URL", "BASE_URL"}, [](Config& c, const std::string& v) { return set_url(c, v); }},
        {"twilio_auth_token", {"TWILIO_AUTH_TOKEN"}, text(&Config::twilio_auth_token)},
        {"vonage_api_key", {"VONAGE_API_KEY"}, text(&Config::vonage_api_key)},
        {"vonage_api_secret", {"VONAGE_API_SECRET"}, text(&Config::vonage_api_secret)},
        {"vonage_application_id", {"VONAGE_APPLICATION_ID"}, text(&Config::vonage_application_id)},
        {"vonage_private_key", {"VONAGE_PRIVATE_KEY"}, text(&Config::vonage_private_key)},
        {"vonage_signature_secret", {"VONAGE_SIGNATURE_SECRET"}, text(&Config::vonage_signature_secret)},
        {"vonage_phone_number", {"VONAGE_PHONE_NUMBER"}, text(&Config::vonage_phone_number)},
        {"vonage_media_rate",
         {"VONAGE_MEDIA_RATE"},
         [](Config& c, const std::string& v) {
             return to_number<int>(v, &c.vonage_media_rate, 8'000, 24'000) && c.vonage_media_rate % 8'000 == 0;
         }},
        {"vonage_api_url", {"VONAGE_API_URL"}, [](Config& c, const std::string& v) { return set_api_url(c, v); }},
        {"vonage_socket_auth",
         {"VONAGE_SOCKET_AUTH"},
         [](Config& c, const std::string& v) {
             return c.vonage_custom_socket_auth = v == "custom", v == "custom" || v == "vonage";
         }},
        {"vonage_fallback_ncco",
         {"VONAGE_FALLBACK_NCCO"},
         [](Config& c, const std::string& v) { return set_ncco(c, v); }},
        {"insecure", {"TRUNKLINE_INSECURE"}, [](Config& c, const std::string& v) { return to_bool(v, &c.insecure); }},
        {"request_timeout_ms",
         {"TRUNKLINE_REQUEST_TIMEOUT_MS"},
         [](Config& c, const std::string& v) { return to_number<int>(v, &c.request_timeout_ms, 100, 600'000); }},
        {"webhook_timeout_ms",
         {"TRUNKLINE_WEBHOOK_TIMEOUT_MS"},
         [](Config& c, const std::string& v) { return to_number<int>(v, &c.webhook_timeout_ms, 100, 600'000); }},
        {"api_key", {"TRUNKLINE_API_KEY"}, text(&Config::api_key)},
        {"ticket_key", {"TRUNKLINE_TICKET_KEY"}, text(&Config::ticket_key)},
        {"ca_file", {"TRUNKLINE_CA_FILE"}, text(&Config::ca_file)},
        {"tls_certificate", {"TRUNKLINE_TLS_CERTIFICATE"}, text(&Config::tls_certificate)},
        {"tls_key", {"TRUNKLINE_TLS_KEY"}, text(&Config::tls_key)},
        {"drain_ms",
         {"TRUNKLINE_DRAIN_MS"},
         [](Config& c, const std::string& v) { return to_number<int>(v, &c.drain_ms, 0, 3'600'000); }},
        {"media_wait_ms",
         {"TRUNKLINE_MEDIA_WAIT_MS"},
         [](Config& c, const std::string& v) { return to_number<int64_t>(v, &c.media_wait_ms, 100, 600'000); }},
        {"max_calls",
         {"TRUNKLINE_MAX_CALLS"},
         [](Config& c, const std::string& v) { return to_number<size_t>(v, &c.max_calls, 1, 1'000'000); }},
        {"outbox_records",
         {"TRUNKLINE_OUTBOX_RECORDS"},
         [](Config& c, const std::string& v) { return to_number<size_t>(v, &c.outbox_records, 1'024, 4'194'304); }},
        {"log_level",
         {"TRUNKLINE_LOG"},
         [](Config& c, const std::string& v) {
             bool ok = false;
             c.log.level = parse_log_level(v, &ok);
             return ok;
         }},
        {"log_format",
         {"TRUNKLINE_LOG_FORMAT"},
         [](Config& c, const std::string& v) { return c.log.json = v == "json", v == "json" || v == "text"; }},
        {"log_file", {"TRUNKLINE_LOG_FILE"}, [](Config& c, const std::string& v) { return c.log.file = v, true; }},
    };
    return all;
}

size_t distance(const std::string& a, const std::string& b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = std::exchange(row[0], i);
        for (size_t j = 1; j <= b.size(); ++j) {
            diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])}));
        }
    }
    return row.back();
}

std::string nearest_key(const std::string& key) {
    std::string best;
    size_t least = 4;
    for (const Setting& s : settings()) {
        if (const size_t d = distance(key, s.key); d < least) {
            least = d;
            best = s.key;
        }
    }
    return best.empty() ? "" : " (did you mean '" + best + "'?)";
}

Status read_file(const std::string& file, Config* config) {
    const auto at = [&](const YAML::Mark& mark) {
        return file + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) + ": ";
    };
    std::ifstream in(file);
    std::stringstream text;
    std::error_code error;
    if (!in || std::filesystem::is_directory(file, error)) return fail("bad-config", file + ": cannot be read");
    text << in.rdbuf();
    if (text.str().size() > 65'536) return fail("bad-config", file + ": larger than 64 KiB");
    try {
        const YAML::Node root = YAML::Load(text.str());
        if (root.IsNull()) return {};
        if (!root.IsMap()) return fail("bad-config", at(root.Mark()) + "must be a map of settings");
        for (const auto& entry : root) {
            const auto key = entry.first.as<std::string>();
            const Setting* found = nullptr;
            for (const Setting& s : settings()) {
                if (key == s.key) found = &s;
            }
            if (!found)
                return fail("bad-config", at(entry.first.Mark()) + "unknown setting '" + key + "'" + nearest_key(key));
            if (!entry.second.IsScalar() || !found->set(*config, entry.second.Scalar())) {
                return fail("bad-config", at(entry.second.Mark()) + "'" + key + "' has a value it cannot take");
            }
        }
    } catch (const YAML::Exception& e) {
        return fail("bad-config", at(e.mark) + e.msg);
    }
    return {};
}

}  // namespace

Result<Config> load_config(const std::string& file, const EnvLookup& env) {
    Config config;
    const std::string path = file.empty() ? "trunkline.yaml" : file;
    if (!file.empty() || std::filesystem::exists(path)) {
        if (auto ok = read_file(path, &config); !ok) return tl::unexpected(ok.error());
    }
    for (const Setting& s : settings()) {
        for (const char* name : s.env) {
            const auto value = env(name);
            if (!value || value->empty()) continue;
            if (!s.set(config, *value))
                return fail("bad-config", std::string("environment variable ") + name + " has a value it cannot take");
            break;
        }
    }
    if (config.graphs.empty()) config.graphs = {"graphs"};
    return config;
}

bool set_setting(Config* config, std::string_view key, const std::string& value) {
    const auto& all = settings();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Setting& s) { return key == s.key; });
    return found != all.end() && found->set(*config, value);
}

Status check_config(const Config& c) {
    if (c.twilio_auth_token.empty() && c.vonage_signature_secret.empty() && !c.insecure) {
        return fail("unsafe-config",
                    "TWILIO_AUTH_TOKEN is not set, nor VONAGE_SIGNATURE_SECRET: anybody could start calls here. Put "
                    "one into .env, or pass --insecure to accept unsigned webhooks (only behind something that checks "
                    "them)");
    }
    if (c.public_url.empty() && c.host != "localhost" && c.host != "::1" && !c.host.starts_with("127.")) {
        return fail("bad-config", "SERVER_URL is not set, and " + c.host +
                                      " is no address a carrier could be told: set it to the public "
                                      "one, https://voice.example.com");
    }
    if (c.public_url.empty() && c.port == 0) {
        return fail(
            "bad-config",
            "with --port 0 the address that calls are sent to cannot be known beforehand: give --url (SERVER_URL)");
    }
    if (c.tls_certificate.empty() != c.tls_key.empty()) {
        return fail("bad-config", "tls_certificate and tls_key go together: one of them is missing");
    }
    return {};
}

Result<std::string> vonage_private_key(const Config& c) {
    std::string pem = c.vonage_private_key;
    if (pem.empty()) return pem;
    if (!pem.starts_with("-----BEGIN")) {
        std::ifstream in(pem);
        std::stringstream text;
        std::error_code error;
        if (!in || std::filesystem::is_directory(pem, error))
            return fail("bad-config",
                        "VONAGE_PRIVATE_KEY is neither PEM text (-----BEGIN …) nor a file that can be read");
        text << in.rdbuf();
        return text.str();
    }
    for (size_t at = 0; (at = pem.find("\\n", at)) != std::string::npos; ++at) pem.replace(at, 2, "\n");
    return pem;
}

}  // namespace trunkline
