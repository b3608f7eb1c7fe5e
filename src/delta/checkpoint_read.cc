// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include <future>
#include <utility>

#include "delta/actions_internal.h"
#include "delta/checkpoint_internal.h"
#include "delta/coerce_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/parsed_statistics_internal.h"
#include "delta/paths_internal.h"

namespace foz::delta {
namespace {

constexpr const char* kParsed = "stats_parsed";

// One action's column: typed access to the fields of a struct that coerce() has given the expected
// types.
class ActionColumn {
 public:
  // `parsed`: the statistics in columns, of whatever type they are; may be null.
  ActionColumn(const arrow::StructArray& array, const DataType& type,
               std::shared_ptr<arrow::StructArray> parsed = nullptr)
      : parsed_(std::move(parsed)), array_(&array) {
    for (size_t i = 0; i < type.fields.size(); ++i) {
      names_.push_back(&type.fields[i].name);
      fields_.push_back(array.field(static_cast<int>(i)));
    }
  }

  bool present(int64_t row) const { return array_->IsValid(row); }
  bool has(std::string_view name, int64_t row) const { return field(name).IsValid(row); }

  void read(std::string_view name, int64_t row, std::string& out) const {
    const auto& strings = static_cast<const arrow::StringArray&>(field(name));
    if (strings.IsValid(row)) out = strings.GetView(row);
  }
  void read(std::string_view name, int64_t row, int64_t& out) const {
    const auto& numbers = static_cast<const arrow::Int64Array&>(field(name));
    if (numbers.IsValid(row)) out = numbers.Value(row);
  }
  void read(std::string_view name, int64_t row, int32_t& out) const {
    const auto& numbers = static_cast<const arrow::Int32Array&>(field(name));
    if (numbers.IsValid(row)) out = numbers.Value(row);
  }
  void read(std::string_view name, int64_t row, bool& out) const {
    const auto& flags = static_cast<const arrow::BooleanArray&>(field(name));
    if (flags.IsValid(row)) out = flags.Value(row);
  }
  void read(std::string_view name, int64_t row, std::vector<std::string>& out) const {
    const auto& list = static_cast<const arrow::ListArray&>(field(name));
    if (list.IsNull(row)) return;
    const auto& values = static_cast<const arrow::StringArray&>(*list.values());
    for (auto i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
      if (values.IsValid(i)) out.emplace_back(values.GetView(i));
    }
  }
  void read(std::string_view name, int64_t row,
            std::map<std::string, std::optional<std::string>>& out) const {
    const auto& map = static_cast<const arrow::MapArray&>(field(name));
    if (map.IsNull(row)) return;
    const auto& keys = static_cast<const arrow::StringArray&>(*map.keys());
    const auto& values = static_cast<const arrow::StringArray&>(*map.items());
    for (auto i = map.value_offset(row); i < map.value_offset(row + 1); ++i) {
      std::optional<std::string> value;
      if (values.IsValid(i)) value = values.GetString(i);
      out.emplace(keys.GetString(i), std::move(value));
    }
  }
  void read(std::string_view name, int64_t row, std::map<std::string, std::string>& out) const {
    std::map<std::string, std::optional<std::string>> values;
    read(name, row, values);
    for (auto& [key, value] : values) {
      if (value) out.emplace(key, std::move(*value));
    }
  }
  template <class T>
  void read(std::string_view name, int64_t row, std::optional<T>& out) const {
    if (!has(name, row)) return;
    read(name, row, out.emplace());
  }
  void read(std::string_view name, int64_t row, std::optional<DeletionVector>& out) const {
    const auto& vectors = static_cast<const arrow::StructArray&>(field(name));
    if (vectors.IsNull(row)) return;
    const ActionColumn column(vectors, vector_type());
    if (!column.has("storageType", row)) return;  // some writers set a struct with nothing in it
    DeletionVector& vector = out.emplace();
    column.read("storageType", row, vector.storage_type);
    column.read("pathOrInlineDv", row, vector.path_or_inline);
    column.read("offset", row, vector.offset);
    column.read("sizeInBytes", row, vector.size_bytes);
    column.read("cardinality", row, vector.cardinality);
  }

