// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Readers of Arrow's rows: those of a tail, and those of files that the delta room reads: with
// variants, which it puts together and spells as Spark does, or whose columns are not the table's.
#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>

#include "delta/data_file_rows.h"
#include "delta/variant.h"
#include "duckdb/common/multi_file/base_file_reader.hpp"
#include "duckdb/common/multi_file/multi_file_reader.hpp"
#include "duckdb/parallel/async_result.hpp"
#include "duckdb/planner/table_filter_state.hpp"
#include "duckdb/storage/table/column_segment.hpp"
#include "sql/arrow_duck_internal.h"
#include "sql/lake_error_internal.h"
#include "sql/lake_scan_internal.h"

namespace foz::sql {

namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

// Claimed whole by one thread, so that its filter states need no lock.
class RowsReader : public duckdb::BaseFileReader {
 public:
  RowsReader(const duckdb::OpenFileInfo& file_info, duckdb::shared_ptr<LakeScan> scan,
             ScanPartPtr part)
      : BaseFileReader(file_info), scan_(std::move(scan)), part_(std::move(part)) {
    for (const auto& column : scan_->columns) columns.push_back(column);
  }

  bool TryInitializeScan(duckdb::ClientContext&, duckdb::GlobalTableFunctionState&,
                         duckdb::LocalTableFunctionState&) override {
    return !std::exchange(claimed_, true);  // called under the scan's lock
  }

 protected:
  // The scan promised to apply every filter that was pushed: nobody checks again behind it.
  void apply_filters(duckdb::ClientContext& context, duckdb::DataChunk& chunk) {
    if (!filters) return;
    if (!expression_map.empty())
      throw duckdb::InternalException("these columns need no expression");
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
  const ScanPartPtr part_;

 private:
  bool claimed_ = false;
  std::unordered_map<duckdb::idx_t, duckdb::unique_ptr<duckdb::TableFilterState>> states_;
};

class TailReader final : public RowsReader {
 public:
  TailReader(const duckdb::OpenFileInfo& file_info, duckdb::shared_ptr<LakeScan> scan,
             ScanPartPtr part)
      : RowsReader(file_info, std::move(scan), std::move(part)) {
    for (const std::string& name : scan_->names)
      in_batch_.push_back(part_->rows->schema()->GetFieldIndex(name));
  }

  duckdb::AsyncResult Scan(duckdb::ClientContext& context, duckdb::GlobalTableFunctionState&,
                           duckdb::LocalTableFunctionState&, duckdb::DataChunk& chunk) override {
    if (done_ == part_->row_count) return duckdb::SourceResultType::FINISHED;
    const auto count = std::min<int64_t>(STANDARD_VECTOR_SIZE, part_->row_count - done_);
    for (size_t i = 0; i < column_indexes.size(); ++i) {
      const int column = in_batch_[column_indexes[i].GetPrimaryIndex()];
      if (column < 0) {
        chunk.data[i].SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
        duckdb::ConstantVector::SetNull(chunk.data[i], true);
      } else {
        show_rows(*part_->rows->column_data(column), part_->first_row + done_,
                  static_cast<duckdb::idx_t>(count), chunk.data[i]);
      }
    }
    chunk.SetCardinality(static_cast<duckdb::idx_t>(count));
    if (part_->gone) leave_out_gone(chunk);
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
      if (!(*part_->gone)[static_cast<size_t>(part_->first_row + done_) + i]) {
        kept.set_index(count++, i);
      }
    }
    if (count < chunk.size()) chunk.Slice(kept, count);
  }

  std::vector<int> in_batch_;  // of each column of the table; -1: not there yet
  int64_t done_ = 0;
};

// Of variants that become texts at once, which DuckDB's memory limit does not know.
constexpr int64_t kTextBytes = 8 << 20;

class FileReader final : public RowsReader {
 public:
  using RowsReader::RowsReader;

  // Behind the table's columns.
  void AddVirtualColumn(duckdb::column_t id) override { hidden_.push_back(id); }

