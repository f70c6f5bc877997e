#include "elements/deepgram/injector.h"

#include <gtest/gtest.h>

namespace trunkline::deepgram {
namespace {

using std::chrono::milliseconds;

struct Fixture {
    explicit Fixture(bool taken = true)
        : injector(&shard, {.send = [this, taken](std::string m) { return sent.push_back(std::move(m)), taken; },
                            .gave_up = [this](std::string why) { gave_up.push_back(std::move(why)); }}) {}
    void on_shard(const std::function<void()>& work) {
        bool done = false;
        shard.run_until([&] { return std::exchange(done, true) || (work(), true); }, milliseconds(1000));
    }
    Shard shard{0};
    std::vector<std::string> sent, gave_up;
    Injector injector;
};

TEST(DeepgramInjector, ARefusedLineIsTriedOnceMoreWhenTheAgentIsSilent) {
    Fixture f;
    f.on_shard([&] {
        f.injector.inject("wait", InjectBehavior::kDefault);
        f.injector.on_refused("busy");
        EXPECT_EQ(f.sent.size(), 1U);
        f.injector.on_agent_silent();
        EXPECT_EQ(f.sent.size(), 2U);
        f.injector.on_agent_silent();
    });
    EXPECT_EQ(f.sent.size(), 2U);
    EXPECT_EQ(f.sent[0], f.sent[1]);
    EXPECT_TRUE(f.gave_up.empty());
}

TEST(DeepgramInjector, ASecondRefusalIsTheLast) {
    Fixture f;
    f.on_shard([&] {
        f.injector.inject("wait", InjectBehavior::kDefault);
        f.injector.on_refused("busy");
        f.injector.on_agent_silent();
        f.injector.on_refused("still busy");
        f.injector.on_refused("again");
    });
    EXPECT_EQ(f.sent.size(), 2U);
    EXPECT_EQ(f.gave_up, std::vector<std::string>{"still busy"});
}

TEST(DeepgramInjector, ALineTheSessionDoesNotTakeIsReported) {
    Fixture f(false);
    f.on_shard([&] { f.injector.inject("wait", InjectBehavior::kQueue); });
    EXPECT_EQ(f.gave_up.size(), 1U);
}

}  // namespace
}  // namespace trunkline::deepgram
