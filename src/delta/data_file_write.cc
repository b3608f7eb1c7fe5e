// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/extension/parquet_variant.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <algorithm>

#include "delta/column_encoding_internal.h"
#include "delta/column_mapping_internal.h"
#include "delta/data_file.h"
#include "delta/data_file_writer_internal.h"
#include "delta/iceberg_compat_internal.h"
#include "delta/json_internal.h"
#include "delta/memory_sink_internal.h"
#include "delta/parquet_footer_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/partition_value_internal.h"
#include "delta/partition_write_internal.h"
#include "delta/paths_internal.h"
#include "delta/row_checker.h"
#include "delta/row_tracking_internal.h"
#include "delta/statistics_internal.h"
#include "delta/statistics_scope_internal.h"

namespace foz::delta {
namespace {

using Batches = std::vector<std::shared_ptr<arrow::RecordBatch>>;

// Where in a field's lists and maps a type stands, and the ids that are given there.
struct NestedPlace {
  std::string path;
  const std::map<std::string, int64_t>& ids;
};

std::shared_ptr<arrow::DataType> physical_type(const DataType& type,
                                               const std::shared_ptr<arrow::DataType>& logical,
                                               ColumnMapping mapping, const NestedPlace& place);

std::shared_ptr<arrow::Field> with_id(const std::shared_ptr<arrow::Field>& field, int64_t id) {
  return field->WithMetadata(arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(id)}));
}

std::shared_ptr<arrow::Field> physical_field(const Field& field,
                                             const std::shared_ptr<arrow::Field>& logical,
                                             ColumnMapping mapping) {
  const std::string name = physical_name(field, mapping);
  const auto ids =
      mapping == ColumnMapping::kNone ? std::map<std::string, int64_t>() : nested_ids(field);
  auto out = arrow::field(name, physical_type(field.type, logical->type(), mapping, {name, ids}),
                          field.nullable);
  const auto id = mapping == ColumnMapping::kNone ? std::nullopt : field_id(field);
  return id ? with_id(out, *id) : out;
}

std::shared_ptr<arrow::Field> physical_element(const char* name, const DataType& type,
                                               const std::shared_ptr<arrow::Field>& logical,
                                               ColumnMapping mapping, const NestedPlace& place) {
  const NestedPlace inner{fmt::format("{}.{}", place.path, name), place.ids};
  auto out = logical->WithType(physical_type(type, logical->type(), mapping, inner));
  const auto id = place.ids.find(inner.path);
  return id == place.ids.end() ? out : with_id(out, id->second);
}

std::shared_ptr<arrow::DataType> physical_type(const DataType& type,
                                               const std::shared_ptr<arrow::DataType>& logical,
                                               ColumnMapping mapping, const NestedPlace& place) {
  switch (type.kind) {
    case TypeKind::kStruct: {
      arrow::FieldVector fields;
      for (size_t i = 0; i < type.fields.size(); ++i) {
        fields.push_back(
            physical_field(type.fields[i], logical->field(static_cast<int>(i)), mapping));
      }
      return arrow::struct_(std::move(fields));
    }
    case TypeKind::kArray:
      return arrow::list(
          physical_element("element", *type.element, logical->field(0), mapping, place));
    case TypeKind::kMap: {
      const auto& map = static_cast<const arrow::MapType&>(*logical);
      return std::make_shared<arrow::MapType>(
          physical_element("key", *type.key, map.key_field(), mapping, place),
          physical_element("value", *type.element, map.item_field(), mapping, place));
    }
    case TypeKind::kVariant:
      return arrow::extension::variant(logical);  // so the group is annotated
    default: return logical;
  }
}

const arrow::DataType& storage_type(const arrow::DataType& type) {
  if (type.id() != arrow::Type::EXTENSION) return type;
  return *static_cast<const arrow::ExtensionType&>(type).storage_type();
}

// Whether a field is null where its struct is not.
bool has_nulls(const arrow::StructArray& rows, const arrow::Array& child) {
  for (int64_t row = 0; child.null_count() > 0 && row < rows.length(); ++row) {
    if (rows.IsValid(row) && child.IsNull(row)) return true;
  }
  return false;
}

