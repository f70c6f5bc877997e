// The shard's loop. One turn of the GSource: deferred tasks of the turn before, then at most 64 epoll events, among
// them the timerfd (timer wheel) and the eventfd (posts). The timerfd is armed in prepare(), once per turn, for the
// next deadline only; whatever source of the context added the timer. A busy shard rests between turns (pace.h).
#include "engine/loop/shard.h"

#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <limits>
#include <thread>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/histogram.h"
#include "engine/loop/pace.h"
#include "engine/loop/post_queue.h"
#include "engine/loop/timer_wheel.h"

namespace trunkline {
namespace {

constexpr int kMaxEvents = 64;
constexpr int kPacedRounds = 4;
constexpr int kLastTurns = 64;  // deferred tasks may defer again while a shard ends; not for ever
constexpr int64_t kTickNs = 1'000'000;
constexpr int64_t kNotArmed = std::numeric_limits<int64_t>::max();

thread_local Shard* t_current = nullptr;

[[noreturn]] void die(const char* what) {
    std::fprintf(stderr, "trunkline: %s\n", what);
    std::abort();
}

int checked(int fd, const char* what) {
    if (fd < 0) die(what);
    return fd;
}

// Signals are the main thread's business.
void block_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD}) sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

struct Shard::Impl {
    // A generation per watch: an event of a handler that is gone, or of an fd number that was used again, is
    // recognised.
    struct Watch {
        FdHandler* handler = nullptr;
        uint32_t generation = 0;
    };
    struct Source {
        GSource base;
        Impl* impl;
    };

    explicit Impl(std::chrono::microseconds window);
    ~Impl();

    static gboolean prepare(GSource* source, gint* timeout);
    static gboolean check(GSource* source);
    static gboolean dispatch(GSource* source, GSourceFunc, gpointer);

    void turn();
    void round();
    void rest() const;
    void on_event(const epoll_event& event);
    void run_deferred();
    void run_posts();
    void run_timers();
    void arm_timer();
    void wake() const;
    void finish();
    void check_thread(const Shard* shard) const {
        if (threaded && t_current != shard) die("a shard was used from another thread; use post()");
    }
    static int64_t ceil_tick(int64_t ns) { return (ns + kTickNs - 1) / kTickNs; }

    GMainContext* context = g_main_context_new();
    GSource* source = nullptr;
    gpointer tag = nullptr;
    const int epoll = checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1 failed: raise the limit of open files");
    const int timer = checked(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create failed");
    const int event = checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd failed");

    PostQueue posts;
    std::vector<Task> deferred;
    TimerWheel wheel;
    const int64_t epoch_ns = monotonic_ns();
    int64_t armed_tick = kNotArmed;
    std::vector<Watch> watches;  // by fd
    Pace pace;
    bool turning = false;
    bool threaded = false;
    bool quit = false;
    Histogram lag;
    std::atomic<uint64_t> wakeups{0};
    std::thread thread;
};

Shard::Impl::Impl(std::chrono::microseconds window) : pace(window.count() * 1'000) {
    for (const int fd : {timer, event}) {
        epoll_event wanted{};
        wanted.events = EPOLLIN;
        wanted.data.u64 = static_cast<uint64_t>(fd);
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted) != 0) die("epoll_ctl failed");
    }
    static GSourceFuncs functions = {prepare, check, dispatch, nullptr, nullptr, nullptr};
    source = g_source_new(&functions, sizeof(Source));
    reinterpret_cast<Source*>(source)->impl = this;
    g_source_set_name(source, "trunkline-shard");
    // Otherwise GLib takes the fd out of its poll set and back around every dispatch.
    g_source_set_can_recurse(source, TRUE);
    tag = g_source_add_unix_fd(source, epoll, G_IO_IN);
    g_source_attach(source, context);
}

Shard::Impl::~Impl() {
    g_source_destroy(source);
    g_source_unref(source);
    g_main_context_unref(context);
    close(epoll);
    close(timer);
    close(event);
}

gboolean Shard::Impl::prepare(GSource* source, gint* timeout) {
    Impl* const self = reinterpret_cast<Source*>(source)->impl;
    *timeout = -1;
    self->arm_timer();
    return !self->deferred.empty() || self->pace.resting();
}