  std::string parsed_statistics(int64_t row) const {
    return parsed_ ? statistics_json(*parsed_, row) : "";
  }

  static const DataType& vector_type();

 private:
  const arrow::Array& field(std::string_view name) const {
    for (size_t i = 0; i < names_.size(); ++i) {
      if (*names_[i] == name) return *fields_[i];
    }
    CHECK(false);
    std::abort();
  }

  const std::shared_ptr<arrow::StructArray> parsed_;
  const arrow::StructArray* array_;
  std::vector<const std::string*> names_;
  arrow::ArrayVector fields_;
};

DataType primitive(TypeKind kind) { return DataType{.kind = kind}; }
DataType string_map() {
  DataType type = primitive(TypeKind::kMap);
  type.key = type.element = std::make_shared<DataType>();
  return type;
}
DataType string_list() {
  DataType type = primitive(TypeKind::kArray);
  type.element = std::make_shared<DataType>();
  return type;
}
Field column(std::string name, DataType type) {
  return {std::move(name), std::move(type), true, {}};
}
Field text(std::string name) { return column(std::move(name), DataType{}); }
Field number(std::string name) { return column(std::move(name), primitive(TypeKind::kLong)); }
Field integer(std::string name) { return column(std::move(name), primitive(TypeKind::kInteger)); }
Field flag(std::string name) { return column(std::move(name), primitive(TypeKind::kBoolean)); }
Field structure(std::string name, std::vector<Field> fields) {
  return column(std::move(name), DataType{.kind = TypeKind::kStruct, .fields = std::move(fields)});
}

Field vector_field() {
  return structure("deletionVector",
                   {text("storageType"), text("pathOrInlineDv"), integer("offset"),
                    integer("sizeInBytes"), number("cardinality")});
}

const DataType& ActionColumn::vector_type() {
  static const DataType type = vector_field().type;
  return type;
}

// What this reader wants of a checkpoint's columns.
std::vector<Field> wanted_columns() {
  return {
      structure("txn", {text("appId"), number("version"), number("lastUpdated")}),
      structure("add", {text("path"), column("partitionValues", string_map()), number("size"),
                        number("modificationTime"), flag("dataChange"), text("stats"),
                        structure(kParsed, {number("numRecords")}), column("tags", string_map()),
                        vector_field(), number("baseRowId"), number("defaultRowCommitVersion"),
                        text("clusteringProvider")}),
      structure("remove", {text("path"), number("deletionTimestamp"), flag("dataChange"),
                           flag("extendedFileMetadata"), column("partitionValues", string_map()),
                           number("size"), vector_field(), number("baseRowId"),
                           number("defaultRowCommitVersion")}),
      structure("metaData", {text("id"), text("name"), text("description"), text("schemaString"),
                             column("partitionColumns", string_list()),
                             column("configuration", string_map()), number("createdTime")}),
      structure("protocol",
                {integer("minReaderVersion"), integer("minWriterVersion"),
                 column("readerFeatures", string_list()), column("writerFeatures", string_list())}),
      structure("domainMetadata", {text("domain"), text("configuration"), flag("removed")}),
      structure("sidecar", {text("path"), number("sizeInBytes")}),
      structure("checkpointMetadata", {number("version"), column("tags", string_map())}),
  };
}

AddFile read_add(const ActionColumn& column, int64_t row) {
  AddFile add;
  column.read("path", row, add.path);
  column.read("partitionValues", row, add.partition_values);
  column.read("size", row, add.size);
  column.read("modificationTime", row, add.modification_time_ms);
  column.read("dataChange", row, add.data_change);
  column.read("stats", row, add.stats);
  if (add.stats.empty()) add.stats = column.parsed_statistics(row);
  column.read("tags", row, add.tags);
  column.read("deletionVector", row, add.deletion_vector);
  column.read("baseRowId", row, add.base_row_id);
  column.read("defaultRowCommitVersion", row, add.default_row_commit_version);
  column.read("clusteringProvider", row, add.clustering_provider);
  return add;
}

RemoveFile read_remove(const ActionColumn& column, int64_t row) {
  RemoveFile remove;
  column.read("path", row, remove.path);
  column.read("deletionTimestamp", row, remove.deletion_timestamp_ms);
  column.read("dataChange", row, remove.data_change);
  column.read("extendedFileMetadata", row, remove.extended_file_metadata);
  column.read("partitionValues", row, remove.partition_values);
  column.read("size", row, remove.size);
  column.read("deletionVector", row, remove.deletion_vector);
  column.read("baseRowId", row, remove.base_row_id);
  column.read("defaultRowCommitVersion", row, remove.default_row_commit_version);
  return remove;
}

Metadata read_metadata(const ActionColumn& column, int64_t row) {
  Metadata metadata;
  column.read("id", row, metadata.id);
  column.read("name", row, metadata.name);
  column.read("description", row, metadata.description);
  column.read("schemaString", row, metadata.schema_string);
  column.read("partitionColumns", row, metadata.partition_columns);
  column.read("configuration", row, metadata.configuration);
  column.read("createdTime", row, metadata.created_time_ms);
  return metadata;
}

Protocol read_protocol(const ActionColumn& column, int64_t row) {
  Protocol protocol;
  column.read("minReaderVersion", row, protocol.min_reader_version);
  column.read("minWriterVersion", row, protocol.min_writer_version);
  column.read("readerFeatures", row, protocol.reader_features);
  column.read("writerFeatures", row, protocol.writer_features);
  return protocol;
}

SetTransaction read_transaction(const ActionColumn& column, int64_t row) {
  SetTransaction transaction;
  column.read("appId", row, transaction.app_id);
  column.read("version", row, transaction.version);
  column.read("lastUpdated", row, transaction.last_updated_ms);
  return transaction;
}

DomainMetadata read_domain(const ActionColumn& column, int64_t row) {
  DomainMetadata domain;
  column.read("domain", row, domain.domain);
  column.read("configuration", row, domain.configuration);
  column.read("removed", row, domain.removed);
  return domain;
}

Sidecar read_sidecar(const ActionColumn& column, int64_t row) {
  Sidecar sidecar;
  column.read("path", row, sidecar.path);
  column.read("sizeInBytes", row, sidecar.size);
  return sidecar;
}

CheckpointMetadata read_checkpoint_metadata(const ActionColumn& column, int64_t row) {
  CheckpointMetadata metadata;
  column.read("version", row, metadata.version);
  column.read("tags", row, metadata.tags);
  return metadata;
}

void read_action(std::string_view kind, const ActionColumn& column, int64_t row, LogFile& out) {
  if (kind == "add") out.actions.emplace_back(read_add(column, row));
  if (kind == "remove") out.actions.emplace_back(read_remove(column, row));
  if (kind == "metaData") out.actions.emplace_back(read_metadata(column, row));
  if (kind == "protocol") out.actions.emplace_back(read_protocol(column, row));
  if (kind == "txn") out.actions.emplace_back(read_transaction(column, row));
  if (kind == "domainMetadata") out.actions.emplace_back(read_domain(column, row));
  if (kind == "sidecar") out.sidecars.push_back(read_sidecar(column, row));
  if (kind == "checkpointMetadata") out.checkpoint = read_checkpoint_metadata(column, row);
}

// Whether statistics stand as JSON in this group; else those in columns are read in full.
bool has_json(const parquet::arrow::SchemaField& add, const parquet::RowGroupMetaData& group) {
  for (const auto& child : add.children) {
    if (child.field->name() != "stats" || !child.is_leaf()) continue;
    const auto chunk = group.ColumnChunk(child.column_index);
    const auto statistics = chunk->statistics();
    return !statistics || !statistics->HasNullCount() ||
           statistics->null_count() < chunk->num_values();
  }
  return false;
}

// Leaf columns that wanted_columns() names.
void select_leaves(const std::vector<parquet::arrow::SchemaField>& present,
                   const std::vector<Field>& wanted, const parquet::RowGroupMetaData& group,
                   std::vector<int>& leaves, bool all_statistics = false) {
  for (const auto& column : present) {
    for (const Field& field : wanted) {
      if (column.field->name() != field.name) continue;
      if (field.type.kind == TypeKind::kStruct && !(all_statistics && field.name == kParsed)) {
        const bool all = field.name == "add" && !has_json(column, group);
        select_leaves(column.children, field.type.fields, group, leaves, all);
      } else {
        collect_leaves(column, leaves);
      }
    }
  }
}

std::shared_ptr<arrow::StructArray> parsed_of(const arrow::Array& action) {
  if (action.type_id() != arrow::Type::STRUCT) return nullptr;
  const auto parsed = static_cast<const arrow::StructArray&>(action).GetFieldByName(kParsed);
  if (!parsed || parsed->type_id() != arrow::Type::STRUCT) return nullptr;
  return std::static_pointer_cast<arrow::StructArray>(parsed);
}

Status take_batch(const arrow::RecordBatch& batch, const std::vector<Field>& wanted, LogFile& out) {
  for (const Field& action : wanted) {
    const auto raw = batch.GetColumnByName(action.name);
    if (!raw || raw->null_count() == raw->length()) continue;
    const auto array = TRY(coerce(raw, action.type, ColumnMapping::kNone).within(action.name));
    const ActionColumn column(static_cast<const arrow::StructArray&>(*array), action.type,
                              parsed_of(*raw));
    out.actions.reserve(out.actions.size() + static_cast<size_t>(array->length()));
    for (int64_t row = 0; row < array->length(); ++row) {
      if (!column.present(row)) continue;
      const bool is_file =
          action.name == "add" || action.name == "remove" || action.name == "sidecar";
      // Some writers set a struct with nothing in it where the row holds another action.
      if (is_file && !column.has("path", row)) continue;
      if (action.name == "checkpointMetadata" && !column.has("version", row)) continue;
      if (action.name == "txn" && !column.has("appId", row)) continue;
      if (action.name == "metaData" && !column.has("schemaString", row)) continue;
      if (action.name == "protocol" && !column.has("minReaderVersion", row)) continue;
      if (action.name == "domainMetadata" && !column.has("domain", row)) continue;
      read_action(action.name, column, row, out);
    }
  }
  return {};
}

// What the parts of a checkpoint say beside their actions, which go straight into the state.
struct Parts {
  State state;
  std::vector<Sidecar> sidecars;
  std::optional<CheckpointMetadata> metadata;
  int64_t adds = 0;

