// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <bit>

#include "pipeline/dedupe_internal.h"

namespace foz::pipeline {

void KeyWindow::clear() {
  newest_ms_ = INT64_MIN;
  used_ = 0;
  slots_.assign(64, {});
}

// The key's slot, or the empty one where it would stand.
size_t KeyWindow::find(const KeyHash& key) const {
  const size_t mask = slots_.size() - 1;
  size_t at = key.low & mask;
  while (slots_[at].time_ms != kEmpty && slots_[at].key != key) at = (at + 1) & mask;
  return at;
}

bool KeyWindow::remembers(const KeyHash& key) const {
  const Slot& slot = slots_[find(key)];
  return slot.time_ms != kEmpty && !expired(slot.time_ms);
}

bool KeyWindow::insert(const KeyHash& key, int64_t time_ms) {
  const bool full = used_ >= max_keys_;
  if (full || (used_ + 1) * 2 > slots_.size()) rebuild();
  if (full && used_ > max_keys_ - max_keys_ / 16) return false;
  Slot& slot = slots_[find(key)];
  used_ += slot.time_ms == kEmpty;
  slot.time_ms = slot.time_ms == kEmpty ? time_ms : std::max(slot.time_ms, time_ms);
  slot.key = key;
  return true;
}

// Leaves out what the horizon has passed; doubles when that does not make enough room.
void KeyWindow::rebuild() {
  std::vector<Slot> before = std::move(slots_);
  size_t live = 0;
  for (const Slot& slot : before) live += slot.time_ms != kEmpty && !expired(slot.time_ms);
  slots_.assign(std::bit_ceil(std::max<size_t>(64, (live + 1) * 3)), {});
  used_ = 0;
  for (const Slot& slot : before) {
    if (slot.time_ms == kEmpty || expired(slot.time_ms)) continue;
    slots_[find(slot.key)] = slot;
    ++used_;
  }
}

}  // namespace foz::pipeline
