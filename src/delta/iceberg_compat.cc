// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/iceberg_compat_internal.h"

#include <fmt/format.h>

#include <algorithm>

#include "delta/column_mapping_internal.h"
#include "delta/features_internal.h"
#include "delta/type_widening_internal.h"

namespace foz::delta {
namespace {

bool is_list(TypeKind kind) { return kind == TypeKind::kArray || kind == TypeKind::kMap; }

template <class Test>
bool any_type(const DataType& type, const Test& test) {
  if (test(type.kind)) return true;
  if (type.element && any_type(*type.element, test)) return true;
  if (type.key && any_type(*type.key, test)) return true;
  return std::ranges::any_of(type.fields,
                             [&](const Field& field) { return any_type(field.type, test); });
}

// https://iceberg.apache.org/spec/#schema-evolution: its int is Delta's byte and short, too.
bool iceberg_widens(const DataType& from, const DataType& to) {
  switch (to.kind) {
    case TypeKind::kShort:
    case TypeKind::kInteger:
    case TypeKind::kLong: return true;
    case TypeKind::kDouble: return from.kind == TypeKind::kFloat;
    case TypeKind::kDecimal: return from.kind == TypeKind::kDecimal && from.scale == to.scale;
    default: return false;
  }
}

Status check_types(const Schema& schema, bool lists, const char* property) {
  for (const Field& field : schema.fields) {
    const bool refused = any_type(field.type, [&](TypeKind kind) {
      return kind == TypeKind::kVoid || kind == TypeKind::kVariant || (!lists && is_list(kind));
    });
    if (refused) {
      return invalid(fmt::format("column {} is {}: drop it, or unset {}", field.name,
                                 lists ? "void or a variant, or holds such values"
                                       : "a list, a map, void or a variant, or holds such values",
                                 property));
    }
  }
  return {};
}

Status check_changes(const Schema& schema) {
  return each_type_change(schema.fields, [](const DataType& from, const DataType& to) -> Status {
    if (iceberg_widens(from, to)) return {};
    return invalid(fmt::format("its type changed from {} to {}, which Iceberg cannot read through",
                               type_name(from), type_name(to)));
  });
}

}  // namespace

bool iceberg_compat_enabled(const Metadata& metadata) {
  return is_true(metadata.configuration, kIcebergV1) || is_true(metadata.configuration, kIcebergV2);
}

Status check_iceberg_compat(const Protocol& protocol, const Metadata& metadata,
                            const Schema& schema) {
  if (has_writer_feature(protocol, "icebergCompatV1") ||
      has_writer_feature(protocol, "icebergCompatV2")) {
    TRY(check_changes(schema));
  }
  if (!iceberg_compat_enabled(metadata)) return {};
  const bool first = is_true(metadata.configuration, kIcebergV1);
  const char* property = first ? kIcebergV1 : kIcebergV2;
  if (first && is_true(metadata.configuration, kIcebergV2)) {
    return invalid(fmt::format("a table has {} or {}, not both", kIcebergV1, kIcebergV2));
  }
  if (TRY(column_mapping(metadata)) == ColumnMapping::kNone) {
    return invalid(
        fmt::format("{} needs mapped columns: set delta.columnMapping.mode = name", property));
  }
  if (has_writer_feature(protocol, "deletionVectors") &&
      (first || is_true(metadata.configuration, "delta.enableDeletionVectors"))) {
    return invalid(fmt::format(
        "{} and deletion vectors exclude each other: {}", property,
        first ? "make a new table without them" : "set delta.enableDeletionVectors = false"));
  }
  return check_types(schema, !first, property);
}

Status check_iceberg_begins(const Snapshot& snapshot, const Metadata& metadata) {
  if (!iceberg_compat_enabled(metadata) || iceberg_compat_enabled(snapshot.metadata()) ||
      snapshot.file_count() == 0) {
    return {};
  }
  const bool lists = std::ranges::any_of(
      snapshot.schema().fields, [](const Field& field) { return any_type(field.type, is_list); });
  bool vectors = false;
  snapshot.each_file(
      [&](const auto& file) { return !(vectors = file->deletion_vector.has_value()); });
  if (vectors) {
    return Error(ErrorCode::kUnsupported,
                 "files of the table have deletion vectors, which Iceberg's readers would not "
                 "heed: rewrite them first (optimize)");
  }
  if (!lists && snapshot.metadata().partition_columns.empty() && snapshot.row_count()) return {};
  return Error(ErrorCode::kUnsupported,
               "the table's files lack what Iceberg's readers need (partition columns, ids of "
               "elements, or numbers of rows): make a new table with the property, of its rows");
}

}  // namespace foz::delta
