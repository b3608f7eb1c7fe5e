// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// https://trino.io/docs/current/connector/delta-lake.html#table-properties
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/json_writer.h"
#include "sql/query_tables_internal.h"

namespace foz::sql {

using ast::Expression;
using ast::ExpressionKind;

namespace {

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return text;
}

class Reader {
 public:
  explicit Reader(const WriteInput& input) : input_(input) {}

  void take(const ast::Property& property, TableProperties& out) const {
    const std::string name = lower_case(property.name.name);
    if (name == "partitioned_by") {
      if (property.value) out.partitioned_by = texts(property, name);
    } else if (name == "checkpoint_interval") {
      set(property, "delta.checkpointInterval", [&] { return number(property, name); }, out);
    } else if (name == "change_data_feed_enabled") {
      set(property, "delta.enableChangeDataFeed", [&] { return truth(property, name); }, out);
    } else if (name == "deletion_vectors_enabled") {
      set(property, "delta.enableDeletionVectors", [&] { return truth(property, name); }, out);
    } else if (name == "column_mapping_mode") {
      set(property, "delta.columnMapping.mode", [&] { return mode(property, name); }, out);
    } else if (name == "location") {
      location(property);
    } else {
      fail(property, "INVALID_TABLE_PROPERTY", 18,
           fmt::format("Catalog '{}' table property '{}' does not exist", kCatalog, name));
    }
  }

 private:
  [[noreturn]] void fail(const ast::Property& property, const char* name, int code,
                         const std::string& message) const {
    throw error_at(input_.plan.statement.source, property.name.offset, name, code, message);
  }
  [[noreturn]] void invalid(const ast::Property& property, const std::string& name,
                            const char* type) const {
    fail(property, "INVALID_TABLE_PROPERTY", 18,
         fmt::format("Invalid value for catalog '{}' table property '{}': Cannot convert to {}",
                     kCatalog, name, type));
  }

  template <class Value>
  static void set(const ast::Property& property, const char* key, const Value& value,
                  TableProperties& out) {
    if (property.value) {
      out.set[key] = value();
    } else {
      out.unset.emplace_back(key);
    }
  }

  // As SHOW CREATE TABLE tells it.
  void location(const ast::Property& property) const {
    if (property.value && property.value->kind == ExpressionKind::kString &&
        is_place_of(input_, target_name(input_, input_.write().names), property.value->text))
      return;
    fail(property, "NOT_SUPPORTED", 13, "a table's location is its place in the lake");
  }
  std::string truth(const ast::Property& property, const std::string& name) const {
    if (property.value->kind != ExpressionKind::kBoolean) invalid(property, name, "boolean");
    return lower_case(property.value->text);
  }
  std::string number(const ast::Property& property, const std::string& name) const {
    if (property.value->kind != ExpressionKind::kInteger) invalid(property, name, "bigint");
    int64_t value = 0;
    const auto& text = property.value->text;
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (value <= 0) invalid(property, name, "a positive number");
    return std::to_string(value);
  }
  std::string mode(const ast::Property& property, const std::string& name) const {
    if (property.value->kind != ExpressionKind::kString) invalid(property, name, "varchar");
    const std::string value = upper(property.value->text);
    if (value != "ID" && value != "NAME" && value != "NONE")
      invalid(property, name, "[ID, NAME, NONE]");
    return lower_case(value);
  }
  std::vector<std::string> texts(const ast::Property& property, const std::string& name) const {
    if (property.value->kind != ExpressionKind::kArray) invalid(property, name, "array(varchar)");
    std::vector<std::string> out;
    for (const auto& child : property.value->children) {
      if (child->kind != ExpressionKind::kString) invalid(property, name, "array(varchar)");
      out.push_back(lower_case(child->text));
    }
    return out;
  }

  const WriteInput& input_;
};

}  // namespace

TableProperties table_properties(const WriteInput& input,
                                 const std::vector<ast::Property>& properties) {
  TableProperties out;
  const Reader reader(input);
  for (const ast::Property& property : properties) reader.take(property, out);
  return out;
}

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string spark_literal(const WriteInput& input, const Expression& literal) {
  const auto quoted = [](const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
      if (c == '\'' || c == '\\') out += '\\';
      out += c;
    }
    return out + "'";
  };
  switch (literal.kind) {
    case ExpressionKind::kNull: return "NULL";
    case ExpressionKind::kBoolean:
    case ExpressionKind::kInteger:
    case ExpressionKind::kDouble: return literal.text;
    case ExpressionKind::kDecimal: return literal.text;
    case ExpressionKind::kString: return quoted(literal.text);
    case ExpressionKind::kTyped:
      if (literal.type->name == "date" || literal.type->name == "timestamp")
        return upper(literal.type->name) + " " + quoted(literal.text);
      [[fallthrough]];
    default:
      throw error_at(input.plan.statement.source, literal.offset, "NOT_SUPPORTED", 13,
                     "a default of this kind is not supported");
  }
}

std::optional<delta::DataType> delta_type(const Type& type) {
  static const std::map<std::string, delta::TypeKind> kKinds = {
      {"varchar", delta::TypeKind::kString},
      {"char", delta::TypeKind::kString},
      {"bigint", delta::TypeKind::kLong},
      {"integer", delta::TypeKind::kInteger},
      {"smallint", delta::TypeKind::kShort},
      {"tinyint", delta::TypeKind::kByte},
      {"real", delta::TypeKind::kFloat},
      {"double", delta::TypeKind::kDouble},
      {"decimal", delta::TypeKind::kDecimal},
      {"boolean", delta::TypeKind::kBoolean},
      {"varbinary", delta::TypeKind::kBinary},
      {"date", delta::TypeKind::kDate},
      {"json", delta::TypeKind::kVariant},
      {"timestamp", delta::TypeKind::kTimestampNtz},
      {"timestamp with time zone", delta::TypeKind::kTimestamp},
      {"array", delta::TypeKind::kArray},
      {"map", delta::TypeKind::kMap},
      {"row", delta::TypeKind::kStruct}};
  const auto kind = kKinds.find(type.name);
  if (kind == kKinds.end()) return std::nullopt;
  delta::DataType made;
  made.kind = kind->second;
  const Type whole = with_defaults(type);
  if (type.name == "decimal") {
    const auto precision = whole.numbers[0], scale = whole.numbers[1];
    if (precision < 1 || precision > 38 || scale < 0 || scale > precision) return std::nullopt;
    made.precision = static_cast<int>(precision);
    made.scale = static_cast<int>(scale);
  }
  std::vector<delta::DataType> inner;
  for (const Type& each : type.types) {
    auto one = delta_type(each);
    if (!one) return std::nullopt;
    inner.push_back(std::move(*one));
  }
  if (type.name == "array" && inner.size() == 1)
    made.element = std::make_shared<delta::DataType>(inner[0]);
  if (type.name == "map" && inner.size() == 2) {
    made.key = std::make_shared<delta::DataType>(inner[0]);
    made.element = std::make_shared<delta::DataType>(inner[1]);
  }
  if (type.name == "row") {
    for (size_t i = 0; i < inner.size(); ++i) {
      delta::Field field;
      field.name = i < type.fields.size() && type.fields[i] ? lower_case(type.fields[i]->name)
                                                            : fmt::format("field{}", i);
      field.type = inner[i];
      made.fields.push_back(std::move(field));
    }
  }
  return made;
}

}  // namespace foz::sql
