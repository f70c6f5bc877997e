#pragma once
// Timers of one session; all die with it.
#include <functional>
#include <map>
#include <memory>

typedef struct _GMainContext GMainContext;
typedef struct _GSource GSource;

namespace trunkline::lab::agent {

class Timers {
  public:
    using Id = unsigned;  ///< 0 is no timer
    explicit Timers(GMainContext* context);
    ~Timers();
    Timers(const Timers&) = delete;
    Timers& operator=(const Timers&) = delete;

    /// Calls `action` once after `ms` (rounded; 0: at the next turn of the loop).
    Id after(double ms, std::function<void()> action);
    /// Calls `action` every `ms` until cancelled.
    Id every(double ms, std::function<void()> action);
    void cancel(Id id);
    void cancel_all();

  private:
    struct Entry;
    Id add(double ms, std::function<void()> action, bool once);
    GMainContext* context_;
    std::map<Id, GSource*> sources_;
    Id next_ = 1;
};

}  // namespace trunkline::lab::agent