gboolean Shard::Impl::check(GSource* source) {
    Impl* const self = reinterpret_cast<Source*>(source)->impl;
    return !self->deferred.empty() || self->pace.resting() || g_source_query_unix_fd(source, self->tag) != 0;
}

gboolean Shard::Impl::dispatch(GSource* source, GSourceFunc, gpointer) {
    reinterpret_cast<Source*>(source)->impl->turn();
    return G_SOURCE_CONTINUE;
}

void Shard::Impl::turn() {
    if (turning) die("a shard's loop was run inside one of its own tasks: something waited on a shard");
    turning = true;
    // GLib's own sources are asked only now and then while frames come thick and fast.
    for (int rounds = kPacedRounds; rounds > 0; --rounds) {
        round();
        if (!pace.resting() || !deferred.empty() || quit) break;
        arm_timer();
    }
    turning = false;
}

void Shard::Impl::round() {
    wakeups.store(wakeups.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (pace.resting() && deferred.empty()) rest();
    const int64_t began = monotonic_ns();
    run_deferred();
    epoll_event events[kMaxEvents];
    const int count = epoll_wait(epoll, events, kMaxEvents, 0);
    for (int i = 0; i < count; ++i) on_event(events[i]);
    pace.turned(began, static_cast<size_t>(std::max(count, 0)), count == kMaxEvents);
}

void Shard::Impl::rest() const {
    timespec until{};
    until.tv_sec = pace.next_ns() / 1'000'000'000;
    until.tv_nsec = pace.next_ns() % 1'000'000'000;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);  // cut short by a signal: a turn too early
}

void Shard::Impl::on_event(const epoll_event& ready) {
    const auto fd = static_cast<int>(ready.data.u64 & UINT32_MAX);
    if (fd == timer) return run_timers();
    if (fd == event) return run_posts();
    const auto index = static_cast<size_t>(fd);
    if (index >= watches.size()) return;
    const Watch watch = watches[index];
    if (watch.handler && watch.generation == static_cast<uint32_t>(ready.data.u64 >> 32))
        watch.handler->on_fd(ready.events);
}

void Shard::Impl::run_deferred() {
    if (deferred.empty()) return;
    std::vector<Task> tasks;
    tasks.swap(deferred);
    for (Task& task : tasks) {
        task();
        task = nullptr;  // its captures go in order, not all at the end
    }
}

void Shard::Impl::run_posts() {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = read(event, &count, sizeof count);
    for (Task& task : posts.take()) {
        task();
        task = nullptr;
    }
}

void Shard::Impl::run_timers() {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = read(timer, &count, sizeof count);
    armed_tick = kNotArmed;
    wheel.advance((monotonic_ns() - epoch_ns) / kTickNs,
                  [this](int64_t deadline) { lag.record(monotonic_ns() - epoch_ns - deadline * kTickNs); });
}

void Shard::Impl::arm_timer() {
    const auto next = wheel.next_tick();
    if (!next || *next >= armed_tick) return;  // a wake-up that is too early only costs a turn
    armed_tick = *next;
    const int64_t at = epoch_ns + armed_tick * kTickNs;
    itimerspec spec{};
    spec.it_value.tv_sec = at / 1'000'000'000;
    spec.it_value.tv_nsec = at % 1'000'000'000;
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &spec, nullptr);
}

void Shard::Impl::wake() const {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t put = write(event, &one, sizeof one);
}

// After the loop: what was accepted by post() or defer() still runs, then nothing is accepted.
void Shard::Impl::finish() {
    for (Task& task : posts.close()) task();
    for (int i = 0; i < kLastTurns && !deferred.empty(); ++i) run_deferred();
    deferred.clear();
}

Shard::Shard(int index, std::chrono::microseconds pace) : impl_(std::make_unique<Impl>(pace)), index_(index) {}

Shard::~Shard() {
    if (impl_->thread.joinable()) die("a Shard was destroyed while its thread runs; call stop() first");
}

void Shard::start() {
    impl_->threaded = true;
    std::promise<void> running;
    auto ready = running.get_future();
    impl_->thread = std::thread([this, &running] {
        block_signals();
        pthread_setname_np(pthread_self(), ("shard-" + std::to_string(index_)).c_str());
        t_current = this;
        g_main_context_push_thread_default(impl_->context);
        impl_->posts.push([&running] { running.set_value(); });
        impl_->wake();
        while (!impl_->quit) g_main_context_iteration(impl_->context, TRUE);
        impl_->finish();
        g_main_context_pop_thread_default(impl_->context);
        t_current = nullptr;
    });
    ready.wait();
}

