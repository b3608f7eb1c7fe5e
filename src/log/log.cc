// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "log/log.h"

#include <algorithm>
#include <future>
#include <utility>

#include "log/log_impl_internal.h"
#include "log/topics_internal.h"

namespace foz::log {
namespace {

constexpr int64_t kProducerIdsAtOnce = 1000;
constexpr int64_t kLeastQueue = 64 << 20;

}  // namespace

Log::Impl::Impl(LogOptions given, store::Disk& on, const Clock& by, Random& from, Metrics& into)
    : options(std::move(given)),
      disk(on),
      clock(by),
      random(from),
      files(on, options.directory + "/segments"),
      pending_budget(std::max(options.tail_cache_bytes, kLeastQueue)),
      write_behind_mark(options.tail_cache_bytes / 4),
      frames_written(into.counter("foz_log_frames_total", "Frames written to the journal.")),
      bytes_appended(into.counter("foz_log_journal_bytes_total", "Bytes written to the journal.")),
      checkpoints_written(into.counter("foz_log_checkpoints_total", "Checkpoints of the log.")),
      commit_seconds(into.histogram("foz_log_commit_seconds", "Writing and syncing one frame.")) {}

Log::Impl::~Impl() {
  if (journal_thread.joinable()) {
    {
      const std::lock_guard lock(queue_mutex);
      closing = true;
    }
    queue_changed.notify_all();
    journal_thread.join();
  }
  if (maintenance_thread.joinable()) {
    {
      const std::lock_guard lock(wake_mutex);
      stopping = true;
    }
    wake_changed.notify_all();
    maintenance_thread.join();
  }
}

// --- topics

Log::Impl::TopicEntry Log::Impl::entry_of(Topic topic, const std::vector<Offset>& starts) {
  TopicEntry entry{std::make_shared<const Topic>(std::move(topic)), {}};
  for (int32_t i = 0; i < entry.topic->partitions; ++i) {
    const auto index = static_cast<size_t>(i);
    entry.partitions.push_back(
        std::make_shared<Partition>(TopicPartition{entry.topic->id, PartitionId(i)}, entry.topic,
                                    index < starts.size() ? starts[index] : Offset(), unwritten));
  }
  return entry;
}

void Log::Impl::index_names() {
  names.clear();
  lake_keys.clear();
  for (const auto& [id, entry] : topics) {
    names[entry.topic->name] = id;
    if (entry.topic->config.bronze) lake_keys[lake_key(entry.topic->name)] = id;
  }
  ++generation;
}

Result<Topic> Log::Impl::make_topic(Topic topic, const std::vector<Offset>& starts) {
  {
    const std::shared_lock lock(topics_mutex);
    if (names.contains(topic.name)) {
      return Error(ErrorCode::kAlreadyExists, "topic '" + topic.name + "' exists");
    }
    if (const auto same = topics.find(topic.id); same != topics.end()) {
      return Error(ErrorCode::kAlreadyExists, "topic id " + topic.id.to_string() + " is that of '" +
                                                  same->second.topic->name + "'");
    }
    const auto clash = lake_keys.find(lake_key(topic.name));
    if (topic.config.bronze && clash != lake_keys.end()) {
      return invalid("topic '" + topic.name + "' would share the table name '" +
                     lake_name(topic.name) + "' with topic '" +
                     topics.at(clash->second).topic->name + "'");
    }
  }
  std::vector<Offset> all_starts = starts;
  all_starts.resize(static_cast<size_t>(topic.partitions));
  TRY(write_entries({TopicCreatedEntry{topic, all_starts}}, [&] {
    const std::unique_lock lock(topics_mutex);
    topics[topic.id] = entry_of(topic, all_starts);
    index_names();
  }));
  tell({});
  return topic;
}

Status Log::Impl::remove_topic(TopicId id) {
  TopicEntry entry;
  {
    const std::shared_lock lock(topics_mutex);
    const auto found = topics.find(id);
    if (found == topics.end()) return Error(ErrorCode::kNotFound, "no topic " + id.to_string());
    entry = found->second;
  }
  TRY(write_entries({TopicDeletedEntry{id}}, [&] {
    const std::unique_lock lock(topics_mutex);
    topics.erase(id);
    index_names();
  }));
  for (const auto& partition : entry.partitions) partition->drop();
  {
    const std::lock_guard lock(wake_mutex);
    dropped.insert(dropped.end(), entry.partitions.begin(), entry.partitions.end());
  }
  wake();
  tell({});
  return {};
}

std::shared_ptr<Partition> Log::Impl::find(TopicPartition where) const {
  const std::shared_lock lock(topics_mutex);
  const auto found = topics.find(where.topic);
  if (found == topics.end()) return nullptr;
  const auto index = static_cast<size_t>(where.partition.value());
  const auto& partitions = found->second.partitions;
  return where.partition.value() >= 0 && index < partitions.size() ? partitions[index] : nullptr;
}

std::vector<std::shared_ptr<Partition>> Log::Impl::all_partitions() const {
  const std::shared_lock lock(topics_mutex);
  std::vector<std::shared_ptr<Partition>> all;
  for (const auto& [id, entry] : topics) {
    all.insert(all.end(), entry.partitions.begin(), entry.partitions.end());
  }
  return all;
}

// --- the door

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(LogOptions options, store::Disk& disk, const Clock& clock,
                                       Random& random, Metrics& metrics) {
  const std::string directory = options.directory;
  auto impl = std::make_unique<Impl>(std::move(options), disk, clock, random, metrics);
  TRY(impl->recover().within("open the log in " + directory));
  impl->start_threads();
  return std::unique_ptr<Log>(new Log(std::move(impl)));
}

Result<Topic> Log::create_topic(std::string_view name, int32_t partitions, TopicConfig config,
                                std::optional<TopicId> id, const std::vector<Offset>& starts) {
  TRY(check_topic_name(name));
  TRY(check_topic_shape(partitions, config));
  for (const Offset start : starts) {
    if (start < Offset(0)) return invalid("a partition cannot start below offset 0");
  }
  if (starts.size() > static_cast<size_t>(partitions)) {
    return invalid("more first offsets than partitions");
  }
  Topic topic{id ? *id : impl_->random.uuid(), std::string(name), partitions, std::move(config)};
  return impl_->on_journal_thread<Topic>(
      [this, topic = std::move(topic), starts] { return impl_->make_topic(topic, starts); });
}

Status Log::delete_topic(TopicId id) {
  return impl_->on_journal_thread<void>([this, id] { return impl_->remove_topic(id); });
}

std::vector<Topic> Log::topics() const {
  const std::shared_lock lock(impl_->topics_mutex);
  std::vector<Topic> all;
  for (const auto& [name, id] : impl_->names) all.push_back(*impl_->topics.at(id).topic);
  return all;
}

std::optional<Topic> Log::find_topic(std::string_view name) const {
  const std::shared_lock lock(impl_->topics_mutex);
  const auto found = impl_->names.find(name);
  if (found == impl_->names.end()) return std::nullopt;
  return *impl_->topics.at(found->second).topic;
}

std::optional<Topic> Log::find_topic(TopicId id) const {
  const std::shared_lock lock(impl_->topics_mutex);
  const auto found = impl_->topics.find(id);
  if (found == impl_->topics.end()) return std::nullopt;
  return *found->second.topic;
}

uint64_t Log::topics_generation() const { return impl_->generation; }

Status Log::append(std::vector<AppendPart> parts, AppendDone done) {
  return impl_->append(std::move(parts), std::move(done));
}

Result<std::vector<AppendOutcome>> Log::append_and_wait(std::vector<AppendPart> parts) {
  std::promise<Result<std::vector<AppendOutcome>>> promise;
  auto outcome = promise.get_future();
  TRY(append(std::move(parts), [&promise](auto result) { promise.set_value(std::move(result)); }));
  return outcome.get();
}

Result<int64_t> Log::next_producer_id() {
  const std::lock_guard lock(impl_->producer_ids_mutex);
  if (impl_->next_id >= impl_->ids_below) {
    const int64_t below = impl_->next_id + kProducerIdsAtOnce;
    TRY(impl_->on_journal_thread<void>([this, below] {
      return impl_->write_entries({ProducerIdsEntry{below}}, [&] { impl_->ids_below = below; });
    }));
  }
  return impl_->next_id++;
}

Result<ReadResult> Log::read(TopicPartition where, Offset from, size_t max_bytes) const {
  const auto partition = impl_->find(where);
  if (!partition) return Error(ErrorCode::kNotFound, "no such partition");
  return partition->read(impl_->files, from, max_bytes);
}

bool Log::in_memory(TopicPartition where, Offset from) const {
  const auto partition = impl_->find(where);
  return !partition || partition->in_memory(from);
}

Result<PartitionOffsets> Log::offsets(TopicPartition where) const {
  const auto partition = impl_->find(where);
  if (!partition) return Error(ErrorCode::kNotFound, "no such partition");
  return partition->offsets();
}

Result<std::optional<Log::TimestampOffset>> Log::offset_for_time(TopicPartition where,
                                                                 int64_t timestamp_ms) const {
  const auto partition = impl_->find(where);
  if (!partition) return Error(ErrorCode::kNotFound, "no such partition");
  return partition->offset_for_time(impl_->files, timestamp_ms);
}

std::shared_ptr<void> Log::subscribe(Moved moved) {
  auto subscriber = std::make_shared<Impl::Subscriber>();
  subscriber->moved = std::move(moved);
  Impl* impl = impl_.get();
  {
    const std::lock_guard lock(impl->subscribers_mutex);
    impl->subscribers.push_back(subscriber);
  }
  // Waits for a call that is under way, so that nothing is called once the handle is gone.
  return std::shared_ptr<void>(subscriber.get(), [impl, subscriber](void*) {
    {
      const std::lock_guard lock(impl->subscribers_mutex);
      std::erase(impl->subscribers, subscriber);
    }
    const std::lock_guard lock(subscriber->mutex);
    subscriber->moved = nullptr;
  });
}

void Log::pin(TopicPartition where, Offset offset) {
  if (const auto partition = impl_->find(where)) partition->pin(offset);
}

Status Log::enforce_retention() { return impl_->enforce_retention(); }

bool Log::is_new() const { return impl_->is_new; }

std::optional<Error> Log::failure() const { return impl_->failure(); }

Log::Stats Log::stats() const {
  Stats stats;
  stats.bytes = impl_->journal->bytes();
  for (const auto& partition : impl_->all_partitions()) stats.bytes += partition->disk_bytes();
  stats.queued_bytes = impl_->queued_bytes;
  const std::lock_guard lock(impl_->cache_mutex);
  stats.memory_bytes = stats.queued_bytes + impl_->cached_bytes;
  return stats;
}

}  // namespace foz::log
