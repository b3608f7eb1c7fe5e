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
constexpr int64_t kMostPartitions = 100'000;  // of all topics: each takes memory while it is there

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

void Log::Impl::index_name(const Topic& topic) {
  names[topic.name] = topic.id;
  if (topic.config.bronze) lake_keys[lake_key(topic.name)] = topic.id;
  ++generation;
}

void Log::Impl::forget_name(const Topic& topic) {
  const auto is_its = [&](const auto& each) { return each.second == topic.id; };
  if (const auto at = names.find(topic.name); at != names.end() && is_its(*at)) names.erase(at);
  const auto key = lake_keys.find(lake_key(topic.name));
  if (key != lake_keys.end() && is_its(*key)) lake_keys.erase(key);
  ++generation;
}

Status Log::Impl::check_partitions(int64_t more) const {
  int64_t all = more;
  for (const auto& [id, entry] : topics) all += static_cast<int64_t>(entry.partitions.size());
  if (all <= kMostPartitions) return {};
  return invalid("there would be " + std::to_string(all) + " partitions, and there may be " +
                 std::to_string(kMostPartitions) +
                 " of all topics: delete topics that nobody needs");
}

Result<Topic> Log::Impl::make_topic(Topic topic, const std::vector<Offset>& starts) {
  {
    const std::shared_lock lock(topics_mutex);
    TRY(check_partitions(topic.partitions));
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
    index_name(topic);
  }));
  tell({});
  return topic;
}

// The topic as clients see it: nothing when it is deleted.
std::shared_ptr<const Topic> Log::Impl::live_topic(TopicId id) const {
  const std::shared_lock lock(topics_mutex);
  const auto found = topics.find(id);
  return found == topics.end() || found->second.hidden ? nullptr : found->second.topic;
}

Status Log::Impl::remove_topic(TopicId id) {
  const auto topic = live_topic(id);
  if (!topic) return Error(ErrorCode::kNotFound, "no topic " + id.to_string());
  if (topic->config.bronze) {
    TRY(write_entries({TopicHiddenEntry{id}}, [&] { apply_hidden(id); }));
  } else {
    TRY(write_entries({TopicDeletedEntry{id}}, [&] { apply_removed({id}); }));
    wake();
  }
  tell({});
  return {};
}

// What the lake has let go of, in one frame.
Status Log::Impl::remove_let_go() {
  std::vector<FrameEntry> entries;
  std::vector<TopicId> ids;
  {
    const std::shared_lock lock(topics_mutex);
    for (const auto& [id, entry] : topics) {
      if (!entry.let_go) continue;
      entries.push_back(TopicDeletedEntry{id});
      ids.push_back(id);
    }
  }
  if (ids.empty()) return {};
  TRY(write_entries(entries, [&] { apply_removed(ids); }));
  wake();
  tell({});
  return {};
}

Status Log::Impl::change_topic(TopicId id, std::move_only_function<Status(Topic&)>& change) {
  const auto before = live_topic(id);
  if (!before) return Error(ErrorCode::kNotFound, "no topic " + id.to_string());
  Topic topic = *before;
  TRY(change(topic));
  TRY(check_topic_shape(topic.partitions, topic.config));
  if (topic.partitions > before->partitions) {
    const std::shared_lock lock(topics_mutex);
    TRY(check_partitions(topic.partitions - before->partitions));
  }
  TRY(write_entries({TopicAlteredEntry{topic}}, [&] { apply_altered(topic); }));
  tell({});
  return {};
}

Status Log::Impl::alter(TopicId id, std::move_only_function<Status(Topic&)> change) {
  return on_journal_thread<void>([this, id, &change] { return change_topic(id, change); });
}

void Log::Impl::apply_hidden(TopicId id) {
  const std::unique_lock lock(topics_mutex);
  const auto found = topics.find(id);
  if (found == topics.end()) return;
  found->second.hidden = true;
  for (const auto& partition : found->second.partitions) partition->close();
  forget_name(*found->second.topic);
}

