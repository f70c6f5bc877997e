// What a rig relies on, whichever agent it holds: one brain, one interface, one record.
#include "lab/agent/agent_lab.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "lab/agent/message_log.h"
#include "lab/deepgram/lab.h"
#include "tests/unit/lab_deepgram/client.h"
#include "tests/unit/lab_hume/client.h"

namespace trunkline::lab {
namespace {

constexpr const char* kBrain = R"(
greeting: conf-invalid
callers: [agent-pass, vm-options, auth-thankyou]
rules:
  - {when: agent-pass, say: vm-goodbye}
  - {when: vm-options, call: {name: lookup, arguments: {day: 7}, force: true}, say: "queue-thankyou"}
  - {when: auth-thankyou, say: vm-goodbye, hang_up: true}
)";

/// A client of either protocol that can speak and answer.
struct Caller {
    std::unique_ptr<hume::TestClient> evi;
    std::unique_ptr<deepgram::TestClient> voice_agent;
    SocketClient& socket() { return evi ? static_cast<SocketClient&>(*evi) : *voice_agent; }
    void ask(const std::string& name) {
        const Samples samples = hume::recording(name);
        if (evi) return evi->ask(samples);
        voice_agent->speak(samples);
        voice_agent->silence(1000);
    }
};

class AgentLabs : public ::testing::TestWithParam<std::string> {
  protected:
    void SetUp() override {
        dir_ =
            (std::filesystem::temp_directory_path() / ("agent-labs-" + GetParam() + std::to_string(getpid()))).string();
        std::filesystem::create_directories(dir_);
    }
    void TearDown() override { std::filesystem::remove_all(dir_); }

