// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "kafka/transactions_internal.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/logging.h"
#include "kafka/offset_records_internal.h"
#include "kafka/topic_config.h"

namespace foz::kafka {
namespace {

constexpr size_t kMaxIdBytes = 1000;
constexpr size_t kEntryBytes = 700;  // what the maps take besides
constexpr size_t kPartitionBytes = 64;
constexpr size_t kOffsetBytes = 250;
constexpr int16_t kMaxEpoch = std::numeric_limits<int16_t>::max() - 1;  // one is left for fencing
constexpr int64_t kRetryMs = 1000;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

bool is_id(const std::string& id) { return !id.empty() && id.size() <= kMaxIdBytes; }

}  // namespace

std::string_view to_string(TransactionState state) {
  switch (state) {
    case TransactionState::kEmpty: return "Empty";
    case TransactionState::kOngoing: return "Ongoing";
    case TransactionState::kCompleteCommit: return "CompleteCommit";
    case TransactionState::kCompleteAbort: return "CompleteAbort";
  }
  return "Unknown";
}

TransactionCoordinator::TransactionCoordinator(TransactionOptions options, log::Log& log,
                                               std::shared_ptr<Coordinator> groups,
                                               const Clock& clock, Metrics& metrics)
    : options_(options),
      log_(log),
      groups_(std::move(groups)),
      clock_(clock),
      ongoing_count_(metrics.gauge("foz_kafka_open_transactions", "Transactions that are open.")),
      committed_(metrics.counter("foz_kafka_transactions_total", "Transactions that have ended.",
                                 {{"end", "commit"}})),
      aborted_(metrics.counter("foz_kafka_transactions_total", "Transactions that have ended.",
                               {{"end", "abort"}})) {}

Result<std::shared_ptr<TransactionCoordinator>> TransactionCoordinator::open(
    TransactionOptions options, log::Log& log, std::shared_ptr<Coordinator> groups,
    const Clock& clock, Metrics& metrics) {
  auto made =
      std::make_shared<TransactionCoordinator>(options, log, std::move(groups), clock, metrics);
  TRY(made->replay().within("transactions"));
  return made;
}

void TransactionCoordinator::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

bool TransactionCoordinator::ready() const {
  const std::shared_lock lock(mutex_);
  return topic_.has_value();
}

Status TransactionCoordinator::make_topic() {
  auto topic = log_.find_topic(kTransactionsTopic);
  if (!topic) {
    auto made = log_.create_topic(kTransactionsTopic, 1, default_topic_config(kTransactionsTopic));
    // Somebody else may have been first.
    topic = made.has_value() ? std::move(*made) : log_.find_topic(kTransactionsTopic);
    if (!topic) return made.error();
  }
  const std::lock_guard lock(mutex_);
  if (!topic_) topic_ = log::TopicPartition{topic->id, log::PartitionId(0)};
  wake_by(0);
  return {};
}

// --- producers

void TransactionCoordinator::init(const std::string& id, int32_t timeout_ms,
                                  ProducerIdentity expected, int64_t fresh_id, Initialized done) {
  const std::lock_guard lock(mutex_);
  const auto fail = [&](ErrorNumber error) { done(error, {}); };
  if (!is_id(id)) return fail(kInvalidRequest);
  if (timeout_ms <= 0 || timeout_ms > options_.max_timeout.count())
    return fail(kInvalidTransactionTimeout);
  if (closed_ || !topic_) return fail(kCoordinatorNotAvailable);
  Place* found = find(id);
  if (!found) {
    if (entries_.size() >= options_.max_ids || bytes_ >= options_.max_bytes)
      return fail(kCoordinatorNotAvailable);
    found = &*entries_.try_emplace(id).first;
    settle(*found);
  }
  Entry& entry = found->second;
  if (entry.changing) return fail(kConcurrentTransactions);
  Transaction next = entry.now;
  next.timeout_ms = timeout_ms;
  next.updated_ms = clock_.now_ms();
  if (expected.id >= 0 && entry.stored) {
    const ProducerIdentity& now = entry.now.producer;
    if (expected.id != now.id) return fail(kProducerFenced);
    if (expected.epoch != now.epoch) {
      // It was answered before, but the answer was lost.
      const bool again =
          expected.epoch == entry.now.last_epoch && entry.now.state != TransactionState::kOngoing;
      return again ? done(kNone, now) : fail(kProducerFenced);
    }
  }
  const bool ongoing = entry.now.state == TransactionState::kOngoing;
  const bool exhausted = entry.now.producer.epoch >= kMaxEpoch;
  const auto marker_epoch = static_cast<int16_t>(entry.now.producer.epoch + 1);
  if (!entry.stored || exhausted) {
    next.producer = {fresh_id, 0};
    next.last_epoch = -1;
  } else {
    next.producer.epoch = marker_epoch;
    next.last_epoch = expected.id >= 0 ? entry.now.producer.epoch : int16_t{-1};
  }
  next.state = TransactionState::kEmpty;
  auto answer = [done = std::move(done), producer = next.producer](ErrorNumber error) mutable {
    done(error, error == kNone ? producer : ProducerIdentity());
  };
  if (ongoing) return end(*found, std::move(next), false, marker_epoch, std::move(answer));
  store(*found, std::move(next), {}, {}, std::move(answer));
}

ErrorNumber TransactionCoordinator::check_producer(const Entry& entry,
                                                   ProducerIdentity producer) const {
  if (!entry.stored || producer.id != entry.now.producer.id) return kInvalidProducerIdMapping;
  if (producer.epoch != entry.now.producer.epoch) return kProducerFenced;
  if (entry.changing) return kConcurrentTransactions;
  return closed_ || !topic_ ? kCoordinatorNotAvailable : kNone;
}

void TransactionCoordinator::add(const std::string& id, ProducerIdentity producer,
                                 const TransactionPartitions& partitions, Done done) {
  const std::lock_guard lock(mutex_);
  if (!is_id(id)) return done(kInvalidRequest);
  Place* found = find(id);
  const ErrorNumber error = found    ? check_producer(found->second, producer)
                            : topic_ ? kInvalidProducerIdMapping
                                     : kCoordinatorNotAvailable;
  if (error != kNone) return done(error);
  Transaction next = found->second.now;
  const bool begins = next.state != TransactionState::kOngoing;
  if (begins) {
    next.state = TransactionState::kOngoing;
    next.started_ms = clock_.now_ms();
    next.partitions.clear();
  }
  bool more = begins;
  for (const auto& [topic, added] : partitions) {
    auto& those = next.partitions[topic];
    for (const int32_t each : added) more |= those.insert(each).second;
  }
  if (!more) return done(kNone);
  if (bytes_ >= options_.max_bytes) return done(kConcurrentTransactions);
  next.updated_ms = clock_.now_ms();
  store(*found, std::move(next), {}, {}, std::move(done));
}

void TransactionCoordinator::add_offsets(const std::string& id, ProducerIdentity producer,
                                         const std::string& group,
                                         std::vector<Coordinator::NewOffset> offsets, Done done) {
  const std::lock_guard lock(mutex_);
  Place* found = find(id);
  if (!found) return done(topic_ ? kInvalidProducerIdMapping : kCoordinatorNotAvailable);
  Entry& entry = found->second;
  ErrorNumber error = check_producer(entry, producer);
  if (error == kConcurrentTransactions) error = kCoordinatorLoadInProgress;  // clients retry on it
  if (error == kNone && (entry.now.state != TransactionState::kOngoing ||
                         !entry.now.partitions.contains(std::string(kOffsetsTopic)))) {
    error = kInvalidTxnState;
  }
  if (error == kNone && bytes_ >= options_.max_bytes) error = kCoordinatorNotAvailable;
  if (error != kNone || offsets.empty()) return done(error);
  std::vector<log::NewRecord> records;
  for (const auto& each : offsets) {
    records.push_back(record_of(id, group, {each.topic, each.partition}, each.value));
  }
  entry.changing = true;
  std::vector<log::AppendPart> parts;
  parts.push_back(part_of(*topic_, std::move(records)));
  append(std::move(parts), {},
         [this, found, group, offsets = std::move(offsets),
          done = std::move(done)](std::optional<int64_t> offset) mutable {
           found->second.changing = false;
           if (offset) {
             GroupOffsets& pending = found->second.offsets[group];
             for (auto& each : offsets) {
               pending[{std::move(each.topic), each.partition}] = std::move(each.value);
             }
             pending_[group].insert(found->first);
           }
           settle(*found);
           done(offset ? kNone : kCoordinatorNotAvailable);
         });
}

void TransactionCoordinator::end(const std::string& id, ProducerIdentity producer, bool commit,
                                 Done done) {
  const std::lock_guard lock(mutex_);
  if (!is_id(id)) return done(kInvalidRequest);
  Place* found = find(id);
  if (!found) return done(topic_ ? kInvalidProducerIdMapping : kCoordinatorNotAvailable);
  const ErrorNumber error = check_producer(found->second, producer);
  if (error != kNone) return done(error);
  Transaction next = found->second.now;
  const auto ended = commit ? TransactionState::kCompleteCommit : TransactionState::kCompleteAbort;
  // Asked again: its answer was lost.
  if (next.state == ended) return done(kNone);
  if (next.state != TransactionState::kOngoing) return done(kInvalidTxnState);
  next.state = ended;
  next.updated_ms = clock_.now_ms();
  end(*found, std::move(next), commit, producer.epoch, std::move(done));
}

void TransactionCoordinator::end(Place& place, Transaction next, bool commit, int16_t marker_epoch,
                                 Done done) {
  Entry& entry = place.second;
  std::vector<log::AppendPart> markers;
  for (const auto& [name, partitions] : entry.now.partitions) {
    if (name == kOffsetsTopic) continue;
    const auto topic = log_.find_topic(name);
    if (!topic) continue;  // deleted: what was open in it counts as aborted
    for (const int32_t each : partitions) {
      markers.push_back(
          {{topic->id, log::PartitionId(each)},
           log::build_marker(entry.now.producer.id, marker_epoch, commit, clock_.now_ms())});
    }
  }
  AllStaged staged;
  if (commit) {
    // The topic's own part comes first.
    std::vector<log::AppendPart> all(1);
    std::ranges::move(markers, std::back_inserter(all));
    for (const auto& [group, values] : entry.offsets) {
      std::vector<Coordinator::NewOffset> offsets;
      for (const auto& [key, value] : values) offsets.push_back({key.first, key.second, value});
      auto one = groups_->stage(group, std::move(offsets), all);
      if (!one) {
        const Result<std::vector<log::AppendOutcome>> none = Error(ErrorCode::kCancelled, "");
        for (auto& each : staged) groups_->land(std::move(each), none);
        return done(kCoordinatorNotAvailable);
      }
      staged.push_back(std::move(one));
    }
    markers.assign(std::make_move_iterator(all.begin() + 1), std::make_move_iterator(all.end()));
  }
  next.partitions.clear();
  next.started_ms = -1;
  entry.ending = true;
  store(place, std::move(next), std::move(markers), std::move(staged),
        [this, commit, &place, done = std::move(done)](ErrorNumber error) mutable {
          place.second.ending = false;
          if (error == kNone) (commit ? committed_ : aborted_).add();
          done(error);
        });
}

ErrorNumber TransactionCoordinator::check(const std::optional<std::string>& id,
                                          ProducerIdentity producer, const std::string& topic,
                                          int32_t partition) const {
  const Entry* entry = id ? find(*id) : nullptr;
  if (!entry) return id ? kInvalidProducerIdMapping : kInvalidTxnState;
  if (producer.id != entry->now.producer.id) return kInvalidProducerIdMapping;
  if (producer.epoch != entry->now.producer.epoch) return kInvalidProducerEpoch;
  if (entry->ending || entry->now.state != TransactionState::kOngoing) return kInvalidTxnState;
  const auto partitions = entry->now.partitions.find(topic);
  const bool added =
      partitions != entry->now.partitions.end() && partitions->second.contains(partition);
  return added ? kNone : kInvalidTxnState;
}

bool TransactionCoordinator::has_pending(const std::string& group, const std::string& topic,
                                         int32_t partition) const {
  const std::shared_lock lock(mutex_);
  const auto ids = pending_.find(group);
  if (ids == pending_.end()) return false;
  return std::ranges::any_of(ids->second, [&](const std::string& id) {
    return find(id)->offsets.at(group).contains({topic, partition});
  });
}

// --- administration

std::optional<Transaction> TransactionCoordinator::describe(const std::string& id) const {
  const std::shared_lock lock(mutex_);
  const Entry* entry = find(id);
  return entry && entry->stored ? std::optional(entry->now) : std::nullopt;
}

void TransactionCoordinator::each(const Each& each) const {
  const std::shared_lock lock(mutex_);
  for (const auto& [id, entry] : entries_) {
    if (entry.stored) each(id, entry.now);
  }
}

// --- entries

TransactionCoordinator::Place* TransactionCoordinator::find(const std::string& id) {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &*found;
}

const TransactionCoordinator::Entry* TransactionCoordinator::find(const std::string& id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

// After every change: the totals, and when it runs out of time.
void TransactionCoordinator::settle(Place& place) {
  Entry& entry = place.second;
  size_t bytes = kEntryBytes + 2 * place.first.size();
  for (const auto& [topic, partitions] : entry.now.partitions) {
    bytes += 2 * topic.size() + partitions.size() * kPartitionBytes;
  }
  for (const auto& [group, offsets] : entry.offsets) {
    for (const auto& [key, value] : offsets) {
      bytes += kOffsetBytes + key.first.size() + value.metadata.size();
    }
  }
  bytes_ += bytes - entry.bytes;
  entry.bytes = bytes;
  const int64_t deadline = entry.now.state == TransactionState::kOngoing
                               ? entry.now.started_ms + entry.now.timeout_ms
                               : -1;
  if (deadline == entry.deadline_ms) return;
  if (entry.deadline_ms >= 0) deadlines_.erase({entry.deadline_ms, place.first});
  entry.deadline_ms = deadline;
  if (deadline >= 0) {
    deadlines_.emplace(deadline, place.first);
    wake_by(deadline);
  }
  ongoing_count_.set(static_cast<double>(deadlines_.size()));
}

// --- records

log::AppendPart TransactionCoordinator::part_of(const log::TopicPartition& topic,
                                                std::vector<log::NewRecord> records) {
  auto batch = log::build_batch(records);
  CHECK(batch.has_value());  // requests are bounded
  return {topic, *std::move(batch)};
}

TransactionLogValue TransactionCoordinator::value_of(const Transaction& transaction) {
  TransactionLogValue value;
  value.producer_id = transaction.producer.id;
  value.producer_epoch = transaction.producer.epoch;
  value.transaction_timeout_ms = transaction.timeout_ms;
  value.transaction_status = static_cast<int8_t>(transaction.state);
  value.transaction_start_timestamp_ms = transaction.started_ms;
  value.transaction_last_update_timestamp_ms = transaction.updated_ms;
  value.transaction_partitions.emplace();
  for (const auto& [topic, partitions] : transaction.partitions) {
    auto& each = value.transaction_partitions->emplace_back();
    each.topic = topic;
    each.partition_ids.assign(partitions.begin(), partitions.end());
  }
  return value;
}

log::NewRecord TransactionCoordinator::record_of(const std::string& id,
                                                 const Transaction& transaction) const {
  return {.timestamp_ms = clock_.now_ms(),
          .key = transaction_key(id),
          .value = transaction_value(value_of(transaction))};
}

log::NewRecord TransactionCoordinator::record_of(const std::string& id, const std::string& group,
                                                 const OffsetKey& key,
                                                 const OffsetCommitValue& value) const {
  return {.timestamp_ms = clock_.now_ms(),
          .key = pending_key(id, OffsetCommitKey{group, key.first, key.second}),
          .value = kafka::value_of(value)};
}

void TransactionCoordinator::store(Place& place, Transaction next,
                                   std::vector<log::AppendPart> more, AllStaged staged, Done done) {
  place.second.changing = true;
  std::vector<log::AppendPart> parts;
  parts.push_back(part_of(*topic_, {record_of(place.first, next)}));
  std::ranges::move(more, std::back_inserter(parts));
  append(std::move(parts), std::move(staged),
         [this, &place, next = std::move(next),
          done = std::move(done)](std::optional<int64_t> offset) mutable {
           Entry& entry = place.second;
           entry.changing = false;
           if (offset) {
             const bool goes_on = entry.now.state == TransactionState::kOngoing &&
                                  next.state == TransactionState::kOngoing;
             // Pending offsets lie behind the record with which the transaction began.
             if (!goes_on || entry.offsets.empty()) entry.needed_from = *offset;
             if (!goes_on) drop_pending(place);
             entry.stored = true;
             entry.now = std::move(next);
           }
           settle(place);
           done(offset ? kNone : kCoordinatorNotAvailable);
         });
}

void TransactionCoordinator::append(std::vector<log::AppendPart> parts, AllStaged staged,
                                    Landed landed) {
  const auto bytes = static_cast<int64_t>(parts.front().batches.size());
  struct Flight {
    AllStaged staged;
    Landed landed;
  };
  auto flight = std::make_shared<Flight>(std::move(staged), std::move(landed));
  const auto land = [this, flight, bytes](const Result<std::vector<log::AppendOutcome>>& outcomes) {
    for (auto& each : flight->staged) groups_->land(std::move(each), outcomes);
    const std::optional<Error> error =
        !outcomes.has_value() ? std::optional(outcomes.error()) : outcomes->front().error;
    std::optional<int64_t> offset;
    if (!error) {
      offset = outcomes->front().base_offset.value();
      records_end_ = *offset + 1;
      topic_bytes_ += bytes;
    }
    report(error ? &error->message() : nullptr);
    flight->landed(offset);
  };
  const Status taken =
      log_.append(std::move(parts), [self = shared_from_this(), land](auto outcomes) {
        const std::lock_guard lock(self->mutex_);
        land(outcomes);
        if (self->worth_compacting() && !self->failing_) self->wake_by(0);
      });
  if (!taken.has_value()) land(taken.error());
}

// Once when it begins, and when it ends: clients try again and again.
void TransactionCoordinator::report(const std::string* reason) {
  if (failing_ == (reason != nullptr)) return;
  failing_ = reason != nullptr;
  if (reason) {
    log_warn("kafka", "transactions cannot be stored", {{"reason", *reason}});
  } else {
    log_info("kafka", "transactions are stored again");
  }
}

// --- time

void TransactionCoordinator::wake_by(int64_t when_ms) {
  if (when_ms >= planned_ms_) return;
  planned_ms_ = when_ms;
  changed_.notify_one();
}

// With a raised epoch, so that the producer is fenced.
void TransactionCoordinator::abort_due(int64_t now_ms) {
  std::vector<std::string> due;
  for (auto at = deadlines_.begin(); at != deadlines_.end() && at->first <= now_ms; ++at) {
    due.push_back(at->second);
  }
  for (const std::string& id : due) {
    Place& place = *find(id);
    if (place.second.changing) continue;
    Transaction next = place.second.now;
    next.state = TransactionState::kCompleteAbort;
    next.updated_ms = now_ms;
    next.last_epoch = -1;
    next.producer.epoch = static_cast<int16_t>(next.producer.epoch + 1);
    const int16_t epoch = next.producer.epoch;
    log_info("kafka", "a transaction took longer than its transaction.timeout.ms and is aborted",
             {{"transactional_id", id}, {"producer_id", std::to_string(next.producer.id)}});
    end(place, std::move(next), false, epoch, [](ErrorNumber) {});
  }
}

int64_t TransactionCoordinator::tick() {
  std::unique_lock lock(mutex_);
  const int64_t now_ms = clock_.now_ms();
  planned_ms_ = kNever;
  if (closed_) return planned_ms_;
  if (topic_) {
    abort_due(now_ms);
    // What is due still is on its way, or is tried again.
    if (!deadlines_.empty()) {
      const int64_t first = deadlines_.begin()->first;
      wake_by(first <= now_ms ? now_ms + kRetryMs : first);
    }
    expire(now_ms);
    compact_some();
    wake_by(next_sweep_ms_);
  }
  const int64_t next = planned_ms_;
  if (const auto before = std::exchange(cut_at_, std::nullopt); before && topic_) {
    const log::TopicPartition topic = *topic_;
    lock.unlock();  // this waits for the disk
    const auto begin = log_.delete_records(topic, log::Offset(*before));
    lock.lock();
    if (!begin.has_value()) {
      log_warn("kafka", "old records of transactions stay", {{"reason", begin.error().message()}});
    }
  }
  return next;
}

void TransactionCoordinator::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    tick();
    std::unique_lock lock(mutex_);
    const int64_t until_ms = planned_ms_;
    const auto wait =
        std::chrono::milliseconds(std::clamp<int64_t>(until_ms - clock_.now_ms(), 0, 3'600'000));
    changed_.wait_for(lock, stop, wait, [&] { return planned_ms_ < until_ms; });
  }
}

}  // namespace foz::kafka
