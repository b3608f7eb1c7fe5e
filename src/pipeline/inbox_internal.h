// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What wakes the tick thread: the log moved, topics changed, tables have work, somebody asks to
// stop. Thread-safe; bounded by the number of topics.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "log/types.h"

namespace foz::pipeline {

class Inbox {
 public:
  struct News {
    std::unordered_map<log::TopicId, int64_t> moved;  // with the time when it first did
    bool topics_changed = false;
    bool work = false;
    bool stop = false;
    bool any() const { return !moved.empty() || topics_changed || work || stop; }
  };

  void moved(const std::vector<log::TopicPartition>& partitions, int64_t now_us) {
    tell([&] {
      for (const log::TopicPartition& where : partitions)
        news_.moved.try_emplace(where.topic, now_us);
      if (partitions.empty()) news_.topics_changed = true;
    });
  }
  void work() {
    tell([&] { news_.work = true; });
  }
  // Every later News says it again.
  void stop() {
    tell([&] { stopped_ = true; });
  }

  News take() {
    std::lock_guard lock(mutex_);
    return take_locked();
  }
  // Waits until there are news, or for so long.
  void wait(std::optional<std::chrono::nanoseconds> limit) {
    std::unique_lock lock(mutex_);
    const auto ready = [&] { return stopped_ || news_.any(); };
    if (limit) {
      told_.wait_for(lock, *limit, ready);
    } else {
      told_.wait(lock, ready);
    }
  }

 private:
  template <class Change>
  void tell(Change&& change) {
    {
      std::lock_guard lock(mutex_);
      change();
    }
    told_.notify_one();
  }
  News take_locked() {
    News out = std::move(news_);
    news_ = {};
    out.stop = stopped_;
    return out;
  }

  std::mutex mutex_;
  std::condition_variable told_;
  News news_;
  bool stopped_ = false;
};

}  // namespace foz::pipeline
