// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/io/memory.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <array>
#include <charconv>

#include "base/json_writer.h"
#include "delta/checkpoint_internal.h"
#include "delta/log_files_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/paths_internal.h"
#include "delta/table.h"

namespace foz::delta {
namespace {

// Rows that wait in memory, and rows of a row group.
constexpr int64_t kBatchRows = 8192;
constexpr int64_t kGroupRows = 131072;

// One column an action, in this order.
enum ActionColumn { kTxn, kAdd, kRemove, kMetadata, kProtocol, kDomain, kColumns };

arrow::FieldVector vector_fields() {
  return {arrow::field("storageType", arrow::utf8()), arrow::field("pathOrInlineDv", arrow::utf8()),
          arrow::field("offset", arrow::int32()), arrow::field("sizeInBytes", arrow::int32()),
          arrow::field("cardinality", arrow::int64())};
}

std::shared_ptr<arrow::DataType> string_list() {
  return arrow::list(arrow::field("element", arrow::utf8()));
}

arrow::FieldVector file_fields(bool is_add) {
  const auto map = arrow::map(arrow::utf8(), arrow::utf8());
  const auto vector = arrow::field("deletionVector", arrow::struct_(vector_fields()));
  const auto row_id = arrow::field("baseRowId", arrow::int64());
  const auto row_version = arrow::field("defaultRowCommitVersion", arrow::int64());
  const auto path = arrow::field("path", arrow::utf8());
  const auto values = arrow::field("partitionValues", map);
  const auto size = arrow::field("size", arrow::int64());
  const auto data_change = arrow::field("dataChange", arrow::boolean());
  if (is_add) {
    return {path,
            values,
            size,
            arrow::field("modificationTime", arrow::int64()),
            data_change,
            arrow::field("stats", arrow::utf8()),
            arrow::field("tags", map),
            vector,
            row_id,
            row_version,
            arrow::field("clusteringProvider", arrow::utf8())};
  }
  return {path,        arrow::field("deletionTimestamp", arrow::int64()),
          data_change, arrow::field("extendedFileMetadata", arrow::boolean()),
          values,      size,
          vector,      row_id,
          row_version};
}

arrow::FieldVector metadata_fields() {
  const auto map = arrow::map(arrow::utf8(), arrow::utf8());
  const auto format =
      arrow::struct_({arrow::field("provider", arrow::utf8()), arrow::field("options", map)});
  return {
      arrow::field("id", arrow::utf8()),           arrow::field("name", arrow::utf8()),
      arrow::field("description", arrow::utf8()),  arrow::field("format", format),
      arrow::field("schemaString", arrow::utf8()), arrow::field("partitionColumns", string_list()),
      arrow::field("configuration", map),          arrow::field("createdTime", arrow::int64())};
}

std::shared_ptr<arrow::Schema> checkpoint_schema() {
  const auto column = [](const char* name, arrow::FieldVector fields) {
    return arrow::field(name, arrow::struct_(std::move(fields)));
  };
  return arrow::schema(
      {column("txn", {arrow::field("appId", arrow::utf8()), arrow::field("version", arrow::int64()),
                      arrow::field("lastUpdated", arrow::int64())}),
       column("add", file_fields(true)), column("remove", file_fields(false)),
       column("metaData", metadata_fields()),
       column("protocol", {arrow::field("minReaderVersion", arrow::int32()),
                           arrow::field("minWriterVersion", arrow::int32()),
                           arrow::field("readerFeatures", string_list()),
                           arrow::field("writerFeatures", string_list())}),
       column("domainMetadata",
              {arrow::field("domain", arrow::utf8()), arrow::field("configuration", arrow::utf8()),
               arrow::field("removed", arrow::boolean())})});
}

// Appends to one action's struct, field by field in the order of the schema. Keeps the first
// failure.
class FieldWriter {
 public:
  explicit FieldWriter(arrow::ArrayBuilder& builder)
      : builder_(static_cast<arrow::StructBuilder&>(builder)), status_(builder_.Append()) {}

