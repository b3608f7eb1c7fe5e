// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/table_details_internal.h"

#include <map>

#include "delta/history.h"
#include "sql/lake_columns_internal.h"
#include "sql/lake_error_internal.h"
#include "sql/lake_types_internal.h"
#include "sql/trino_table_changes_internal.h"

namespace foz::sql {

using duckdb::LogicalType;
using duckdb::Value;

namespace {

LogicalType texts() { return LogicalType::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR); }

Value text_map(const std::map<std::string, std::string>& given) {
  duckdb::vector<Value> keys, values;
  for (const auto& [key, value] : given) {
    keys.emplace_back(key);
    values.emplace_back(value);
  }
  return Value::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR, std::move(keys), std::move(values));
}

template <class T>
Value or_null(const std::optional<T>& value, const LogicalType& type) {
  return value ? Value::CreateValue(*value) : Value(type);
}

Value instant(int64_t milliseconds) {
  Value value = Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(milliseconds * 1000));
  value.Reinterpret(instant_type(3));
  return value;
}

constexpr size_t kCommitsAtOnce = 8;  // so that LIMIT reads few

duckdb::vector<Value> history_row(const delta::HistoryEntry& entry) {
  return {Value::BIGINT(entry.version.value()),
          instant(entry.timestamp_ms),
          or_null(entry.user_id, LogicalType::VARCHAR),
          or_null(entry.user_name, LogicalType::VARCHAR),
          or_null(entry.operation, LogicalType::VARCHAR),
          text_map(entry.parameters),
          Value(LogicalType::VARCHAR),
          or_null(entry.read_version, LogicalType::BIGINT),
          or_null(entry.isolation_level, LogicalType::VARCHAR),
          or_null(entry.blind_append, LogicalType::BOOLEAN),
          text_map(entry.metrics)};
}

RowSource history_rows(const std::shared_ptr<const delta::Table>& table,
                       const delta::SnapshotPtr& latest) {
  const auto history =
      std::make_shared<delta::History>(or_throw(delta::History::open(*table, latest)));
  return [table, history] {
    SystemRows rows;
    while (rows.size() < kCommitsAtOnce) {
      const auto entry = or_throw(history->next());
      if (!entry) break;
      rows.push_back(history_row(*entry));
    }
    return rows;
  };
}

SystemRows property_rows(const table::TableView& view) {
  SystemRows rows;
  for (const auto& [key, value] : view.snapshot->metadata().configuration)
    rows.push_back({Value(key), Value(value)});
  return rows;
}

struct Partitions {
  LogicalType type;
  SystemRows rows;
};

// Rows of partition values, with how many files and bytes each has.
Partitions partitions_of(const table::TableView& view, std::shared_ptr<LakeServices> services) {
  const auto scan = make_scan(std::move(services), view, view.snapshot, false);
  duckdb::child_list_t<LogicalType> fields;
  std::vector<size_t> columns;
  for (const std::string& name : view.snapshot->metadata().partition_columns) {
    for (size_t i = 0; i < scan->names.size(); ++i) {
      if (!delta::equal_without_case(scan->names[i], name)) continue;
      fields.emplace_back(scan->names[i], scan->types[i]);
      columns.push_back(i);
    }
  }
  Partitions made;
  made.type = LogicalType::STRUCT(fields);
  struct Files {
    std::shared_ptr<const delta::AddFile> one;
    int64_t count = 0, bytes = 0;
  };
  std::map<std::map<std::string, std::optional<std::string>>, Files> by_texts;
  view.snapshot->each_file([&](const std::shared_ptr<const delta::AddFile>& file) {
    Files& files = by_texts[file->partition_values];
    files.one = file;
    ++files.count;
    files.bytes += file->size;
    return true;
  });
  std::map<std::string, std::pair<Value, Files>> found;  // one value may have several texts
  for (const auto& [texts, files] : by_texts) {
    duckdb::child_list_t<Value> values;
    for (const size_t i : columns)
      values.emplace_back(scan->names[i], scan->partition_value(*files.one, i));
    Value row = Value::STRUCT(std::move(values));
    Files& all = found.try_emplace(row.ToSQLString(), row, Files()).first->second.second;
    all.count += files.count;
    all.bytes += files.bytes;
  }
  for (auto& [text, one] : found)
    made.rows.push_back(
        {std::move(one.first), Value::BIGINT(one.second.count), Value::BIGINT(one.second.bytes)});
  return made;
}

}  // namespace

std::optional<DetailName> detail_of(std::string_view name) {
  const size_t at = name.rfind('$');
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  const std::string kind = delta::lower_case(name.substr(at + 1));
  if (!kind.starts_with(kChangesDetail + 1) && kind != kStatsDetail + 1 && kind != "history" &&
      kind != "properties" && kind != "partitions")
    return std::nullopt;
  return DetailName{std::string(name.substr(0, at)), kind};
}

TableDetails details_of(const table::TableView& view, const std::string& kind,
                        std::shared_ptr<LakeServices> services) {
  const LogicalType text = LogicalType::VARCHAR;
  if (kind == "history") {
    return {{{"version", LogicalType::BIGINT},
             {"timestamp", instant_type(3)},
             {"user_id", text},
             {"user_name", text},
             {"operation", text},
             {"operation_parameters", texts()},
             {"cluster_id", text},
             {"read_version", LogicalType::BIGINT},
             {"isolation_level", text},
             {"is_blind_append", LogicalType::BOOLEAN},
             {"operation_metrics", texts()}},
            [table = view.table, latest = view.snapshot] { return history_rows(table, latest); }};
  }
  if (kind == kStatsDetail + 1) return stats_of(view, std::move(services));
  if (kind == "properties")
    return {{{"key", text}, {"value", text}}, rows_at_hand(property_rows(view))};
  if (view.snapshot->metadata().partition_columns.empty()) return {};
  auto partitions = partitions_of(view, std::move(services));
  return {{{"partition", partitions.type},
           {"file_count", LogicalType::BIGINT},
           {"total_size", LogicalType::BIGINT}},
          rows_at_hand(std::move(partitions.rows))};
}

}  // namespace foz::sql
