// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "base/thread.h"
#include "kafka/broker_internal.h"

namespace foz::kafka {
namespace {

constexpr size_t kMaxWaitingCalls = 1000;

class BlockingThread final : public BlockingCalls {
 public:
  BlockingThread() : thread_([this] { work(); }) {}
  ~BlockingThread() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  bool run(Call call) override {
    {
      std::lock_guard lock(mutex_);
      if (stopping_ || calls_.size() >= kMaxWaitingCalls) return false;
      calls_.push_back(std::move(call));
    }
    changed_.notify_one();
    return true;
  }
  bool stopping() const override { return stopping_; }

 private:
  void work() {
    name_thread("kafka-blocking");
    while (true) {
      Call call;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopping_ || !calls_.empty(); });
        if (stopping_) return;  // the connections that asked are gone
        call = std::move(calls_.front());
        calls_.pop_front();
      }
      call();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Call> calls_;
  std::atomic<bool> stopping_{false};  // set under the mutex
  std::thread thread_;
};

}  // namespace

std::unique_ptr<BlockingCalls> make_blocking_thread() { return std::make_unique<BlockingThread>(); }

uint64_t FetchWaiters::add(std::vector<log::TopicPartition> partitions,
                           std::shared_ptr<net::Outbox> outbox) {
  std::lock_guard lock(mutex_);
  const uint64_t waiter = next_++;
  for (const log::TopicPartition& each : partitions) by_partition_[each].insert(waiter);
  waiters_.emplace(waiter, Waiter{std::move(partitions), std::move(outbox)});
  return waiter;
}

void FetchWaiters::remove(uint64_t waiter) {
  std::lock_guard lock(mutex_);
  const auto found = waiters_.find(waiter);
  if (found == waiters_.end()) return;
  for (const log::TopicPartition& partition : found->second.partitions) {
    const auto at = by_partition_.find(partition);
    at->second.erase(waiter);
    if (at->second.empty()) by_partition_.erase(at);
  }
  waiters_.erase(found);
}

void FetchWaiters::grown(const std::vector<log::TopicPartition>& partitions) {
  std::lock_guard lock(mutex_);
  if (waiters_.empty()) return;
  if (partitions.empty()) {
    for (const auto& [id, waiter] : waiters_) waiter.outbox->wake();
    return;
  }
  std::unordered_set<uint64_t> woken;
  for (const log::TopicPartition& partition : partitions) {
    const auto at = by_partition_.find(partition);
    if (at == by_partition_.end()) continue;
    for (const uint64_t waiter : at->second) {
      if (woken.insert(waiter).second) waiters_.at(waiter).outbox->wake();
    }
  }
}

Counters::Counters(Metrics& metrics)
    : produced_records(metrics.counter("foz_kafka_produced_records_total",
                                       "Records that producers were told are durable.")),
      produced_bytes(
          metrics.counter("foz_kafka_produced_bytes_total",
                          "Bytes of record batches that producers were told are durable.")),
      refused_batches(metrics.counter("foz_kafka_refused_batches_total",
                                      "Record batches that were answered with an error.")),
      fetched_bytes(metrics.counter("foz_kafka_fetched_bytes_total",
                                    "Bytes of record batches sent to consumers.")),
      produce_seconds(
          metrics.histogram("foz_kafka_produce_seconds",
                            "From a produce request's last byte to its durable answer.")) {}

}  // namespace foz::kafka
