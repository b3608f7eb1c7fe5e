// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Counters, gauges and histograms that any room may keep; `watch` shows them in Prometheus' text
// format. Names and label names follow https://prometheus.io/docs/practices/naming/.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foz {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Only grows.
class Counter {
 public:
  void add(int64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Seconds, in buckets that double from 0.1 ms to 105 s.
class Histogram {
 public:
  static constexpr size_t kBuckets = 21;
  // Upper bound of a bucket in seconds; the last is followed by +Inf.
  static double bound(size_t bucket) { return 0.0001 * static_cast<double>(uint64_t{1} << bucket); }

  void observe(double seconds, int64_t count = 1);
  // Observations at or below bound(bucket); bucket == kBuckets gives all of them.
  int64_t cumulative(size_t bucket) const;
  int64_t count() const { return cumulative(kBuckets); }
  double sum() const { return sum_.load(std::memory_order_relaxed); }
  // Upper bound of the bucket that holds the quantile (0 to 1); 0 without observations.
  double quantile(double q) const;

 private:
  std::array<std::atomic<int64_t>, kBuckets + 1> buckets_{};
  std::atomic<double> sum_{0};
};

// One per process, made by main and handed to rooms. The same name and labels give the same object,
// which lives as long as the registry. Thread-safe; look up once and keep the reference on hot
// paths.
class Metrics {
 public:
  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, const Labels& labels = {});

  struct Family;
  // Calls `visit(const Family&)` for every family, by name, under the registry's lock.
  template <class Visit>
  void each(Visit&& visit) const {
    std::lock_guard lock(mutex_);
    for (const auto& [name, family] : families_) visit(*family);
  }

  struct Family {
    std::string name;
    std::string help;
    std::map<Labels, std::unique_ptr<Counter>> counters;
    std::map<Labels, std::unique_ptr<Gauge>> gauges;
    std::map<Labels, std::unique_ptr<Histogram>> histograms;
  };

 private:
  Family& family(std::string_view name, std::string_view help);
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Family>, std::less<>> families_;
};

}  // namespace foz
