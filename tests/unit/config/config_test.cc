// Settings of the process: where they come from, which source wins, and what is said about a bad one.
#include "engine/config/config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "tests/support/temp_folder.h"

namespace trunkline {
namespace {

using Environment = std::map<std::string, std::string>;

EnvLookup lookup(Environment environment) {
    return [environment = std::move(environment)](const std::string& name) -> std::optional<std::string> {
        const auto it = environment.find(name);
        return it == environment.end() ? std::nullopt : std::optional(it->second);
    };
}

class ConfigTest : public testing::Test {
  protected:
    std::string file(const std::string& text) const {
        const std::string path = folder_ + "/trunkline.yaml";
        std::ofstream(path) << text;
        return path;
    }
    std::string error_of(const std::string& text) const {
        const auto config = load_config(file(text), lookup({}));
        return config ? "no error" : config.error().message.substr(folder_.size() + 1);
    }

    const trunkline::test::TempFolder made_;
    const std::string& folder_ = made_.path();
};

TEST_F(ConfigTest, HasDefaultsForEverything) {
    const auto config = load_config(file(""), lookup({}));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->host, "127.0.0.1");
    EXPECT_EQ(config->port, 8080);
    EXPECT_EQ(config->graphs, std::vector<std::string>{"graphs"});
    EXPECT_FALSE(config->insecure);
    EXPECT_EQ(config->outbox_records, 65'536U);
    EXPECT_EQ(config->log.level, LogLevel::kInfo);
}

TEST_F(ConfigTest, TheOutboxHasALeastAndAMost) {
    EXPECT_EQ(load_config(file("outbox_records: 1024\n"), lookup({}))->outbox_records, 1'024U);
    EXPECT_EQ(load_config(file(""), lookup({{"TRUNKLINE_OUTBOX_RECORDS", "2048"}}))->outbox_records, 2'048U);
    EXPECT_FALSE(load_config(file("outbox_records: 1023\n"), lookup({})));
    EXPECT_FALSE(load_config(file("outbox_records: 4194305\n"), lookup({})));
}

TEST_F(ConfigTest, TheFileWinsOverTheDefaults) {
    const auto config = load_config(file("port: 9000\nmax_calls: 12\nlog_format: json\ninsecure: yes\n"), lookup({}));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->port, 9000);
    EXPECT_EQ(config->max_calls, 12U);
    EXPECT_TRUE(config->log.json);
    EXPECT_TRUE(config->insecure);
}

TEST_F(ConfigTest, TheEnvironmentWinsOverTheFile) {
    const auto config = load_config(file("port: 9000\nhost: 0.0.0.0\n"), lookup({{"TRUNKLINE_PORT", "9001"}}));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->port, 9001);
    EXPECT_EQ(config->host, "0.0.0.0") << "what the environment does not name stays";
}

TEST_F(ConfigTest, AnEmptyVariableSaysNothing) {
    const auto config = load_config(file("port: 9000\n"), lookup({{"TRUNKLINE_PORT", ""}}));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->port, 9000);
}

TEST_F(ConfigTest, OurOwnNameOfAVariableWinsOverTheUsualOne) {
    const auto config = load_config(file(""), lookup({{"TRUNKLINE_PORT", "1"}, {"PORT", "2"}}));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->port, 1);
}

TEST_F(ConfigTest, ReadsWhatTheUsualVariablesSay) {
    const auto config = load_config(file(""), lookup({{"SERVER_URL", "https://voice.example.com/"},
                                                      {"DATABASE_URL", "sqlite:///var/calls.db"},
                                                      {"TWILIO_AUTH_TOKEN", "12345"},
                                                      {"TRUNKLINE_LOG", "debug"}}));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->public_url, "https://voice.example.com") << "no trailing slash: paths are appended";
    EXPECT_EQ(config->database, "var/calls.db");
    EXPECT_EQ(config->twilio_auth_token, "12345");
    EXPECT_EQ(config->log.level, LogLevel::kDebug);
}

TEST_F(ConfigTest, AFlagIsReadAsTheSettingIs) {
    Config config;
    EXPECT_TRUE(set_setting(&config, "server_url", "https://voice.example.com/"));
    EXPECT_EQ(config.public_url, "https://voice.example.com");
    EXPECT_FALSE(set_setting(&config, "server_url", "voice.example.com"));
    EXPECT_TRUE(set_setting(&config, "database", "sqlite:///var/calls.db"));
    EXPECT_EQ(config.database, "var/calls.db");
    EXPECT_FALSE(set_setting(&config, "database", "postgres://user:word@host/calls"));
    EXPECT_FALSE(set_setting(&config, "datbase", "x"));
}

