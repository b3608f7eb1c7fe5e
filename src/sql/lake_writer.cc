// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/lake_writer_internal.h"

#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>

#include <set>

#include "base/logging.h"
#include "delta/whole_files.h"

namespace foz::sql {

namespace {

constexpr int64_t kFlushBytes = 64LL << 20;  // of rows in memory
constexpr int64_t kFlushRows = 1'000'000;    // that go: their values are read for the change feed

bool numbers_rows(const delta::Snapshot& snapshot) {
  const auto rules = delta::row_rules(snapshot.metadata(), snapshot.schema());
  return rules && !rules->identities.empty();
}

}  // namespace

LakeWriter::LakeWriter(const delta::Table& table, delta::SnapshotPtr base, Random& random,
                       const Clock& clock, const delta::RowChecker& checker)
    : table_(table),
      base_(std::move(base)),
      writer_{.table = table, .base = base_, .random = random, .clock = clock, .checker = &checker},
      whole_(numbers_rows(*base_)) {}

LakeWriter::~LakeWriter() {
  for (const std::string& path : written_) {
    // What stays is vacuum's.
    if (const auto gone = table_.store().remove(path); !gone) {
      log_warn("sql", "a file of a statement that failed stays",
               {{"path", path}, {"reason", gone.error().message()}});
    }
  }
}

void LakeWriter::name_files() {
  std::set<int64_t> numbers;
  for (const auto& [file, rows] : removed_) numbers.insert(file);
  for (const auto& [file, rows] : updated_) numbers.insert(file);
  const auto files = delta::files_at(*base_, numbers);
  for (auto& [file, rows] : removed_)
    pending_.deleted.push_back({files.at(file)->path, std::move(rows)});
  for (auto& [file, rows] : updated_)
    pending_.updated.push_back({files.at(file)->path, std::move(rows)});
  removed_.clear();
  updated_.clear();
}

Status LakeWriter::insert(std::shared_ptr<arrow::RecordBatch> rows) {
  count_ += rows->num_rows();
  pending_rows_ += rows->num_rows();
  pending_bytes_ += arrow::util::TotalBufferSize(*rows);
  pending_.inserted.push_back(std::move(rows));
  return flush_if_full();
}

Status LakeWriter::remove(int64_t file, int64_t row) {
  ++count_;
  ++pending_rows_;
  removed_[file].push_back(row);
  return flush_if_full();
}

Status LakeWriter::replace(const std::vector<Place>& places,
                           std::shared_ptr<arrow::RecordBatch> after) {
  for (const Place& place : places) {
    if (updated_.empty() || updated_.back().first != place.file)
      updated_.push_back({place.file, {}});
    updated_.back().second.push_back(place.row);
  }
  count_ += after->num_rows();
  pending_rows_ += after->num_rows();
  pending_bytes_ += arrow::util::TotalBufferSize(*after);
  pending_.after.push_back(std::move(after));
  return flush_if_full();
}

Status LakeWriter::flush_if_full() {
  const bool full = pending_bytes_ >= kFlushBytes || pending_rows_ >= kFlushRows;
  return full && !whole_ ? flush() : Status();
}

void LakeWriter::remember(const delta::AddFile& file) {
  if (const auto path = delta::object_path(table_, file)) written_.push_back(*path);
}

Status LakeWriter::flush() {
  if (pending_rows_ == 0) return {};
  name_files();
  pending_.among_changes = merges_;
  delta::CommitRequest made = TRY(delta::change_rows(writer_, pending_));
  pending_ = {};
  pending_bytes_ = pending_rows_ = 0;
  for (auto& add : made.adds) {
    remember(add);
    request_.adds.push_back(std::move(add));
  }
  for (auto& file : made.change_files) {
    delta::AddFile named;
    named.path = file.path;
    remember(named);
    request_.change_files.push_back(std::move(file));
  }
  for (auto& deletion : made.deletions) {
    auto& rows = gone_[deletion.path];
    rows.insert(rows.end(), deletion.rows.begin(), deletion.rows.end());
  }
  if (made.metadata) request_.metadata = std::move(made.metadata);
  for (const auto& [name, value] : made.operation_metrics)
    request_.operation_metrics[name] += value;
  request_.operation = made.operation;
  request_.operation_parameters = std::move(made.operation_parameters);
  return {};
}

Result<delta::CommitRequest> LakeWriter::finish() {
  TRY(flush());
  for (auto& [path, rows] : gone_) request_.deletions.push_back({path, std::move(rows)});
  gone_.clear();
  if (!request_.deletions.empty() && !delta::has_deletion_vectors(*base_)) {
    const size_t before = request_.adds.size();
    TRY(delta::copy_on_write(writer_, request_));
    for (size_t i = before; i < request_.adds.size(); ++i) remember(request_.adds[i]);
  }
  return std::move(request_);
}

}  // namespace foz::sql
