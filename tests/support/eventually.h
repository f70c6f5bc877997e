#pragma once
// Waiting for what only another thread or process can make true.
#include <chrono>
#include <functional>
#include <thread>

namespace trunkline::test {

/// Looks every few milliseconds; false when it did not come true in time. Generous: test machines may starve us.
inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds limit = std::chrono::minutes(3)) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

}  // namespace trunkline::test