TEST_F(ConfigTest, EveryBadVariableIsNamed) {
    const std::pair<const char*, const char*> bad[] = {
        {"TRUNKLINE_PORT", "65536"},      {"TRUNKLINE_PORT", "80a"},        {"PORT", "-1"},
        {"TRUNKLINE_SHARDS", "many"},     {"DATABASE_URL", "mysql://host"}, {"SERVER_URL", "voice.example.com"},
        {"SERVER_URL", "https://"},       {"TRUNKLINE_INSECURE", "maybe"},  {"TRUNKLINE_DRAIN_MS", "-5"},
        {"TRUNKLINE_MEDIA_WAIT_MS", "1"}, {"TRUNKLINE_MAX_CALLS", "0"},     {"TRUNKLINE_LOG", "loud"},
        {"TRUNKLINE_LOG_FORMAT", "xml"},
    };
    for (const auto& [name, value] : bad) {
        const auto config = load_config(file(""), lookup({{name, value}}));
        ASSERT_FALSE(config) << name << "=" << value;
        EXPECT_EQ(config.error().code, "bad-config");
        EXPECT_NE(config.error().message.find(name), std::string::npos) << config.error().message;
    }
}

TEST_F(ConfigTest, ABadValueInTheFileIsNamedWithItsPlace) {
    EXPECT_EQ(error_of("host: 127.0.0.1\nport: eighty\n"), "trunkline.yaml:2:7: 'port' has a value it cannot take");
    EXPECT_EQ(error_of("port: [80]\n"), "trunkline.yaml:1:7: 'port' has a value it cannot take");
    EXPECT_NE(error_of("port:\n").find("'port' has a value it cannot take"), std::string::npos);
}

TEST_F(ConfigTest, AnUnknownKeyIsNamedWithItsPlaceAndTheNearestOne) {
    EXPECT_EQ(error_of("port: 80\n  \nmax_cals: 3\n"),
              "trunkline.yaml:3:1: unknown setting 'max_cals' (did you mean 'max_calls'?)");
    EXPECT_EQ(error_of("colour_of_the_sky: blue\n"), "trunkline.yaml:1:1: unknown setting 'colour_of_the_sky'");
}

TEST_F(ConfigTest, TextThatIsNoYamlIsNamedWithItsPlace) {
    EXPECT_EQ(error_of("port: 80\nhost: [open\n").substr(0, 17), "trunkline.yaml:3:");
    EXPECT_EQ(error_of("- port\n").substr(0, 20), "trunkline.yaml:1:1: ");
}

TEST_F(ConfigTest, AHugeFileIsRefused) {
    EXPECT_NE(error_of("# " + std::string(70'000, 'x') + "\n").find("larger than 64 KiB"), std::string::npos);
}

TEST_F(ConfigTest, ANamedFileMustBeThere) {
    const auto config = load_config(folder_ + "/other.yaml", lookup({}));
    ASSERT_FALSE(config);
    EXPECT_NE(config.error().message.find("other.yaml"), std::string::npos);
}

TEST_F(ConfigTest, ADirectoryIsNoConfiguration) {
    const auto config = load_config(folder_, lookup({}));
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().code, "bad-config");
}

Config safe() {
    Config config;
    config.twilio_auth_token = "12345";
    config.public_url = "https://voice.example.com";
    return config;
}

TEST(CheckConfig, TakesASafeOne) {
    const auto ok = check_config(safe());
    EXPECT_TRUE(ok) << ok.error().message;
}

TEST(CheckConfig, RefusesUnsignedWebhooksUnlessToldSo) {
    Config config = safe();
    config.twilio_auth_token.clear();
    const auto refused = check_config(config);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "unsafe-config");
    EXPECT_NE(refused.error().message.find("TWILIO_AUTH_TOKEN"), std::string::npos);
    EXPECT_NE(refused.error().message.find("--insecure"), std::string::npos);
    config.insecure = true;
    EXPECT_TRUE(check_config(config));
}

TEST(CheckConfig, RefusesHalfATlsSetting) {
    Config config = safe();
    config.tls_certificate = "cert.pem";
    EXPECT_FALSE(check_config(config));
    config.tls_key = "key.pem";
    EXPECT_TRUE(check_config(config));
}

TEST(CheckConfig, RefusesAnUnknownPortWithoutAPublicUrl) {
    Config config = safe();
    config.port = 0;
    EXPECT_TRUE(check_config(config)) << "the public address is what counts";
    config.public_url.clear();
    const auto refused = check_config(config);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("--url"), std::string::npos);
}

