// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/row_checker.h"

#include <arrow/array.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/util.h>
#include <arrow/compute/api.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "delta/alter_internal.h"
#include "delta/json_internal.h"
#include "delta/parquet_source_internal.h"

namespace foz::delta {
namespace {

constexpr const char* kHighWaterMark = "delta.identity.highWaterMark";

Error damaged(const Field& field, std::string_view what) {
  return Error(ErrorCode::kCorrupt, fmt::format("column {}: {} cannot be read", field.name, what));
}

// {"expression":{"expression":"x > 3"}}
Result<std::string> invariant_sql(const Field& field, const std::string& json) {
  const auto text = json_unquote(json);
  simdjson::dom::parser parser;
  std::string_view sql;
  if (!text || parser.parse(*text)["expression"]["expression"].get(sql) != simdjson::SUCCESS) {
    return damaged(field, "its invariant");
  }
  return std::string(sql);
}

// Of "varchar(3)", as Spark notes it beside the type string; nullopt for what it notes of columns
// inside of others.
std::optional<std::string> length_sql(const Field& field, std::string_view type) {
  for (const std::string_view name : {"char(", "varchar("}) {
    if (!type.starts_with(name) || !type.ends_with(')')) continue;
    type.remove_prefix(name.size());
    type.remove_suffix(1);
    const auto length = json_integer(type);
    if (!length) return std::nullopt;
    std::string column;
    for (const char c : field.name) column.append(c == '`' ? 2 : 1, c);
    return fmt::format("`{0}` IS NULL OR length(`{0}`) <= {1}", column, *length);
  }
  return std::nullopt;
}

Status take_rules(const Field& field, RowRules& out) {
  const auto text = [&](const char* key) -> Result<std::optional<std::string>> {
    const auto found = field.metadata.find(key);
    if (found == field.metadata.end()) return std::optional<std::string>();
    auto plain = json_unquote(found->second);
    if (!plain) return damaged(field, key);
    return plain;
  };
  const auto number = [&](const char* key) -> std::optional<int64_t> {
    const auto found = field.metadata.find(key);
    return found == field.metadata.end() ? std::nullopt : json_integer(found->second);
  };
  const auto invariant = field.metadata.find("delta.invariants");
  if (invariant != field.metadata.end()) {
    out.checks.push_back({field.name, TRY(invariant_sql(field, invariant->second))});
  }
  if (const auto type = TRY(text("__CHAR_VARCHAR_TYPE_STRING"))) {
    if (auto sql = length_sql(field, *type)) out.checks.push_back({field.name, std::move(*sql)});
  }
  if (auto sql = TRY(text("delta.generationExpression"))) {
    out.generated.push_back({field.name, std::move(*sql)});
  }
  if (auto sql = TRY(text("CURRENT_DEFAULT"))) {
    out.defaults.push_back({field.name, std::move(*sql)});
  }
  if (field.metadata.contains("delta.identity.start")) {
    const auto start = number("delta.identity.start"), step = number("delta.identity.step");
    if (!start || !step || *step == 0) return damaged(field, "its identity");
    const auto allow = field.metadata.find("delta.identity.allowExplicitInsert");
    out.identities.push_back({field.name, *start, *step, number(kHighWaterMark),
                              allow != field.metadata.end() && allow->second == "true"});
  }
  return {};
}

std::shared_ptr<arrow::Array> numbered(int64_t first, int64_t step, int64_t count) {
  auto buffer = *arrow::AllocateBuffer(count * 8);
  auto* values = reinterpret_cast<int64_t*>(buffer->mutable_data());
  for (int64_t i = 0; i < count; ++i) values[i] = first + i * step;
  return std::make_shared<arrow::Int64Array>(count,
                                             std::shared_ptr<arrow::Buffer>(std::move(buffer)));
}

using Batch = std::shared_ptr<arrow::RecordBatch>;

// Makes batches whole, one after the other.
class Completion {
 public:
  Completion(const Snapshot& snapshot, RowRules rules, const RowChecker* checker, RowsAre are)
      : snapshot_(snapshot), rules_(std::move(rules)), checker_(checker), are_(are) {}