  FieldWriter& put(const std::string& text) { return append<arrow::StringBuilder>(text); }
  FieldWriter& put(int64_t number) { return append<arrow::Int64Builder>(number); }
  FieldWriter& put(int32_t number) { return append<arrow::Int32Builder>(number); }
  FieldWriter& put(bool flag) { return append<arrow::BooleanBuilder>(flag); }
  FieldWriter& put(const std::vector<std::string>& list) {
    auto& builder = static_cast<arrow::ListBuilder&>(next());
    note(builder.Append());
    auto& values = static_cast<arrow::StringBuilder&>(*builder.value_builder());
    for (const std::string& each : list) note(values.Append(each));
    return *this;
  }
  template <class Value>
  FieldWriter& put(const std::map<std::string, Value>& map) {
    auto& builder = static_cast<arrow::MapBuilder&>(next());
    note(builder.Append());
    for (const auto& [key, value] : map) {
      note(static_cast<arrow::StringBuilder&>(*builder.key_builder()).Append(key));
      auto& items = static_cast<arrow::StringBuilder&>(*builder.item_builder());
      const std::optional<std::string> text = value;
      note(text ? items.Append(*text) : items.AppendNull());
    }
    return *this;
  }
  FieldWriter& put(const DeletionVector& vector) {
    FieldWriter inner(next());
    inner.put(vector.storage_type).put(vector.path_or_inline).put(vector.offset);
    note(inner.put(vector.size_bytes).put(vector.cardinality).status());
    return *this;
  }
  FieldWriter& put_parquet_format() {
    FieldWriter inner(next());
    note(inner.put(std::string("parquet")).put(std::map<std::string, std::string>()).status());
    return *this;
  }
  template <class T>
  FieldWriter& put(const std::optional<T>& value) {
    return put_if(value.has_value(), value ? *value : T{});
  }
  template <class T>
  FieldWriter& put_if(bool present, const T& value) {
    if (present) return put(value);
    note(next().AppendNull());
    return *this;
  }
  const arrow::Status& status() const { return status_; }

 private:
  arrow::ArrayBuilder& next() { return *builder_.field_builder(next_++); }
  template <class Builder, class Value>
  FieldWriter& append(const Value& value) {
    note(static_cast<Builder&>(next()).Append(value));
    return *this;
  }
  void note(const arrow::Status& status) {
    if (status_.ok()) status_ = status;
  }

  arrow::StructBuilder& builder_;
  arrow::Status status_;
  int next_ = 0;
};

void write(FieldWriter& out, const SetTransaction& txn) {
  out.put(txn.app_id).put(txn.version).put(txn.last_updated_ms);
}
// A checkpoint changes no data: dataChange is false in it.
void write(FieldWriter& out, const AddFile& add) {
  out.put(add.path).put(add.partition_values).put(add.size).put(add.modification_time_ms);
  out.put(false).put_if(!add.stats.empty(), add.stats).put_if(!add.tags.empty(), add.tags);
  out.put(add.deletion_vector).put(add.base_row_id).put(add.default_row_commit_version);
  out.put(add.clustering_provider);
}
void write(FieldWriter& out, const RemoveFile& remove) {
  out.put(remove.path).put(remove.deletion_timestamp_ms).put(false);
  out.put(remove.extended_file_metadata);
  out.put_if(remove.extended_file_metadata.value_or(false), remove.partition_values);
  out.put(remove.size).put(remove.deletion_vector).put(remove.base_row_id);
  out.put(remove.default_row_commit_version);
}
void write(FieldWriter& out, const Metadata& metadata) {
  out.put(metadata.id).put(metadata.name).put(metadata.description).put_parquet_format();
  out.put(metadata.schema_string).put(metadata.partition_columns).put(metadata.configuration);
  out.put(metadata.created_time_ms);
}
// The lists stand for themselves only from these versions on.
void write(FieldWriter& out, const Protocol& protocol) {
  out.put(protocol.min_reader_version).put(protocol.min_writer_version);
  out.put_if(protocol.min_reader_version >= 3, protocol.reader_features);
  out.put_if(protocol.min_writer_version >= 7, protocol.writer_features);
}
void write(FieldWriter& out, const DomainMetadata& domain) {
  out.put(domain.domain).put(domain.configuration).put(false);
}

// Streams actions into a Parquet file in memory; what waits uncompressed is bounded by kGroupRows.
class CheckpointFile {
 public:
  Status open() {
    sink_ = TRY_ARROW(arrow::io::BufferOutputStream::Create(1 << 20));
    const auto properties = parquet::WriterProperties::Builder()
                                .compression(parquet::Compression::SNAPPY)
                                ->max_row_group_length(kGroupRows)
                                ->created_by("foz")
                                ->build();
    writer_ = TRY_ARROW(
        parquet::arrow::FileWriter::Open(*schema_, arrow::default_memory_pool(), sink_, properties,
                                         parquet::ArrowWriterProperties::Builder().build()));
    for (const auto& field : schema_->fields()) {
      builders_.push_back(TRY_ARROW(arrow::MakeBuilder(field->type())));
    }
    return {};
  }