  duckdb::AsyncResult Scan(duckdb::ClientContext& context, duckdb::GlobalTableFunctionState&,
                           duckdb::LocalTableFunctionState&, duckdb::DataChunk& chunk) override {
    if (!rows_) open();
    if (!batch_ || done_ == batch_->num_rows()) {
      if (!next_batch()) return duckdb::SourceResultType::FINISHED;
    }
    const auto count =
        static_cast<duckdb::idx_t>(std::min(rows_at_once_, batch_->num_rows() - done_));
    // Copied: the rows may be needed for longer than the batch is there.
    duckdb::DataChunk shown;
    shown.Initialize(context, chunk.GetTypes());
    shown_.clear();
    for (size_t i = 0; i < asked_.size(); ++i) show(asked_[i], count, shown.data[i]);
    shown.SetCardinality(count);
    shown.Copy(chunk);
    if (deletion_filter) {
      duckdb::SelectionVector kept;
      const auto left = deletion_filter->Filter(first_row_ + done_, count, kept);
      if (left < count) chunk.Slice(kept, left);
    }
    done_ += static_cast<int64_t>(count);
    apply_filters(context, chunk);
    return duckdb::SourceResultType::HAVE_MORE_OUTPUT;
  }

  duckdb::string GetReaderType() const override { return "delta"; }

 private:
  // A column of the batches; -1: the row's number.
  struct Asked {
    int column = -1;
    bool whole = false;
  };

  void open() {
    std::vector<std::string> names;
    for (const auto& index : column_indexes) {
      auto column = static_cast<size_t>(index.GetPrimaryIndex());
      Asked asked;
      if (column >= scan_->columns.size()) {
        const auto whole = scan_->column_of_whole(hidden_[column - scan_->columns.size()]);
        asked.whole = whole.has_value();
        if (whole) column = *whole;
      }
      if (column < scan_->columns.size()) {
        const auto at = std::ranges::find(names, scan_->names[column]);
        asked.column = static_cast<int>(at - names.begin());
        if (at == names.end()) names.push_back(scan_->names[column]);
      }
      asked_.push_back(asked);
    }
    names.emplace_back(delta::kRowIndex);
    // What is deleted is left out here, by the rows' numbers.
    delta::AddFile whole = *part_->file;
    whole.deletion_vector.reset();
    delta::WantsRows wants;
    if (filters) wants = [this](const auto& group) { return may_match(group); };
    rows_.emplace(or_throw(delta::DataFileRows::open(*scan_->table, *scan_->snapshot, whole, names,
                                                     std::move(wants))));
  }

  bool may_match(const delta::FileStatistics& group) const {
    return std::ranges::all_of(filters->filters, [&](const auto& each) {
      const auto column = column_indexes[each.first].GetPrimaryIndex();
      return column >= scan_->columns.size() || sql::may_match(*scan_, group, column, *each.second);
    });
  }

  bool next_batch() {
    done_ = 0;
    batch_ = or_throw(rows_->next());
    if (!batch_) return false;
    const auto& numbers = *batch_->column(batch_->num_columns() - 1);
    first_row_ = static_cast<const arrow::Int64Array&>(numbers).Value(0);
    const int64_t row_bytes = arrow::util::TotalBufferSize(*batch_) / batch_->num_rows() + 1;
    rows_at_once_ = std::clamp<int64_t>(kTextBytes / row_bytes, 1, STANDARD_VECTOR_SIZE);
    return true;
  }

  void show(const Asked& asked, duckdb::idx_t count, duckdb::Vector& out) {
    if (asked.column >= 0) {
      const auto rows = static_cast<int64_t>(count);
      const Batch column = arrow::RecordBatch::Make(
          arrow::schema({batch_->schema()->field(asked.column)}), rows,
          arrow::ArrayVector{batch_->column(asked.column)->Slice(done_, rows)});
      shown_.push_back(or_throw(delta::with_variant_text(
          column, scan_->snapshot->schema(),
          asked.whole ? delta::VariantText::kWhole : delta::VariantText::kJson)));
      return show_rows(*shown_.back()->column_data(0), 0, count, out);
    }
    auto* numbers = duckdb::FlatVector::GetData<int64_t>(out);
    for (duckdb::idx_t i = 0; i < count; ++i)
      numbers[i] = first_row_ + done_ + static_cast<int64_t>(i);
  }

  std::vector<duckdb::column_t> hidden_;
  std::vector<Asked> asked_;
  std::optional<delta::DataFileRows> rows_;
  Batch batch_;  // `done_` of its rows are read
  std::vector<Batch> shown_;
  int64_t first_row_ = 0, done_ = 0;
  int64_t rows_at_once_ = 0;
};

}  // namespace

duckdb::shared_ptr<duckdb::BaseFileReader> make_rows_reader(const duckdb::OpenFileInfo& file,
                                                            duckdb::shared_ptr<LakeScan> scan,
                                                            ScanPartPtr part) {
  if (part->file)
    return duckdb::make_shared_ptr<FileReader>(file, std::move(scan), std::move(part));
  return duckdb::make_shared_ptr<TailReader>(file, std::move(scan), std::move(part));
}

}  // namespace foz::sql
