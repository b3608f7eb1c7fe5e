// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include "base/json_writer.h"
#include "delta/checkpoint_file_internal.h"
#include "delta/checkpoint_internal.h"
#include "delta/features_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/parsed_statistics_internal.h"
#include "delta/paths_internal.h"
#include "delta/properties_internal.h"
#include "delta/sidecars_internal.h"
#include "delta/table.h"

namespace foz::delta {
namespace {

constexpr int64_t kWeekMs = 604'800'000;
// Positions of our own flows: to forget one means to read its input again.
constexpr std::string_view kPositions = "foz/";

struct Written {
  int64_t actions = 0, bytes = 0;
};

// An interval that cannot be read never ends.
int64_t since_ms(const State& state, const char* property, int64_t now_ms, int64_t otherwise) {
  const auto& configuration = state.shape->metadata.configuration;
  const auto found = configuration.find(property);
  return now_ms -
         (found == configuration.end() ? otherwise : interval_ms(found->second).value_or(now_ms));
}

// Calls `take` for each item until it fails.
template <class Trie, class Take>
Status each(const Trie& trie, Take&& take) {
  Status status;
  trie.each([&](const auto& item) {
    status = take(*item);
    return status.has_value();
  });
  return status;
}

// All but files.
Status write_others(CheckpointFile& file, const State& state, int64_t now_ms) {
  TRY(file.add(state.shape->protocol));
  TRY(file.add(state.shape->metadata));
  // Without the property every transaction is kept.
  const int64_t oldest_ms =
      since_ms(state, "delta.setTransactionRetentionDuration", now_ms, now_ms);
  TRY(each(state.transactions, [&](const SetTransaction& txn) -> Status {
    const bool expired = txn.last_updated_ms.value_or(oldest_ms) < oldest_ms;
    if (expired && !txn.app_id.starts_with(kPositions)) return {};
    return file.add(txn);
  }));
  if (state.domains) {
    for (const auto& [name, domain] : *state.domains) TRY(file.add(domain));
  }
  return {};
}

Result<Written> write_classic(store::ObjectStore& store, const std::string& root,
                              const State& state, int64_t now_ms, int64_t oldest_ms) {
  const auto parsed = TRY(ParsedColumns::of(state.shape->metadata, state.shape->schema));
  CheckpointFile file(CheckpointPart::kWhole, parsed ? &*parsed : nullptr,
                      has_json_statistics(state.shape->metadata));
  TRY(file.open());
  TRY(write_others(file, state, now_ms));
  TRY(each(state.files, [&](const AddFile& add) { return file.add(add); }));
  TRY(each(state.tombstones, [&](const RemoveFile& remove) {
    const bool expired = remove.deletion_timestamp_ms.value_or(0) < oldest_ms;
    return expired ? Status() : file.add(remove);
  }));
  const Bytes bytes = TRY(file.finish());
  TRY(store.put(log_path(root, checkpoint_name(state.version)), bytes));
  return Written{file.rows(), std::ssize(bytes)};
}

Result<Written> write_v2(store::ObjectStore& store, const std::string& root, const State& state,
                         int64_t now_ms, int64_t oldest_ms, Random& random) {
  const Sidecars sidecars = TRY(write_sidecars(store, root, state, oldest_ms, random));
  CheckpointFile file(CheckpointPart::kMain);
  TRY(file.open());
  TRY(file.add_version(state.version));
  TRY(write_others(file, state, now_ms));
  for (const SidecarFile& sidecar : sidecars.files) TRY(file.add(sidecar));
  const Bytes bytes = TRY(file.finish());
  const std::string name =
      fmt::format("{:020}.checkpoint.{}.parquet", state.version.value(), random.uuid().to_string());
  TRY(store.put(log_path(root, name), bytes));
  return Written{file.rows() + sidecars.actions, std::ssize(bytes) + sidecars.bytes};
}

}  // namespace

Status Table::checkpoint(const SnapshotPtr& snapshot) {
  const State& state = state_of(*snapshot);
  const int64_t now_ms = clock_->now_ms();
  const int64_t oldest_ms = since_ms(state, "delta.deletedFileRetentionDuration", now_ms, kWeekMs);
  const bool v2 = snapshot->property("delta.checkpointPolicy") == "v2" &&
                  has_writer_feature(snapshot->protocol(), "v2Checkpoint");
  const Written written = TRY(guard_parquet([&] {
    return v2 ? write_v2(*store_, root_, state, now_ms, oldest_ms, *random_)
              : write_classic(*store_, root_, state, now_ms, oldest_ms);
  }));
  // A hint to readers: never turned back.
  const std::string hint_path = log_path(root_, "_last_checkpoint");
  if (const auto text = store_->get(hint_path)) {
    const auto hint = parse_last_checkpoint(*text);
    if (hint && *hint >= state.version) return {};
  }
  JsonWriter json;
  json.begin_object().field("version", state.version.value()).field("size", written.actions);
  json.field("sizeInBytes", written.bytes);
  json.field("numOfAddFiles", static_cast<int64_t>(state.files.size())).end_object();
  return store_->put(hint_path, as_bytes(json.text()));
}

}  // namespace foz::delta
