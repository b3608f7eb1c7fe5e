// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A folder of Parquet files as a table: their names, columns and statistics, and the values that
// folders COLUMN=VALUE give.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/clock.h"
#include "base/random.h"
#include "delta/column_mapping_internal.h"
#include "delta/convert_internal.h"
#include "delta/create_internal.h"
#include "delta/data_file.h"
#include "delta/features_internal.h"
#include "delta/json_internal.h"
#include "delta/log_files_internal.h"
#include "delta/maintenance.h"
#include "delta/new_table_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/partition_value_internal.h"
#include "delta/paths_internal.h"
#include "delta/properties_internal.h"
#include "delta/retry_internal.h"
#include "delta/statistics_internal.h"
#include "delta/statistics_scope_internal.h"

namespace foz::delta {
namespace {

constexpr int64_t kIndexedColumns = 32;
constexpr std::string_view kNullValue = "__HIVE_DEFAULT_PARTITION__";

struct Found {
  store::ObjectMeta object;
  std::string name;  // below the table's root
  std::vector<FolderPartition> partitions;
};

Result<std::vector<Found>> find_files(const Table& table) {
  const std::string folder = join_path(table.root(), "");
  std::vector<Found> files;
  for (store::ObjectMeta& object : TRY(retried([&] { return table.store().list(folder); }))) {
    std::string name = object.path.substr(folder.size());
    if (auto partitions = folder_partitions(name)) {
      files.push_back({std::move(object), std::move(name), *std::move(partitions)});
    }
  }
  if (files.empty()) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("there is no Parquet file in '{}'", table.root()));
  }
  const auto columns = [](const Found& file) {
    std::vector<std::string> names;
    for (const FolderPartition& partition : file.partitions) names.push_back(partition.column);
    return names;
  };
  for (const Found& file : files) {
    if (columns(file) == columns(files.front())) continue;
    return invalid(fmt::format("{} and {} do not lie in folders of the same partition columns",
                               files.front().name, file.name));
  }
  return files;
}

template <class Integer>
bool is_integer(const std::string& text) {
  Integer value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  // "007" is a text: as a number it would lose its zeros.
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() &&
         std::to_string(value) == text;
}

// The narrowest type that holds every value.
TypeKind partition_type(const std::vector<Found>& files, size_t at) {
  bool integer = true, number = true, date = true, any = false;
  for (const Found& file : files) {
    const auto& value = file.partitions[at].value;
    if (!value) continue;
    any = true;
    integer &= is_integer<int32_t>(*value);
    number &= is_integer<int64_t>(*value);
    date &= parse_date(*value).has_value();
  }
  if (!any) return TypeKind::kString;
  if (integer) return TypeKind::kInteger;
  if (number) return TypeKind::kLong;
  return date ? TypeKind::kDate : TypeKind::kString;
}

int rank_of(TypeKind kind) {
  constexpr std::array<TypeKind, 4> kIntegers = {TypeKind::kByte, TypeKind::kShort,
                                                 TypeKind::kInteger, TypeKind::kLong};
  const auto at = std::ranges::find(kIntegers, kind);
  return at == kIntegers.end() ? -1 : static_cast<int>(at - kIntegers.begin());
}

void make_nullable(DataType& type) {
  for (Field& field : type.fields) {
    field.nullable = true;
    make_nullable(field.type);
  }
  type.element_nullable = true;
  if (!type.element) return;
  DataType element = *type.element;
  make_nullable(element);
  type.element = std::make_shared<DataType>(std::move(element));
}

// Columns of all files; each may be missing in some.
class Columns {
 public:
  explicit Columns(const Schema& partitions) : partitions_(partitions) {}

  Status add(const Schema& schema, const std::string& file) {
    for (const Field& given : schema.fields) {
      if (partitions_.find(given.name)) continue;  // the folder's value counts
      Field field{given.name, given.type, true, {}};
      make_nullable(field.type);
      const auto known = std::ranges::find(schema_.fields, field.name, &Field::name);
      if (known == schema_.fields.end()) {
        if (const Field* alike = schema_.find(field.name)) {
          return invalid(
              fmt::format("column {} of {} is {} in another file: names that differ in "
                          "case alone are one column",
                          field.name, file, alike->name));
        }
        schema_.fields.push_back(std::move(field));
        first_.push_back(file);
      } else if (known->type != field.type) {
        const int before = rank_of(known->type.kind), now = rank_of(field.type.kind);
        if (before < 0 || now < 0) {
          const size_t at = static_cast<size_t>(known - schema_.fields.begin());
          return invalid(
              fmt::format("column {} has other types in {} and {}", field.name, first_[at], file));
        }
        if (now > before) known->type = field.type;
      }
    }
    return {};
  }

  Schema finish() && {
    Schema out = std::move(schema_);
    out.fields.insert(out.fields.end(), partitions_.fields.begin(), partitions_.fields.end());
    return out;
  }

 private:
  const Schema& partitions_;
  Schema schema_;
  std::vector<std::string> first_;  // the file that a column was found in
};

