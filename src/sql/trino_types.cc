// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/trino_types_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sql/trino_literals_internal.h"

namespace foz::sql {

namespace {

constexpr std::array<std::string_view, 4> kIntegers = {"tinyint", "smallint", "integer", "bigint"};

int integer_rank(const Type& type) {
  const auto found = std::ranges::find(kIntegers, type.name);
  return found == kIntegers.end() ? -1 : static_cast<int>(found - kIntegers.begin());
}

int64_t number(const Type& type, size_t i) { return i < type.numbers.size() ? type.numbers[i] : 0; }

bool has_precision(const Type& type) {
  return type.name.starts_with("timestamp") || type.name == "time" ||
         type.name == "time with time zone";
}

Type decimal(int64_t precision, int64_t scale) {
  return type_of("decimal", {std::min<int64_t>(precision, 38), std::min<int64_t>(scale, 38)});
}

MaybeType common_text(const Type& a, const Type& b) {
  if (a.name == b.name) {
    if (a.numbers.empty() || b.numbers.empty()) return type_of(a.name);
    return type_of(a.name, {std::max(a.numbers[0], b.numbers[0])});
  }
  const Type& varchar = a.name == "varchar" ? a : b;
  const Type& fixed = a.name == "varchar" ? b : a;
  // A varchar becomes a char of its length, if it has one.
  if (varchar.numbers.empty()) return type_of("char", {65536});
  return type_of("char", {std::max(varchar.numbers[0], number(fixed, 0))});
}

MaybeType common_numeric(const Type& a, const Type& b) {
  if (is_integer(a) && is_integer(b)) return integer_rank(a) > integer_rank(b) ? a : b;
  if (a.name == "double" || b.name == "double") return type_of("double");
  if (a.name == "real" || b.name == "real") return type_of("real");
  const Type da = as_decimal(a), db = as_decimal(b);
  const int64_t scale = std::max(da.numbers[1], db.numbers[1]);
  const int64_t whole = std::max(da.numbers[0] - da.numbers[1], db.numbers[0] - db.numbers[1]);
  return decimal(whole + scale, scale);
}

MaybeType common_time(const Type& a, const Type& b) {
  if (a.name == "date") return b.name.starts_with("timestamp") ? MaybeType(b) : std::nullopt;
  if (b.name == "date") return common_time(b, a);
  const bool clocks = !a.name.starts_with("timestamp");
  if (clocks == b.name.starts_with("timestamp")) return std::nullopt;
  const bool zoned = a.name.ends_with("zone") || b.name.ends_with("zone");
  return type_of(std::string(clocks ? "time" : "timestamp") + (zoned ? " with time zone" : ""),
                 {std::max(number(a, 0), number(b, 0))});
}

}  // namespace

Type type_of(std::string_view name, std::initializer_list<int64_t> numbers) {
  Type made;
  made.name = name;
  made.numbers = numbers;
  return made;
}

size_t parts_of(const Type& type) {
  size_t parts = 1;
  for (const Type& each : type.types) parts += parts_of(each);
  return parts;
}

Type array_of(Type element) {
  Type made = type_of("array");
  made.types.push_back(std::move(element));
  return made;
}

Type map_of(Type key, Type value) {
  Type made = type_of("map");
  made.types.push_back(std::move(key));
  made.types.push_back(std::move(value));
  return made;
}

Type with_defaults(Type type) {
  if (type.name == "decimal") {
    if (type.numbers.empty()) type.numbers = {38};
    if (type.numbers.size() == 1) type.numbers.push_back(0);
  }
  if (has_precision(type) && type.numbers.empty()) type.numbers = {3};
  if (type.name == "char" && type.numbers.empty()) type.numbers = {1};
  for (Type& inner : type.types) inner = with_defaults(std::move(inner));
  return type;
}

bool same_type(const Type& a, const Type& b) {
  return a.name == b.name && a.numbers == b.numbers && a.types.size() == b.types.size() &&
         std::ranges::equal(a.types, b.types, same_type);
}

bool is_text(const Type& type) { return type.name == "varchar" || type.name == "char"; }
bool is_integer(const Type& type) { return integer_rank(type) >= 0; }
bool is_numeric(const Type& type) {
  return is_integer(type) || type.name == "decimal" || type.name == "double" || type.name == "real";
}
bool is_time(const Type& type) { return type.name == "date" || type.name.starts_with("time"); }
bool is_interval(const Type& type) { return type.name.starts_with("interval"); }

Type as_decimal(const Type& type) {
  static constexpr std::array<int64_t, 4> kDigits = {3, 5, 10, 19};
  const int rank = integer_rank(type);
  return rank < 0 ? type : decimal(kDigits[static_cast<size_t>(rank)], 0);
}

MaybeType common_type(const Type& a, const Type& b) {
  if (a.name == "unknown") return b;
  if (b.name == "unknown" || same_type(a, b)) return a;
  if (is_text(a) && is_text(b)) return common_text(a, b);
  if (is_numeric(a) && is_numeric(b)) return common_numeric(a, b);
  if (is_time(a) && is_time(b)) return common_time(a, b);
  if (a.name != b.name || a.types.empty() || a.types.size() != b.types.size()) return std::nullopt;
  Type made = a;
  for (size_t i = 0; i < a.types.size(); ++i) {
    auto inner = common_type(a.types[i], b.types[i]);
    if (!inner) return std::nullopt;
    made.types[i] = std::move(*inner);
    // A field keeps its name if both agree on it.
    if (i < made.fields.size() && (i >= b.fields.size() || !made.fields[i] || !b.fields[i] ||
                                   made.fields[i]->name != b.fields[i]->name))
      made.fields[i] = std::nullopt;
  }
  return made;
}

bool can_cast(const Type& from, const Type& to) {
  if (from.name == "unknown" || same_type(from, to)) return true;
  if (from.name == "json" || to.name == "json")
    return is_text(from) || is_text(to) || from.name == to.name || !from.types.empty() ||
           !to.types.empty() || is_numeric(from) || is_numeric(to) || from.name == "boolean" ||
           to.name == "boolean" || from.name == "date" || from.name.starts_with("timestamp");
  if (is_text(from)) {
    return is_text(to) || is_numeric(to) || is_time(to) || to.name == "boolean" ||
           to.name == "uuid" || to.name == "ipaddress" || to.name == "varbinary" || is_interval(to);
  }
  if (is_text(to))
    return is_numeric(from) || is_time(from) || is_interval(from) || from.name == "boolean" ||
           from.name == "uuid" || from.name == "ipaddress";
  const bool numbers = is_numeric(from) || from.name == "boolean";
  if (numbers) return is_numeric(to) || to.name == "boolean";
  if (from.name == "date") return to.name.starts_with("timestamp");
  if (from.name.starts_with("timestamp")) return is_time(to);
  if (from.name.starts_with("time")) return to.name.starts_with("time");
  if (from.name == "varbinary" || from.name == "uuid")
    return to.name == "uuid" || to.name == "varbinary";
  if (from.name != to.name || from.types.size() != to.types.size()) return false;
  return std::ranges::equal(from.types, to.types, can_cast);
}

MaybeType arithmetic_type(std::string_view operation, const Type& a, const Type& b) {
  const bool sum = operation == "+" || operation == "-";
  if (is_numeric(a) && is_numeric(b)) {
    if (a.name != "decimal" && b.name != "decimal") return common_numeric(a, b);
    if (!is_integer(a) && a.name != "decimal") return a;
    if (!is_integer(b) && b.name != "decimal") return b;
    const Type da = as_decimal(a), db = as_decimal(b);
    const int64_t p1 = da.numbers[0], s1 = da.numbers[1], p2 = db.numbers[0], s2 = db.numbers[1];
    const int64_t scale = std::max(s1, s2);
    if (sum) return decimal(std::max(p1 - s1, p2 - s2) + scale + 1, scale);
    if (operation == "*") return decimal(p1 + p2, s1 + s2);
    if (operation == "/") return decimal(p1 + s2 + std::max<int64_t>(0, s2 - s1), scale);
    return decimal(std::min(p2 - s2, p1 - s1) + scale, scale);
  }
  const bool instants = (a.name == "date" && b.name == "date") ||
                        (a.name.starts_with("timestamp") && a.name == b.name) ||
                        (a.name.starts_with("time") && a.name == b.name);
  if (operation == "-" && instants) return type_of("interval day to second");
  if (is_interval(a) && is_interval(b) && sum)
    return a.name == b.name ? MaybeType(a) : std::nullopt;
  if (is_time(a) && is_interval(b) && sum) {
    if (!has_precision(a) || b.name != "interval day to second") {
      // A time of day has no months.
      return a.name.starts_with("time") && !a.name.starts_with("timestamp") ? std::nullopt
                                                                            : MaybeType(a);
    }
    Type made = a;
    made.numbers = {std::max<int64_t>(number(a, 0), 3)};
    return made;
  }
  if (is_interval(a) && is_time(b) && operation == "+") return arithmetic_type("+", b, a);
  if (is_interval(a) && is_numeric(b) && (operation == "*" || operation == "/")) return a;
  if (is_numeric(a) && is_interval(b) && operation == "*") return b;
  return std::nullopt;
}

std::string display_text(const Type& type) {
  if (type.types.empty()) {
    std::string text = type_text(type);
    std::erase_if(text, [&, digit = false](char c) mutable {
      const bool blank = c == ' ' && digit;  // behind the comma between two numbers
      digit = c == ',';
      return blank;
    });
    return text;
  }
  std::string out = type.name + "(";
  for (size_t i = 0; i < type.types.size(); ++i) {
    if (i > 0) out += ", ";
    if (i < type.fields.size() && type.fields[i]) out += type.fields[i]->name + " ";
    out += display_text(type.types[i]);
  }
  return out + ")";
}

std::string signature_text(const Type& type) {
  if (type.name != "row") {
    if (type.types.empty()) return type_text(type);
    std::string out = type.name + "(";
    for (size_t i = 0; i < type.types.size(); ++i)
      out += (i > 0 ? ", " : "") + signature_text(type.types[i]);
    return out + ")";
  }
  std::string out = "row(";
  for (size_t i = 0; i < type.types.size(); ++i) {
    if (i > 0) out += ", ";
    if (i < type.fields.size() && type.fields[i]) {
      std::string name = type.fields[i]->name;
      for (size_t quote = 0; (quote = name.find('"', quote)) != std::string::npos; quote += 2)
        name.insert(quote, 1, '"');
      out += "\"" + name + "\" ";
    }
    out += signature_text(type.types[i]);
  }
  return out + ")";
}

}  // namespace foz::sql
