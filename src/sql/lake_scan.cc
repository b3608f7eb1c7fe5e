// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/lake_scan_internal.h"

#include <arrow/record_batch.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include "delta/column_mapping.h"
#include "delta/variant.h"
#include "duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp"
#include "duckdb/common/multi_file/multi_file_list.hpp"
#include "duckdb/common/multi_file/multi_file_reader.hpp"
#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/function/partition_stats.hpp"
#include "duckdb/parser/tableref/table_function_ref.hpp"
#include "duckdb/planner/table_filter.hpp"
#include "duckdb/storage/statistics/node_statistics.hpp"
#include "sql/lake_columns_internal.h"
#include "sql/lake_error_internal.h"
#include "sql/lake_types_internal.h"

namespace foz::sql {

using duckdb::ClientContext;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::MultiFileColumnDefinition;
using duckdb::Value;

namespace {

// Behind it those of file_columns(), in their order.
constexpr duckdb::column_t kFileIdentifier =
    duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILENAME + 1000;

void add_tail(LakeScan& scan, const std::shared_ptr<const table::Tail>& tail, const char* name) {
  if (!tail) return;
  for (const auto& batch : tail->batches) {
    for (int64_t first = 0; first < batch.rows->num_rows(); first += ScanPart::kTailRows) {
      ScanPart part;
      part.url = fmt::format("{} tail of {}, part {}", name, scan.name, scan.tail.size());
      part.rows = batch.rows;
      part.gone = batch.gone;
      part.first_row = first;
      part.row_count = std::min(ScanPart::kTailRows, batch.rows->num_rows() - first);
      scan.tail.push_back(std::make_shared<ScanPart>(std::move(part)));
    }
  }
  scan.tail_rows += static_cast<uint64_t>(tail->rows);
}

// What DuckDB carries along with the name of a "file".
struct PartInfo final : duckdb::ExtendedOpenFileInfo {
  ScanPartPtr part;
};

ScanPartPtr part_of(const duckdb::OpenFileInfo& file) {
  return static_cast<const PartInfo&>(*file.extended_info).part;
}

duckdb::OpenFileInfo open_info(const LakeScan& scan, const ScanPartPtr& part) {
  duckdb::OpenFileInfo file(part->url);
  auto info = duckdb::make_shared_ptr<PartInfo>();
  info->part = part;
  if (part->file) {
    auto& options = info->options;
    options["file_size"] = Value::BIGINT(part->file->size);
    options["validate_external_file_cache"] = Value::BOOLEAN(false);  // data files never change
    options["etag"] = Value("1");
    options["last_modified"] = Value::TIMESTAMP(duckdb::timestamp_t(1));
    // Hidden rows are looked for when a file is opened: any may have some.
    options["has_deletes"] = Value::BOOLEAN(scan.hidden || part->file->deletion_vector.has_value());
  }
  file.extended_info = std::move(info);
  return file;
}

// The files that the filter lets in, and the tail.
Result<std::vector<ScanPartPtr>> parts_of(const LakeScan& scan, const delta::ScanFilter& filter) {
  std::vector<ScanPartPtr> parts;
  Status made;
  const auto add = [&](int64_t number, const std::shared_ptr<const delta::AddFile>& file) {
    const auto path = delta::object_path(*scan.table, *file);
    if (!path) made = path.error();
    if (!made) return false;
    ScanPart part;
    part.file = file;
    part.number = number;
    part.url = scan.services->files->url(scan.table->store(), *path);
    parts.push_back(std::make_shared<ScanPart>(std::move(part)));
    return true;
  };
  if (scan.snapshot) TRY(delta::plan_scan(*scan.snapshot, filter, add));
  TRY(std::move(made));
  parts.insert(parts.end(), scan.tail.begin(), scan.tail.end());
  return parts;
}

class LakeFileList final : public duckdb::MultiFileList {
 public:
  // Of all parts, which are looked up when the first is asked for.
  explicit LakeFileList(duckdb::shared_ptr<LakeScan> scan) : scan_(std::move(scan)) {}
  LakeFileList(duckdb::shared_ptr<LakeScan> scan, std::vector<ScanPartPtr> parts)
      : scan_(std::move(scan)), parts_(std::move(parts)) {}

