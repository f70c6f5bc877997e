#pragma once
// One re-armable deadline on the main context of the thread that made it.
#include <glib.h>

#include <cstdint>
#include <functional>

namespace trunkline::lab {

class Timer {
  public:
    explicit Timer(std::function<void()> fire);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    /// Fires once when monotonic_ns() reaches `due_ns`; replaces an earlier deadline.
    void at(int64_t due_ns);
    void after_ms(int64_t ms);
    void cancel();

  private:
    std::function<void()> fire_;
    GSource* source_;
};

}  // namespace trunkline::lab