  template <class Item>
  Status add(ActionColumn column, const Item& action) {
    for (int i = 0; i < kColumns; ++i) {
      if (i != column) TRY_ARROW(builder(i).AppendNull());
    }
    FieldWriter out(builder(column));
    write(out, action);
    TRY_ARROW(out.status());
    ++rows_;
    return ++waiting_ < kBatchRows ? Status() : flush();
  }

  Result<std::shared_ptr<arrow::Buffer>> finish() {
    TRY(flush());
    TRY_ARROW(writer_->Close());
    return TRY_ARROW(sink_->Finish());
  }
  int64_t rows() const { return rows_; }

 private:
  arrow::ArrayBuilder& builder(int column) { return *builders_[static_cast<size_t>(column)]; }
  Status flush() {
    if (waiting_ == 0) return {};
    arrow::ArrayVector columns;
    for (const auto& each : builders_) columns.push_back(TRY_ARROW(each->Finish()));
    TRY_ARROW(writer_->WriteRecordBatch(*arrow::RecordBatch::Make(schema_, waiting_, columns)));
    waiting_ = 0;
    return {};
  }

  const std::shared_ptr<arrow::Schema> schema_ = checkpoint_schema();
  std::shared_ptr<arrow::io::BufferOutputStream> sink_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders_;
  int64_t waiting_ = 0, rows_ = 0;
};

Status write_state(CheckpointFile& file, const State& state, int64_t oldest_tombstone_ms) {
  TRY(file.add(kProtocol, state.shape->protocol));
  TRY(file.add(kMetadata, state.shape->metadata));
  Status status;
  const auto keep_going = [&](Status next) {
    status = std::move(next);
    return status.has_value();
  };
  state.transactions.each([&](const auto& txn) { return keep_going(file.add(kTxn, *txn)); });
  TRY(std::move(status));
  if (state.domains) {
    for (const auto& [name, domain] : *state.domains) TRY(file.add(kDomain, domain));
  }
  status = {};
  state.files.each([&](const auto& add) { return keep_going(file.add(kAdd, *add)); });
  TRY(std::move(status));
  status = {};
  state.tombstones.each([&](const auto& remove) {
    if (remove->deletion_timestamp_ms.value_or(0) < oldest_tombstone_ms) return true;
    return keep_going(file.add(kRemove, *remove));
  });
  return status;
}

}  // namespace

int64_t interval_ms(std::string_view text, int64_t otherwise) {
  constexpr std::array<std::pair<std::string_view, int64_t>, 7> kUnits = {{
      {"week", 604'800'000},
      {"day", 86'400'000},
      {"hour", 3'600'000},
      {"minute", 60'000},
      {"second", 1'000},
      {"millisecond", 1},
      {"microsecond", 0},
  }};
  if (text.starts_with("interval ")) text.remove_prefix(9);
  int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0 || count > 1'000'000) return otherwise;
  std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  if (unit.ends_with('s')) unit.remove_suffix(1);
  for (const auto& [name, ms] : kUnits) {
    if (unit == name) return count * ms;
  }
  return otherwise;
}

Status Table::checkpoint(const SnapshotPtr& snapshot) {
  constexpr int64_t kWeekMs = 604'800'000;
  const State& state = state_of(*snapshot);
  const auto retention = snapshot->property("delta.deletedFileRetentionDuration");
  const int64_t oldest_ms =
      clock_->now_ms() - (retention ? interval_ms(*retention, kWeekMs) : kWeekMs);
  int64_t rows = 0;
  std::shared_ptr<arrow::Buffer> bytes;
  TRY(guard_parquet([&]() -> Status {
    CheckpointFile file;
    TRY(file.open());
    TRY(write_state(file, state, oldest_ms));
    bytes = TRY(file.finish());
    rows = file.rows();
    return {};
  }));
  TRY(store_->put(
      log_path(root_, checkpoint_name(state.version)),
      {reinterpret_cast<const std::byte*>(bytes->data()), static_cast<size_t>(bytes->size())}));
  // A hint to readers: never turned back.
  const std::string hint_path = log_path(root_, "_last_checkpoint");
  if (const auto text = store_->get(hint_path)) {
    const auto hint = parse_last_checkpoint(*text);
    if (hint && *hint >= state.version) return {};
  }
  JsonWriter json;
  json.begin_object().field("version", state.version.value()).field("size", rows);
  json.field("sizeInBytes", bytes->size());
  json.field("numOfAddFiles", static_cast<int64_t>(state.files.size())).end_object();
  return store_->put(hint_path, as_bytes(json.text()));
}

}  // namespace foz::delta
