#include "engine/egress.h"

#include <mutex>
#include <random>

#include "engine/core/clock.h"
#include "engine/loop/shard.h"
#include "engine/net/http_client.h"
#include "engine/net/signature.h"
#include "engine/storage/writer.h"

namespace trunkline {

struct Egress::Impl {
    Impl(StorageWriter* s, int timeout_ms) : storage(s), answer_timeout_ms(timeout_ms), loop(kIndex) {}
    static constexpr int kIndex = 1000;  // not one of the call shards

    void make() {
        client = std::make_unique<HttpClient>();
        DeliverySurroundings around;
        around.post = [this](std::function<void()> task) { loop.post(std::move(task)); };
        around.after = [this](int64_t ms, std::function<void()> task) {
            loop.after(std::chrono::milliseconds(ms), std::move(task));
        };
        around.now_unix_ms = unix_ms;
        around.random = [this] { return std::uniform_real_distribution<double>(0, 1)(random); };
        around.sign = webhook_signature;
        around.send = [this](WebhookPost post, std::function<void(int, std::string)> done) {
            HttpCall call;
            call.url = std::move(post.url);
            call.headers = std::move(post.headers);
            call.body = std::move(post.body);
            call.timeout_ms = answer_timeout_ms;
            client->call(std::move(call), [this, done = std::move(done)](Result<HttpAnswer> answer) {
                if (answer) {
                    done(answer->status, "");
                } else {
                    done(0, answer.error().message);
                }
                keep_stats();
            });
        };
        pump = std::make_unique<DeliveryPump>(storage, std::move(around));
        storage->on_new_deliveries([this] { loop.post([this] { poke(); }); });
    }
    void poke() {
        if (pump) pump->poke();
        keep_stats();
    }
    void keep_stats() {
        if (!pump) return;
        std::lock_guard lock(mutex);
        stats = pump->stats();
    }

    StorageWriter* storage;
    const int answer_timeout_ms;
    Shard loop;
    std::unique_ptr<HttpClient> client;
    std::unique_ptr<DeliveryPump> pump;
    std::mt19937 random{std::random_device{}()};
    std::mutex mutex;
    DeliveryStats stats;
};

Egress::Egress(StorageWriter* storage, int answer_timeout_ms)
    : impl_(std::make_unique<Impl>(storage, answer_timeout_ms)) {
    impl_->loop.start();
    impl_->loop.post([impl = impl_.get()] { impl->make(); });
    wake();
}

Egress::~Egress() {
    impl_->storage->on_new_deliveries(nullptr);
    impl_->loop.post([impl = impl_.get()] {
        impl->pump.reset();
        impl->client.reset();
    });
    impl_->loop.stop();
}

void Egress::wake() {
    impl_->loop.post([impl = impl_.get()] { impl->poke(); });
}

DeliveryStats Egress::stats() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->stats;
}

}  // namespace trunkline
