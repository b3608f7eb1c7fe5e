// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/file_facts.h"

#include <arrow/io/memory.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <parquet/column_reader.h>
#include <parquet/metadata.h>

#include <algorithm>

#include "delta/calendar_internal.h"
#include "delta/coerce_internal.h"
#include "delta/column_mapping_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/statistics_internal.h"

namespace foz::delta {
namespace {

using parquet::arrow::SchemaField;

bool has_times(const DataType& type) {
  switch (type.kind) {
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return true;
    default: break;
  }
  return std::ranges::any_of(type.fields,
                             [](const Field& field) { return has_times(field.type); }) ||
         (type.element && has_times(*type.element)) || (type.key && has_times(*type.key));
}

using GroupNode = parquet::schema::GroupNode;
using Node = parquet::schema::Node;

// Null for what is no group with so many children.
const GroupNode* group_of(const Node& node, int children) {
  if (!node.is_group()) return nullptr;
  const auto& group = static_cast<const GroupNode&>(node);
  return group.field_count() == children ? &group : nullptr;
}

// The element of a list in the form of today. In older ones it is a matter of names whether the
// repeated group is the element itself:
// https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#backward-compatibility-rules
const Node* element_of(const Node& list) {
  const GroupNode* group = group_of(list, 1);
  const GroupNode* repeated = group ? group_of(*group->field(0), 1) : nullptr;
  if (!repeated || repeated->name() == "array" || repeated->name().ends_with("_tuple")) {
    return nullptr;
  }
  return repeated->field(0).get();
}

class Columns {
 public:
  Columns(const parquet::arrow::FileReader& reader, ColumnMapping mapping)
      : file_(*reader.parquet_reader()->metadata()),
        manifest_(reader.manifest()),
        schema_(*file_.schema()),
        mapping_(mapping),
        julian_(julian_marks(file_).any()) {
    const auto& keys = file_.key_value_metadata();
    geo_ = keys && keys->Contains("geo");
  }

  // The column of the file that is the table's.
  bool is_plain(int at, const Field& want) const {
    if (julian_ && has_times(want.type)) return false;
    return same(manifest_.schema_fields[static_cast<size_t>(at)], *schema_.group_node()->field(at),
                want.type);
  }

 private:
  bool same(const SchemaField& have, const Node& node, const DataType& want) const {
    if (have.is_leaf()) return same_leaf(have, want);
    const auto kind = have.field->type()->id();
    switch (want.kind) {
      case TypeKind::kStruct: {
        if (kind != arrow::Type::STRUCT || want.fields.empty() || !node.is_group()) return false;
        return std::ranges::all_of(want.fields, [&](const Field& field) {
          const int at = find_field(have.field->type()->fields(), field, mapping_);
          if (at < 0) return false;
          const SchemaField& child = have.children[static_cast<size_t>(at)];
          // Others find it by its name.
          return child.field->name() == physical_name(field, mapping_) &&
                 same(child, *static_cast<const GroupNode&>(node).field(at), field.type);
        });
      }
      case TypeKind::kArray: {
        const Node* element = element_of(node);
        return kind == arrow::Type::LIST && element && have.children.size() == 1 &&
               same(have.children[0], *element, *want.element);
      }
      case TypeKind::kMap: {
        const GroupNode* map = group_of(node, 1);
        const GroupNode* entry = map ? group_of(*map->field(0), 2) : nullptr;
        if (kind != arrow::Type::MAP || !entry || have.children.size() != 1) return false;
        const auto& entries = have.children[0].children;
        return entries.size() == 2 && same(entries[0], *entry->field(0), *want.key) &&
               same(entries[1], *entry->field(1), *want.element);
      }
      default: return false;
    }
  }

  bool same_leaf(const SchemaField& have, const DataType& want) const {
    const arrow::DataType& type = *have.field->type();
    const parquet::ColumnDescriptor& column = *schema_.Column(have.column_index);
    switch (want.kind) {
      case TypeKind::kString:
        if (type.id() != arrow::Type::STRING) return false;
        // Bounds of writers that say no order are in one that is not that of strings.
        if (column.column_order().get_order() == parquet::ColumnOrder::UNDEFINED) return false;
        break;
      case TypeKind::kBinary:
        if (type.id() != arrow::Type::BINARY || geo_) return false;
        if (const auto& logical = column.logical_type();
            logical && (logical->is_geometry() || logical->is_geography())) {
          return false;
        }
        break;
      case TypeKind::kTimestamp: {
        if (type.id() != arrow::Type::TIMESTAMP) return false;
        const auto& time = static_cast<const arrow::TimestampType&>(type);
        if (time.unit() != arrow::TimeUnit::MICRO) return false;
        break;
      }
      case TypeKind::kVoid:
      case TypeKind::kVariant: return false;
      default: {
        const auto wanted = to_arrow(want);
        if (!wanted || !type.Equals(**wanted)) return false;
      }
    }
    return plain_pages(have.column_index);
  }