Result<Schema> partition_schema(const std::vector<Found>& files, const ConvertOptions& options) {
  Schema out;
  const auto& columns = files.front().partitions;
  for (size_t at = 0; at < columns.size(); ++at) {
    const auto given = std::ranges::find(options.partition_types, columns[at].column, &Field::name);
    Field& field = out.fields.emplace_back();
    field.name = columns[at].column;
    field.type = given == options.partition_types.end()
                     ? DataType{.kind = partition_type(files, at)}
                     : given->type;
    for (const Found& file : files) {
      const auto value = partition_scalar(field.type, file.partitions[at].value);
      if (!value) return invalid(file.name + ": " + value.error().message());
    }
  }
  for (const Field& given : options.partition_types) {
    if (std::ranges::find(out.fields, given.name, &Field::name) == out.fields.end()) {
      return invalid(fmt::format("no folder names the partition column {}", given.name));
    }
  }
  return out;
}

Result<AddFile> convert_file(const Table& table, const Found& file, Columns& columns) {
  AddFile add;
  add.path = percent_encoded(file.name);
  add.size = file.object.size;
  add.modification_time_ms = file.object.modified_ms;
  for (const FolderPartition& each : file.partitions)
    add.partition_values[each.column] = each.value;
  const auto reader = TRY(open_parquet(table.store(), file.object.path, file.object.size));
  std::shared_ptr<arrow::Schema> schema;
  TRY_ARROW(reader->GetSchema(&schema));
  TRY(columns.add(TRY(from_arrow(*schema).within(file.name)), file.name));
  const auto metadata = reader->parquet_reader()->metadata();
  add.stats = write_statistics(
      *metadata, *schema, WrittenRows::unknown(*schema, metadata->num_columns()), kIndexedColumns);
  return add;
}

}  // namespace

std::optional<std::vector<FolderPartition>> folder_partitions(std::string_view name) {
  std::vector<FolderPartition> out;
  if (!name.ends_with(".parquet")) return std::nullopt;
  for (size_t slash = name.find('/'); slash != name.npos; slash = name.find('/')) {
    const std::string_view segment = name.substr(0, slash);
    name.remove_prefix(slash + 1);
    const size_t equals = segment.find('=');
    if (equals == 0 || equals == segment.npos) {
      if (segment.starts_with('_') || segment.starts_with('.')) return std::nullopt;
      continue;
    }
    std::optional<std::string> value = percent_decoded(segment.substr(equals + 1));
    if (*value == kNullValue) value.reset();
    out.push_back({percent_decoded(segment.substr(0, equals)), std::move(value)});
  }
  if (name.starts_with('_') || name.starts_with('.')) return std::nullopt;
  return out;
}

Result<SnapshotPtr> convert(const Table& table, const ConvertOptions& options, Random& random,
                            const Clock& clock, const OnProgress& progress) {
  if (TRY(list_log(table.store(), table.root(), Version{0})).last()) {
    return Error(ErrorCode::kAlreadyExists, fmt::format("'{}' is a Delta table", table.root()));
  }
  const std::vector<Found> files = TRY(find_files(table));
  const Schema partitions = TRY(partition_schema(files, options));
  Progress done{.files_total = static_cast<int64_t>(files.size())};
  for (const Found& file : files) done.bytes_total += file.object.size;
  CommitRequest request;
  request.operation = "CONVERT";
  Columns columns(partitions);
  for (const Found& file : files) {
    if (progress) TRY(progress(done));
    request.adds.push_back(TRY(guard_parquet([&] { return convert_file(table, file, columns); })));
    ++done.files;
    done.bytes += file.object.size;
  }
  Schema schema = std::move(columns).finish();
  const GivenProperties given = TRY(take_properties(options.properties));
  Metadata metadata;
  metadata.id = random.uuid().to_string();
  metadata.created_time_ms = clock.now_ms();
  metadata.configuration = given.configuration;
  complete_properties(metadata, random);
  const ColumnMapping mapping = TRY(column_mapping(metadata));
  if (mapping == ColumnMapping::kId) {
    return Error(ErrorCode::kUnsupported,
                 "files that are there already have no field ids: map their columns by name");
  }
  TRY(check_new_names(schema.fields, mapping));
  TRY(check_statistics_columns(metadata, schema));
  if (mapping == ColumnMapping::kName) {
    map_columns(schema.fields, metadata.configuration, PhysicalNames::kAsLogical, random);
  }
  metadata.schema_string = to_json(schema);
  for (const Field& field : partitions.fields) metadata.partition_columns.push_back(field.name);
  auto features = features_asked_for(metadata, schema);
  features.insert(given.features.begin(), given.features.end());
  request.protocol = TRY(raised(Protocol{}, features));
  request.metadata = std::move(metadata);
  request.operation_parameters = {{"numFiles", json_quote(std::to_string(done.files))},
                                  {"collectStats", "\"true\""},
                                  {"sourceFormat", "\"parquet\""}};
  request.operation_metrics = {{"numConvertedFiles", done.files}};
  return commit_first(table, request, random, clock);
}

}  // namespace foz::delta
