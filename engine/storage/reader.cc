// See the header.
#include "engine/storage/reader.h"

#include <pthread.h>
#include <signal.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/storage/database.h"
#include "engine/storage/queries.h"

namespace trunkline {
namespace {
constexpr size_t kMostWaiting = 1'024;
}

struct StorageReader::Impl {
    explicit Impl(SessionPtr session) : queries(std::move(session)) {}
    void run();

    Queries queries;  // reader thread only
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::pair<Work, Done>> waiting;
    bool stopping = false;
    std::thread thread;
};

void StorageReader::Impl::run() {
    std::unique_lock guard(mutex);
    for (;;) {
        changed.wait(guard, [this] { return stopping || !waiting.empty(); });
        if (waiting.empty()) return;
        auto [work, done] = std::move(waiting.front());
        waiting.pop_front();
        const bool run_it = !stopping;
        guard.unlock();
        done(run_it ? work(queries) : Result<std::string>(fail("stopped", "the engine is stopping")));
        work = nullptr;
        done = nullptr;
        guard.lock();
    }
}

StorageReader::StorageReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<StorageReader>> StorageReader::open(const std::string& path) {
    auto session = open_reading_session(path);
    if (!session) return tl::unexpected(session.error());
    auto impl = std::make_unique<Impl>(*std::move(session));
    impl->thread = std::thread([self = impl.get()] {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        pthread_setname_np(pthread_self(), "reader");
        self->run();
    });
    return std::unique_ptr<StorageReader>(new StorageReader(std::move(impl)));
}

StorageReader::~StorageReader() {
    {
        const std::lock_guard guard(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->changed.notify_one();
    impl_->thread.join();
}

void StorageReader::query(Work work, Done done) {
    {
        const std::lock_guard guard(impl_->mutex);
        if (impl_->waiting.size() < kMostWaiting && !impl_->stopping) {
            impl_->waiting.emplace_back(std::move(work), std::move(done));
            impl_->changed.notify_one();
            return;
        }
    }
    done(fail("busy", "too many queries wait for the database; try again in a moment"));
}

}  // namespace trunkline