  bool plain_pages(int leaf) const {
    for (int group = 0; group < file_.num_row_groups(); ++group) {
      const auto chunk = file_.RowGroup(group)->ColumnChunk(leaf);
      switch (chunk->compression()) {
        case parquet::Compression::UNCOMPRESSED:
        case parquet::Compression::SNAPPY:
        case parquet::Compression::GZIP:
        case parquet::Compression::ZSTD:
        case parquet::Compression::BROTLI:
        case parquet::Compression::LZ4: break;  // LZ4_RAW
        default: return false;
      }
      const auto type = chunk->type();
      const bool real = type == parquet::Type::FLOAT || type == parquet::Type::DOUBLE;
      const auto& encodings = chunk->encodings();
      if (!real &&
          std::ranges::find(encodings, parquet::Encoding::BYTE_STREAM_SPLIT) != encodings.end()) {
        return false;
      }
    }
    return true;
  }

  const parquet::FileMetaData& file_;
  const parquet::arrow::SchemaManifest& manifest_;
  const parquet::SchemaDescriptor& schema_;
  const ColumnMapping mapping_;
  const bool julian_;
  bool geo_ = false;
};

std::vector<FileFacts::Chunk> chunks_of(const parquet::FileMetaData& file) {
  std::vector<FileFacts::Chunk> out;
  // These said too small sizes, and had no checksums.
  if (file.writer_version().VersionLt(parquet::ApplicationVersion::PARQUET_816_FIXED_VERSION())) {
    return out;
  }
  for (int group = 0; group < file.num_row_groups(); ++group) {
    const auto rows = file.RowGroup(group);
    for (int column = 0; column < rows->num_columns(); ++column) {
      const auto chunk = rows->ColumnChunk(column);
      int64_t begin = chunk->data_page_offset();
      if (chunk->has_dictionary_page() && chunk->dictionary_page_offset() > 0) {
        begin = std::min(begin, chunk->dictionary_page_offset());
      }
      out.push_back({begin, begin + chunk->total_compressed_size(), chunk->num_values()});
    }
  }
  std::ranges::sort(out, {}, &FileFacts::Chunk::begin);
  return out;
}

}  // namespace

Result<FileFacts> file_facts(const Table& table, const Snapshot& snapshot, const AddFile& file) {
  const std::string path = TRY(object_path(table, file));
  const ColumnMapping mapping = TRY(column_mapping(snapshot));
  const auto [reader, size] = TRY(open_parquet_sized(table.store(), path, file.size));
  const auto look = [&]() -> Result<FileFacts> {
    const auto& metadata = *reader->parquet_reader()->metadata();
    FileFacts facts;
    facts.rows = metadata.num_rows();
    facts.size = size;
    if (const auto counted = statistics_rows(file.stats); counted && *counted != facts.rows) {
      return Error(ErrorCode::kCorrupt,
                   fmt::format("the file has {} rows and the log says {}", facts.rows, *counted));
    }
    facts.chunks = chunks_of(metadata);
    const Columns columns(*reader, mapping);
    arrow::FieldVector fields;
    for (const auto& field : reader->manifest().schema_fields) fields.push_back(field.field);
    // Without ids it is read by read_data_file() or not at all.
    const bool known = mapping != ColumnMapping::kId || has_field_ids(fields);
    for (const Field& field : snapshot.schema().fields) {
      const int at = find_field(fields, field, mapping);
      facts.plain.push_back(known && (at < 0 || columns.is_plain(at, field)));
    }
    return facts;
  };
  return guard_parquet(look).within(file.path);
}

Status check_pages(Bytes chunk, int64_t values) {
  return guard_parquet([&]() -> Status {
    parquet::ReaderProperties properties = parquet::default_reader_properties();
    properties.set_page_checksum_verification(true);
    const auto bytes = std::make_shared<arrow::Buffer>(
        reinterpret_cast<const uint8_t*>(chunk.data()), std::ssize(chunk));
    // Nothing is decompressed, and of the column only values are counted.
    static const parquet::ColumnDescriptor any(
        parquet::schema::PrimitiveNode::Make("any", parquet::Repetition::REQUIRED,
                                             parquet::Type::BYTE_ARRAY),
        0, 0);
    const auto pages =
        parquet::PageReader::Open(std::make_shared<arrow::io::BufferReader>(bytes), values,
                                  parquet::Compression::UNCOMPRESSED, properties, any);
    while (pages->NextPage()) {
    }
    return {};
  });
}

}  // namespace foz::delta
