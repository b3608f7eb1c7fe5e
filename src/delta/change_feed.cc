// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/change_feed.h"

#include <arrow/array/array_base.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <fmt/format.h>

#include <map>

#include "delta/actions_internal.h"
#include "delta/column_mapping_internal.h"
#include "delta/commit_times_internal.h"
#include "delta/data_file_internal.h"
#include "delta/features_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/paths_internal.h"
#include "delta/schema_compatibility_internal.h"

namespace foz::delta {
namespace {

bool is_mapped(const Metadata& metadata) {
  const auto mapping = column_mapping(metadata);
  return mapping && *mapping != ColumnMapping::kNone;
}

Status check_recorded(const Metadata& metadata, Version version, Version from, Version to) {
  if (is_true(metadata.configuration, "delta.enableChangeDataFeed")) return {};
  return invalid(fmt::format(
      "the changes of versions {} to {} cannot be told: the change data feed is off in version {} "
      "(delta.enableChangeDataFeed)",
      from.value(), to.value(), version.value()));
}

Status check_schema(const Snapshot& shape, const Metadata& metadata, Version version) {
  const bool before = version <= shape.version();
  const auto why = TRY(before ? incompatibility(metadata, shape.metadata(), true)
                              : incompatibility(shape.metadata(), metadata, false));
  if (!why) return {};
  return invalid(
      fmt::format("the changes of version {} cannot be read as version {} has its "
                  "columns: {}",
                  version.value(), shape.version().value(), *why));
}

AddFile file_of(const RemoveFile& remove) {
  AddFile file;
  file.path = remove.path;
  file.partition_values = remove.partition_values;
  file.size = remove.size.value_or(0);
  file.deletion_vector = remove.deletion_vector;
  return file;
}

AddFile file_of(CdcFile&& change) {
  AddFile file;
  file.path = std::move(change.path);
  file.partition_values = std::move(change.partition_values);
  file.size = change.size;
  return file;
}

// A MERGE that changed no row may have written files all the same: Spark passes over them.
bool changed_nothing(const CommitInfo& info) {
  const HistoryEntry entry = history_entry(info);
  if (entry.operation != "MERGE") return false;
  for (const char* name :
       {"numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsDeleted"}) {
    const auto found = entry.metrics.find(name);
    if (found == entry.metrics.end() || found->second != "0") return false;
  }
  return true;
}

// Reads the changes of one version.
class VersionReader {
 public:
  VersionReader(const Table& table, const Snapshot& shape, std::vector<std::string> columns,
                VersionTime time, const VisitBatch& visit)
      : table_(table), shape_(shape), columns_(std::move(columns)), time_(time), visit_(visit) {}

  Status read(ReadCommit&& commit) {
    if (!commit.changes.empty()) {
      columns_.emplace_back(kChangeType);
      for (CdcFile& change : commit.changes) {
        TRY(read_rows(file_of(std::move(change)), nullptr,
                      [](int64_t) -> Result<std::optional<DeletedRows>> {
                        return std::optional<DeletedRows>();
                      }));
      }
      return {};
    }
    std::map<std::string, std::pair<std::optional<AddFile>, std::optional<RemoveFile>>> files;
    for (Action& action : commit.actions) {
      if (const auto* info = std::get_if<CommitInfo>(&action); info && changed_nothing(*info))
        return {};
      if (auto* add = std::get_if<AddFile>(&action); add && add->data_change)
        files[add->path].first = std::move(*add);
      if (auto* remove = std::get_if<RemoveFile>(&action); remove && remove->data_change)
        files[remove->path].second = std::move(*remove);
    }
    for (const auto& [path, pair] : files) {
      const auto& [add, remove] = pair;
      if (add && remove) {
        TRY(read_difference(*add, *remove));
      } else if (add) {
        TRY(read_left(*add, "insert"));
      } else {
        TRY(check_values(*remove));
        TRY(read_left(file_of(*remove), "delete"));
      }
    }
    return {};
  }

 private:
  Status check_values(const RemoveFile& remove) const {
    if (!remove.partition_values.empty() || shape_.metadata().partition_columns.empty()) return {};
    return Error(ErrorCode::kUnsupported,
                 fmt::format("version {} removes {} without its partition values: the rows that it "
                             "deleted cannot be told",
                             time_.version.value(), remove.path));
  }

  Result<std::optional<DeletedRows>> deleted(const AddFile& file, int64_t rows) const {
    if (!file.deletion_vector) return std::optional<DeletedRows>();
    return std::optional(
        TRY(load_deletion_vector(table_.store(), table_.root(), *file.deletion_vector, rows)));
  }

