// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "table/change_files_internal.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/compute/api.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "delta/data_file.h"

namespace foz::table {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

constexpr int64_t kFileBytes = int64_t{64} << 20;  // of rows in memory

Error arrow_error(const arrow::Status& status) {
  return Error(status.IsOutOfMemory() ? ErrorCode::kOverloaded : ErrorCode::kInternal,
               status.ToString());
}

class ChangeFiles {
 public:
  ChangeFiles(const SealedPart& sealed, const CommitTools& tools)
      : sealed_(sealed), tools_(tools), base_(*sealed.base) {}

  Result<std::vector<delta::CdcFile>> run(const std::vector<Batch>& added) {
    TRY(take_hidden());
    for (const Batch& rows : added) {
      TRY(take(rows, [this](const KeyHash& key) {
        return updated_.contains(key) ? "update_postimage" : "insert";
      }));
    }
    TRY(flush());
    return std::move(files_);
  }

 private:
  Status take_hidden() {
    std::unordered_map<std::string_view, std::shared_ptr<const delta::AddFile>> files;
    base_.each_file([&](const auto& file) { return files.emplace(file->path, file), true; });
    std::vector<std::string> columns;
    for (const auto& field : base_.arrow_schema()->fields()) columns.push_back(field->name());
    columns.emplace_back(delta::kRowIndex);
    for (const auto& [path, number] : *sealed_.hidden->files) {
      const std::vector<int64_t> hidden = hidden_rows(*sealed_.hidden, path);
      if (hidden.empty()) continue;
      TRY(delta::read_data_file(
          *sealed_.table, base_, *files.at(path), columns,
          [&](const Batch& rows) -> Status { return take_chosen(rows, hidden); }));
    }
    return {};
  }

  Status take_chosen(const Batch& rows, const std::vector<int64_t>& wanted) {
    const int last = rows->num_columns() - 1;
    const auto& numbers = static_cast<const arrow::Int64Array&>(*rows->column(last));
    arrow::Int64Builder places;
    for (int64_t row = 0; row < rows->num_rows(); ++row) {
      if (!std::ranges::binary_search(wanted, numbers.Value(row))) continue;
      if (auto done = places.Append(row); !done.ok()) return arrow_error(done);
    }
    if (places.length() == 0) return {};
    auto chosen = places.Finish();
    if (!chosen.ok()) return arrow_error(chosen.status());
    auto without_numbers = rows->RemoveColumn(last);
    if (!without_numbers.ok()) return arrow_error(without_numbers.status());
    auto taken = arrow::compute::Take(*without_numbers, *chosen);
    if (!taken.ok()) return arrow_error(taken.status());
    // A key that others wrote twice becomes one row.
    return take(taken->record_batch(), [this](const KeyHash& key) {
      const auto change = sealed_.changes->find(key);
      const bool deletes =
          change == sealed_.changes->end() || change->second.place == KeyChange::kDeleted;
      return !deletes && updated_.insert(key).second ? "update_preimage" : "delete";
    });
  }

  template <class Kind>
  Status take(const Batch& rows, const Kind& kind) {
    arrow::StringBuilder kinds;
    for (const KeyHash& key : TRY(row_keys(*rows, sealed_.keys->columns, sealed_.keys->secret))) {
      if (auto done = kinds.Append(kind(key)); !done.ok()) return arrow_error(done);
    }
    auto column = kinds.Finish();
    if (!column.ok()) return arrow_error(column.status());
    auto more = rows->AddColumn(rows->num_columns(), delta::kChangeType, *std::move(column));
    if (!more.ok()) return arrow_error(more.status());
    bytes_ += arrow::util::TotalBufferSize(**more);
    pending_.push_back(*std::move(more));
    return bytes_ < kFileBytes ? Status() : flush();
  }

  Status flush() {
    if (pending_.empty()) return {};
    delta::WriteOptions options;
    options.change_file = true;
    const auto file = TRY(delta::write_data_file(*sealed_.table, base_, pending_, options,
                                                 tools_.random, tools_.clock));
    files_.push_back({file.path, file.partition_values, file.size});
    pending_.clear();
    bytes_ = 0;
    return {};
  }

  const SealedPart& sealed_;
  const CommitTools& tools_;
  const delta::Snapshot& base_;
  std::unordered_set<KeyHash, HashOfKey> updated_;
  std::vector<Batch> pending_;
  int64_t bytes_ = 0;
  std::vector<delta::CdcFile> files_;
};

}  // namespace

Result<std::vector<delta::CdcFile>> write_change_files(const SealedPart& sealed,
                                                       const std::vector<Batch>& added,
                                                       const CommitTools& tools) {
  return ChangeFiles(sealed, tools).run(added);
}

}  // namespace foz::table