  Result<Batch> run(const Batch& rows) {
    for (const auto& field : rows->schema()->fields()) {
      if (!snapshot_.schema().find(field->name())) {
        return invalid(fmt::format("the table has no column {}", field->name()));
      }
    }
    columns_.clear();
    for (const Field& field : snapshot_.schema().fields) {
      columns_.push_back(given(*rows, field));
    }
    TRY(fill_defaults(rows));
    for (RowRules::Identity& identity : rules_.identities) TRY(number(identity, rows->num_rows()));
    TRY(fill_nulls(rows->num_rows()));
    TRY(generate(rows->num_rows()));
    const Batch whole =
        arrow::RecordBatch::Make(snapshot_.arrow_schema(), rows->num_rows(), columns_);
    if (!rules_.checks.empty()) TRY(check_rows(*checker_, rules_.checks, whole));
    return whole;
  }

  // nullopt: no identity counted.
  Result<std::optional<Metadata>> counted() const {
    if (!counted_) return std::optional<Metadata>();
    Metadata metadata = snapshot_.metadata();
    Schema schema = snapshot_.schema();
    for (const RowRules::Identity& identity : rules_.identities) {
      for (Field& field : schema.fields) {
        if (field.name == identity.column && identity.high_water) {
          field.metadata[kHighWaterMark] = std::to_string(*identity.high_water);
        }
      }
    }
    metadata.schema_string = to_json(schema);
    return std::optional(std::move(metadata));
  }

 private:
  static std::shared_ptr<arrow::Array> given(const arrow::RecordBatch& rows, const Field& field) {
    const Schema names{{field}};
    for (int i = 0; i < rows.num_columns(); ++i) {
      if (names.find(rows.schema()->field(i)->name())) return rows.column(i);
    }
    return nullptr;
  }

  size_t index_of(const std::string& column) const {
    const auto& fields = snapshot_.schema().fields;
    return static_cast<size_t>(std::ranges::find(fields, column, &Field::name) - fields.begin());
  }

  // The columns that are known so far.
  Batch known(int64_t rows) const {
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!columns_[i]) continue;
      fields.push_back(snapshot_.arrow_schema()->field(static_cast<int>(i)));
      arrays.push_back(columns_[i]);
    }
    return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows, std::move(arrays));
  }

  Result<arrow::ArrayVector> evaluate(const std::vector<RowRules::ColumnValue>& values,
                                      const Batch& rows) const {
    std::vector<RowExpression> expressions;
    for (const auto& value : values) {
      expressions.push_back({value.sql, snapshot_.schema().fields[index_of(value.column)].type});
    }
    auto arrays = TRY(checker_->evaluate(expressions, rows));
    CHECK(arrays.size() == values.size());
    return arrays;
  }

  Status fill_defaults(const Batch& rows) {
    std::vector<RowRules::ColumnValue> missing;
    for (const auto& value : rules_.defaults) {
      if (!columns_[index_of(value.column)]) missing.push_back(value);
    }
    if (missing.empty()) return {};
    const auto arrays = TRY(evaluate(missing, rows));
    for (size_t i = 0; i < missing.size(); ++i) columns_[index_of(missing[i].column)] = arrays[i];
    return {};
  }

  Status number(RowRules::Identity& identity, int64_t rows) {
    auto& column = columns_[index_of(identity.column)];
    const auto beyond = [&](int64_t value) {
      if (!identity.high_water) return true;
      return identity.step > 0 ? value > *identity.high_water : value < *identity.high_water;
    };
    if (column) {
      if (!identity.allow_explicit && are_ == RowsAre::kNew) {
        return invalid(fmt::format("column {} is GENERATED ALWAYS AS IDENTITY and takes no values",
                                   identity.column));
      }
      if (column->null_count() > 0)
        return invalid(fmt::format("column {} is null", identity.column));
      return {};
    }
    if (rows == 0) return {};
    int64_t first = identity.start, span = 0, last = 0;
    const bool wrapped = (identity.high_water &&
                          __builtin_add_overflow(*identity.high_water, identity.step, &first)) ||
                         __builtin_mul_overflow(identity.step, rows - 1, &span) ||
                         __builtin_add_overflow(first, span, &last);
    if (wrapped) return invalid(fmt::format("column {} has no numbers left", identity.column));
    column = numbered(first, identity.step, rows);
    if (beyond(last)) identity.high_water = last;
    counted_ = true;
    return {};
  }

  // What is generated may be made of columns that nobody gave.
  Status fill_nulls(int64_t rows) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      const auto& name = snapshot_.schema().fields[i].name;
      const auto generated =
          std::ranges::find(rules_.generated, name, &RowRules::ColumnValue::column);
      if (columns_[i] || generated != rules_.generated.end()) continue;
      const auto& type = snapshot_.arrow_schema()->field(static_cast<int>(i))->type();
      columns_[i] = TRY_ARROW(arrow::MakeArrayOfNull(type, rows));
    }
    return {};
  }

  Status generate(int64_t rows) {
    if (rules_.generated.empty()) return {};
    const auto arrays = TRY(evaluate(rules_.generated, known(rows)));
    for (size_t i = 0; i < arrays.size(); ++i) {
      auto& column = columns_[index_of(rules_.generated[i].column)];
      if (column && !column->Equals(*arrays[i], arrow::EqualOptions::Defaults().nans_equal(true))) {
        return invalid(fmt::format("column {} is generated as {}, and a row has another value",
                                   rules_.generated[i].column, rules_.generated[i].sql));
      }
      column = arrays[i];
    }
    return {};
  }

  const Snapshot& snapshot_;
  RowRules rules_;
  const RowChecker* checker_;
  const RowsAre are_;
  arrow::ArrayVector columns_;
  bool counted_ = false;
};

}  // namespace