  duckdb::vector<duckdb::OpenFileInfo> GetAllFiles() const override {
    duckdb::vector<duckdb::OpenFileInfo> files;
    for (const ScanPartPtr& part : parts()) files.push_back(open_info(*scan_, part));
    return files;
  }
  duckdb::idx_t GetTotalFileCount() const override {
    const std::lock_guard lock(mutex_);
    if (parts_) return parts_->size();
    return (scan_->snapshot ? scan_->snapshot->file_count() : 0) + scan_->tail.size();
  }
  // DuckDB asks for all of them with each plan, to show what it is not asked to.
  duckdb::vector<duckdb::OpenFileInfo> GetDisplayFileList(
      duckdb::optional_idx most) const override {
    if (!most.IsValid()) return {};
    return MultiFileList::GetDisplayFileList(most);
  }
  // "Multiple" also for one file or none: the rest is for scans that read the first file to know
  // the schema.
  duckdb::FileExpandResult GetExpandResult() const override {
    return duckdb::FileExpandResult::MULTIPLE_FILES;
  }
  duckdb::unique_ptr<duckdb::NodeStatistics> GetCardinality(ClientContext&) const override {
    const auto rows = scan_->row_count();
    if (!rows) return nullptr;
    return duckdb::make_uniq<duckdb::NodeStatistics>(*rows);
  }
  duckdb::unique_ptr<duckdb::MultiFileList> Copy() const override {
    const std::lock_guard lock(mutex_);
    if (parts_) return duckdb::make_uniq<LakeFileList>(scan_, *parts_);
    return duckdb::make_uniq<LakeFileList>(scan_);
  }
  duckdb::unique_ptr<duckdb::MultiFileList> DynamicFilterPushdown(
      ClientContext& context, const duckdb::MultiFileOptions&,
      const duckdb::vector<duckdb::string>&, const duckdb::vector<LogicalType>&,
      const duckdb::vector<duckdb::column_t>& column_ids,
      duckdb::TableFilterSet& filters) const override {
    auto kept = or_throw(parts_of(*scan_, pushed_filter(*scan_, column_ids, filters)));
    std::erase_if(kept, [&](const ScanPartPtr& part) {
      return !may_match(context, *scan_, *part, column_ids, filters);
    });
    scan_->services->files_pruned->add(static_cast<int64_t>(GetTotalFileCount()) -
                                       static_cast<int64_t>(kept.size()));
    return duckdb::make_uniq<LakeFileList>(scan_, std::move(kept));
  }

 protected:
  duckdb::OpenFileInfo GetFile(duckdb::idx_t at) const override {
    const auto& all = parts();
    return at < all.size() ? open_info(*scan_, all[at]) : duckdb::OpenFileInfo("");
  }

 private:
  const std::vector<ScanPartPtr>& parts() const {
    const std::lock_guard lock(mutex_);
    if (!parts_) parts_ = or_throw(parts_of(*scan_, {}));
    return *parts_;
  }

  duckdb::shared_ptr<LakeScan> scan_;
  mutable std::mutex mutex_;
  mutable std::optional<std::vector<ScanPartPtr>> parts_;  // set once
};

class DeletedRows final : public duckdb::DeleteFilter {
 public:
  explicit DeletedRows(std::vector<bool> deleted) : deleted_(std::move(deleted)) {}
  duckdb::idx_t Filter(duckdb::row_t start, duckdb::idx_t count,
                       duckdb::SelectionVector& kept) override {
    kept.Initialize(STANDARD_VECTOR_SIZE);
    duckdb::idx_t out = 0;
    for (duckdb::idx_t i = 0; i < count; ++i) {
      const size_t row = static_cast<size_t>(start) + i;
      if (row >= deleted_.size() || !deleted_[row]) kept.set_index(out++, i);
    }
    return out;
  }