// The same buffers under other field names.
std::shared_ptr<arrow::ArrayData> renamed(const arrow::ArrayData& data,
                                          const std::shared_ptr<arrow::DataType>& type) {
  auto out = data.Copy();
  out->type = type;
  const arrow::DataType& storage = storage_type(*type);
  for (size_t i = 0; i < out->child_data.size(); ++i) {
    const auto& field = storage.field(static_cast<int>(i));
    out->child_data[i] = renamed(*out->child_data[i], field->type());
    // Where only null structs have nulls in what is NOT NULL: the Parquet writer would refuse them.
    if (!field->nullable() && data.type->id() == arrow::Type::STRUCT) {
      const arrow::StructArray rows(data.Copy());
      if (has_nulls(rows, *rows.field(static_cast<int>(i)))) continue;
      out->child_data[i]->buffers[0] = nullptr;
      out->child_data[i]->null_count = 0;
    }
  }
  return out;
}

Error null_in(std::string_view column) {
  return invalid(fmt::format("column {} is NOT NULL and a row has null there", column));
}

// NOT NULL inside structs counts only where the struct is there.
Status check_nulls(const Field& field, const arrow::Array& array) {
  if (!field.nullable && array.null_count() > 0) return null_in(field.name);
  if (field.type.kind != TypeKind::kStruct && field.type.kind != TypeKind::kVariant) return {};
  const auto& rows = static_cast<const arrow::StructArray&>(array);
  if (field.type.kind == TypeKind::kVariant) {
    for (const auto& binary : rows.fields()) {
      if (has_nulls(rows, *binary)) return null_in(field.name);
    }
    return {};
  }
  for (size_t i = 0; i < field.type.fields.size(); ++i) {
    const Field& inner = field.type.fields[i];
    const auto child = rows.field(static_cast<int>(i));
    if (!inner.nullable && has_nulls(rows, *child)) {
      return null_in(fmt::format("{}.{}", field.name, inner.name));
    }
    if (inner.nullable || child->null_count() == 0) TRY(check_nulls(inner, *child));
  }
  return {};
}

// The columns of a file: no partition columns but for Iceberg, no void ones, physical names.
struct Layout {
  std::vector<const Field*> given;                         // columns that batches have
  std::vector<int> kept;                                   // of those, what goes into the file
  std::vector<std::shared_ptr<arrow::Scalar>> partitions;  // behind those, the same in each row
  size_t extra = 0;  // columns behind them that are no columns of the table
  std::shared_ptr<arrow::Schema> schema;
};

// Row tracking has its own names for the columns that keep what rows had.
Status add_row_ids(const Snapshot& snapshot, arrow::FieldVector& fields) {
  for (const char* property : {kRowIdColumn, kRowVersionColumn}) {
    const auto name = snapshot.property(property);
    if (!name) return invalid(fmt::format("the table does not track rows: it has no {}", property));
    fields.push_back(arrow::field(*name, arrow::int64()));
  }
  return {};
}

Result<Layout> layout_of(const Snapshot& snapshot, ColumnMapping mapping,
                         const WriteOptions& options) {
  Layout out;
  const auto& partitions = snapshot.metadata().partition_columns;
  arrow::FieldVector fields;
  for (const Field& field : snapshot.schema().fields) {
    if (std::find(partitions.begin(), partitions.end(), field.name) != partitions.end()) continue;
    out.given.push_back(&field);
    if (field.type.kind == TypeKind::kVoid) continue;
    const auto logical = snapshot.arrow_schema()->GetFieldByName(field.name);
    fields.push_back(physical_field(field, logical, mapping));
    out.kept.push_back(static_cast<int>(out.given.size()) - 1);
  }
  if (iceberg_compat_enabled(snapshot.metadata())) {
    for (const std::string& column : partitions) {
      const Field* field = snapshot.schema().find(column);
      const auto value = options.partition_values.find(column);
      if (value == options.partition_values.end()) continue;  // finish() says so
      fields.push_back(
          physical_field(*field, snapshot.arrow_schema()->GetFieldByName(column), mapping));
      out.partitions.push_back(TRY(partition_scalar(field->type, value->second)));
    }
  }
  const size_t own = fields.size();
  if (options.keep_row_ids) TRY(add_row_ids(snapshot, fields));
  if (options.change_file) fields.push_back(arrow::field(kChangeType, arrow::utf8()));
  out.extra = fields.size() - own;
  out.schema = arrow::schema(std::move(fields));
  return out;
}