  // Leaves out all rows but those that `file` has lost and `other` has not.
  Result<std::optional<DeletedRows>> all_but(const AddFile& file, const AddFile& other,
                                             int64_t rows) const {
    const DeletedRows lost = TRY(deleted(file, rows)).value_or(DeletedRows(rows));
    const DeletedRows known = TRY(deleted(other, rows)).value_or(DeletedRows(rows));
    return std::optional(lost.except(known).others());
  }

  Status read_left(const AddFile& file, const char* type) {
    return read_rows(file, type, [&](int64_t rows) { return deleted(file, rows); });
  }

  // The same file before and after with other deletion vectors: only what differs changed.
  Status read_difference(const AddFile& add, const RemoveFile& remove) {
    const AddFile before = file_of(remove);
    TRY(read_rows(add, "delete", [&](int64_t rows) { return all_but(add, before, rows); }));
    return read_rows(add, "insert", [&](int64_t rows) { return all_but(before, add, rows); });
  }

  // `type` null: the file has it.
  Status read_rows(const AddFile& file, const char* type, const LeaveOut& leave_out) {
    return read_chosen_rows(table_, shape_, file, columns_, leave_out,
                            [&](std::shared_ptr<arrow::RecordBatch> batch) -> Status {
                              return visit_(TRY(finished(std::move(batch), type)));
                            });
  }

  Result<std::shared_ptr<arrow::RecordBatch>> finished(std::shared_ptr<arrow::RecordBatch> batch,
                                                       const char* type) const {
    const auto append = [&](const char* name,
                            const std::shared_ptr<arrow::Scalar>& value) -> Status {
      auto column = TRY_ARROW(arrow::MakeArrayFromScalar(*value, batch->num_rows()));
      batch = TRY_ARROW(batch->AddColumn(batch->num_columns(),
                                         arrow::field(name, value->type, type == nullptr),
                                         std::move(column)));
      return {};
    };
    if (type) TRY(append(kChangeType, std::make_shared<arrow::StringScalar>(type)));
    TRY(append("_commit_version", std::make_shared<arrow::Int64Scalar>(time_.version.value())));
    TRY(append("_commit_timestamp",
               std::make_shared<arrow::TimestampScalar>(
                   time_.timestamp_ms * 1000, arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"))));
    return batch;
  }

  const Table& table_;
  const Snapshot& shape_;
  std::vector<std::string> columns_;
  const VersionTime time_;
  const VisitBatch& visit_;
};

}  // namespace

Result<ChangeFeed> ChangeFeed::open(const Table& table, Version from, std::optional<Version> to,
                                    OtherSchemas others) {
  const SnapshotPtr latest = TRY(table.latest());
  const Version end = std::min(to.value_or(latest->version()), latest->version());
  if (to && *to < from) {
    return invalid(fmt::format("changes end in version {}, before they begin in {}", to->value(),
                               from.value()));
  }
  const SnapshotPtr first = TRY(table.at(from));
  const SnapshotPtr last = end == latest->version() ? latest : TRY(table.at(end));
  const bool mapped =
      is_mapped(first->metadata()) || is_mapped(last->metadata()) || is_mapped(latest->metadata());
  ChangeFeed feed(table, from, end, mapped ? last : latest);
  const bool strict = others == OtherSchemas::kRefuse;
  TRY(check_recorded(first->metadata(), from, from, end));
  for (Version version = from; version <= end; ++version) {
    const auto commit =
        TRY(read_commit_object(table.store(), log_path(table.root(), commit_name(version))));
    for (const Action& action : commit.actions) {
      const auto* metadata = std::get_if<Metadata>(&action);
      if (!metadata) continue;
      TRY(check_recorded(*metadata, version, from, end));
      if (version > from && strict) TRY(check_schema(*feed.shape_, *metadata, version));
    }
  }
  if (strict) TRY(check_schema(*feed.shape_, first->metadata(), from));
  return feed;
}

Status ChangeFeed::read(const std::vector<std::string>& columns, const VisitBatch& visit) const {
  std::vector<std::string> names = columns;
  if (names.empty()) {
    for (const Field& field : shape_->schema().fields) names.push_back(field.name);
  }
  const CommitTimes times = TRY(CommitTimes::open(*table_));
  for (Version version = from_; version <= to_; ++version) {
    ReadCommit commit =
        TRY(read_commit_object(table_->store(), log_path(table_->root(), commit_name(version))));
    const VersionTime time{version, TRY(times.time_of(version, commit))};
    TRY(VersionReader(*table_, *shape_, names, time, visit)
            .read(std::move(commit))
            .within(fmt::format("changes of version {}", version.value())));
  }
  return {};
}

}  // namespace foz::delta
