// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/sidecars_internal.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/random.h"
#include "delta/actions_internal.h"
#include "delta/commit_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/parsed_statistics_internal.h"
#include "delta/paths_internal.h"

namespace foz::delta {
namespace {

// A sidecar with fewer files than this is written again with others, so that they stay few.
constexpr int64_t kFullFiles = 50'000;
constexpr int64_t kMostFiles = 2 * kFullFiles;
// Beyond so many commits since the last checkpoint nothing is reused.
constexpr int64_t kMostCommits = 2'000;

std::string sidecar_path(const std::string& root, const std::string& name) {
  return name.find('/') == std::string::npos ? log_path(root, "_sidecars/" + name) : name;
}

// Columns of a checkpoint file by dotted names ("add.path"), a batch at a time.
Status read_columns(const store::ObjectStore& store, const std::string& path,
                    const std::vector<std::string>& tops, const std::vector<std::string>& inner,
                    const std::function<Status(const arrow::RecordBatch&)>& visit) {
  const auto reader = TRY(open_parquet(store, path, 0));
  std::vector<int> leaves;
  for (const auto& top : reader->manifest().schema_fields) {
    if (std::ranges::find(tops, top.field->name()) == tops.end()) continue;
    for (const auto& child : top.children) {
      if (std::ranges::find(inner, child.field->name()) != inner.end())
        collect_leaves(child, leaves);
    }
  }
  std::vector<int> groups(static_cast<size_t>(reader->num_row_groups()));
  for (size_t i = 0; i < groups.size(); ++i) groups[i] = static_cast<int>(i);
  reader->set_batch_size(8192);
  const auto batches = TRY_ARROW(reader->GetRecordBatchReader(groups, leaves));
  while (const auto batch = TRY_ARROW(batches->Next())) TRY(visit(*batch));
  return {};
}

// A field of one action; null when it is missing or has another type than our own files have.
template <class Array>
std::shared_ptr<Array> field(const arrow::StructArray& action, const char* name) {
  const auto array = action.GetFieldByName(name);
  if (!array || array->type_id() != Array::TypeClass::type_id) return nullptr;
  return std::static_pointer_cast<Array>(array);
}

std::shared_ptr<arrow::StructArray> action_of(const arrow::RecordBatch& batch, const char* name) {
  const auto column = batch.GetColumnByName(name);
  if (!column || column->type_id() != arrow::Type::STRUCT) return nullptr;
  return std::static_pointer_cast<arrow::StructArray>(column);
}

// The state's items that one sidecar tells of, if all that it says is still so.
class Check {
 public:
  Check(const State& state, int64_t oldest_ms, const std::unordered_set<uint64_t>& touched)
      : state_(state), oldest_ms_(oldest_ms), touched_(touched) {}

  // False: the file is of no use any more.
  Result<bool> run(const store::ObjectStore& store, const std::string& path) {
    bool good = true;
    TRY(read_columns(store, path, {"add", "remove"}, {"path", "deletionVector"},
                     [&](const arrow::RecordBatch& batch) -> Status {
                       for (const char* kind : {"add", "remove"}) {
                         const auto action = action_of(batch, kind);
                         if (action && good) good = take(*action, kind[0] == 'a');
                       }
                       return {};
                     }));
    return good;
  }
  std::vector<const void*> items;
  int64_t adds = 0;

 private:
  bool take(const arrow::StructArray& action, bool is_add) {
    const auto path = field<arrow::StringArray>(action, "path");
    if (!path) return action.null_count() == action.length();
    const auto vector = field<arrow::StructArray>(action, "deletionVector");
    for (int64_t row = 0; row < action.length(); ++row) {
      if (action.IsNull(row) || path->IsNull(row)) continue;
      FileKey key{path->GetView(row)};
      if (vector && vector->IsValid(row)) {
        const auto type = field<arrow::StringArray>(*vector, "storageType");
        const auto where = field<arrow::StringArray>(*vector, "pathOrInlineDv");
        const auto offset = field<arrow::Int32Array>(*vector, "offset");
        if (!type || !where || !offset) return false;
        if (type->IsValid(row)) {
          key.vector = {type->GetView(row), where->GetView(row), std::nullopt};
          if (offset->IsValid(row)) key.vector->offset = offset->Value(row);
        }
      }
      if (!take(key, is_add)) return false;
    }
    return true;
  }

  bool take(const FileKey& key, bool is_add) {
    if (touched_.contains(hash_file_key(key))) return false;
    if (is_add) {
      const auto file = state_.files.find_packed(key);
      if (!file) return false;
      items.push_back(file.identity());
      ++adds;
      return true;
    }
    const auto gone = state_.tombstones.find_packed(key);
    if (!gone || state_.tombstones.unpack(gone)->deletion_timestamp_ms.value_or(0) < oldest_ms_)
      return false;
    items.push_back(gone.identity());
    return true;
  }

