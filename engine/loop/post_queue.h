#pragma once
// The way into a shard from other threads: a lock-free stack of tasks that the shard takes whole and turns round.
// Unlike a ring it has no slot to wait for, and closing it is one exchange, so every task that was accepted also runs.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace trunkline {

class PostQueue {
  public:
    enum class Push { kWake, kQueued, kRefused };
    static constexpr size_t kMaxBacklog = 1U << 20;

    PostQueue() = default;
    PostQueue(const PostQueue&) = delete;
    PostQueue& operator=(const PostQueue&) = delete;
    ~PostQueue() { close(); }

    /// Any thread. kWake: the queue was empty, the consumer must be woken. kRefused: closed, or kMaxBacklog tasks wait
    /// (the shard has stopped turning; more memory would not help).
    Push push(std::function<void()> task) {
        if (backlog_.fetch_add(1, std::memory_order_relaxed) >= kMaxBacklog) {
            backlog_.fetch_sub(1, std::memory_order_relaxed);
            return Push::kRefused;
        }
        // The pushed node belongs to the consumer at once: `next` is a copy that stays ours.
        Node* next = head_.load(std::memory_order_relaxed);
        Node* const node = new Node{std::move(task), next};
        do {
            node->next = next;
            if (next == &closed_) {
                backlog_.fetch_sub(1, std::memory_order_relaxed);
                delete node;
                return Push::kRefused;
            }
        } while (!head_.compare_exchange_weak(next, node, std::memory_order_release, std::memory_order_relaxed));
        return next == nullptr ? Push::kWake : Push::kQueued;
    }

    /// Consumer only. All tasks, oldest first.
    std::vector<std::function<void()>> take() { return turn_round(head_.exchange(nullptr, std::memory_order_acquire)); }
    /// Consumer only. Refuses from now on; returns what was accepted before.
    std::vector<std::function<void()>> close() {
        return turn_round(head_.exchange(&closed_, std::memory_order_acquire));
    }

  private:
    struct Node {
        std::function<void()> task;
        Node* next;
    };

    std::vector<std::function<void()>> turn_round(Node* newest) {
        std::vector<std::function<void()>> tasks;
        while (newest && newest != &closed_) {
            tasks.push_back(std::move(newest->task));
            delete std::exchange(newest, newest->next);
        }
        backlog_.fetch_sub(tasks.size(), std::memory_order_relaxed);
        std::reverse(tasks.begin(), tasks.end());
        return tasks;
    }

    Node closed_{};  // stands for "closed" when head_ points to it
    std::atomic<Node*> head_{nullptr};
    std::atomic<size_t> backlog_{0};
};

}  // namespace trunkline