Result<std::shared_ptr<arrow::RecordBatch>> physical_rows(const Snapshot& snapshot,
                                                          const Layout& layout,
                                                          const arrow::RecordBatch& batch) {
  if (batch.num_columns() != static_cast<int>(layout.given.size() + layout.extra)) {
    return invalid(fmt::format("a batch has {} columns, the table {}", batch.num_columns(),
                               layout.given.size() + layout.extra));
  }
  arrow::ArrayVector arrays;
  for (size_t i = 0; i < layout.kept.size(); ++i) {
    const Field& field = *layout.given[static_cast<size_t>(layout.kept[i])];
    const auto& array = batch.column(layout.kept[i]);
    const auto wanted = snapshot.arrow_schema()->GetFieldByName(field.name)->type();
    if (!array->type()->Equals(*wanted)) {
      return invalid(fmt::format("column {} is {}, a batch has {}", field.name, wanted->ToString(),
                                 array->type()->ToString()));
    }
    TRY(check_nulls(field, *array));
    arrays.push_back(arrow::MakeArray(
        renamed(*array->data(), layout.schema->field(static_cast<int>(i))->type())));
  }
  for (const auto& value : layout.partitions) {
    arrays.push_back(TRY_ARROW(arrow::MakeArrayFromScalar(*value, batch.num_rows())));
  }
  for (size_t i = layout.given.size(); i < layout.given.size() + layout.extra; ++i) {
    arrays.push_back(batch.column(static_cast<int>(i)));
  }
  return arrow::RecordBatch::Make(layout.schema, batch.num_rows(), std::move(arrays));
}

// Statistics of bytes and of lists help nobody and cost a pass.
void disable_statistics(const std::string& path, const arrow::DataType& type, bool in_list,
                        parquet::WriterProperties::Builder& builder) {
  if (type.id() == arrow::Type::STRUCT) {
    for (const auto& child : type.fields()) {
      disable_statistics(path + "." + child->name(), *child->type(), in_list, builder);
    }
  } else if (type.id() == arrow::Type::LIST) {
    disable_statistics(path + ".list.element", *type.field(0)->type(), true, builder);
  } else if (type.id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapType&>(type);
    disable_statistics(path + ".key_value.key", *map.key_type(), true, builder);
    disable_statistics(path + ".key_value.value", *map.item_type(), true, builder);
  } else if (type.id() == arrow::Type::EXTENSION) {
    disable_statistics(path, storage_type(type), in_list, builder);
  } else if (in_list || type.id() == arrow::Type::BINARY) {
    builder.disable_statistics(path);
  }
}

// `rows` are the first ones.
Result<std::shared_ptr<parquet::WriterProperties>> writer_properties(const arrow::Table& rows,
                                                                     int zstd_level) {
  parquet::WriterProperties::Builder builder;
  builder.enable_page_checksum()
      ->compression(parquet::Compression::ZSTD)
      ->compression_level(zstd_level)
      ->version(parquet::ParquetVersion::PARQUET_2_6)
      ->data_page_version(parquet::ParquetDataPageVersion::V1)
      ->disable_write_page_index()
      ->set_size_statistics_level(parquet::SizeStatisticsLevel::None)
      ->enable_store_decimal_as_integer()
      ->created_by("foz");
  for (const auto& field : rows.schema()->fields()) {
    disable_statistics(field->name(), *field->type(), false, builder);
  }
  TRY(choose_encodings(rows, builder));
  return builder.build();
}

Status check_rules(const Snapshot& snapshot, const WriteOptions& options) {
  if (options.rules_checked || options.change_file) return {};
  const RowRules rules = TRY(row_rules(snapshot.metadata(), snapshot.schema()));
  TRY(check_plain(rules));
  if (rules.identities.empty()) return {};
  return Error(ErrorCode::kUnsupported,
               fmt::format("column {} is an identity (table feature identityColumns): its numbers "
                           "must be given out",
                           rules.identities.front().column));
}

}  // namespace

