// Rules of the architecture that only a whole process shows: no thread per call, two descriptors per call, nothing of
// GStreamer left after teardown, SIGTERM ends every call, kill -9 loses nothing that was on disk.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <regex>
#include <thread>

#include "lab/deepgram/lab.h"
#include "lab/speech/library.h"
#include "lab/twilio/lab.h"
#include "tests/integration/engine_process.h"
#include "tests/integration/rig.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_folder.h"

namespace trunkline::test {
namespace {

using namespace std::chrono_literals;
using lab::CallResult;

class Process : public testing::Test {
  protected:
    void SetUp() override {
        auto started = lab::deepgram::DeepgramLab::start(quick_agent());
        ASSERT_TRUE(started) << started.error().message;
        agent = std::move(*started);
        std::ofstream(graph())
            << "trunkline: 1\nname: call\nnodes:\n  caller: {element: callsrc}\n"
               "  agent: {element: deepgramagent, url: $env.AGENT_URL, api-key: k, greeting: demo-thanks}\n"
               "  gate: {element: bargein}\n  line: {element: callsink}\n  db: {element: dbsink}\n"
               "links:\n  heard: caller -> agent\n  said: agent -> gate -> line\n  ears: caller -> gate.monitor\n"
               "  facts: caller.events, agent.events, gate.events -> db\n";
    }
    void TearDown() override {
        calls.clear();
        engine.reset();
    }
    std::string graph() const { return folder + "/call.yaml"; }
    void start(std::vector<std::string> environment = {}) {
        environment.push_back("AGENT_URL=" + agent->url());
        engine = std::make_unique<EngineProcess>(folder, graph(), std::move(environment));
        engine->wait_until_ready();
    }
    /// `count` more calls, all of them live.
    void ring(int count) {
        const size_t before = calls.size();
        for (int i = 0; i < count; ++i) {
            lab::TwilioCallOptions o;
            o.webhook_url = "http://127.0.0.1:" + std::to_string(engine->port()) + "/twilio/voice";
            o.public_url = "https://voice.example.com";
            o.dial = "127.0.0.1:" + std::to_string(engine->port());
            calls.push_back(twilio.call(o));
        }
        for (size_t i = before; i < calls.size(); ++i) {
            ASSERT_TRUE(calls[i]->wait_for(
                [](const CallResult& c) { return !c.streams.empty() && c.stream().agent_speaking(); }, 30s));
        }
    }
    void hang_up_all() {
        for (auto& call : calls) call->hang_up();
        for (auto& call : calls) EXPECT_TRUE(call->wait_for([](const CallResult& c) { return c.ended; }, 30s));
        calls.clear();
    }
    int count(const std::string& query) const {
        sqlite3* db = nullptr;
        int n = -1;
        if (sqlite3_open_v2((folder + "/calls.db").c_str(), &db, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) {
            sqlite3_busy_timeout(db, 2000);
            sqlite3_exec(
                db, query.c_str(),
                [](void* out, int, char** v, char**) { return *static_cast<int*>(out) = atoi(v[0] ? v[0] : "-1"), 0; },
                &n, nullptr);
        }
        sqlite3_close(db);
        return n;
    }

    const TempFolder made;
    const std::string& folder = made.path();
    std::unique_ptr<lab::deepgram::DeepgramLab> agent;
    lab::TwilioLab twilio;
    std::unique_ptr<EngineProcess> engine;
    std::vector<std::unique_ptr<lab::TwilioCall>> calls;
};

TEST_F(Process, ThreadsAreFixedAndACallHasTwoDescriptors) {
    start();
    ring(1);
    hang_up_all();  // what is made once, on the first call, is there now
    const size_t threads = engine->threads();
    ASSERT_TRUE(eventually([&] { return count("select count(*) from calls where ended_at is null") == 0; }));
    const size_t idle = engine->descriptors();
    ring(20);
    EXPECT_LE(engine->threads(), threads + 2) << "GIO's own pool may have a thread or two more, never one per call";
    EXPECT_TRUE(eventually([&] { return engine->descriptors() <= idle + 40; }))
        << engine->descriptors() - idle << " for 20 calls";
    hang_up_all();
    EXPECT_TRUE(eventually([&] { return engine->descriptors() <= idle; })) << engine->descriptors() << " of " << idle;
}

#ifndef TRUNKLINE_SANITIZED  // the tracer and the sanitizers' own leak check disturb each other
TEST_F(Process, TeardownLeavesNoGStreamerObject) {
    start({"GST_TRACERS=leaks", "GST_DEBUG=GST_TRACER:7"});
    ring(5);
    hang_up_all();
    ring(2);  // and two that are ended by the shutdown
    EXPECT_EQ(engine->stop(SIGTERM), 0);
    const std::string log = engine->log();
    ASSERT_NE(log.find("GST_TRACER"), std::string::npos) << "the tracer did not run";
    // The tracer's own description of the record has %s where an object has a name.
    std::smatch alive;
    EXPECT_FALSE(std::regex_search(log, alive, std::regex("object-alive, type-name=\\(string\\)[^%].*")))
        << alive.str();
    EXPECT_NE(log.find("stopped"), std::string::npos);
}
#endif

TEST_F(Process, SigtermEndsEveryCallInTheDatabase) {
    start();
    ring(5);
    EXPECT_EQ(engine->stop(SIGTERM), 0);
    EXPECT_EQ(count("select count(*) from calls where ended_at is not null and end_reason = 'shutdown'"), 5);
    EXPECT_EQ(count("select count(*) from call_events where type = 'call.ended'"), 5);
    for (auto& call : calls) EXPECT_TRUE(call->wait_for([](const CallResult& c) { return c.ended; }, 10s));
}

/// The write end of a pipe that is full and that nobody reads.
class FullPipe {
  public:
    FullPipe() {
        EXPECT_EQ(pipe2(fds_, O_CLOEXEC), 0);
        fcntl(fds_[1], F_SETFL, O_NONBLOCK);
        const std::string page(4096, '.');
        while (write(fds_[1], page.data(), page.size()) > 0) {
        }
        fcntl(fds_[1], F_SETFL, 0);  // as a shell hands it over
    }
    ~FullPipe() {
        close(fds_[0]);
        close(fds_[1]);
    }
    int fd() const { return fds_[1]; }