  void take(LogFile&& part) {
    for (const Action& action : part.actions) adds += std::holds_alternative<AddFile>(action);
    state.apply(std::move(part.actions));
    std::move(part.sidecars.begin(), part.sidecars.end(), std::back_inserter(sidecars));
    if (part.checkpoint) metadata = std::move(part.checkpoint);
  }
};

constexpr int64_t kBatchRows = 8192;

// The columns of a checkpoint's Parquet file that this reader wants.
class ActionBatches {
 public:
  ActionBatches(parquet::arrow::FileReader& file, const std::vector<Field>& wanted)
      : file_(file), wanted_(wanted) {
    file_.set_batch_size(kBatchRows);
  }

  // null: there are no more. Throws what the Parquet library throws.
  Result<std::shared_ptr<arrow::RecordBatch>> next() {
    while (true) {
      if (auto batch = group_ ? TRY_ARROW(group_->Next()) : nullptr) return batch;
      if (groups_ == file_.num_row_groups()) return nullptr;
      TRY(next_group());
    }
  }

 private:
  // A group at a time: all that a batch reader reads of the file it reads at once.
  Status next_group() {
    const auto metadata = file_.parquet_reader()->metadata()->RowGroup(groups_);
    std::vector<int> leaves;
    select_leaves(file_.manifest().schema_fields, wanted_, *metadata, leaves);
    group_ = TRY_ARROW(file_.GetRecordBatchReader({groups_}, leaves));
    ++groups_;
    return {};
  }

