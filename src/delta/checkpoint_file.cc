// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/checkpoint_file_internal.h"

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "delta/memory_sink_internal.h"
#include "delta/parquet_footer_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/parsed_statistics_internal.h"

namespace foz::delta {
namespace {

// Rows that wait in memory, and rows of a row group.
constexpr int64_t kBatchRows = 8192;
constexpr int64_t kGroupRows = 131072;

// One column an action, in this order.
enum ActionColumn : size_t {
  kTxn,
  kAdd,
  kRemove,
  kMetadata,
  kProtocol,
  kDomain,
  kSidecar,
  kVersion,
  kColumns
};
constexpr size_t kAbsent = kColumns;
constexpr int kAddFields = 11;  // those that every checkpoint has

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

arrow::FieldVector every_column() {
  const auto column = [](const char* name, arrow::FieldVector fields) {
    return arrow::field(name, arrow::struct_(std::move(fields)));
  };
  const auto tags = arrow::field("tags", arrow::map(arrow::utf8(), arrow::utf8()));
  return {
      column("txn", {arrow::field("appId", arrow::utf8()), arrow::field("version", arrow::int64()),
                     arrow::field("lastUpdated", arrow::int64())}),
      column("add", file_fields(true)),
      column("remove", file_fields(false)),
      column("metaData", metadata_fields()),
      column("protocol", {arrow::field("minReaderVersion", arrow::int32()),
                          arrow::field("minWriterVersion", arrow::int32()),
                          arrow::field("readerFeatures", string_list()),
                          arrow::field("writerFeatures", string_list())}),
      column("domainMetadata",
             {arrow::field("domain", arrow::utf8()), arrow::field("configuration", arrow::utf8()),
              arrow::field("removed", arrow::boolean())}),
      column("sidecar",
             {arrow::field("path", arrow::utf8()), arrow::field("sizeInBytes", arrow::int64()),
              arrow::field("modificationTime", arrow::int64()), tags}),
      column("checkpointMetadata", {arrow::field("version", arrow::int64()), tags})};
}

std::vector<ActionColumn> columns_of(CheckpointPart part) {
  switch (part) {
    case CheckpointPart::kWhole: return {kTxn, kAdd, kRemove, kMetadata, kProtocol, kDomain};
    // Spark asks for the columns of files also where sidecars hold them.
    case CheckpointPart::kMain:
      return {kTxn, kAdd, kRemove, kMetadata, kProtocol, kDomain, kSidecar, kVersion};
    case CheckpointPart::kSidecar: return {kAdd, kRemove};
  }
  return {};
}

std::shared_ptr<arrow::Schema> schema_of(CheckpointPart part, const ParsedColumns* parsed) {
  arrow::FieldVector every = every_column();
  if (parsed) {
    arrow::FieldVector add = file_fields(true);
    for (auto& field : parsed->fields()) add.push_back(std::move(field));
    every[kAdd] = arrow::field("add", arrow::struct_(std::move(add)));
  }
  arrow::FieldVector fields;
  for (const ActionColumn column : columns_of(part)) fields.push_back(every[column]);
  return arrow::schema(std::move(fields));
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
void write(FieldWriter& out, const AddFile& add, bool json) {
  out.put(add.path).put(add.partition_values).put(add.size).put(add.modification_time_ms);
  out.put(false).put_if(json && !add.stats.empty(), add.stats).put_if(!add.tags.empty(), add.tags);
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
void write(FieldWriter& out, const SidecarFile& sidecar) {
  out.put(sidecar.path).put(sidecar.size).put(sidecar.modification_time_ms);
  out.put(std::optional<std::map<std::string, std::string>>());
}
void write(FieldWriter& out, Version version) {
  out.put(version.value()).put(std::optional<std::map<std::string, std::string>>());
}

}  // namespace

CheckpointFile::CheckpointFile(CheckpointPart part, const ParsedColumns* parsed, bool json)
    : parsed_(parsed), json_(json), schema_(schema_of(part, parsed)), columns_(kColumns, kAbsent) {
  size_t next = 0;
  for (const ActionColumn column : columns_of(part)) columns_[column] = next++;
}
CheckpointFile::~CheckpointFile() = default;

Status CheckpointFile::open() {
  sink_ = std::make_shared<MemorySink>();
  const auto properties = parquet::WriterProperties::Builder()
                              .enable_page_checksum()
                              ->compression(parquet::Compression::SNAPPY)
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
Status CheckpointFile::append(size_t column, const Item& action) {
  const size_t at = columns_[column];
  CHECK(at != kAbsent);
  for (size_t i = 0; i < builders_.size(); ++i) {
    if (i != at) TRY_ARROW(builders_[i]->AppendNull());
  }
  FieldWriter out(*builders_[at]);
  if constexpr (std::is_same_v<Item, AddFile>) {
    write(out, action, json_);
    auto& builder = static_cast<arrow::StructBuilder&>(*builders_[at]);
    if (parsed_) TRY(parsed_->append(action, builder, kAddFields));
  } else {
    write(out, action);
  }
  TRY_ARROW(out.status());
  ++rows_;
  return ++waiting_ < kBatchRows ? Status() : flush();
}

Status CheckpointFile::add(const SetTransaction& action) { return append(kTxn, action); }
Status CheckpointFile::add(const AddFile& action) { return append(kAdd, action); }
Status CheckpointFile::add(const RemoveFile& action) { return append(kRemove, action); }
Status CheckpointFile::add(const Metadata& action) { return append(kMetadata, action); }
Status CheckpointFile::add(const Protocol& action) { return append(kProtocol, action); }
Status CheckpointFile::add(const DomainMetadata& action) { return append(kDomain, action); }
Status CheckpointFile::add(const SidecarFile& action) { return append(kSidecar, action); }
Status CheckpointFile::add_version(Version version) { return append(kVersion, version); }

Status CheckpointFile::flush() {
  if (waiting_ == 0) return {};
  arrow::ArrayVector columns;
  for (const auto& each : builders_) columns.push_back(TRY_ARROW(each->Finish()));
  TRY_ARROW(writer_->WriteRecordBatch(*arrow::RecordBatch::Make(schema_, waiting_, columns)));
  waiting_ = 0;
  return {};
}

Result<Bytes> CheckpointFile::finish() {
  TRY(flush());
  TRY_ARROW(writer_->AddKeyValueMetadata(footer_seal()));
  TRY_ARROW(writer_->Close());
  seal_footer(sink_->writable());
  return sink_->bytes();
}

}  // namespace foz::delta