  private:
    int fds_[2] = {-1, -1};
};

TEST_F(Process, WhoDoesNotReadItsOutputKeepsNoEngineAlive) {
    const FullPipe nobody_reads;
    const std::string database = folder + "/calls.db", program = program_of_engine();
    const std::string graph_file = graph(), agent_url = "AGENT_URL=" + agent->url();
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(nobody_reads.fd(), 1);
        dup2(nobody_reads.fd(), 2);
        putenv(const_cast<char*>(agent_url.c_str()));
        execl(program.c_str(), "trunkline", "serve", "--follow", "--env-file", "/dev/null", "--graphs",
              graph_file.c_str(), "--port", "0", "--database", database.c_str(), "--url", "https://voice.example.com",
              "--insecure", "--drain-ms", "0", nullptr);
        _exit(127);
    }
    // Its tables are there: it has long since asked for the signal.
    ASSERT_TRUE(eventually([&] { return count("select count(*) from calls") == 0; }));
    kill(pid, SIGTERM);
    int status = -1;
    const bool ended = eventually([&] { return waitpid(pid, &status, WNOHANG) == pid; }, 60s);
    EXPECT_TRUE(ended);
    if (!ended) {
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
    }
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(Process, AKilledEngineLosesNothingThatWasOnDisk) {
    start();
    ring(5);
    ASSERT_TRUE(
        eventually([&] { return count("select count(*) from call_events where type = 'agent.started'") == 5; }));
    const int facts = count("select count(*) from call_events");
    engine->stop(SIGKILL);
    calls.clear();
    start();
    EXPECT_GE(count("select count(*) from call_events"), facts + 5);
    EXPECT_EQ(count("select count(*) from calls where status = 'failed' and end_reason = 'engine-restart'"), 5);
    EXPECT_EQ(count("select count(*) from call_events where type = 'call.ended'"), 5);
    EXPECT_EQ(count("select count(*) from (select call_id, max(seq) m, count(*) c from call_events group by call_id) "
                    "where m <> c"),
              0)
        << "numbers without a gap";
    ring(1);  // and it takes calls again
}

}  // namespace
}  // namespace trunkline::test
