// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "trino/type_signature_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sql/query_engine.h"

namespace foz::trino {

namespace {

constexpr int kDeepest = 64;
constexpr int64_t kUnboundedVarchar = 2147483647;

class TypeParser {
 public:
  explicit TypeParser(std::string_view text) : text_(text) {}

  Result<Type> run() {
    Type type = TRY(parse(0));
    skip_blanks();
    if (at_ != text_.size()) return bad("the end");
    return type;
  }

 private:
  Error bad(std::string_view expected) const {
    return invalid(fmt::format("type '{}': expected {} at {}", text_, expected, at_));
  }
  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(std::string_view expected) {
    skip_blanks();
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }
  std::string word() {
    skip_blanks();
    const size_t begin = at_;
    while (at_ < text_.size() &&
           std::string_view(" ,()\"").find(text_[at_]) == std::string_view::npos)
      ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  Result<Type> parse(int depth) {
    if (depth > kDeepest) return bad("fewer levels");
    Type type;
    type.base = word();
    if (type.base.empty()) return bad("a name");
    if (type.base == "double" && take("precision")) type.base = "double";
    if (type.base == "interval") {
      for (const std::string_view rest : {"day to second", "year to month"}) {
        if (take(rest)) type.base += " " + std::string(rest);
      }
    }
    if (take("(")) {
      do {
        TRY(argument(type, depth));
      } while (take(","));
      if (!take(")")) return bad("')'");
    }
    if (type.base.starts_with("time") && take("with time zone")) type.base += " with time zone";
    return type;
  }

  Status argument(Type& type, int depth) {
    skip_blanks();
    if (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      const std::string digits = word();
      int64_t number = 0;
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), number);
      if (error != std::errc() || end != digits.data() + digits.size()) return bad("a number");
      type.numbers.push_back(number);
      return {};
    }
    if (type.base == "row") type.fields.push_back(TRY(field_name()));
    type.arguments.push_back(TRY(parse(depth + 1)));
    return {};
  }

  // A quoted name, or a plain one when another word follows it.
  Result<std::string> field_name() {
    if (take("\"")) {
      std::string name;
      while (at_ < text_.size()) {
        if (text_[at_] == '"' && text_.substr(at_, 2) != "\"\"") break;
        if (text_[at_] == '"') ++at_;
        name += text_[at_++];
      }
      if (!take("\"")) return bad("'\"'");
      return name;
    }
    const size_t begin = at_;
    const std::string name = word();
    skip_blanks();
    const bool named = at_ < text_.size() && text_[at_] >= 'a' && text_[at_] <= 'z' &&
                       name != "interval" && !name.starts_with("time") && name != "double";
    if (named) return name;
    at_ = begin;
    return std::string();
  }

  std::string_view text_;
  size_t at_ = 0;
};

std::string field_text(const std::string& name) {
  const auto letter = [](char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; };
  const bool plain = letter(name[0]) && std::ranges::all_of(name, [&](char c) {
                       return letter(c) || c == '_' || (c >= '0' && c <= '9');
                     });
  std::string lower = name;
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c;
  if (plain && !sql::is_reserved_word(lower)) return name;
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

bool told_precision(const Type& type, bool parametric_datetime) {
  return parametric_datetime || !type.has_precision_of_time();
}

}  // namespace

Result<Type> parse_type(std::string_view text) { return TypeParser(text).run(); }

std::string to_string(const Type& type, bool parametric_datetime) {
  if (type.base == "interval day to second") return "INTERVAL DAY TO SECOND";
  if (type.base == "interval year to month") return "INTERVAL YEAR TO MONTH";
  std::string inside;
  if (told_precision(type, parametric_datetime)) {
    for (const int64_t number : type.numbers)
      inside += fmt::format("{}{}", inside.empty() ? "" : ", ", number);
  }
  for (size_t i = 0; i < type.arguments.size(); ++i) {
    if (!inside.empty()) inside += ", ";
    if (i < type.fields.size() && !type.fields[i].empty())
      inside += field_text(type.fields[i]) + ' ';
    inside += to_string(type.arguments[i], parametric_datetime);
  }
  if (inside.empty()) return type.base;
  const size_t zone = type.base.find(" with time zone");
  if (zone == std::string::npos) return type.base + "(" + inside + ")";
  return type.base.substr(0, zone) + "(" + inside + ")" + type.base.substr(zone);
}

void write_signature(JsonWriter& json, const Type& type, bool parametric_datetime) {
  json.begin_object().field("rawType", type.base).key("arguments").begin_array();
  if (told_precision(type, parametric_datetime)) {
    std::vector<int64_t> numbers = type.numbers;
    if (type.base == "varchar" && numbers.empty()) numbers = {kUnboundedVarchar};
    for (const int64_t number : numbers)
      json.begin_object().field("kind", "LONG").field("value", number).end_object();
  }
  for (size_t i = 0; i < type.arguments.size(); ++i) {
    if (type.base == "row") {
      json.begin_object().field("kind", "NAMED_TYPE").key("value").begin_object();
      if (!type.fields[i].empty())
        json.key("fieldName").begin_object().field("name", type.fields[i]).end_object();
      json.key("typeSignature");
      write_signature(json, type.arguments[i], parametric_datetime);
      json.end_object().end_object();
    } else {
      json.begin_object().field("kind", "TYPE").key("value");
      write_signature(json, type.arguments[i], parametric_datetime);
      json.end_object();
    }
  }
  json.end_array().end_object();
}

}  // namespace foz::trino
