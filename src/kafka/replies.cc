// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "kafka/replies_internal.h"

#include "base/result.h"

namespace foz::kafka {
namespace {

constexpr size_t kMaxPlaces = 256;
constexpr size_t kMaxHeldBytes = 64u << 20;
constexpr size_t kMaxBacklog = 64u << 20;

}  // namespace

uint64_t Replies::reserve(size_t held_bytes) {
  std::lock_guard lock(mutex_);
  places_.push_back({held_bytes, {}});
  held_bytes_ += held_bytes;
  return first_ + places_.size() - 1;
}

void Replies::fill(uint64_t place, std::vector<Piece> frame) {
  std::lock_guard lock(mutex_);
  CHECK(place >= first_ && place - first_ < places_.size());
  const bool was_crowded = crowded();
  Place& filled = places_[place - first_];
  size_t bytes = 0;
  for (const Piece& piece : frame) bytes += piece.bytes.size();
  held_bytes_ += bytes - filled.held_bytes;  // until those before it are ready too
  filled.held_bytes = bytes;
  filled.frame = std::move(frame);
  while (!places_.empty() && places_.front().frame) {
    for (Piece& piece : *places_.front().frame) outbox_->send(std::move(piece.owner), piece.bytes);
    held_bytes_ -= places_.front().held_bytes;
    places_.pop_front();
    ++first_;
  }
  if (was_crowded && !crowded()) outbox_->wake();
}

bool Replies::full() const {
  std::lock_guard lock(mutex_);
  return crowded() || outbox_->backlog() > kMaxBacklog;
}

bool Replies::empty() const {
  std::lock_guard lock(mutex_);
  return places_.empty();
}

bool Replies::crowded() const {
  return places_.size() >= kMaxPlaces || held_bytes_ > kMaxHeldBytes;
}

}  // namespace foz::kafka