 private:
  std::vector<bool> deleted_;
};

duckdb::unique_ptr<duckdb::DeleteFilter> delete_filter(const LakeScan& scan,
                                                       const delta::AddFile& file, int64_t rows) {
  std::vector<bool> gone;
  if (file.deletion_vector) gone = or_throw(delta::deleted_rows(*scan.table, file, rows));
  if (scan.hidden) {
    for (const int64_t row : table::hidden_rows(*scan.hidden, file.path)) {
      const auto at = static_cast<size_t>(row);
      if (at >= gone.size()) gone.resize(at + 1, false);
      gone[at] = true;
    }
  }
  if (gone.empty()) return nullptr;
  return duckdb::make_uniq<DeletedRows>(std::move(gone));
}

class LakeReader final : public duckdb::MultiFileReader {
 public:
  explicit LakeReader(duckdb::shared_ptr<LakeScan> scan) : scan_(std::move(scan)) {}
  const LakeScan& scan() const { return *scan_; }
  static duckdb::unique_ptr<duckdb::MultiFileReader> create(const duckdb::TableFunction& function) {
    return duckdb::make_uniq<LakeReader>(
        duckdb::shared_ptr_cast<duckdb::TableFunctionInfo, LakeScan>(function.function_info));
  }

  duckdb::shared_ptr<duckdb::MultiFileList> CreateFileList(ClientContext&,
                                                           const duckdb::vector<duckdb::string>&,
                                                           const duckdb::FileGlobInput&) override {
    return duckdb::make_shared_ptr<LakeFileList>(scan_);
  }
  bool Bind(duckdb::MultiFileOptions&, duckdb::MultiFileList&, duckdb::vector<LogicalType>& types,
            duckdb::vector<duckdb::string>& names, duckdb::MultiFileReaderBindData& bind) override {
    types = scan_->types;
    names = scan_->names;
    bind.schema = scan_->columns;
    bind.mapping = duckdb::MultiFileColumnMappingMode::BY_NAME;
    return true;
  }
  duckdb::unique_ptr<duckdb::MultiFileReaderGlobalState> InitializeGlobalState(
      ClientContext& context, const duckdb::MultiFileOptions& options,
      const duckdb::MultiFileReaderBindData& bind, const duckdb::MultiFileList& files,
      const duckdb::vector<MultiFileColumnDefinition>& columns,
      const duckdb::vector<duckdb::ColumnIndex>& column_ids) override {
    asks_variants_ = false;
    asked_.clear();
    for (const duckdb::ColumnIndex& id : column_ids) {
      const auto column = id.GetPrimaryIndex();
      asks_variants_ |= scan_->holds_variants(column);
      if (column < scan_->types.size() && scan_->partition_keys[column].empty())
        asked_.push_back(column);
    }
    return MultiFileReader::InitializeGlobalState(context, options, bind, files, columns,
                                                  column_ids);
  }
  duckdb::shared_ptr<duckdb::BaseFileReader> CreateReader(
      ClientContext& context, duckdb::GlobalTableFunctionState& state,
      const duckdb::OpenFileInfo& file, duckdb::idx_t index,
      const duckdb::MultiFileBindData& bind) override {
    const ScanPartPtr part = part_of(file);
    if (!part->file) return make_rows_reader(file, scan_, part);
    scan_->services->files_opened->add();
    const auto opened = open(*part);
    const bool plain = std::ranges::all_of(
        asked_, [&](duckdb::column_t column) { return opened->facts.plain[column]; });
    if (asks_variants_ || !plain) return make_rows_reader(file, scan_, part);
    auto reader = MultiFileReader::CreateReader(context, state, file, index, bind);
    use_table_names(*scan_->snapshot, reader->columns);
    return reader;
  }
  void FinalizeBind(duckdb::MultiFileReaderData& data, const duckdb::MultiFileOptions& options,
                    const duckdb::MultiFileReaderBindData& bind,
                    const duckdb::vector<MultiFileColumnDefinition>& columns,
                    const duckdb::vector<duckdb::ColumnIndex>& column_ids, ClientContext& context,
                    duckdb::optional_ptr<duckdb::MultiFileReaderGlobalState> state) override {
    MultiFileReader::FinalizeBind(data, options, bind, columns, column_ids, context, state);
    const ScanPartPtr part = part_of(data.reader->file);
    for (size_t i = 0; i < column_ids.size(); ++i) {
      if (auto value = scan_->value_of_part(*part, column_ids[i].GetPrimaryIndex()))
        data.constant_map.Add(duckdb::MultiFileGlobalIndex(i), std::move(*value));
    }
    if (!part->file) return;
    if (auto filter = delete_filter(*scan_, *part->file, open(*part)->facts.rows))
      data.reader->deletion_filter = std::move(filter);
  }
  duckdb::unique_ptr<duckdb::MultiFileReader> Copy() const override {
    return duckdb::make_uniq<LakeReader>(scan_);
  }

