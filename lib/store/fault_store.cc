// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "store/fault_store.h"

#include <fmt/format.h>

#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

namespace foz::store {
namespace {

enum class Fate { kServed, kFailedBefore, kAnswerLost, kRequestLost };

Error unavailable(std::string_view path) {
  return Error(ErrorCode::kUnavailable, fmt::format("simulated outage at '{}'", path));
}

}  // namespace

struct FaultStore::State {
  ObjectStore& behind;
  Random& random;
  mutable std::mutex mutex;
  Faults faults = {};
  bool outage = false;
  std::string denied = {};
  std::function<void(std::string_view)> hook = {};
  int64_t requests = 0;

  Fate next_fate() {
    int64_t latency_ms = 0;
    Fate fate = Fate::kServed;
    {
      const std::lock_guard lock(mutex);
      ++requests;
      latency_ms = faults.latency_ms;
      uint64_t draw = random.below(1'000);
      const auto hit = [&](uint64_t chance) { return std::exchange(draw, draw - chance) < chance; };
      if (outage || hit(faults.fail_before)) {
        fate = Fate::kFailedBefore;
      } else if (hit(faults.answer_lost)) {
        fate = Fate::kAnswerLost;
      } else if (hit(faults.request_lost)) {
        fate = Fate::kRequestLost;
      }
    }
    if (latency_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(latency_ms));
    return fate;
  }

  template <class Request>
  auto read(std::string_view path, Request request) -> decltype(request()) {
    if (next_fate() != Fate::kServed) return unavailable(path);
    return request();
  }

  template <class Request>
  auto change(std::string_view path, Request request) -> decltype(request()) {
    std::function<void(std::string_view)> before;
    {
      const std::lock_guard lock(mutex);
      before = hook;
    }
    if (before) before(path);
    const Fate fate = next_fate();
    if (fate == Fate::kFailedBefore) return unavailable(path);
    const Error no_answer(ErrorCode::kAmbiguous, fmt::format("no answer for '{}'", path));
    if (fate == Fate::kRequestLost) return no_answer;
    auto answer = request();
    if (fate == Fate::kAnswerLost) return no_answer;
    return answer;
  }

  template <class Request>
  auto put(std::string_view path, Request request) -> decltype(request()) {
    return change(path, [&]() -> decltype(request()) {
      {
        const std::lock_guard lock(mutex);
        if (!denied.empty() && path.starts_with(denied)) {
          return Error(ErrorCode::kDenied, fmt::format("puts under '{}' are denied", denied));
        }
      }
      return request();
    });
  }
};

FaultStore::FaultStore(ObjectStore& behind, Random& random)
    : state_(new State{.behind = behind, .random = random, .mutex = {}}) {}
FaultStore::~FaultStore() = default;

void FaultStore::set(Faults faults) {
  const std::lock_guard lock(state_->mutex);
  state_->faults = faults;
}

void FaultStore::outage(bool on) {
  const std::lock_guard lock(state_->mutex);
  state_->outage = on;
}

void FaultStore::deny_puts(std::string prefix) {
  const std::lock_guard lock(state_->mutex);
  state_->denied = std::move(prefix);
}

void FaultStore::before_change(std::function<void(std::string_view path)> hook) {
  const std::lock_guard lock(state_->mutex);
  state_->hook = std::move(hook);
}

int64_t FaultStore::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}

Result<std::string> FaultStore::get(std::string_view path) const {
  return state_->read(path, [&] { return state_->behind.get(path); });
}

Result<size_t> FaultStore::get_range(std::string_view path, int64_t offset,
                                     std::span<std::byte> out) const {
  return state_->read(path, [&] { return state_->behind.get_range(path, offset, out); });
}

Result<ObjectMeta> FaultStore::head(std::string_view path) const {
  return state_->read(path, [&] { return state_->behind.head(path); });
}

Result<std::vector<ObjectMeta>> FaultStore::list(std::string_view prefix,
                                                 std::string_view start_after, size_t limit) const {
  return state_->read(prefix, [&] { return state_->behind.list(prefix, start_after, limit); });
}

Result<std::vector<std::string>> FaultStore::list_names(std::string_view prefix) const {
  return state_->read(prefix, [&] { return state_->behind.list_names(prefix); });
}

Status FaultStore::put(std::string_view path, Bytes bytes) {
  return state_->put(path, [&] { return state_->behind.put(path, bytes); });
}

Result<PutOutcome> FaultStore::put_if_absent(std::string_view path, Bytes bytes) {
  return state_->put(path, [&] { return state_->behind.put_if_absent(path, bytes); });
}

Status FaultStore::remove(std::string_view path) {
  return state_->change(path, [&] { return state_->behind.remove(path); });
}

std::string FaultStore::url() const { return state_->behind.url(); }

}  // namespace foz::store
