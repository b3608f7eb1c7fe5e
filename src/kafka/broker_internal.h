// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What the sessions of one server share.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "kafka/server.h"
#include "kafka/topic_config.h"

namespace foz::kafka {

inline constexpr int32_t kNodeId = 1;
inline constexpr int32_t kMaxPartitions = 10000;
// Bits by the codes of org.apache.kafka.common.acl.AclOperation: everything is allowed.
inline constexpr int32_t kTopicOperations = 0b110111111000;
// By Kafka's own names for its own topics.
inline bool is_internal(std::string_view topic) {
  return topic == kOffsetsTopic || topic == kTransactionsTopic;
}
inline constexpr char kInternalTopic[] = "the topic is the broker's own";
// Topics that one request makes, changes or deletes: each costs a sync, one after another.
inline constexpr size_t kMaxChanges = 1000;

// Runs what blocks (making a topic, looking up a time in old segments) away from the event loop.
// One thread: such calls are rare. Thread-safe.
class BlockingCalls {
 public:
  using Call = std::move_only_function<void()>;
  virtual ~BlockingCalls() = default;
  // False when too many wait already.
  virtual bool run(Call call) = 0;
  // True once nobody waits for the answers any more: a call looks between two steps, and ends.
  virtual bool stopping() const = 0;
};
std::unique_ptr<BlockingCalls> make_blocking_thread();

// Fetches that wait for records: the connections to wake when a partition grows. Thread-safe.
class FetchWaiters {
 public:
  // `partitions` holds each once.
  uint64_t add(std::vector<log::TopicPartition> partitions, std::shared_ptr<net::Outbox> outbox);
  void remove(uint64_t waiter);
  // An empty list stands for all.
  void grown(const std::vector<log::TopicPartition>& partitions);

 private:
  struct Waiter {
    std::vector<log::TopicPartition> partitions;
    std::shared_ptr<net::Outbox> outbox;
  };
  std::mutex mutex_;
  uint64_t next_ = 1;
  std::unordered_map<uint64_t, Waiter> waiters_;
  std::unordered_map<log::TopicPartition, std::unordered_set<uint64_t>> by_partition_;
};

// The registry's counters, looked up once.
struct Counters {
  explicit Counters(Metrics& metrics);
  Counter& produced_records;
  Counter& produced_bytes;
  Counter& refused_batches;
  Counter& fetched_bytes;
  Histogram& produce_seconds;
};

// Bytes of fetch replies until they are sent; shared with what keeps them.
using OwedBytes = std::shared_ptr<std::atomic<int64_t>>;

class Coordinator;
class TransactionCoordinator;

struct Broker {
  ServerOptions options;
  log::Log& log;
  const Clock& clock;
  Metrics& metrics;
  BlockingCalls& blocking;
  Coordinator& groups;
  TransactionCoordinator& transactions;
  Counters counters;
  FetchWaiters waiters;
  OwedBytes owed_bytes = std::make_shared<std::atomic<int64_t>>(0);  // of all connections
};

}  // namespace foz::kafka