 private:
  // Kept for as long as this is, so that each handle of the file finds it.
  std::shared_ptr<OpenedFile> open(const ScanPart& part) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto known = opened_.find(part.url); known != opened_.end()) return known->second;
    }
    const auto opened = or_throw(scan_->services->files->opened().of(
        *scan_->table, *scan_->snapshot, scan_->schema_hash, *part.file, part.url));
    const std::lock_guard lock(mutex_);
    return opened_.emplace(part.url, opened).first->second;
  }

  duckdb::shared_ptr<LakeScan> scan_;
  // Known before a reader is made.
  bool asks_variants_ = false;
  std::vector<duckdb::column_t> asked_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<OpenedFile>> opened_;  // by URL
};

const LakeScan& scan_of(const duckdb::TableFunction& function) {
  return function.function_info->Cast<LakeScan>();
}

// count(*) without a file opened, when all statistics say how many rows there are.
duckdb::vector<duckdb::PartitionStatistics> row_counts(ClientContext&,
                                                       duckdb::GetPartitionStatsInput& input) {
  const LakeScan& scan = scan_of(input.table_function);
  const auto rows = scan.row_count();
  if (!rows) return {};
  duckdb::PartitionStatistics all;
  all.row_start = 0;
  all.count = *rows;
  all.count_type = duckdb::CountType::COUNT_EXACT;
  return {all};
}

// What count(*) reads when it must is one of every table.
duckdb::virtual_column_map_t virtual_columns(ClientContext&,
                                             duckdb::optional_ptr<duckdb::FunctionData> bind_data) {
  auto& bind = bind_data->Cast<duckdb::MultiFileBindData>();
  const LakeScan& scan = static_cast<const LakeReader&>(*bind.multi_file_reader).scan();
  duckdb::virtual_column_map_t columns = scan.hidden_columns();
  columns.insert({duckdb::COLUMN_IDENTIFIER_EMPTY, duckdb::TableColumn("", LogicalType::BOOLEAN)});
  bind.virtual_columns = columns;
  return columns;
}

duckdb::BindInfo table_of_scan(const duckdb::optional_ptr<duckdb::FunctionData> bind) {
  const auto& reader = *bind->Cast<duckdb::MultiFileBindData>().multi_file_reader;
  return duckdb::BindInfo(*static_cast<const LakeReader&>(reader).scan().table_entry);
}

}  // namespace

std::string whole_column(const std::string& column) { return "\x01whole " + column; }

std::optional<size_t> LakeScan::column_of_whole(duckdb::column_t id) const {
  if (id < kWholeIdentifier || id - kWholeIdentifier >= names.size()) return std::nullopt;
  return id - kWholeIdentifier;
}

bool LakeScan::holds_variants(duckdb::column_t column) const {
  if (column_of_whole(column)) return true;
  return snapshot && column < snapshot->schema().fields.size() &&
         delta::holds_variants(snapshot->schema().fields[column].type);
}

duckdb::virtual_column_map_t LakeScan::hidden_columns() const {
  duckdb::virtual_column_map_t columns_by_id;
  const auto add = [&](duckdb::column_t id, const std::string& column, const LogicalType& type) {
    columns_by_id.insert({id, duckdb::TableColumn(column, type)});
  };
  duckdb::column_t id = kFileIdentifier;
  for (const delta::Field& field : file_columns()) {
    ++id;
    if (snapshot && !snapshot->schema().find(field.name))
      add(id, field.name, to_duckdb(field.type));
  }
  if (!places) return columns_by_id;
  add(kFileIdentifier, kFileColumn, LogicalType::BIGINT);
  add(duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILE_ROW_NUMBER, kRowColumn, LogicalType::BIGINT);
  for (size_t i = 0; i < names.size(); ++i) {
    if (holds_variants(i)) add(kWholeIdentifier + i, whole_column(names[i]), types[i]);
  }
  return columns_by_id;
}

