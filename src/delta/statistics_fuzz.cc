// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any bytes as a file's statistics, and as texts whose bounds are cut.
#include <cstddef>
#include <cstdint>

#include "delta/data_file.h"
#include "delta/partition_value_internal.h"
#include "delta/replay_internal.h"
#include "delta/statistics_internal.h"

namespace {

foz::delta::LoadedSnapshot make_snapshot() {
  using namespace foz::delta;
  auto shape = std::make_shared<Shape>();
  shape->schema.fields = {{"a", {.kind = TypeKind::kLong}, true, {}},
                          {"t", {.kind = TypeKind::kTimestamp}, true, {}},
                          {"s", {.kind = TypeKind::kString}, true, {}}};
  State state;
  state.shape = std::move(shape);
  return LoadedSnapshot(std::move(state));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foz::delta;
  static const LoadedSnapshot snapshot = make_snapshot();
  AddFile file;
  file.stats.assign(reinterpret_cast<const char*>(data), size);
  (void)parse_statistics(snapshot, file).has_value();
  (void)physical_rows(file);
  (void)with_wide_bounds(file.stats);
  (void)parse_timestamp_us(file.stats);
  CHECK(file.stats.starts_with(cut_lower_bound(file.stats)));
  if (const auto high = cut_upper_bound(file.stats)) CHECK(high->size() <= file.stats.size() + 3);
  StatisticsForms forms;
  for (int round = 0; round < 2; ++round) {
    CHECK(PackedFile<AddFile>(file, forms).file(forms)->stats == file.stats);
  }
  return 0;
}
