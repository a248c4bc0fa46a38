// Threads that share the items of one loop after the other.
//
// Whoever is free takes the next item, so a thread whose processor is taken away holds up no more than the one item it
// has. Waiting threads spin for some microseconds and then sleep in the kernel: a loop is over too soon to be woken for
// each, and nobody may burn a processor while nothing is computed. Where that one item was long in coming, other
// programs want the processors, and for a while the thread that asks computes alone.

#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace {

inline void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

class Pool {
   public:
    // Call work(i) for every i in [0, items), on `threads` threads with this one.
    void run(int threads, int items, const std::function<void(int)>& work) {
        if (threads <= 1 || items <= 1 || Clock::now() < alone_until_.load(std::memory_order_relaxed)) {
            for (int i = 0; i < items; ++i) work(i);
            return;
        }
        const std::lock_guard<std::mutex> one_at_a_time(running_);
        for (; helpers_ < threads - 1; ++helpers_) std::thread([this, n = helpers_] { help(n); }).detach();
        work_ = &work;
        done_.store(0, std::memory_order_relaxed);
        wanted_.store(threads - 1, std::memory_order_relaxed);
        ticket_.store(uint64_t(items) << 32, std::memory_order_release);
        epoch_.fetch_add(1, std::memory_order_release);
        if (asleep_.load(std::memory_order_seq_cst)) epoch_.notify_all();
        take_items();
        wait_for(items);
    }

   private:
    using Clock = std::chrono::steady_clock;
    static constexpr int kSpins = 2000;
    static constexpr std::chrono::microseconds kPatience{500};  // much more than any item takes
    static constexpr std::chrono::milliseconds kShortest{8}, kLongest{256};

    void wait_for(int items) {
        const auto over = [&] { return done_.load(std::memory_order_acquire) >= items; };
        for (int spins = 0; spins < kSpins; ++spins, relax()) if (over()) return;
        const auto since = Clock::now();
        while (!over()) std::this_thread::yield();
        const auto now = Clock::now(), last = alone_until_.load(std::memory_order_relaxed);
        if (now - since < kPatience) return;
        alone_for_ = now - last < alone_for_ ? std::min(2 * alone_for_, kLongest) : kShortest;
        alone_until_.store(now + alone_for_, std::memory_order_relaxed);
    }

    // A ticket is the number of items and the next one. Whoever drew a number below the other holds an item of a loop
    // that is not over, so `work_` is the one it belongs to.
    void take_items() {
        for (;;) {
            const uint64_t seen = ticket_.load(std::memory_order_acquire);
            if (uint32_t(seen) >= seen >> 32) return;
            const uint64_t mine = ticket_.fetch_add(1, std::memory_order_acq_rel);
            if (uint32_t(mine) >= mine >> 32) return;
            (*work_)(int(uint32_t(mine)));
            done_.fetch_add(1, std::memory_order_release);
        }
    }

    void help(int number) {
        uint32_t known = 0;
        for (;;) {
            if (number < wanted_.load(std::memory_order_relaxed)) take_items();
            for (int spins = 0; epoch_.load(std::memory_order_acquire) == known && spins < kSpins; ++spins) relax();
            if (epoch_.load(std::memory_order_acquire) == known) {
                asleep_.fetch_add(1, std::memory_order_seq_cst);
                epoch_.wait(known);
                asleep_.fetch_sub(1, std::memory_order_relaxed);
            }
            known = epoch_.load(std::memory_order_acquire);
        }
    }

    std::mutex running_;
    const std::function<void(int)>* work_ = nullptr;
    alignas(64) std::atomic<uint64_t> ticket_{0};
    alignas(64) std::atomic<int> done_{0};
    alignas(64) std::atomic<uint32_t> epoch_{0};
    std::atomic<int> wanted_{0}, asleep_{0};
    std::atomic<Clock::time_point> alone_until_{Clock::time_point{}};
    std::chrono::milliseconds alone_for_ = kShortest;  // twice as long each time that it was not long enough
    int helpers_ = 0;
};

// Never destroyed: its threads are there until the process ends.
inline Pool& pool() {
    static Pool* const only = new Pool;
    return *only;
}

}  // namespace