TEST(CheckConfig, RefusesToListenForTheWorldWithoutAPublicUrl) {
    Config config = safe();
    config.public_url.clear();
    EXPECT_TRUE(check_config(config)) << "on this machine alone the address is known";
    config.host = "0.0.0.0";
    const auto refused = check_config(config);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("SERVER_URL"), std::string::npos);
}

TEST_F(ConfigTest, VonageIsSetFromTheFileAndTheEnvironment) {
    const auto config =
        load_config(file("vonage_application_id: app\nvonage_media_rate: 24000\nvonage_socket_auth: custom\n"),
                    lookup({{"VONAGE_API_KEY", "key"},
                            {"VONAGE_API_SECRET", "secret"},
                            {"VONAGE_SIGNATURE_SECRET", "signature"},
                            {"VONAGE_PHONE_NUMBER", "15550100"},
                            {"VONAGE_API_URL", "https://api-eu-1.nexmo.com/"},
                            {"VONAGE_FALLBACK_NCCO", R"([{"action":"talk","text":"Sorry"}])"}}));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->vonage_api_key, "key");
    EXPECT_EQ(config->vonage_api_secret, "secret");
    EXPECT_EQ(config->vonage_application_id, "app");
    EXPECT_EQ(config->vonage_signature_secret, "signature");
    EXPECT_EQ(config->vonage_phone_number, "15550100");
    EXPECT_EQ(config->vonage_media_rate, 24'000);
    EXPECT_EQ(config->vonage_api_url, "https://api-eu-1.nexmo.com");
    EXPECT_TRUE(config->vonage_custom_socket_auth);
    EXPECT_FALSE(config->vonage_fallback_ncco.empty());
    EXPECT_EQ(load_config(file(""), lookup({}))->vonage_media_rate, 16'000);
}

TEST_F(ConfigTest, VonagesSettingsHaveTheirRanges) {
    const auto takes = [&](const char* name, const char* value) {
        return load_config(file(""), lookup({{name, value}})).has_value();
    };
    for (const char* rate : {"8000", "16000", "24000"}) EXPECT_TRUE(takes("VONAGE_MEDIA_RATE", rate)) << rate;
    for (const char* rate : {"0", "11025", "12000", "48000", "wideband"})
        EXPECT_FALSE(takes("VONAGE_MEDIA_RATE", rate)) << rate;
    for (const char* url : {"https://api.nexmo.com", "http://127.0.0.1:9000", "http://localhost", "http://[::1]:1"})
        EXPECT_TRUE(takes("VONAGE_API_URL", url)) << url;
    for (const char* url : {"http://api.nexmo.com", "http://127.0.0.1.example.com", "http://localhost@evil", "api"})
        EXPECT_FALSE(takes("VONAGE_API_URL", url)) << url << ": tokens go there";
    for (const char* ncco : {"[]", "{}", "talk", R"([{"text":"no action"}])", R"(["talk"])"})
        EXPECT_FALSE(takes("VONAGE_FALLBACK_NCCO", ncco)) << ncco;
    EXPECT_FALSE(takes("VONAGE_SOCKET_AUTH", "none"));
}

TEST_F(ConfigTest, VonagesPrivateKeyIsTextOrAFile) {
    Config config;
    EXPECT_EQ(*vonage_private_key(config), "");
    config.vonage_private_key = R"(-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----)";
    EXPECT_EQ(*vonage_private_key(config), "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----");
    config.vonage_private_key = file("-----BEGIN PRIVATE KEY-----\nMII\n");
    EXPECT_EQ(*vonage_private_key(config), "-----BEGIN PRIVATE KEY-----\nMII\n");
    for (const std::string& bad : {folder_, std::string("hunter2")}) {
        config.vonage_private_key = bad;
        const auto key = vonage_private_key(config);
        ASSERT_FALSE(key);
        EXPECT_NE(key.error().message.find("VONAGE_PRIVATE_KEY"), std::string::npos);
        EXPECT_EQ(key.error().message.find("hunter2"), std::string::npos) << "it may be a key that lost its first line";
    }
}

TEST_F(ConfigTest, OneCarrierWhoseRequestsCanBeCheckedIsEnough) {
    Config config;
    const auto open = check_config(config);
    ASSERT_FALSE(open);
    EXPECT_EQ(open.error().code, "unsafe-config");
    EXPECT_NE(open.error().message.find("VONAGE_SIGNATURE_SECRET"), std::string::npos);
    config.vonage_api_key = "key";
    EXPECT_FALSE(check_config(config)) << "the API key checks nothing";
    config.vonage_signature_secret = "signature";
    EXPECT_TRUE(check_config(config));
}

}  // namespace
}  // namespace trunkline