  const State& state_;
  const int64_t oldest_ms_;
  const std::unordered_set<uint64_t>& touched_;
};

// Hashes of the files that versions (from, to] named: what an older sidecar says of them is old.
Result<std::unordered_set<uint64_t>> touched_files(const store::ObjectStore& store,
                                                   const std::string& root, Version from,
                                                   Version to) {
  std::unordered_set<uint64_t> touched;
  for (Version version = from + 1; version <= to; ++version) {
    const ReadCommit read = TRY(read_commit_object(store, log_path(root, commit_name(version))));
    for (const Action& action : read.actions) {
      if (const auto* add = std::get_if<AddFile>(&action)) {
        touched.insert(hash_file_key(key_of(*add)));
      } else if (const auto* remove = std::get_if<RemoveFile>(&action)) {
        touched.insert(hash_file_key(key_of(*remove)));
      }
    }
  }
  return touched;
}

struct Reused {
  Sidecars sidecars;
  std::vector<const void*> items;  // sorted
  bool covers(const void* item) const { return std::ranges::binary_search(items, item); }
};

Result<Reused> reuse(const store::ObjectStore& store, const std::string& root, const State& state,
                     int64_t oldest_ms) {
  Reused out;
  const std::string hint = TRY(store.get(log_path(root, "_last_checkpoint")));
  const auto from = parse_last_checkpoint(hint);
  if (!from || *from >= state.version || state.version.value() - from->value() > kMostCommits)
    return out;
  const LogFiles log = TRY(list_log(store, root, *from));
  const auto before = std::ranges::find_if(
      log.checkpoints, [&](const CheckpointFiles& each) { return each.version < state.version; });
  if (before == log.checkpoints.end() || before->json) return out;
  const auto sidecars = TRY(sidecars_of(store, *before));
  if (sidecars.empty()) return out;
  const auto touched = TRY(touched_files(store, root, before->version, state.version));
  for (const SidecarFile& sidecar : sidecars) {
    Check check(state, oldest_ms, touched);
    if (!TRY(check.run(store, sidecar_path(root, sidecar.path)))) continue;
    if (check.adds < kFullFiles) continue;
    out.sidecars.files.push_back(sidecar);
    out.sidecars.actions += static_cast<int64_t>(check.items.size());
    out.sidecars.bytes += sidecar.size;
    std::ranges::move(check.items, std::back_inserter(out.items));
  }
  std::ranges::sort(out.items);
  return out;
}

class SidecarWriter {
 public:
  SidecarWriter(store::ObjectStore& store, const std::string& root, Random& random,
                const ParsedColumns* parsed, bool json, Sidecars& out)
      : store_(store), root_(root), random_(random), parsed_(parsed), json_(json), out_(out) {}

  template <class Item>
  Status add(const Item& item) {
    if (!file_) TRY(file_.emplace(CheckpointPart::kSidecar, parsed_, json_).open());
    TRY(file_->add(item));
    return file_->rows() < kMostFiles ? Status() : finish();
  }
  Status finish() {
    if (!file_) return {};
    const Bytes bytes = TRY(file_->finish());
    SidecarFile sidecar{random_.uuid().to_string() + ".parquet", std::ssize(bytes), 0};
    const std::string path = sidecar_path(root_, sidecar.path);
    TRY(store_.put(path, bytes));
    sidecar.modification_time_ms = TRY(store_.head(path)).modified_ms;
    out_.actions += file_->rows();
    out_.bytes += sidecar.size;
    out_.files.push_back(std::move(sidecar));
    file_.reset();
    return {};
  }

 private:
  store::ObjectStore& store_;
  const std::string& root_;
  Random& random_;
  const ParsedColumns* parsed_;
  const bool json_;
  Sidecars& out_;
  std::optional<CheckpointFile> file_;
};

// Those that no reused sidecar has.
template <class Files, class Wanted>
Status write_files(SidecarWriter& writer, const Files& files, const Reused& reused,
                   Wanted&& wanted) {
  Status status;
  files.each_packed([&](const auto& packed) {
    if (reused.covers(packed.identity())) return true;
    const auto file = files.unpack(packed);
    if (wanted(*file)) status = writer.add(*file);
    return status.has_value();
  });
  return status;
}

}  // namespace

Result<Sidecars> write_sidecars(store::ObjectStore& store, const std::string& root,
                                const State& state, int64_t oldest_ms, Random& random) {
  // Whatever stands against reuse, everything can be written anew.
  auto found = reuse(store, root, state, oldest_ms);
  Reused reused;
  if (found) reused = *std::move(found);
  const Metadata& metadata = state.shape->metadata;
  const auto parsed = TRY(ParsedColumns::of(metadata, state.shape->schema));
  SidecarWriter writer(store, root, random, parsed ? &*parsed : nullptr,
                       has_json_statistics(metadata), reused.sidecars);
  TRY(write_files(writer, state.files, reused, [](const AddFile&) { return true; }));
  TRY(write_files(writer, state.tombstones, reused, [&](const RemoveFile& remove) {
    return remove.deletion_timestamp_ms.value_or(0) >= oldest_ms;
  }));
  TRY(writer.finish());
  return std::move(reused.sidecars);
}

Result<std::vector<SidecarFile>> sidecars_of(const store::ObjectStore& store,
                                             const CheckpointFiles& checkpoint) {
  std::vector<SidecarFile> out;
  for (const store::ObjectMeta& part : checkpoint.parts) {
    if (checkpoint.json) {
      const LogFile file = TRY(parse_log_file(TRY(store.get(part.path))).within(part.path));
      for (const Sidecar& sidecar : file.sidecars) out.push_back({sidecar.path, 0, 0});
      continue;
    }
    TRY(guard_parquet([&] {
      return read_columns(
          store, part.path, {"sidecar"}, {"path", "sizeInBytes", "modificationTime"},
          [&](const arrow::RecordBatch& batch) -> Status {
            const auto action = action_of(batch, "sidecar");
            if (!action) return {};
            const auto path = field<arrow::StringArray>(*action, "path");
            const auto size = field<arrow::Int64Array>(*action, "sizeInBytes");
            const auto time = field<arrow::Int64Array>(*action, "modificationTime");
            if (!path || !size || !time) {
              return Error(ErrorCode::kCorrupt, "sidecars of an unknown form").within(part.path);
            }
            for (int64_t row = 0; row < action->length(); ++row) {
              if (action->IsNull(row) || path->IsNull(row)) continue;
              out.push_back({path->GetString(row), size->Value(row), time->Value(row)});
            }
            return {};
          });
    }));
  }
  return out;
}

}  // namespace foz::delta
