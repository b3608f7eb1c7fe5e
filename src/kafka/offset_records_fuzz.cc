// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A record of __consumer_offsets. The first byte is the length of its key.
#include <cstdint>

#include "kafka/groups_internal.h"
#include "kafka/offset_records_internal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foz;
  using namespace foz::kafka;
  if (size < 1 || size < size_t{data[0]} + 1) return 0;
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  log::Record record;
  record.key = bytes.subspan(1, data[0]);
  if (size > size_t{data[0]} + 1) record.value = bytes.subspan(size_t{data[0]} + 1);
  auto parsed = parse_record(record);
  if (!parsed.has_value()) return 0;
  auto* group = std::get_if<GroupRecord>(&*parsed);
  if (!group || !group->value) return 0;
  // What any record says of a group is a group that runs.
  ManualClock clock(1'700'000'000'000'000);
  Random random(1);
  const GroupLimits limits;
  Group restored(clock, random, limits);
  restored.restore(std::move(*group->value));
  (void)restored.describe();
  for (int i = 0; i < 10 && restored.wake_at() != Group::Time::max(); ++i) {
    clock.advance_ms(100000);
    restored.tick();
    (void)restored.take_stores();
  }
  return 0;
}
