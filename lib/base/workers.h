// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Threads that do what another thread must not wait for.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace foz {

// Begins works in the order in which they came. Its owner bounds how many wait. Thread-safe.
class Workers {
 public:
  using Work = std::move_only_function<void()>;

  // `name` is what the threads are called, `prepare` what each does first, such as run_promptly().
  // Without threads, works wait for run_here().
  Workers(const char* name, int threads, std::function<void()> prepare = {});
  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void submit(Work work);
  // Without threads: does on this one what was submitted so far.
  void run_here();
  // Works that wait.
  size_t waiting() const;
  // Ends when the works that were begun have ended; the others are dropped, unrun.
  void stop();

 private:
  void run(const char* name, const std::function<void()>& prepare);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> works_;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace foz
