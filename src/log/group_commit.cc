// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The journal's side: what was queued while the last frame synced becomes the next frame.
#include <algorithm>
#include <future>

#include "base/logging.h"
#include "base/thread.h"
#include "log/log_impl_internal.h"

namespace foz::log {
namespace {

// A frame takes no further append once it is this long.
constexpr size_t kFrameBytes = 64 << 20;
constexpr int64_t kLongestAppend = 1 << 30;
constexpr int64_t kLookAtDiskEvery = 8 << 20;
constexpr std::chrono::milliseconds kLookAtDiskAfter{100};

}  // namespace

// --- any thread

Log::Impl::Request Log::Impl::prepare(std::vector<AppendPart> parts, AppendDone done,
                                      int64_t bytes) const {
  Request request;
  request.parts.resize(parts.size());
  request.outcomes.resize(parts.size());
  request.done = std::move(done);
  request.bytes = bytes;
  for (size_t i = 0; i < parts.size(); ++i) {
    Part& part = request.parts[i];
    part.partition = find(parts[i].where);
    if (!part.partition) {
      request.outcomes[i].error = Error(ErrorCode::kNotFound, "no such partition");
      continue;
    }
    part.batches = std::move(parts[i].batches);
    if (const Status sound = check_append(part.batches, part.partition->topic()->config); !sound) {
      request.outcomes[i].error = sound.error();
      if (sound.error().code() == ErrorCode::kCorrupt) {
        part.partition->refuse(part.batches, clock.now_ms());
      }
    }
  }
  return request;
}

Status Log::Impl::check_disk_mark(int64_t bytes) {
  const std::lock_guard lock(disk_mark_mutex);
  const auto now = clock.steady();
  bytes_since_look += bytes;
  if (!looked || disk_free < options.min_free_disk_bytes || bytes_since_look > kLookAtDiskEvery ||
      now - looked_at > kLookAtDiskAfter) {
    disk_free = TRY(disk.free_bytes(options.directory));
    bytes_since_look = 0;
    looked_at = now;
    looked = true;
  }
  if (disk_free >= options.min_free_disk_bytes) return {};
  return Error(ErrorCode::kOverloaded,
               "the disk of " + options.directory + " has " + std::to_string(disk_free) +
                   " bytes left, below the mark of " + std::to_string(options.min_free_disk_bytes) +
                   ": free space, then send again");
}

Status Log::Impl::append(std::vector<AppendPart> parts, AppendDone done) {
  int64_t bytes = 0;
  for (const AppendPart& part : parts) bytes += Partition::cost(part.batches);
  if (bytes > kLongestAppend) return invalid("an append is at most 1 GiB");
  if (const Status room = check_room(bytes); !room) {
    for (AppendPart& part : parts) {
      if (const auto partition = find(part.where)) partition->refuse(part.batches, clock.now_ms());
    }
    return room;
  }
  return push(prepare(std::move(parts), std::move(done), bytes));
}

Status Log::Impl::check_room(int64_t bytes) {
  const int64_t pending = queued_bytes + unwritten;
  if (pending > 0 && pending + bytes > pending_budget) {
    return Error(ErrorCode::kOverloaded, "the log's queue is full: " + std::to_string(pending) +
                                             " bytes wait for the disk; send again later");
  }
  return check_disk_mark(bytes);
}

Status Log::Impl::push(Request request) {
  const int64_t bytes = request.bytes;
  {
    const std::lock_guard lock(queue_mutex);
    if (failed) return *failed;
    if (closing) return Error(ErrorCode::kCancelled, "the log is closing");
    queued_bytes += bytes;
    queue.push_back(std::move(request));
  }
  queue_changed.notify_one();
  return {};
}

template <class T>
Result<T> Log::Impl::on_journal_thread(std::move_only_function<Result<T>()> work) {
  std::promise<Result<T>> promise;
  auto result = promise.get_future();
  Request request;
  request.control = [&promise, work = std::move(work)]() mutable { promise.set_value(work()); };
  TRY(push(std::move(request)));
  return result.get();
}

template Result<Topic> Log::Impl::on_journal_thread(std::move_only_function<Result<Topic>()> work);
template Result<void> Log::Impl::on_journal_thread(std::move_only_function<Result<void>()> work);
template Result<std::vector<Result<Offset>>> Log::Impl::on_journal_thread(
    std::move_only_function<Result<std::vector<Result<Offset>>>()> work);

std::optional<Error> Log::Impl::failure() const {
  const std::lock_guard lock(queue_mutex);
  return failed;
}

bool Log::Impl::is_closing() const {
  const std::lock_guard lock(queue_mutex);
  return closing;
}

void Log::Impl::fail(const Error& error) {
  {
    const std::lock_guard lock(queue_mutex);
    if (failed) return;
    failed = Error(
        error.code() == ErrorCode::kCorrupt ? ErrorCode::kCorrupt : ErrorCode::kIo,
        "the log stopped taking records after a failure of its disk (restart after the disk is "
        "sound; what was acknowledged is safe): " +
            error.message());
  }
  log_error("log", "the log takes no more records until a restart", {{"reason", error.message()}});
  if (journal) journal->stop();
  wake();
}

// --- the journal's thread

void Log::Impl::commit_loop() {
  name_thread("journal");
  run_promptly();
  std::deque<Request> requests;
  while (true) {
    {
      std::unique_lock lock(queue_mutex);
      queue_changed.wait(lock, [&] { return closing || !queue.empty(); });
      if (queue.empty()) return;
      requests.swap(queue);
    }
    take(requests);
    requests.clear();
  }
}

void Log::Impl::take(std::deque<Request>& requests) {
  for (Request& request : requests) {
    if (request.control) {
      finish_frame();
      request.control();
      continue;
    }
    place(request);
    in_frame.push_back(std::move(request));
    // From here to the end of the frame the bytes stay where they are: the frame points to them.
    for (Part& part : in_frame.back().parts) {
      if (part.placed) {
        frame.add(BatchesEntry{part.partition->where(), part.placed->base, as_bytes(part.batches)});
      }
    }
    if (frame.size() >= kFrameBytes) finish_frame();
  }
  finish_frame();
}

void Log::Impl::place(Request& request) {
  const int64_t now_ms = clock.now_ms();
  for (size_t i = 0; i < request.parts.size(); ++i) {
    if (request.outcomes[i].error) continue;
    Part& part = request.parts[i];
    part.placed = part.partition->place(part.batches, now_ms, request.outcomes[i]);
  }
}

Result<JournalPosition> Log::Impl::write_frame() {
  const auto error = failure();
  const auto before = clock.steady();
  auto position = error ? Result<JournalPosition>(*error) : journal->write(frame);
  commit_seconds.observe(std::chrono::duration<double>(clock.steady() - before).count());
  if (position) {
    frames_written.add();
    bytes_appended.add(static_cast<int64_t>(frame.size()));
  } else if (position.error().code() != ErrorCode::kOverloaded &&
             position.error().code() != ErrorCode::kCancelled) {
    fail(position.error());
  }
  frame.clear();
  return position;
}

void Log::Impl::finish_frame() {
  std::vector<TopicPartition> moved;
  std::optional<Error> error;
  if (!frame.empty()) {
    if (const auto position = write_frame()) {
      moved = publish_frame(*position);
    } else {
      error = position.error();
      if (error->code() == ErrorCode::kIo) error = Error(ErrorCode::kAmbiguous, error->message());
      retract_frame();
    }
  }
  // Readers first: who hears of an acknowledgement finds the record on its way into SQL.
  if (!moved.empty()) tell(moved);
  // A duplicate's first copy may stand in this frame too: after a failure nothing of it is certain.
  for (Request& request : in_frame) {
    queued_bytes -= request.bytes;
    if (error) {
      request.done(*error);
    } else {
      request.done(std::move(request.outcomes));
    }
  }
  in_frame.clear();
}

std::vector<TopicPartition> Log::Impl::publish_frame(const JournalPosition& position) {
  const int64_t now_ms = clock.now_ms();
  std::vector<TopicPartition> moved;
  for (Request& request : in_frame) {
    for (Part& part : request.parts) {
      if (!part.placed) continue;
      auto batches = std::make_shared<const std::string>(std::move(part.batches));
      const int64_t bytes = Partition::cost(*batches);
      part.partition->publish(std::move(batches), *part.placed, now_ms);
      remember(part.partition, bytes);
      list_dirty(part.partition);
      moved.push_back(part.partition->where());
    }
  }
  set_published(position);
  shrink_cache();
  std::ranges::sort(moved);
  moved.erase(std::ranges::unique(moved).begin(), moved.end());
  return moved;
}

void Log::Impl::retract_frame() {
  const int64_t now_ms = clock.now_ms();
  for (Request& request : in_frame) {
    for (Part& part : request.parts) {
      if (part.placed) part.partition->retract(now_ms);
    }
  }
}

Status Log::Impl::write_entries(const std::vector<FrameEntry>& entries,
                                std::move_only_function<void()> apply) {
  CHECK(frame.empty());
  for (const FrameEntry& entry : entries) frame.add(entry);
  const auto position = write_frame();
  if (!position) return position.error();
  apply();
  set_published(*position);
  return {};
}

// A checkpoint that covers the frame may be taken from here on: its effects must all be visible.
void Log::Impl::set_published(const JournalPosition& position) {
  bool arm = false;
  {
    const std::lock_guard lock(wake_mutex);
    arm = published.sequence == checkpointed;  // the timer sleeps while nothing is new
    published = position;
  }
  if (arm || unwritten >= write_behind_mark || checkpoint_due() || journal->wants_spare()) wake();
}

// --- the cache

void Log::Impl::remember(const std::shared_ptr<Partition>& partition, int64_t bytes) {
  const std::lock_guard lock(cache_mutex);
  cached.emplace_back(partition, bytes);
  cached_bytes += bytes;
}

void Log::Impl::shrink_cache() {
  const std::lock_guard lock(cache_mutex);
  while (cached_bytes > options.tail_cache_bytes && !cached.empty()) {
    if (!cached.front().first->evict_oldest()) return;  // written behind first
    cached_bytes -= cached.front().second;
    cached.pop_front();
  }
}

void Log::Impl::tell(const std::vector<TopicPartition>& moved) {
  std::vector<std::shared_ptr<Subscriber>> now;
  {
    const std::lock_guard lock(subscribers_mutex);
    now = subscribers;
  }
  for (const auto& subscriber : now) {
    const std::lock_guard lock(subscriber->mutex);
    if (subscriber->moved) subscriber->moved(moved);
  }
}

}  // namespace foz::log