void Shard::stop() {
    if (!impl_->thread.joinable()) return;
    if (on_shard()) die("a shard cannot stop itself");
    post([this] { impl_->quit = true; });
    impl_->thread.join();
}

bool Shard::run_until(const std::function<bool()>& done, std::chrono::milliseconds deadline) {
    if (impl_->threaded) die("a started shard cannot be driven");
    Shard* const outer = std::exchange(t_current, this);
    g_main_context_push_thread_default(impl_->context);
    const int64_t end = monotonic_ns() + deadline.count() * 1'000'000;
    const TimerId alarm = after(deadline, [] {});  // only wakes the loop
    bool is_done = done();
    while (!is_done && monotonic_ns() < end) {
        g_main_context_iteration(impl_->context, TRUE);
        is_done = done();
    }
    cancel(alarm);
    g_main_context_pop_thread_default(impl_->context);
    t_current = outer;
    return is_done;
}

Shard* Shard::current() { return t_current; }
GMainContext* Shard::context() const { return impl_->context; }

bool Shard::post(Task task) {
    const auto pushed = impl_->posts.push(std::move(task));
    if (pushed == PostQueue::Push::kWake) impl_->wake();
    return pushed != PostQueue::Push::kRefused;
}

void Shard::defer(Task task) {
    impl_->check_thread(this);
    impl_->deferred.push_back(std::move(task));
}

TimerId Shard::after(std::chrono::milliseconds delay, Task task) {
    impl_->check_thread(this);
    const int64_t wait = std::max<int64_t>(delay.count(), 0) * kTickNs;
    return impl_->wheel.add(Impl::ceil_tick(monotonic_ns() - impl_->epoch_ns + wait), std::move(task));
}

void Shard::cancel(TimerId timer) {
    impl_->check_thread(this);
    impl_->wheel.cancel(timer);
}

void Shard::watch(int fd, uint32_t epoll_events, FdHandler* handler) {
    impl_->check_thread(this);
    if (fd < 0 || !handler) die("watch() needs an open file descriptor and a handler");
    const auto index = static_cast<size_t>(fd);
    if (index >= impl_->watches.size()) impl_->watches.resize(index + 64);
    auto& watch = impl_->watches[index];
    if (watch.handler) die("a file descriptor is watched twice; use modify()");
    watch.handler = handler;
    epoll_event wanted{};
    wanted.events = epoll_events;
    wanted.data.u64 = static_cast<uint64_t>(++watch.generation) << 32 | static_cast<uint32_t>(fd);
    if (epoll_ctl(impl_->epoll, EPOLL_CTL_ADD, fd, &wanted) != 0) die("watch() of a file descriptor that is not open");
}

void Shard::modify(int fd, uint32_t epoll_events, FdHandler* handler) {
    impl_->check_thread(this);
    const auto index = static_cast<size_t>(fd);
    if (fd < 0 || index >= impl_->watches.size() || !impl_->watches[index].handler) die("modify() without watch()");
    auto& watch = impl_->watches[index];
    watch.handler = handler;
    epoll_event wanted{};
    wanted.events = epoll_events;
    wanted.data.u64 = static_cast<uint64_t>(watch.generation) << 32 | static_cast<uint32_t>(fd);
    epoll_ctl(impl_->epoll, EPOLL_CTL_MOD, fd, &wanted);
}

void Shard::unwatch(int fd) {
    impl_->check_thread(this);
    const auto index = static_cast<size_t>(fd);
    if (fd < 0 || index >= impl_->watches.size() || !impl_->watches[index].handler) return;
    impl_->watches[index].handler = nullptr;
    epoll_ctl(impl_->epoll, EPOLL_CTL_DEL, fd, nullptr);  // fails when it was closed first: then it is out already
}

const Histogram& Shard::loop_lag() const { return impl_->lag; }
uint64_t Shard::wakeups() const { return impl_->wakeups.load(std::memory_order_relaxed); }

void assert_on_shard(const Shard* shard) {
    if (t_current != shard) die("code of a call ran off its shard; use post()");
}

}  // namespace trunkline
