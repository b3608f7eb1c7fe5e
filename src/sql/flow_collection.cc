// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Arrays, maps and structs. https://spark.apache.org/docs/latest/api/sql/

#include <fmt/format.h>

#include "sql/flow_build_internal.h"

namespace foz::sql {

using duckdb::list_entry_t;
using duckdb::Value;
using duckdb::Vector;

namespace {

bool is_list(const Ex& ex) { return ex->return_type.id() == LogicalTypeId::LIST; }
bool is_map(const Ex& ex) { return ex->return_type.id() == LogicalTypeId::MAP; }

void expect_list(const Expr& call, const Ex& ex) {
  if (!is_list(ex))
    Build::refuse(call.args[0]->span,
                  fmt::format("expected an ARRAY, found a {}", spark_name(ex->return_type)));
}

Ex array(Build& build, const Expr& call, Args& args) {
  build.unify(call.span, args);
  return build.builtin(call.span, "list_value", std::move(args));
}

Ex pack(Build& build, const Expr& call, const std::vector<std::string>& names, Args args) {
  for (size_t i = 0; i < args.size(); i++) {
    for (size_t j = 0; j < i; j++) {
      if (duckdb::StringUtil::CIEquals(names[i], names[j]))
        Build::refuse(call.span, fmt::format("field {} is there twice", names[i]));
    }
    args[i]->SetAlias(names[i]);
  }
  return build.builtin(call.span, "struct_pack", std::move(args));
}

// Fields are named by their alias or column, else col1, col2 …
Ex struct_(Build& build, const Expr& call, Args& args) {
  std::vector<std::string> names;
  for (size_t i = 0; i < call.args.size(); i++) {
    const Expr& arg = *call.args[i];
    const bool column = arg.kind == ExprKind::kColumn;
    names.push_back(!arg.alias.empty() ? arg.alias
                    : column           ? arg.path.back()
                                       : fmt::format("col{}", i + 1));
  }
  return pack(build, call, names, std::move(args));
}

Ex named_struct(Build& build, const Expr& call, Args& args) {
  if (args.size() % 2 != 0) Build::refuse(call.span, "named_struct takes names and values in turn");
  std::vector<std::string> names;
  Args values;
  for (size_t i = 0; i < args.size(); i += 2) {
    const auto name = Build::value_of(args[i]);
    if (!name || name->IsNull() || !is_string(args[i]))
      Build::refuse(call.args[i]->span, "the name must be a constant string");
    names.push_back(duckdb::StringValue::Get(*name));
    values.push_back(std::move(args[i + 1]));
  }
  return pack(build, call, names, std::move(values));
}

Ex map(Build& build, const Expr& call, Args& args) {
  if (args.size() % 2 != 0) Build::refuse(call.span, "map takes keys and values in turn");
  Args keys, values;
  for (size_t i = 0; i < args.size(); i++)
    (i % 2 == 0 ? keys : values).push_back(std::move(args[i]));
  build.unify(call.span, keys);
  build.unify(call.span, values);
  Ex key_list = build.builtin(call.span, "list_value", std::move(keys));
  Ex value_list = build.builtin(call.span, "list_value", std::move(values));
  return build.builtin(call.span, "map", list(std::move(key_list), std::move(value_list)));
}

Ex size(Build& build, const Expr& call, Args& args) {
  if (args[0]->return_type.id() == LogicalTypeId::SQLNULL)
    return Build::constant(Value(LogicalType::INTEGER));
  if (!is_map(args[0])) expect_list(call, args[0]);
  return build.call("size", LogicalType::INTEGER, std::move(args),
                    rows<int32_t, list_entry_t>([](Vector&, int32_t& out, const list_entry_t& in) {
                      out = static_cast<int32_t>(in.length);
                      return true;
                    }));
}

// TRUE, or NULL where a NULL might be it, or FALSE.
Ex array_contains(Build& build, const Expr& call, Args& args) {
  expect_list(call, args[0]);
  const LogicalType element = duckdb::ListType::GetChildType(args[0]->return_type);
  auto common = Build::common_type(element, args[1]->return_type);
  if (!common || *common != element)
    Build::refuse(call.args[1]->span, fmt::format("expected a {}", spark_name(element)));
  args[1] = build.cast(call.span, std::move(args[1]), element, OnError::kNote);
  Args copy;
  copy.push_back(args[0]->Copy());
  Ex has_null = build.call(
      "has_null", LogicalType::BOOLEAN, std::move(copy),
      [](duckdb::DataChunk& chunk, duckdb::ExpressionState&, Vector& out) {
        const duckdb::idx_t count = chunk.size();
        duckdb::UnifiedVectorFormat lists, elements;
        chunk.data[0].ToUnifiedFormat(count, lists);
        auto& child = duckdb::ListVector::GetEntry(chunk.data[0]);
        child.ToUnifiedFormat(duckdb::ListVector::GetListSize(chunk.data[0]), elements);
        const auto* entries = duckdb::UnifiedVectorFormat::GetData<list_entry_t>(lists);
        auto* result = duckdb::FlatVector::GetData<bool>(out);
        for (duckdb::idx_t row = 0; row < count; row++) {
          const duckdb::idx_t at = lists.sel->get_index(row);
          result[row] = false;
          for (duckdb::idx_t i = 0; lists.validity.RowIsValid(at) && i < entries[at].length; i++) {
            result[row] |=
                !elements.validity.RowIsValid(elements.sel->get_index(entries[at].offset + i));
          }
        }
      });
  Ex found = build.builtin(call.span, "list_contains", std::move(args));
  Ex copy_found = found->Copy();
  return build.if_else(
      std::move(found), Build::constant(Value::BOOLEAN(true)),
      build.if_else(std::move(has_null), Build::constant(Value(LogicalType::BOOLEAN)),
                    std::move(copy_found)));
}

// The index DuckDB counts from 1, or NULL: noted when `errors` is given. `base` is that of the
// first element.
Ex list_index(Build& build, Ex array, Ex index, int base, RowErrors* errors) {
  auto kernel = checked_rows<int64_t, list_entry_t, int64_t>(
      errors,
      [base](Vector&, int64_t& out, const list_entry_t& in, int64_t at) {
        const auto length = static_cast<int64_t>(in.length);
        out = base == 0 ? at + 1 : at;
        return base == 0 ? at >= 0 && at < length : at != 0 && at <= length && at >= -length;
      },
      [](const list_entry_t& in, int64_t at) {
        return fmt::format("index {} is out of bounds: the array has {} elements", at, in.length);
      });
  return build.checked("index", LogicalType::BIGINT, list(std::move(array), std::move(index)),
                       std::move(kernel));
}

Ex element_of(Build& build, const Expr& call, Args& args, int base, OnError on_error) {
  if (is_map(args[0])) {
    const LogicalType key = duckdb::MapType::KeyType(args[0]->return_type);
    const LogicalType value = duckdb::MapType::ValueType(args[0]->return_type);
    args[1] = build.implicit(call.args[1]->span, std::move(args[1]), key);
    return build.builtin(call.span, "map_extract_value", std::move(args), value);
  }
  expect_list(call, args[0]);
  const LogicalType element = duckdb::ListType::GetChildType(args[0]->return_type);
  Ex index = build.implicit(call.args[1]->span, std::move(args[1]), LogicalType::BIGINT);
  index = list_index(build, args[0]->Copy(), std::move(index), base, build.errors(on_error));
  return build.builtin(call.span, "list_extract", list(std::move(args[0]), std::move(index)),
                       element);
}

// a[0], m['key'], s['field']
Ex subscript(Build& build, const Expr& call, Args& args) {
  if (args[0]->return_type.id() == LogicalTypeId::STRUCT) {
    const auto name = Build::value_of(args[1]);
    if (!name || name->IsNull() || !is_string(args[1]))
      Build::refuse(call.args[1]->span, "the field must be a constant string");
    return build.field(call.span, std::move(args[0]), duckdb::StringValue::Get(*name));
  }
  return element_of(build, call, args, 0, OnError::kNote);
}

Ex element_at(Build& build, const Expr& call, Args& args) {
  return element_of(build, call, args, 1, OnError::kNote);
}
Ex try_element_at(Build& build, const Expr& call, Args& args) {
  return element_of(build, call, args, 1, OnError::kNull);
}
Ex get(Build& build, const Expr& call, Args& args) {
  expect_list(call, args[0]);
  return element_of(build, call, args, 0, OnError::kNull);
}

Ex map_part(Build& build, const Expr& call, Args& args) {
  if (!is_map(args[0]))
    Build::refuse(call.args[0]->span,
                  fmt::format("expected a MAP, found a {}", spark_name(args[0]->return_type)));
  return build.builtin(call.span, call.text, std::move(args));
}

// Strings with the delimiter between them; NULLs are left out, or replaced.
void join_rows(duckdb::DataChunk& chunk, const std::string& delimiter,
               const std::optional<std::string>& of_null, Vector& out) {
  const duckdb::idx_t count = chunk.size();
  duckdb::UnifiedVectorFormat lists, texts;
  chunk.data[0].ToUnifiedFormat(count, lists);
  auto& child = duckdb::ListVector::GetEntry(chunk.data[0]);
  child.ToUnifiedFormat(duckdb::ListVector::GetListSize(chunk.data[0]), texts);
  const auto* entries = duckdb::UnifiedVectorFormat::GetData<list_entry_t>(lists);
  const auto* text = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(texts);
  for (duckdb::idx_t row = 0; row < count; row++) {
    const duckdb::idx_t at = lists.sel->get_index(row);
    if (!lists.validity.RowIsValid(at)) {
      duckdb::FlatVector::SetNull(out, row, true);
      continue;
    }
    std::string joined;
    bool first = true;
    for (duckdb::idx_t i = 0; i < entries[at].length; i++) {
      const duckdb::idx_t item = texts.sel->get_index(entries[at].offset + i);
      const bool valid = texts.validity.RowIsValid(item);
      if (!valid && !of_null) continue;
      if (!std::exchange(first, false)) joined += delimiter;
      joined += valid ? view(text[item]) : std::string_view(*of_null);
    }
    duckdb::FlatVector::GetData<duckdb::string_t>(out)[row] =
        duckdb::StringVector::AddString(out, joined);
  }
}

Ex array_join(Build& build, const Expr& call, Args& args) {
  expect_list(call, args[0]);
  std::vector<std::string> texts;
  for (size_t i = 1; i < args.size(); i++) {
    const auto value = Build::value_of(args[i]);
    if (!value || value->IsNull() || !is_string(args[i]))
      Build::refuse(call.args[i]->span, "expected a constant string");
    texts.push_back(duckdb::StringValue::Get(*value));
  }
  if (duckdb::ListType::GetChildType(args[0]->return_type).id() != LogicalTypeId::VARCHAR) {
    Build::refuse(call.args[0]->span, fmt::format("expected an ARRAY<STRING>, found a {}",
                                                  spark_name(args[0]->return_type)));
  }
  const auto of_null = texts.size() > 1 ? std::optional(texts[1]) : std::nullopt;
  Args array;
  array.push_back(std::move(args[0]));
  return build.call(
      "array_join", LogicalType::VARCHAR, std::move(array),
      [delimiter = texts[0], of_null](duckdb::DataChunk& chunk, duckdb::ExpressionState&,
                                      Vector& out) { join_rows(chunk, delimiter, of_null, out); });
}

constexpr Function kFunctions[] = {
    {"array", 0, kAnyArgs, array},
    {"struct", 1, kAnyArgs, struct_},
    {"named_struct", 2, kAnyArgs, named_struct},
    {"map", 2, kAnyArgs, map},
    {"size", 1, 1, size},
    {"cardinality", 1, 1, size},
    {"array_contains", 2, 2, array_contains},
    {"[]", 2, 2, subscript},
    {"element_at", 2, 2, element_at},
    {"try_element_at", 2, 2, try_element_at},
    {"get", 2, 2, get},
    {"map_keys", 1, 1, map_part},
    {"map_values", 1, 1, map_part},
    {"array_join", 2, 3, array_join},
};

}  // namespace

std::span<const Function> collection_functions() { return kFunctions; }

}  // namespace foz::sql