Status check_rows(const RowChecker& checker, const std::vector<RowRules::Check>& checks,
                  const Batch& rows) {
  std::vector<RowExpression> expressions;
  for (const auto& rule : checks) {
    expressions.push_back({rule.sql, {.kind = TypeKind::kBoolean}});
  }
  const auto arrays = TRY(checker.evaluate(expressions, rows));
  CHECK(arrays.size() == expressions.size());
  for (size_t i = 0; i < arrays.size(); ++i) {
    const auto& passed = static_cast<const arrow::BooleanArray&>(*arrays[i]);
    if (passed.null_count() == 0 && passed.true_count() == passed.length()) continue;
    int64_t row = 0;
    while (passed.IsValid(row) && passed.Value(row)) ++row;
    return invalid(fmt::format("row {} breaks {} ({})", row, checks[i].name, checks[i].sql));
  }
  return {};
}

Result<RowRules> row_rules(const Metadata& metadata, const Schema& schema) {
  constexpr std::string_view kConstraint = "delta.constraints.";
  RowRules out;
  for (const auto& [key, value] : metadata.configuration) {
    if (key.starts_with(kConstraint)) out.checks.push_back({key.substr(kConstraint.size()), value});
  }
  for (const Field& field : schema.fields) TRY(take_rules(field, out));
  return out;
}

Status check_plain(const RowRules& rules) {
  const auto unsupported = [](std::string what) {
    return Error(ErrorCode::kUnsupported, std::move(what) + ": writing it needs an SQL engine");
  };
  if (!rules.checks.empty()) {
    return unsupported(
        fmt::format("the table has the constraint {} (table feature "
                    "checkConstraints)",
                    rules.checks.front().name));
  }
  if (!rules.generated.empty()) {
    return unsupported(
        fmt::format("column {} has a generation expression (table feature "
                    "generatedColumns)",
                    rules.generated.front().column));
  }
  if (!rules.defaults.empty()) {
    return unsupported(fmt::format("column {} has a default (table feature allowColumnDefaults)",
                                   rules.defaults.front().column));
  }
  return {};
}

Result<CompleteRows> complete_rows(const Snapshot& snapshot, const std::vector<Batch>& rows,
                                   const RowChecker* checker, RowsAre are) {
  RowRules rules = TRY(row_rules(snapshot.metadata(), snapshot.schema()));
  if (!checker) TRY(check_plain(rules));
  Completion completion(snapshot, std::move(rules), checker, are);
  CompleteRows out;
  for (const Batch& batch : rows) out.batches.push_back(TRY(completion.run(batch)));
  out.metadata = TRY(completion.counted());
  return out;
}

}  // namespace foz::delta
