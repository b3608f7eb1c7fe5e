// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Threads that do what the tick thread must not wait for.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace foz::table {

// Runs works in the order in which they came. Its owner bounds them: a table has at most one of a
// kind.
class Workers {
 public:
  // Without threads, works wait for run_here(). `name` is what the threads are called.
  Workers(const char* name, int threads, int nice);
  // Ends when the works that were begun have ended; the others are dropped.
  ~Workers();
  void submit(std::move_only_function<void()> work);
  // Does on this thread what was submitted so far.
  void run_here();

 private:
  void run(const char* name, int nice);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::move_only_function<void()>> works_;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace foz::table