std::optional<Value> LakeScan::value_of_part(const ScanPart& part, duckdb::column_t column) const {
  const delta::AddFile* file = part.file.get();
  if (column < types.size()) {
    if (!file || partition_keys[column].empty()) return std::nullopt;
    return partition_value(*file, column);
  }
  if (column < kFileIdentifier || column > kFileIdentifier + file_columns().size())
    return std::nullopt;
  if (column == kFileIdentifier) return Value::BIGINT(part.number);
  const size_t which = column - kFileIdentifier - 1;
  if (!file) return Value(to_duckdb(file_columns()[which].type));
  if (which == 0) return Value(table->store().url() + "/" + or_throw(object_path(*table, *file)));
  if (which == 1) return Value::BIGINT(file->size);
  return Value::TIMESTAMPTZ(
      duckdb::timestamp_tz_t(duckdb::Timestamp::FromEpochMs(file->modification_time_ms)));
}

std::optional<uint64_t> LakeScan::row_count() const {
  if (!snapshot) return tail_rows;
  const auto rows = snapshot->row_count();
  if (!rows) return std::nullopt;
  return static_cast<uint64_t>(*rows - (hidden ? hidden->rows : 0)) + tail_rows;
}

Value LakeScan::partition_value(const delta::AddFile& file, size_t column) const {
  const auto text = delta::partition_text(file, partition_keys[column], names[column]);
  if (auto value = sql::partition_value(text, types[column])) return std::move(*value);
  return Value(*text).DefaultCastAs(types[column]);  // says what is wrong
}

duckdb::shared_ptr<LakeScan> make_scan(std::shared_ptr<LakeServices> services,
                                       const table::TableView& view, delta::SnapshotPtr snapshot,
                                       bool tail) {
  auto scan = duckdb::make_shared_ptr<LakeScan>();
  scan->table = view.table;
  scan->snapshot = std::move(snapshot);
  scan->name = view.name.to_string();
  scan->services = std::move(services);
  scan->schema_hash = std::hash<std::string>()(scan->snapshot->metadata().schema_string);
  scan->columns = table_columns(scan->snapshot->schema());
  for (size_t i = 0; i < scan->columns.size(); ++i) {
    scan->names.push_back(scan->columns[i].name);
    scan->types.push_back(scan->columns[i].type);
    scan->partition_keys.push_back(
        partition_key(*scan->snapshot, scan->snapshot->schema().fields[i]));
  }
  if (tail) {
    scan->hidden = view.hidden;
    add_tail(*scan, view.sealed, "sealed");
    add_tail(*scan, view.open, "open");
  }
  return scan;
}

duckdb::TableFunction bind_scan(ClientContext& context, duckdb::shared_ptr<LakeScan> scan,
                                duckdb::unique_ptr<duckdb::FunctionData>& bind_data) {
  auto& entry =
      duckdb::Catalog::GetSystemCatalog(context).GetEntry<duckdb::TableFunctionCatalogEntry>(
          context, DEFAULT_SCHEMA, "parquet_scan");
  auto function =
      entry.functions.GetFunctionByArguments(context, {LogicalType::LIST(LogicalType::VARCHAR)});
  function.name = "lake_scan";
  function.get_virtual_columns = virtual_columns;
  function.get_bind_info = table_of_scan;
  function.function_info = std::move(scan);
  function.get_multi_file_reader = LakeReader::create;
  function.get_partition_stats = row_counts;
  function.statistics = nullptr;
  function.get_row_id_columns = nullptr;
  function.late_materialization = false;  // it would ask the tail for row numbers
  function.serialize = nullptr;           // a copy by text would lose the parts
  function.deserialize = nullptr;

  duckdb::vector<Value> inputs{Value::LIST(LogicalType::VARCHAR, duckdb::vector<Value>())};
  duckdb::named_parameter_map_t parameters;
  duckdb::vector<LogicalType> input_types, types;
  duckdb::vector<duckdb::string> input_names, names;
  const duckdb::TableFunctionRef reference;
  duckdb::TableFunctionBindInput input(inputs, parameters, input_types, input_names, nullptr,
                                       nullptr, function, reference);
  bind_data = function.bind(context, input, types, names);
  return function;
}

}  // namespace foz::sql
