// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "base/result.h"
#include "table/key_index_internal.h"

namespace foz::table {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kFirstSlots = kPage / sizeof(KeyEntry);

__extension__ using Wide = unsigned __int128;

bool is_empty(const KeyEntry& slot) { return slot.key == KeyHash(); }

}  // namespace

KeyIndex::KeyIndex(std::string folder, int64_t budget)
    : folder_(std::move(folder)), budget_(budget) {}

KeyIndex::~KeyIndex() {
  for (const Shard& shard : shards_) {
    if (shard.slots) ::munmap(shard.slots, shard.mapped);
  }
  if (file_ >= 0) ::close(file_);
}

size_t KeyIndex::home_of(const Shard& shard, const KeyHash& key) {
  return static_cast<size_t>(Wide{key.low} * shard.capacity >> 64);
}

// The key's slot, or the empty one where it would stand.
KeyEntry& KeyIndex::slot_of(const Shard& shard, const KeyHash& key) {
  size_t at = home_of(shard, key);
  while (!is_empty(shard.slots[at]) && shard.slots[at].key != key) {
    if (++at == shard.capacity) at = 0;
  }
  return shard.slots[at];
}

KeyEntry* KeyIndex::find(const KeyHash& key) {
  const Shard& shard = shards_[key.high % kShards];
  if (shard.used == 0) return nullptr;
  KeyEntry& slot = slot_of(shard, key);
  return is_empty(slot) ? nullptr : &slot;
}

void KeyIndex::put(const KeyEntry& entry) {
  CHECK(entry.key != KeyHash());
  Shard& shard = shards_[entry.key.high % kShards];
  if ((shard.used + 1) * 5 > shard.capacity * 4) grow(shard);
  KeyEntry& slot = slot_of(shard, entry.key);
  if (is_empty(slot)) {
    ++shard.used;
    ++size_;
  } else {
    deleted_ -= slot.place.is_deleted();
  }
  deleted_ += entry.place.is_deleted();
  slot = entry;
}

// What comes behind an entry that goes moves up to where it would be found first.
void KeyIndex::erase(Shard& shard, size_t slot) {
  deleted_ -= shard.slots[slot].place.is_deleted();
  const auto after = [&](size_t from, size_t to) {  // slots
    return to >= from ? to - from : to + shard.capacity - from;
  };
  for (size_t next = slot + 1;; ++next) {
    if (next == shard.capacity) next = 0;
    const KeyEntry& entry = shard.slots[next];
    if (is_empty(entry)) break;
    const size_t home = home_of(shard, entry.key);
    if (after(home, next) < after(slot, next)) continue;  // it stands behind the gap at home
    shard.slots[slot] = entry;
    slot = next;
  }
  shard.slots[slot] = KeyEntry();
  --shard.used;
  --size_;
}

bool KeyIndex::walk(Walk& walk, size_t slots, const std::function<bool(KeyEntry& entry)>& keep) {
  for (; walk.shard < kShards; walk = {walk.shard + 1, 0, 0}) {
    Shard& shard = shards_[walk.shard];
    // It has grown meanwhile: everything is elsewhere.
    if (walk.capacity != shard.capacity) walk = {walk.shard, 0, shard.capacity};
    while (walk.slot < shard.capacity) {
      if (slots-- == 0) return true;
      KeyEntry& entry = shard.slots[walk.slot];
      // Another one may stand there when one goes, and at the end of a shard one from its
      // beginning.
      if (is_empty(entry) || keep(entry)) {
        ++walk.slot;
      } else {
        erase(shard, walk.slot);
      }
    }
  }
  return false;
}

void KeyIndex::grow(Shard& shard) {
  const size_t wanted = std::max(kFirstSlots, shard.capacity + shard.capacity / 2);
  Shard next;
  next.mapped = (wanted * sizeof(KeyEntry) + kPage - 1) / kPage * kPage;
  next.capacity = next.mapped / sizeof(KeyEntry);
  next.used = shard.used;
  next.slots = static_cast<KeyEntry*>(map(next.mapped));
  for (size_t i = 0; i < shard.capacity; ++i) {
    if (!is_empty(shard.slots[i])) slot_of(next, shard.slots[i].key) = shard.slots[i];
  }
  if (shard.slots) {
    // Of a file the pages go too, which nothing else would give back.
    ::madvise(shard.slots, shard.mapped, MADV_REMOVE);
    ::munmap(shard.slots, shard.mapped);
  }
  bytes_ += static_cast<int64_t>(next.mapped) - static_cast<int64_t>(shard.mapped);
  shard = next;
}

// Zeroed. A file that cannot grow is no reason to stop: memory then is what there is.
void* KeyIndex::map(size_t bytes) {
  if (!folder_.empty() && bytes_ + static_cast<int64_t>(bytes) > budget_) {
    if (file_ < 0) file_ = ::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    const auto length = static_cast<off_t>(bytes);
    if (file_ >= 0 && ::posix_fallocate(file_, file_bytes_, length) == 0) {
      void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, file_bytes_);
      file_bytes_ += length;
      if (at != MAP_FAILED) return at;
    }
  }
  void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(at != MAP_FAILED);
  return at;
}

}  // namespace foz::table