    void tune(agent::AgentOptions& options) {
        auto brain = agent::parse_brain(kBrain);
        ASSERT_TRUE(brain) << brain.error().message;
        options.brain = *brain;
        options.messages_dir = dir_;
    }
    void serve() {
        if (GetParam() == "hume") {
            auto options = hume::quick_options();
            tune(options);
            auto lab = hume::HumeLab::start(options);
            ASSERT_TRUE(lab) << lab.error().message;
            lab_ = std::move(*lab);
        } else {
            auto options = deepgram::quick_options();
            tune(options);
            auto lab = deepgram::DeepgramLab::start(options);
            ASSERT_TRUE(lab) << lab.error().message;
            lab_ = std::move(*lab);
        }
        EXPECT_EQ(lab_->backend(), GetParam());
    }
    Caller dial() {
        Caller out;
        if (GetParam() == "hume") {
            out.evi = std::make_unique<hume::TestClient>(lab_->port());
            out.evi->declare();
        } else {
            out.voice_agent = std::make_unique<deepgram::TestClient>(lab_->port());
            EXPECT_TRUE(out.voice_agent->set_up(deepgram::settings()));
        }
        return out;
    }
    /// Waits, with the client's loop running, for the record of session `number`.
    bool until(Caller& caller, const std::function<bool(const agent::SessionRecord&)>& condition, size_t number = 1) {
        return caller.socket().until([&] {
            const auto all = lab_->sessions();
            return all.size() >= number && condition(all[number - 1]);
        });
    }
    static auto said(size_t count) {
        return [count](const agent::SessionRecord& r) {
            return r.said.size() >= count && r.said[count - 1].bytes_sent == r.said[count - 1].bytes_total;
        };
    }
    std::string dir_;
    std::unique_ptr<AgentLab> lab_;
};

TEST_P(AgentLabs, OneBrainDrivesBoth) {
    serve();
    Caller caller = dial();
    ASSERT_TRUE(until(caller, said(1)));
    caller.ask("agent-pass");
    ASSERT_TRUE(until(caller, said(2)));
    const auto session = lab_->sessions().at(0);
    ASSERT_EQ(session.heard.size(), 1U);
    EXPECT_EQ(session.heard[0].hearing.name(), "agent-pass");
    EXPECT_EQ(session.said[0].name, "conf-invalid");
    EXPECT_EQ(session.said[1].name, "vm-goodbye");
    EXPECT_TRUE(session.violations.empty());
}

TEST_P(AgentLabs, TheAgentHangsUpAfterItsFarewell) {
    serve();
    Caller caller = dial();
    ASSERT_TRUE(until(caller, said(1)));
    caller.ask("auth-thankyou");
    ASSERT_TRUE(caller.socket().until_closed());
    EXPECT_EQ(caller.socket().close_code(), 1000);
    ASSERT_TRUE(until(caller, [](const auto& r) { return !r.open(); }));
    const auto session = lab_->sessions().at(0);
    EXPECT_FALSE(session.closed_by_client);
    ASSERT_EQ(session.said.size(), 2U);
    EXPECT_EQ(session.said[1].name, "vm-goodbye");
    EXPECT_EQ(session.said[1].bytes_sent, session.said[1].bytes_total);
}

TEST_P(AgentLabs, FaultsAreSetByNameForLaterSessions) {
    serve();
    EXPECT_EQ(lab_->set_fault("no_such_thing=1").error().code, "unknown-fault");
    ASSERT_TRUE(lab_->set_fault("drop_mid_speech=true"));
    Caller doomed = dial();
    ASSERT_TRUE(doomed.socket().until_closed());
    ASSERT_TRUE(until(doomed, [](const auto& r) { return !r.open(); }));
    EXPECT_EQ(lab_->sessions().at(0).close_code, 1006);
    lab_->clear_faults();
    Caller healthy = dial();
    EXPECT_TRUE(until(healthy, said(1), 2));
}

TEST_P(AgentLabs, ASlowAgentThinksLonger) {
    serve();
    ASSERT_TRUE(lab_->set_fault("slow_ms=86400000"));
    Caller caller = dial();
    ASSERT_TRUE(until(caller, said(1)));  // the greeting needs no thought
    caller.ask("agent-pass");
    ASSERT_TRUE(until(caller, [](const auto& r) { return r.heard.size() == 1; }));
    agent::Command command;
    command.kind = agent::Command::Kind::kSay;
    command.text = "queue-thankyou";
    lab_->command(1, command);
    ASSERT_TRUE(until(caller, said(2)));
    EXPECT_EQ(lab_->sessions().at(0).said[1].name, "queue-thankyou");
}

TEST_P(AgentLabs, CommandsEndALiveSession) {
    serve();
    using Kind = agent::Command::Kind;
    size_t number = 0;
    for (const Kind kind : {Kind::kDrop, Kind::kClose, Kind::kError}) {
        Caller caller = dial();
        ASSERT_TRUE(until(caller, said(1), ++number));
        agent::Command command;
        command.kind = kind;
        command.number = 4009;
        command.text = "E0300";
        lab_->command(static_cast<int>(number), command);
        ASSERT_TRUE(caller.socket().until_closed());
        ASSERT_TRUE(until(
            caller, [](const auto& r) { return !r.open(); }, number));
    }
    EXPECT_EQ(lab_->sessions()[0].close_code, 1006);
    EXPECT_EQ(lab_->sessions()[1].close_code, 4009);
}

TEST_P(AgentLabs, WhatWasReceivedIsKeptAsJsonLines) {
    serve();
    Caller caller = dial();
    ASSERT_TRUE(until(caller, said(1)));
    caller.socket().send_binary(std::string(320, '\0'));
    if (caller.evi) {
        caller.evi->send(hume::audio_input(std::string(320, '\0')));
        caller.evi->send(R"({"type":"session_settings","language_model_api_key":"s3cret","system_prompt":"p"})");
    }
    caller.socket().close();
    ASSERT_TRUE(until(caller, [](const auto& r) { return !r.open(); }));
    ASSERT_TRUE(until(caller, [](const auto& r) { return r.audio_frames_in > 0; }));
    lab_.reset();  // files are closed with their sessions
    std::ifstream file(dir_ + "/" + GetParam() + "-received-1.jsonl");
    std::vector<nlohmann::json> lines;
    for (std::string line; std::getline(file, line);) {
        EXPECT_EQ(line.find("s3cret"), std::string::npos);
        lines.push_back(nlohmann::json::parse(line));
    }
    ASSERT_EQ(lines.size(), caller.evi ? 4U : 2U);
    const auto settings = nlohmann::json::parse(lines[0]["text"].get<std::string>());
    EXPECT_EQ(settings["type"], caller.evi ? "session_settings" : "Settings");
    EXPECT_EQ(lines[1]["binary"], 320);
    if (!caller.evi) return;
    EXPECT_EQ(nlohmann::json::parse(lines[2]["text"].get<std::string>())["type"], "audio_input");
    const auto secret = nlohmann::json::parse(lines[3]["text"].get<std::string>());
    EXPECT_EQ(secret["language_model_api_key"], "***");
    EXPECT_EQ(secret["system_prompt"], "p");
}

INSTANTIATE_TEST_SUITE_P(Both, AgentLabs, ::testing::Values("hume", "deepgram"),
                         [](const auto& one) { return one.param; });

TEST(MessageLog, SecretsAreHiddenAtAnyDepthAndInWhatIsNoJson) {
    EXPECT_EQ(agent::without_secrets(R"({"a":[{"headers":{"Authorization":"x","n":1}}],"b":"c"})"),
              R"({"a":[{"headers":{"Authorization":"***","n":1}}],"b":"c"})");
    EXPECT_EQ(agent::without_secrets(R"({"api_key":"x)"), "");
    EXPECT_EQ(agent::without_secrets("plain text"), "plain text");
}

TEST(MessageLog, AFolderThatIsNotThereIsNoFile) {
    EXPECT_FALSE(agent::MessageLog("/nonexistent/folder", "x").good());
    EXPECT_TRUE(agent::MessageLog("", "x").good());
}

}  // namespace
}  // namespace trunkline::lab
