// The storage thread; see the header.
#include "engine/storage/writer.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/histogram.h"
#include "engine/core/log.h"
#include "engine/storage/batch_writer.h"
#include "engine/storage/database.h"
#include "engine/storage/due_rows.h"
#include "engine/storage/record_queue.h"
#include "engine/storage/recovery.h"

namespace trunkline {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kFirstRetry{50}, kLongestRetry{1'000};
struct DueTask {
    std::vector<DueRequest> wanted;
    int64_t now_unix_ms;
    std::function<void(DueDeliveries)> done;
};

}  // namespace

struct StorageWriter::Impl {
    Impl(StorageOptions o, WriterLock l, SessionPtr s)
        : options(std::move(o)),
          lock(std::move(l)),
          session(s),
          batches(s, options.path),
          ring(options.ring_records),
          recordings(options.recording_bytes) {}
    ~Impl() { close(event); }

    void run();
    void wait(milliseconds time);
    void wake();
    size_t collect();
    void drain();
    void pause_before_retry(milliseconds time);
    void write_batch();
    void tell(const BatchWriter::Outcome& outcome, int64_t began_ns);
    void tell_of_deliveries();
    void answer(const DueTask& task, DueDeliveries due);
    void abandon();
    void run_due_tasks();
    bool past_deadline() const;

    const StorageOptions options;
    const WriterLock lock;
    const SessionPtr session;  // storage thread only, once it runs
    BatchWriter batches;
    RecordQueue ring;
    RecordingWriter recordings;
    const int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    std::atomic<bool> woken{false};

    std::vector<Entry> batch;  // storage thread only
    bool abandoned = false;

    std::mutex callbacks;      // held while a callback of the pump runs; taken before `mutex`
    mutable std::mutex mutex;  // guards what follows; never held while the database works
    std::condition_variable flushed;
    std::vector<Entry> extra;  // outcomes and endpoints
    std::vector<DueTask> due_tasks;
    std::map<std::string, WebhookEndpoint> endpoints;
    std::function<void()> on_deliveries;
    bool detached = false;  // nobody is there any more to get load_due() answers
    std::string trouble;    // the last problem, empty when all is well
    uint64_t flush_asked = 0, flush_done = 0;
    bool stopping = false;
    SteadyClock::time_point give_up_at;

