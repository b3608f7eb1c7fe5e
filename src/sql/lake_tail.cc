// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "duckdb/common/multi_file/base_file_reader.hpp"
#include "duckdb/parallel/async_result.hpp"
#include "duckdb/planner/table_filter_state.hpp"
#include "duckdb/storage/table/column_segment.hpp"
#include "sql/arrow_duck_internal.h"
#include "sql/lake_scan_internal.h"

namespace foz::sql {

namespace {

// Claimed whole by one thread, so that its filter states need no lock.
class TailReader final : public duckdb::BaseFileReader {
 public:
  TailReader(const duckdb::OpenFileInfo& file_info, duckdb::shared_ptr<LakeScan> scan,
             const ScanPart& part)
      : BaseFileReader(file_info), scan_(std::move(scan)), part_(part) {
    for (size_t i = 0; i < scan_->columns.size(); ++i) {
      columns.push_back(scan_->columns[i]);
      in_batch_.push_back(part_.rows->schema()->GetFieldIndex(scan_->names[i]));
    }
  }

  bool TryInitializeScan(duckdb::ClientContext&, duckdb::GlobalTableFunctionState&,
                         duckdb::LocalTableFunctionState&) override {
    return !std::exchange(claimed_, true);  // called under the scan's lock
  }

  duckdb::AsyncResult Scan(duckdb::ClientContext& context, duckdb::GlobalTableFunctionState&,
                           duckdb::LocalTableFunctionState&, duckdb::DataChunk& chunk) override {
    if (done_ == part_.row_count) return duckdb::SourceResultType::FINISHED;
    const auto count = std::min<int64_t>(STANDARD_VECTOR_SIZE, part_.row_count - done_);
    for (size_t i = 0; i < column_indexes.size(); ++i) {
      const int column = in_batch_[column_indexes[i].GetPrimaryIndex()];
      if (column < 0) {
        chunk.data[i].SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
        duckdb::ConstantVector::SetNull(chunk.data[i], true);
      } else {
        show_rows(*part_.rows->column_data(column), part_.first_row + done_,
                  static_cast<duckdb::idx_t>(count), chunk.data[i]);
      }
    }
    chunk.SetCardinality(static_cast<duckdb::idx_t>(count));
    if (part_.gone) leave_out_gone(chunk);
    done_ += count;
    apply_filters(context, chunk);
    return duckdb::SourceResultType::HAVE_MORE_OUTPUT;
  }

  duckdb::string GetReaderType() const override { return "tail"; }

 private:
  void leave_out_gone(duckdb::DataChunk& chunk) const {
    duckdb::SelectionVector kept(STANDARD_VECTOR_SIZE);
    duckdb::idx_t count = 0;
    for (duckdb::idx_t i = 0; i < chunk.size(); ++i) {
      if (!(*part_.gone)[static_cast<size_t>(part_.first_row + done_) + i]) {
        kept.set_index(count++, i);
      }
    }
    if (count < chunk.size()) chunk.Slice(kept, count);
  }

  // The scan promised to apply every filter that was pushed: nobody checks again behind it.
  void apply_filters(duckdb::ClientContext& context, duckdb::DataChunk& chunk) {
    if (!filters) return;
    if (!expression_map.empty()) throw duckdb::InternalException("tail columns need no expression");
    duckdb::SelectionVector selected;
    duckdb::idx_t count = chunk.size();
    for (const auto& [column, filter] : filters->filters) {
      auto& state = states_[column];
      if (!state) state = duckdb::TableFilterState::Initialize(context, *filter);
      duckdb::UnifiedVectorFormat rows;
      chunk.data[column].ToUnifiedFormat(chunk.size(), rows);
      duckdb::ColumnSegment::FilterSelection(selected, chunk.data[column], rows, *filter, *state,
                                             chunk.size(), count);
      if (count == 0) break;
    }
    if (count < chunk.size()) chunk.Slice(selected, count);
  }

  duckdb::shared_ptr<LakeScan> scan_;
  const ScanPart& part_;
  std::vector<int> in_batch_;  // of each column of the table; -1: not there yet
  bool claimed_ = false;
  int64_t done_ = 0;
  std::unordered_map<duckdb::idx_t, duckdb::unique_ptr<duckdb::TableFilterState>> states_;
};

}  // namespace

duckdb::shared_ptr<duckdb::BaseFileReader> make_tail_reader(const duckdb::OpenFileInfo& file,
                                                            duckdb::shared_ptr<LakeScan> scan,
                                                            const ScanPart& part) {
  return duckdb::make_shared_ptr<TailReader>(file, std::move(scan), part);
}

}  // namespace foz::sql
