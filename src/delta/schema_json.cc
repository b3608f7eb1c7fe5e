// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/json_writer.h"
#include "delta/types.h"

namespace foz::delta {
namespace {

namespace dom = simdjson::dom;

// Deeper types than this are an attack, not a schema.
constexpr int kMaxDepth = 100;

struct PrimitiveName {
  std::string_view name;
  TypeKind kind;
};
constexpr std::array kPrimitives = {
    PrimitiveName{"string", TypeKind::kString},
    PrimitiveName{"long", TypeKind::kLong},
    PrimitiveName{"integer", TypeKind::kInteger},
    PrimitiveName{"short", TypeKind::kShort},
    PrimitiveName{"byte", TypeKind::kByte},
    PrimitiveName{"float", TypeKind::kFloat},
    PrimitiveName{"double", TypeKind::kDouble},
    PrimitiveName{"boolean", TypeKind::kBoolean},
    PrimitiveName{"binary", TypeKind::kBinary},
    PrimitiveName{"date", TypeKind::kDate},
    PrimitiveName{"timestamp", TypeKind::kTimestamp},
    PrimitiveName{"timestamp_ntz", TypeKind::kTimestampNtz},
    PrimitiveName{"void", TypeKind::kVoid},
    PrimitiveName{"variant", TypeKind::kVariant},
};

Result<DataType> parse_type(dom::element element, int depth);

// "decimal(10,2)"; "decimal" alone is decimal(10,0), as Spark's parser has it.
Result<DataType> parse_decimal(std::string_view text) {
  DataType type{.kind = TypeKind::kDecimal, .precision = 10};
  if (text == "decimal") return type;
  std::string digits;
  for (const char c : text.substr(7)) {
    if (c != ' ') digits.push_back(c);
  }
  const char* end = digits.data() + digits.size();
  const auto bad = [&] { return invalid(fmt::format("'{}' is not a decimal type", text)); };
  if (digits.size() < 5 || digits.front() != '(') return bad();
  const auto precision = std::from_chars(digits.data() + 1, end, type.precision);
  if (precision.ec != std::errc() || precision.ptr == end || *precision.ptr != ',') return bad();
  const auto scale = std::from_chars(precision.ptr + 1, end, type.scale);
  if (scale.ec != std::errc() || scale.ptr + 1 != end || *scale.ptr != ')') return bad();
  if (type.precision < 1 || type.precision > 38 || type.scale < 0 || type.scale > type.precision) {
    return bad();
  }
  return type;
}

Result<DataType> parse_primitive(std::string_view text) {
  const auto found =
      std::find_if(kPrimitives.begin(), kPrimitives.end(),
                   [&](const PrimitiveName& primitive) { return primitive.name == text; });
  if (found != kPrimitives.end()) return DataType{.kind = found->kind};
  if (text.starts_with("decimal")) return parse_decimal(text);
  if (text == "null") return DataType{.kind = TypeKind::kVoid};
  return Error(ErrorCode::kUnsupported, fmt::format("type '{}' is not one that foz knows", text));
}

Result<std::vector<Field>> parse_fields(dom::object object, int depth) {
  dom::array fields;
  if (object["fields"].get(fields) != simdjson::SUCCESS) return invalid("a struct has no fields");
  std::vector<Field> out;
  for (const dom::element each : fields) {
    Field& field = out.emplace_back();
    std::string_view name;
    dom::element type;
    if (each["name"].get(name) != simdjson::SUCCESS ||
        each["type"].get(type) != simdjson::SUCCESS) {
      return invalid("a field has no name or no type");
    }
    field.name = name;
    field.type = TRY(parse_type(type, depth + 1).within(fmt::format("column {}", name)));
    if (each["nullable"].get(field.nullable) != simdjson::SUCCESS) field.nullable = true;
    dom::object metadata;
    if (each["metadata"].get(metadata) != simdjson::SUCCESS) continue;
    for (const auto [key, value] : metadata) {
      field.metadata.emplace(key, simdjson::minify(value));
    }
  }
  return out;
}

Result<DataType> parse_nested(dom::object object, int depth) {
  std::string_view kind;
  if (object["type"].get(kind) != simdjson::SUCCESS) return invalid("a type has no name");
  DataType type;
  if (kind == "struct") {
    type.kind = TypeKind::kStruct;
    type.fields = TRY(parse_fields(object, depth));
    return type;
  }
  if (kind == "udt") {
    dom::element stored;
    if (object["sqlType"].get(stored) != simdjson::SUCCESS) {
      return invalid("a user-defined type has no sqlType");
    }
    type = TRY(parse_type(stored, depth + 1));
    type.user_defined = simdjson::minify(object);
    return type;
  }
  const bool is_map = kind == "map";
  if (!is_map && kind != "array") return invalid(fmt::format("'{}' is no nested type", kind));
  type.kind = is_map ? TypeKind::kMap : TypeKind::kArray;
  dom::element element, key;
  if (object[is_map ? "valueType" : "elementType"].get(element) != simdjson::SUCCESS) {
    return invalid("an array or map has no element type");
  }
  type.element = std::make_shared<DataType>(TRY(parse_type(element, depth + 1)));
  if (is_map) {
    if (object["keyType"].get(key) != simdjson::SUCCESS) return invalid("a map has no key type");
    type.key = std::make_shared<DataType>(TRY(parse_type(key, depth + 1)));
  }
  const auto nullable = object[is_map ? "valueContainsNull" : "containsNull"];
  if (nullable.get(type.element_nullable) != simdjson::SUCCESS) type.element_nullable = true;
  return type;
}

Result<DataType> parse_type(dom::element element, int depth) {
  if (depth > kMaxDepth) return invalid("types are nested too deeply");
  std::string_view name;
  if (element.get(name) == simdjson::SUCCESS) return parse_primitive(name);
  dom::object object;
  if (element.get(object) == simdjson::SUCCESS) return parse_nested(object, depth);
  return invalid("a type is neither a name nor an object");
}

void write_type(JsonWriter& json, const DataType& type);

void write_fields(JsonWriter& json, const std::vector<Field>& fields) {
  json.begin_object().field("type", "struct").key("fields").begin_array();
  for (const Field& field : fields) {
    json.begin_object().field("name", field.name).key("type");
    write_type(json, field.type);
    json.field("nullable", field.nullable).key("metadata").begin_object();
    for (const auto& [key, value] : field.metadata) json.key(key).raw(value);
    json.end_object().end_object();
  }
  json.end_array().end_object();
}

void write_type(JsonWriter& json, const DataType& type) {
  if (!type.user_defined.empty()) {
    json.raw(type.user_defined);
    return;
  }
  switch (type.kind) {
    case TypeKind::kStruct: write_fields(json, type.fields); return;
    case TypeKind::kArray:
      json.begin_object().field("type", "array").key("elementType");
      write_type(json, *type.element);
      json.field("containsNull", type.element_nullable).end_object();
      return;
    case TypeKind::kMap:
      json.begin_object().field("type", "map").key("keyType");
      write_type(json, *type.key);
      json.key("valueType");
      write_type(json, *type.element);
      json.field("valueContainsNull", type.element_nullable).end_object();
      return;
    case TypeKind::kDecimal:
      json.string(fmt::format("decimal({},{})", type.precision, type.scale));
      return;
    default: break;
  }
  for (const PrimitiveName& primitive : kPrimitives) {
    if (primitive.kind == type.kind) json.string(primitive.name);
  }
}

char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower_case(c);
  return out;
}

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower_case(x) == lower_case(y); });
}

bool DataType::operator==(const DataType& other) const {
  const auto same = [](const std::shared_ptr<const DataType>& a,
                       const std::shared_ptr<const DataType>& b) {
    return a == b || (a && b && *a == *b);
  };
  return kind == other.kind && precision == other.precision && scale == other.scale &&
         fields == other.fields && same(element, other.element) && same(key, other.key) &&
         element_nullable == other.element_nullable && user_defined == other.user_defined;
}

const Field* find_without_case(const std::vector<Field>& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) {
    return equal_without_case(field.name, name);
  });
  return found == fields.end() ? nullptr : &*found;
}

const Field* Schema::find(std::string_view name) const { return find_without_case(fields, name); }

Result<Schema> parse_schema(std::string_view json) {
  dom::parser parser;
  dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) {
    return invalid("the schema is not a JSON object");
  }
  DataType type = TRY(parse_nested(object, 0).within("schema"));
  if (type.kind != TypeKind::kStruct) return invalid("the schema is not a struct");
  return Schema{std::move(type.fields)};
}

std::string to_json(const Schema& schema) {
  JsonWriter json;
  write_fields(json, schema.fields);
  return json.take();
}

}  // namespace foz::delta