void Log::Impl::apply_removed(const std::vector<TopicId>& ids) {
  std::vector<std::shared_ptr<Partition>> partitions;
  {
    const std::unique_lock lock(topics_mutex);
    for (const TopicId& id : ids) {
      const auto found = topics.find(id);
      if (found == topics.end()) continue;
      const auto& those = found->second.partitions;
      partitions.insert(partitions.end(), those.begin(), those.end());
      forget_name(*found->second.topic);
      topics.erase(found);
    }
  }
  for (const auto& partition : partitions) partition->drop();
  const std::lock_guard lock(wake_mutex);
  dropped.insert(dropped.end(), partitions.begin(), partitions.end());
}

// A topic never loses partitions: an older word than what is known already changes its settings
// alone.
void Log::Impl::apply_altered(const Topic& topic) {
  const std::unique_lock lock(topics_mutex);
  const auto found = topics.find(topic.id);
  if (found == topics.end()) return;
  TopicEntry& entry = found->second;
  auto altered = std::make_shared<Topic>(topic);
  altered->partitions = std::max(topic.partitions, entry.topic->partitions);
  entry.topic = std::move(altered);
  for (const auto& partition : entry.partitions) partition->set_topic(entry.topic);
  for (auto i = static_cast<int32_t>(entry.partitions.size()); i < entry.topic->partitions; ++i) {
    entry.partitions.push_back(std::make_shared<Partition>(TopicPartition{topic.id, PartitionId(i)},
                                                           entry.topic, Offset(), unwritten));
  }
  ++generation;
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

Status Log::add_partitions(TopicId id, int32_t partitions) {
  return impl_->alter(id, [partitions](Topic& topic) -> Status {
    if (partitions <= topic.partitions) {
      return invalid("topic '" + topic.name + "' has " + std::to_string(topic.partitions) +
                     " partitions: only a greater number can be asked for, not " +
                     std::to_string(partitions));
    }
    topic.partitions = partitions;
    return {};
  });
}

Status Log::alter_topic(TopicId id, TopicConfig config) {
  return impl_->alter(id, [config = std::move(config)](Topic& topic) -> Status {
    if (config.bronze != topic.config.bronze) {
      return invalid("foz.bronze of topic '" + topic.name +
                     "' was decided when the topic was made, and stays " +
                     (topic.config.bronze ? "true" : "false"));
    }
    topic.config = config;
    return {};
  });
}

std::vector<Topic> Log::deleted_topics() const {
  const std::shared_lock lock(impl_->topics_mutex);
  std::vector<Topic> all;
  for (const auto& [id, entry] : impl_->topics) {
    if (entry.hidden && !entry.let_go) all.push_back(*entry.topic);
  }
  return all;
}

void Log::let_go(TopicId id) {
  {
    const std::unique_lock lock(impl_->topics_mutex);
    const auto found = impl_->topics.find(id);
    if (found == impl_->topics.end() || !found->second.hidden) return;
    found->second.let_go = true;
  }
  impl_->something_let_go = true;
  impl_->wake();
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
  const auto topic = impl_->live_topic(id);
  return topic ? std::optional(*topic) : std::nullopt;
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

Result<ReadResult> Log::read(TopicPartition where, Offset from, size_t max_bytes,
                             Isolation isolation) const {
  const auto partition = impl_->find(where);
  if (!partition) return Error(ErrorCode::kNotFound, "no such partition");
  return partition->read(impl_->files, from, max_bytes, isolation);
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

Result<Offset> Log::delete_records(TopicPartition where, Offset before) {
  auto starts = TRY(delete_records(std::vector<Deletion>{{where, before}}));
  return std::move(starts.front());
}

Result<std::vector<Result<Offset>>> Log::delete_records(const std::vector<Deletion>& deletions) {
  return impl_->on_journal_thread<std::vector<Result<Offset>>>(
      [this, &deletions] { return impl_->delete_before(deletions); });
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
