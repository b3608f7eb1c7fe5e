// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "base/metrics.h"

namespace foz {
namespace {

template <class T>
T& find_or_make(std::map<Labels, std::unique_ptr<T>>& members, const Labels& labels) {
  auto& member = members[labels];
  if (!member) member = std::make_unique<T>();
  return *member;
}

}  // namespace

void Histogram::observe(double seconds, int64_t count) {
  size_t bucket = 0;
  while (bucket < kBuckets && seconds > bound(bucket)) ++bucket;
  buckets_[bucket].fetch_add(count, std::memory_order_relaxed);
  sum_.fetch_add(seconds * static_cast<double>(count), std::memory_order_relaxed);
}

int64_t Histogram::cumulative(size_t bucket) const {
  int64_t total = 0;
  for (size_t i = 0; i <= bucket; ++i) total += buckets_[i].load(std::memory_order_relaxed);
  return total;
}

double Histogram::quantile(double q) const {
  const double wanted = q * static_cast<double>(count());
  if (wanted == 0) return 0;
  int64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i].load(std::memory_order_relaxed);
    if (static_cast<double>(seen) >= wanted) return bound(i);
  }
  return bound(kBuckets - 1);
}

Metrics::Family& Metrics::family(std::string_view name, std::string_view help) {
  auto found = families_.find(name);
  if (found == families_.end()) {
    auto made = std::make_unique<Family>();
    made->name = name;
    made->help = help;
    found = families_.emplace(std::string(name), std::move(made)).first;
  }
  return *found->second;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  std::lock_guard lock(mutex_);
  return find_or_make(family(name, help).counters, labels);
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  std::lock_guard lock(mutex_);
  return find_or_make(family(name, help).gauges, labels);
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, const Labels& labels) {
  std::lock_guard lock(mutex_);
  return find_or_make(family(name, help).histograms, labels);
}

}  // namespace foz