struct DataFileWriter::Impl {
  const Table& table;
  const Snapshot& snapshot;
  const WriteOptions& options;
  const ColumnMapping mapping;
  const Layout layout;
  WrittenRows rows = {};
  std::shared_ptr<MemorySink> sink = std::make_shared<MemorySink>();
  std::unique_ptr<parquet::arrow::FileWriter> writer = nullptr;  // from the first rows on

  Status write(const Batches& physical) {
    return guard_parquet([&]() -> Status {
      const auto all = TRY_ARROW(arrow::Table::FromRecordBatches(layout.schema, physical));
      if (!writer) {
        writer = TRY_ARROW(
            parquet::arrow::FileWriter::Open(*layout.schema, arrow::default_memory_pool(), sink,
                                             TRY(writer_properties(*all, options.zstd_level)),
                                             parquet::ArrowWriterProperties::Builder().build()));
      }
      if (all->num_rows() == 0) return {};
      TRY_ARROW(writer->WriteTable(*all, std::max<int64_t>(options.row_group_rows, 1)));
      return {};
    });
  }
};

DataFileWriter::DataFileWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DataFileWriter::DataFileWriter(DataFileWriter&&) noexcept = default;
DataFileWriter::~DataFileWriter() = default;

Result<DataFileWriter> DataFileWriter::open(const Table& table, const Snapshot& snapshot,
                                            const WriteOptions& options) {
  TRY(check_rules(snapshot, options));
  const ColumnMapping mapping = TRY(column_mapping(snapshot));
  return DataFileWriter(std::make_unique<Impl>(table, snapshot, options, mapping,
                                               TRY(layout_of(snapshot, mapping, options))));
}

Status DataFileWriter::write(const Batches& batches) {
  Batches physical;
  for (const auto& batch : batches) {
    physical.push_back(TRY(physical_rows(impl_->snapshot, impl_->layout, *batch)));
    impl_->rows.add(*physical.back());
  }
  return impl_->write(physical);
}

Result<int64_t> DataFileWriter::bytes() const { return TRY_ARROW(impl_->sink->Tell()); }

Result<AddFile> DataFileWriter::finish(Random& random, const Clock& clock) {
  const Snapshot& snapshot = impl_->snapshot;
  if (!impl_->writer) TRY(impl_->write({}));
  TRY(guard_parquet([&]() -> Status {
    TRY_ARROW(impl_->writer->AddKeyValueMetadata(footer_seal()));
    TRY_ARROW(impl_->writer->Close());
    seal_footer(impl_->sink->writable());
    return {};
  }));
  const Bytes bytes = impl_->sink->bytes();
  AddFile add;
  const std::string name =
      fmt::format("{}-00000-{}-c000.zstd.parquet", impl_->options.change_file ? "cdc" : "part",
                  random.uuid().to_string());
  add.size = std::ssize(bytes);
  add.modification_time_ms = clock.now_ms();
  impl_->rows.nulls.resize(impl_->layout.kept.size());
  add.stats = write_statistics(*impl_->writer->metadata(), *impl_->layout.schema, impl_->rows,
                               statistics_scope(snapshot, impl_->mapping));
  add.tags = impl_->options.tags;
  for (const std::string& column : snapshot.metadata().partition_columns) {
    const auto given = impl_->options.partition_values.find(column);
    if (given == impl_->options.partition_values.end()) {
      return invalid(fmt::format("no value for partition column {}", column));
    }
    add.partition_values.emplace(physical_name(*snapshot.schema().find(column), impl_->mapping),
                                 given->second);
  }
  const std::string path = file_folder(snapshot, impl_->options.partition_values, random) + name;
  const std::string object = impl_->options.change_file ? "_change_data/" + path : path;
  add.path = percent_encoded(object);
  TRY(impl_->table.store().put(join_path(impl_->table.root(), object), bytes));
  return add;
}

Result<AddFile> write_data_file(const Table& table, const Snapshot& snapshot,
                                const Batches& batches, const WriteOptions& options, Random& random,
                                const Clock& clock) {
  DataFileWriter writer = TRY(DataFileWriter::open(table, snapshot, options));
  TRY(writer.write(batches));
  return writer.finish(random, clock);
}

}  // namespace foz::delta
