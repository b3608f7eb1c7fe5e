// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// https://trino.io/docs/current/functions/json.html

#include <fmt/format.h>

#include "duckdb/common/exception/conversion_exception.hpp"
#include "sql/trino_arithmetic_internal.h"
#include "sql/trino_json_text_internal.h"
#include "sql/trino_kernel_internal.h"
#include "sql/trino_list_internal.h"
#include "sql/trino_themes_internal.h"

namespace foz::sql {

using duckdb::LogicalType;

namespace {

using Text = std::optional<std::string>;

std::string trimmed(std::string_view text) {
  while (!text.empty() && std::string_view(" \t\r\n").find(text.back()) != std::string_view::npos)
    text.remove_suffix(1);
  return std::string(text);
}

std::string json_parse(std::string_view text) {
  auto json = json_normalized(text, {.sorted = true, .plain_numbers = true});
  if (!json) invalid_argument(fmt::format("Cannot convert value to JSON: '{}'", text));
  return *json;
}

// As a cast to JSON writes it: members of maps by name, numbers as they are.
std::string json_sorted(std::string_view json) {
  if (auto sorted = json_normalized(json, {.sorted = true, .plain_numbers = false})) return *sorted;
  // DuckDB writes numbers that are none without quotes.
  std::string quoted;
  bool in_text = false;
  for (size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '"') in_text = !in_text;
    if (in_text && json[i] == '\\') quoted += json[i++];
    const std::string_view rest = json.substr(i);
    const size_t word = in_text                         ? 0
                        : rest.starts_with("NaN")       ? 3
                        : rest.starts_with("Infinity")  ? 8
                        : rest.starts_with("-Infinity") ? 9
                                                        : 0;
    if (word == 0) {
      if (i < json.size()) quoted += json[i];
      continue;
    }
    quoted.append("\"").append(rest.substr(0, word)).append("\"");
    i += word - 1;
  }
  json = quoted;
  return json_normalized(json, {.sorted = true, .plain_numbers = false})
      .value_or(std::string(json));
}
std::string_view json_format(std::string_view json) { return json; }

JsonSteps steps_of(std::string_view path) {
  auto steps = JsonSteps::read(path, false);
  if (!steps) invalid_argument(fmt::format("Invalid JSON path: '{}'", path));
  return *steps;
}

Text json_extract(std::string_view json, std::string_view path) {
  const auto found = steps_of(path).find(json);
  if (!found) return std::nullopt;
  return json_normalized(*found, {.sorted = false, .plain_numbers = true});
}

Text scalar_text(std::string_view value) {
  switch (json_kind(value)) {
    case JsonKind::kNull:
    case JsonKind::kArray:
    case JsonKind::kObject: return std::nullopt;
    case JsonKind::kString: return json_unquoted(value);
    default: return trimmed(value);
  }
}
Text json_extract_scalar(std::string_view json, std::string_view path) {
  const auto found = steps_of(path).find(json);
  return found ? scalar_text(*found) : std::nullopt;
}

std::optional<int64_t> json_size_at(std::string_view json, std::string_view path) {
  const auto found = steps_of(path).find(json);
  if (!found) return std::nullopt;
  return json_size(*found).value_or(0);
}

std::optional<int64_t> json_array_length(std::string_view json) {
  if (json_kind(json) != JsonKind::kArray || !json_normalized(json, {false, false}))
    return std::nullopt;
  return json_size(json);
}

Text json_array_get(std::string_view json, int64_t index) {
  const auto found = json_element(json, index);
  if (!found || json_kind(*found) == JsonKind::kNull) return std::nullopt;
  if (json_kind(*found) == JsonKind::kString) return json_unquoted(*found);
  return json_normalized(*found, {.sorted = false, .plain_numbers = true});
}

template <class T>
std::optional<bool> json_array_contains(std::string_view json, T wanted) {
  const auto elements = json_elements(json);
  if (!elements) return std::nullopt;
  for (const std::string_view element : *elements) {
    const JsonKind kind = json_kind(element);
    if constexpr (std::is_same_v<T, std::string_view>) {
      if (kind == JsonKind::kString && json_unquoted(element) == wanted) return true;
    } else if constexpr (std::is_same_v<T, bool>) {
      if (kind == JsonKind::kBoolean && element.starts_with('t') == wanted) return true;
    } else {
      const std::string text = trimmed(element);
      if (kind != JsonKind::kNumber) continue;
      if constexpr (std::is_same_v<T, int64_t>) {
        if (text == std::to_string(wanted)) return true;
      } else {
        if (std::strtod(text.c_str(), nullptr) == wanted) return true;
      }
    }
  }
  return false;
}

bool is_json_scalar(std::string_view json) {
  if (!json_normalized(json, {false, false}))
    invalid_argument(fmt::format("Invalid JSON value: {}", json));
  const JsonKind kind = json_kind(json);
  return kind != JsonKind::kArray && kind != JsonKind::kObject;
}

// A JSON null is NULL, and a string has no quotes.
Text json_to_varchar(std::string_view json) {
  const JsonKind kind = json_kind(json);
  if (kind == JsonKind::kArray || kind == JsonKind::kObject)
    throw duckdb::ConversionException("Cannot cast '%s' to varchar", std::string(json));
  return scalar_text(json);
}

// ---- Paths of the SQL standard
// --------------------------------------------------------------------

std::vector<std::string_view> evaluated(std::string_view json, std::string_view path, bool& lax) {
  const std::string_view whole = path;
  while (path.starts_with(' ')) path.remove_prefix(1);
  lax = path.starts_with("lax ");
  if (lax) path.remove_prefix(4);
  if (path.starts_with("strict ")) path.remove_prefix(7);
  while (path.starts_with(' ')) path.remove_prefix(1);
  const auto steps = JsonSteps::read(path, true);
  if (!steps)
    throw duckdb::NotImplementedException("JSON path '%s' is not supported", std::string(whole));
  return steps->find_all(json, lax);
}

bool json_exists(std::string_view json, std::string_view path) {
  bool lax = true;
  return !evaluated(json, path, lax).empty();
}
Text json_value(std::string_view json, std::string_view path) {
  bool lax = true;
  const auto found = evaluated(json, path, lax);
  return found.size() == 1 ? scalar_text(found[0]) : std::nullopt;
}
Text json_query(std::string_view json, std::string_view path) {
  bool lax = true;
  const auto found = evaluated(json, path, lax);
  if (found.size() != 1) return std::nullopt;
  return json_normalized(found[0], {.sorted = false, .plain_numbers = false});
}

// ---- Making JSON --------------------------------------------------------------------------------

BoundExpression to_json(duckdb::ClientContext& context, BoundExpression value) {
  if (value->return_type.IsJSONType()) return value;
  auto absent = is_null(value->Copy());
  auto json =
      as(context, call(context, "to_json", list_of(std::move(value))), LogicalType::VARCHAR);
  auto sorted =
      run_kernel<json_sorted>(context, "to_json", LogicalType::VARCHAR, list_of(std::move(json)));
  return when(std::move(absent), null_of(LogicalType::VARCHAR), std::move(sorted));
}

// ABSENT ON NULL.
BoundExpression json_array(TrinoCall& made) {
  Arguments parts;
  for (auto& argument : made.arguments)
    parts.push_back(
        as(made.context, to_json(made.context, std::move(argument)), LogicalType::VARCHAR));
  if (parts.empty()) return constant(duckdb::Value("[]"));
  auto joined = join_texts(made.context, call(made.context, "list_value", std::move(parts)),
                           constant(duckdb::Value(",")), nullptr);
  return call(
      made.context, "concat",
      list_of(constant(duckdb::Value("[")), std::move(joined), constant(duckdb::Value("]"))));
}
BoundExpression json_object(TrinoCall& made) {
  return as(made.context, call(made.context, "json_object", std::move(made.arguments)),
            LogicalType::VARCHAR);
}

constexpr TrinoFunction kFunctions[] = {
    {"is_json_scalar", "varchar -> boolean", kernel<is_json_scalar>},
    {"is_json_scalar", "json -> boolean", kernel<is_json_scalar>},
    {"json_array", "any... -> varchar", json_array},
    {"json_array_contains", "varchar|json, boolean -> boolean", kernel<json_array_contains<bool>>},
    {"json_array_contains", "varchar|json, bigint -> boolean",
     kernel<json_array_contains<int64_t>>},
    {"json_array_contains", "varchar|json, double -> boolean", kernel<json_array_contains<double>>},
    {"json_array_contains", "varchar|json, varchar -> boolean",
     kernel<json_array_contains<std::string_view>>},
    {"json_array_get", "varchar|json, bigint -> json", kernel<json_array_get>},
    {"json_array_length", "varchar|json -> bigint", kernel<json_array_length>},
    {"json_exists", "varchar, varchar -> boolean", kernel<json_exists>},
    {"json_extract", "varchar|json, varchar -> json", kernel<json_extract>},
    {"json_extract_scalar", "varchar|json, varchar -> varchar", kernel<json_extract_scalar>},
    {"json_format", "json -> varchar", kernel<json_format>},
    {"json_object", "any... -> varchar", json_object},
    {"json_parse", "varchar -> json", kernel<json_parse>},
    {"json_query", "varchar, varchar -> varchar", kernel<json_query>},
    {"json_size", "varchar|json, varchar -> bigint", kernel<json_size_at>},
    {"json_value", "varchar, varchar -> varchar", kernel<json_value>},
};

}  // namespace

BoundExpression cast_to_json(duckdb::ClientContext& context, BoundExpression value) {
  const bool text = value->return_type.id() == duckdb::LogicalTypeId::VARCHAR;
  if (text && value->IsFoldable())
    return run_kernel<json_parse>(context, "json_parse", LogicalType::JSON(),
                                  list_of(std::move(value)));
  auto given = list_of(std::move(value));
  SharedArguments shared(given);
  return shared.finish(context,
                       as(context, to_json(context, std::move(given[0])), LogicalType::JSON()));
}

BoundExpression bind_json_to_varchar(duckdb::ClientContext& context, BoundExpression json) {
  return run_kernel<json_to_varchar>(context, "json_to_varchar", LogicalType::VARCHAR,
                                     list_of(std::move(json)));
}

std::span<const TrinoFunction> json_document_functions() { return kFunctions; }

}  // namespace foz::sql