    std::atomic<bool> in_trouble{false};
    std::atomic<uint64_t> rows{0}, committed{0}, retries{0}, conflicts{0}, dead_letters{0}, recovered{0};
    Histogram commit_ns;
    std::thread thread;
};

void StorageWriter::Impl::wake() {
    if (woken.exchange(true)) return;
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t put = ::write(event, &one, sizeof one);
}

void StorageWriter::Impl::wait(milliseconds time) {
    pollfd ready{event, POLLIN, 0};
    poll(&ready, 1, static_cast<int>(time.count()));
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(event, &count, sizeof count);
    woken = false;  // after the read: a wake() in between costs one turn too many, never one too few
}

bool StorageWriter::Impl::past_deadline() const {
    const std::lock_guard guard(mutex);
    return stopping && SteadyClock::now() >= give_up_at;
}

// Returns how many records came out of the ring.
size_t StorageWriter::Impl::collect() {
    {
        const std::lock_guard guard(mutex);
        for (Entry& entry : extra) batch.push_back(std::move(entry));
        extra.clear();
    }
    size_t popped = 0;
    Record record;
    while (batch.size() < options.batch_rows && ring.try_pop(record)) {
        std::visit([this](auto& row) { batch.emplace_back(std::move(row)); }, record);
        ++popped;
    }
    if (batch.size() < options.batch_rows && ring.size() == 0) {  // else a producer is still filling its place
        for (Record& late : ring.take_aside()) {
            std::visit([this](auto& row) { batch.emplace_back(std::move(row)); }, late);
        }
    }
    return popped;
}

// Takes what is in the ring now, not what comes meanwhile: under steady load the loop must come round to its other
// work.
void StorageWriter::Impl::drain() {
    for (size_t left = ring.size();;) {
        const size_t popped = collect();
        left -= std::min(left, popped);
        if (!batch.empty()) write_batch();
        if (left == 0) return;
        // A producer has its place in the ring but has not filled it yet; those behind it must not be forgotten.
        if (popped == 0) std::this_thread::yield();
    }
}

void StorageWriter::Impl::pause_before_retry(milliseconds time) {
    std::unique_lock guard(mutex);
    const auto end = SteadyClock::now() + time;
    flushed.wait_until(guard, end, [&] { return stopping && SteadyClock::now() >= give_up_at; });
}

void StorageWriter::Impl::tell(const BatchWriter::Outcome& outcome, int64_t began_ns) {
    commit_ns.record(monotonic_ns() - began_ns);
    rows += outcome.effects.rows;
    conflicts += outcome.effects.conflicts;
    dead_letters += outcome.dead_letters;
    if (outcome.done) {
        ++committed;
    } else {
        ++retries;
    }
    if (outcome.done == !in_trouble) return;  // say it once when trouble comes, once when it goes
    in_trouble = !outcome.done;
    if (in_trouble) {
        log_error("storage", "the database takes no rows; they are kept and tried again",
                  {{"database", options.path}, {"cause", outcome.problem}});
    } else {
        log_info("storage", "the database takes rows again", {{"waiting", ring.size()}});
    }
}

void StorageWriter::Impl::write_batch() {
    milliseconds pause = kFirstRetry;
    for (;;) {
        const int64_t began = monotonic_ns();
        const auto outcome = batches.commit(batch);
        tell(outcome, began);
        {
            const std::lock_guard guard(mutex);
            trouble = outcome.done ? std::string() : outcome.problem;
        }
        ring.tell_of_losses();
        recordings.write_waiting();  // they need no database: its trouble is not theirs
        if (outcome.effects.deliveries > 0) tell_of_deliveries();
        if (outcome.done) break;
        if (past_deadline()) return abandon();
        pause_before_retry(pause);
        pause = std::min(pause * 2, kLongestRetry);
    }
    batch.clear();
}

void StorageWriter::Impl::tell_of_deliveries() {
    const std::lock_guard running(callbacks);
    std::function<void()> notify;
    {
        const std::lock_guard guard(mutex);
        notify = on_deliveries;
    }
    if (notify) notify();
}

void StorageWriter::Impl::abandon() {
    abandoned = true;
    std::string why;
    {
        const std::lock_guard guard(mutex);
        why = "the process ended before the database took it: " + trouble;
    }
    do {
        dead_letters += batches.give_up(batch, why);
        batch.clear();
        collect();
    } while (!batch.empty());
}

void StorageWriter::Impl::run_due_tasks() {
    std::vector<DueTask> tasks;
    {
        const std::lock_guard guard(mutex);
        if (!extra.empty()) return;  // an outcome came in meanwhile: it must be seen first
        tasks.swap(due_tasks);
    }
    for (DueTask& task : tasks) {
        DueDeliveries due;
        try {
            due = load_due_rows(*session, task.wanted, task.now_unix_ms);
        } catch (...) {
            log_warn("storage", "due webhook deliveries could not be read", {{"cause", current_db_error().message}});
            due = {};
            due.next_unix_ms = task.now_unix_ms + 1'000;
        }
        answer(task, std::move(due));
    }
}

void StorageWriter::Impl::answer(const DueTask& task, DueDeliveries due) {
    const std::lock_guard running(callbacks);
    {
        const std::lock_guard guard(mutex);
        if (detached) return;
    }
    task.done(std::move(due));
}

void StorageWriter::Impl::run() {
    for (;;) {
        wait(options.batch_time);
        bool last = false;
        uint64_t asked = 0;
        {
            const std::lock_guard guard(mutex);
            last = stopping;
            asked = flush_asked;
        }
        drain();
        recordings.write_waiting();
        ring.tell_of_losses();
        run_due_tasks();
        const std::lock_guard guard(mutex);
        if (!abandoned) flush_done = asked;
        flushed.notify_all();
        if (last) return;
    }
}

StorageWriter::StorageWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<StorageWriter>> StorageWriter::open(StorageOptions options) {
    auto lock = WriterLock::take(options.path);
    if (!lock) return tl::unexpected(lock.error());
    auto session = open_writing_session(options.path);
    if (!session) return tl::unexpected(session.error());
    if (const auto steps = migrate(**session); !steps) return tl::unexpected(steps.error());
    const auto closed = close_abandoned_calls(*session);
    if (!closed) return tl::unexpected(closed.error());
    wait_briefly(**session);
    auto impl = std::make_unique<Impl>(std::move(options), *std::move(lock), *session);
    impl->recovered = static_cast<uint64_t>(*closed);
    impl->thread = std::thread([self = impl.get()] {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        pthread_setname_np(pthread_self(), "storage");
        self->run();
    });
    return std::unique_ptr<StorageWriter>(new StorageWriter(std::move(impl)));
}

StorageWriter::~StorageWriter() { stop(); }

bool StorageWriter::put(Record record) {
    const bool taken = impl_->ring.put(std::move(record));
    if (!taken || impl_->ring.size() >= impl_->options.batch_rows) impl_->wake();
    return taken;
}

bool StorageWriter::has_room(FactWeight weight) { return impl_->ring.has_room(weight); }

void StorageWriter::add_endpoint(const WebhookEndpoint& endpoint) {
    {
        const std::lock_guard guard(impl_->mutex);
        if (!impl_->endpoints.emplace(endpoint.id, endpoint).second) return;
        impl_->extra.emplace_back(endpoint);
    }
    impl_->wake();
}

bool StorageWriter::accepts_new_calls(std::string* why) const {
    if (impl_->ring.takes_new_calls()) return true;
    const size_t depth = impl_->ring.size(), capacity = impl_->ring.capacity();
    if (why) {
        const std::lock_guard guard(impl_->mutex);
        *why = "storage is behind: " + std::to_string(depth) + " of " + std::to_string(capacity) +
               " records wait for the database " + impl_->options.path +
               (impl_->trouble.empty() ? "; its disk is too slow" : ": " + impl_->trouble);
    }
    return false;
}

RecordingStore* StorageWriter::recordings() { return &impl_->recordings; }

void StorageWriter::load_due(std::vector<DueRequest> wanted, int64_t now_unix_ms,
                             std::function<void(DueDeliveries)> done) {
    {
        const std::lock_guard guard(impl_->mutex);
        if (impl_->detached) return;
        impl_->due_tasks.push_back({std::move(wanted), now_unix_ms, std::move(done)});
    }
    impl_->wake();
}

void StorageWriter::settle(DeliveryOutcome outcome) {
    {
        const std::lock_guard guard(impl_->mutex);
        impl_->extra.emplace_back(std::move(outcome));
    }
    impl_->wake();
}

std::vector<WebhookEndpoint> StorageWriter::endpoints() const {
    const std::lock_guard guard(impl_->mutex);
    std::vector<WebhookEndpoint> all;
    for (const auto& [id, endpoint] : impl_->endpoints) all.push_back(endpoint);
    return all;
}

void StorageWriter::on_new_deliveries(std::function<void()> wake) {
    const std::lock_guard running(impl_->callbacks);
    const std::lock_guard guard(impl_->mutex);
    impl_->detached = wake == nullptr;
    if (impl_->detached) impl_->due_tasks.clear();
    impl_->on_deliveries = std::move(wake);
}

bool StorageWriter::flush(milliseconds deadline) {
    std::unique_lock guard(impl_->mutex);
    if (impl_->stopping) return false;
    const uint64_t mine = ++impl_->flush_asked;
    impl_->wake();
    return impl_->flushed.wait_for(guard, deadline, [&] { return impl_->flush_done >= mine; });
}

void StorageWriter::stop(milliseconds deadline) {
    if (!impl_->thread.joinable()) return;
    {
        const std::lock_guard guard(impl_->mutex);
        impl_->stopping = true;
        impl_->give_up_at = SteadyClock::now() + deadline;
    }
    impl_->wake();
    impl_->thread.join();
}

StorageStats StorageWriter::stats() const {
    StorageStats stats;
    stats.rows = impl_->rows;
    stats.batches = impl_->committed;
    stats.refused = impl_->ring.refused();
    stats.retries = impl_->retries;
    stats.conflicts = impl_->conflicts;
    stats.dead_letters = impl_->dead_letters;
    stats.recovered_calls = impl_->recovered;
    stats.ring_depth = impl_->ring.size();
    stats.ring_capacity = impl_->ring.capacity();
    for (size_t i = 0; i < stats.left_out.size(); ++i)
        stats.left_out[i] = impl_->ring.left_out(static_cast<FactWeight>(i));
    stats.aside = impl_->ring.aside();
    stats.in_trouble = impl_->in_trouble;
    stats.recordings = impl_->recordings.stats();
    return stats;
}

const Histogram& StorageWriter::commit_ns() const { return impl_->commit_ns; }
const std::string& StorageWriter::path() const { return impl_->options.path; }

}  // namespace trunkline