  parquet::arrow::FileReader& file_;
  const std::vector<Field>& wanted_;
  int groups_ = 0;  // that were begun
  std::unique_ptr<arrow::RecordBatchReader> group_;
};

Status read_parquet(const store::ObjectStore& store, const store::ObjectMeta& object,
                    Parts& parts) {
  const std::vector<Field> wanted = wanted_columns();
  const auto file = TRY(open_parquet(store, object.path, object.size));
  return guard_parquet([&]() -> Status {
           ActionBatches batches(*file, wanted);
           const auto next = [&] { return batches.next(); };
           // A large file is decoded one batch ahead by a second thread.
           const bool large = file->parquet_reader()->metadata()->num_rows() > kBatchRows;
           const auto how =
               large ? std::launch::async | std::launch::deferred : std::launch::deferred;
           auto ahead = std::async(how, next);
           while (const auto batch = TRY(ahead.get())) {
             ahead = std::async(how, next);
             LogFile part;
             TRY(take_batch(*batch, wanted, part));
             parts.take(std::move(part));
           }
           return {};
         })
      .within(object.path);
}

Status read_part(const store::ObjectStore& store, const store::ObjectMeta& object, bool json,
                 Parts& parts) {
  if (!json) return read_parquet(store, object, parts);
  const std::string text = TRY(store.get(object.path));
  parts.take(TRY(parse_log_file(text).within(object.path)));
  return {};
}

// A file that was cut between two rows still reads: what the checkpoint says of itself tells.
Status check_whole(const Parts& parts, Version version) {
  if (!parts.metadata) return {};
  if (parts.metadata->version != version.value()) {
    return Error(ErrorCode::kCorrupt, fmt::format("the checkpoint says that it is of version {}",
                                                  parts.metadata->version));
  }
  const auto adds = parts.metadata->tags.find("numOfAddFiles");
  if (adds != parts.metadata->tags.end() && adds->second != std::to_string(parts.adds)) {
    return Error(ErrorCode::kCorrupt, fmt::format("the checkpoint holds {} files and says {}",
                                                  parts.adds, adds->second));
  }
  return {};
}

}  // namespace

Result<State> read_checkpoint(const store::ObjectStore& store, const std::string& root,
                              const CheckpointFiles& files, bool catalog) {
  Parts parts;
  parts.state.catalog = catalog;
  for (const store::ObjectMeta& part : files.parts) {
    TRY(read_part(store, part, files.json, parts));
  }
  const std::vector<Sidecar> sidecars = std::exchange(parts.sidecars, {});
  for (const Sidecar& sidecar : sidecars) {
    const bool bare = sidecar.path.find('/') == std::string::npos;
    const std::string path = TRY(resolve_path(
        store, root, bare ? fmt::format("_delta_log/_sidecars/{}", sidecar.path) : sidecar.path));
    TRY(read_parquet(store, {.path = path, .size = sidecar.size}, parts));
  }
  const std::string& path = files.parts.front().path;
  if (!parts.sidecars.empty()) {
    return Error(ErrorCode::kCorrupt, "a sidecar names another sidecar").within(path);
  }
  TRY(check_whole(parts, files.version).within(path));
  State state = std::move(parts.state);
  state.version = files.version;
  state.timestamp_ms = files.parts.front().modified_ms;
  TRY(state.finish().within(path));
  return state;
}

}  // namespace foz::delta
