// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// https://trino.io/docs/current/language/types.html, and Trino's TypeCoercion.

#include "sql/trino_signature_internal.h"

#include <algorithm>
#include <array>

#include "sql/lake_types_internal.h"
#include "sql/trino_call_internal.h"

namespace foz::sql {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

namespace {

int rank(LogicalTypeId id) {
  switch (id) {
    case LogicalTypeId::DATE: return 11;
    case LogicalTypeId::TIMESTAMP: return 12;
    case LogicalTypeId::TIMESTAMP_TZ: return 13;
    default: return numeric_rank(id);
  }
}

// An integer as a decimal.
LogicalType as_decimal(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::TINYINT: return LogicalType::DECIMAL(3, 0);
    case LogicalTypeId::SMALLINT: return LogicalType::DECIMAL(5, 0);
    case LogicalTypeId::INTEGER: return LogicalType::DECIMAL(10, 0);
    case LogicalTypeId::BIGINT: return LogicalType::DECIMAL(19, 0);
    case LogicalTypeId::SQLNULL: return LogicalType::DECIMAL(1, 0);
    default: return type;
  }
}

LogicalType common_decimal(const LogicalType& a, const LogicalType& b) {
  const LogicalType da = as_decimal(a), db = as_decimal(b);
  const int sa = duckdb::DecimalType::GetScale(da), sb = duckdb::DecimalType::GetScale(db);
  const int scale = std::max(sa, sb);
  const int whole =
      std::max(duckdb::DecimalType::GetWidth(da) - sa, duckdb::DecimalType::GetWidth(db) - sb);
  return LogicalType::DECIMAL(static_cast<uint8_t>(std::min(whole + scale, 38)),
                              static_cast<uint8_t>(scale));
}

LogicalType common_row(const LogicalType& a, const LogicalType& b) {
  const auto& ca = duckdb::StructType::GetChildTypes(a);
  const auto& cb = duckdb::StructType::GetChildTypes(b);
  if (ca.size() != cb.size()) return LogicalType::INVALID;
  duckdb::child_list_t<LogicalType> children;
  for (size_t i = 0; i < ca.size(); ++i) {
    LogicalType child = common_type(ca[i].second, cb[i].second);
    if (child.id() == LogicalTypeId::INVALID) return child;
    children.emplace_back(ca[i].first, std::move(child));
  }
  return LogicalType::STRUCT(std::move(children));
}

bool is_orderable(const LogicalType& type) {
  if (type.IsJSONType()) return false;
  switch (type.id()) {
    case LogicalTypeId::MAP: return false;
    case LogicalTypeId::LIST: return is_orderable(duckdb::ListType::GetChildType(type));
    case LogicalTypeId::STRUCT:
      return std::ranges::all_of(duckdb::StructType::GetChildTypes(type),
                                 [](const auto& child) { return is_orderable(child.second); });
    default: return true;
  }
}

// Reads a signature from left to right against the arguments' types.
class Matcher {
 public:
  explicit Matcher(std::string_view text) : text_(text) {}

  std::optional<SignatureMatch> match(const duckdb::vector<LogicalType>& given) {
    SignatureMatch out;
    // Twice: variables are known when all arguments have been seen.
    for (int pass = 0; pass < 2; ++pass) {
      at_ = 0;
      out.cost = 0;
      out.targets.clear();
      if (!arguments(given, out)) return std::nullopt;
    }
    at_ = text_.find("->") + 2;
    blanks();
    out.result = text_[at_] == '?' ? LogicalType::ANY : type(LogicalType::SQLNULL);
    return out;
  }

 private:
  bool arguments(const duckdb::vector<LogicalType>& given, SignatureMatch& out) {
    size_t i = 0;
    for (blanks(); text_[at_] != '-'; blanks()) {
      if (text_[at_] == ',') {
        ++at_;
        continue;
      }
      const size_t begin = at_;
      if (i == given.size()) {  // only nothing of "any number" may be left
        cost_ = 0;
        type(LogicalType::SQLNULL);
        if (!more()) return false;
        continue;
      }
      do {
        at_ = begin;
        cost_ = 0;
        out.targets.push_back(type(given[i++]));
        if (cost_ < 0) return false;
        out.cost += cost_;
      } while (more() && i < given.size());
    }
    return i == given.size();
  }

  void blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool more() {
    if (text_.substr(at_).starts_with("...")) at_ += 3;
    return text_.substr(0, at_).ends_with("...");
  }
  void expect(char c) {
    blanks();
    if (at_ >= text_.size() || text_[at_] != c)
      throw duckdb::InternalException("a signature is not written well: %s", std::string(text_));
    ++at_;
  }
  void add(int cost) { cost_ = cost < 0 || cost_ < 0 ? -1 : cost_ + cost; }

  // The type that is written here, for a value of type `given`.
  LogicalType type(const LogicalType& given) {
    blanks();
    const size_t begin = at_;
    while (at_ < text_.size() && ((text_[at_] >= 'a' && text_[at_] <= 'z') ||
                                  (text_[at_] >= 'A' && text_[at_] <= 'Z') || text_[at_] == '_'))
      ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word.size() == 1 && word[0] < 'a') return variable(word[0], given);
    if (word == "any") return given;
    if (word == "array") return array(given);
    if (word == "map") return map(given);
    if (word == "row") {
      if (given.id() != LogicalTypeId::STRUCT) add(-1);
      return given;
    }
    if (word == "decimal") return decimal(given);
    if (word == "integral" || word == "floating") {
      const int from = rank(given.id());
      const bool fits = word == "integral" ? from >= 1 && from <= 4 : from == 6 || from == 7;
      if (!fits) add(-1);
      return given;
    }
    return alternatives(word, given);
  }

  // date|timestamp: the nearest one.
  LogicalType alternatives(std::string_view word, const LogicalType& given) {
    LogicalType best;
    int least = -1;
    for (;;) {
      const LogicalType wanted = named(word);
      const int cost = coercion_cost(given, wanted);
      if (cost >= 0 && (least < 0 || cost < least)) best = wanted, least = cost;
      if (at_ >= text_.size() || text_[at_] != '|') break;
      const size_t begin = ++at_;
      while (at_ < text_.size() && text_[at_] >= 'a' && text_[at_] <= 'z') ++at_;
      word = text_.substr(begin, at_ - begin);
    }
    add(least);
    return least < 0 ? given : best;
  }

  // O is a type whose values can be ordered.
  LogicalType variable(char name, const LogicalType& given) {
    if (name == 'O' && !is_orderable(given)) add(-1);
    LogicalType& bound = variables_[static_cast<size_t>(name - 'A')];
    if (bound.id() == LogicalTypeId::INVALID) bound = LogicalType::SQLNULL;
    const LogicalType common = common_type(bound, given);
    if (common.id() == LogicalTypeId::INVALID) {
      add(-1);
      return given;
    }
    bound = common;
    return bound;
  }

  LogicalType array(const LogicalType& given) {
    expect('(');
    LogicalType child = LogicalType::SQLNULL;
    if (given.id() == LogicalTypeId::LIST) {
      child = duckdb::ListType::GetChildType(given);
    } else if (given.id() != LogicalTypeId::SQLNULL) {
      add(-1);
    }
    child = type(child);
    expect(')');
    return LogicalType::LIST(child);
  }

  LogicalType map(const LogicalType& given) {
    expect('(');
    LogicalType key = LogicalType::SQLNULL, value = LogicalType::SQLNULL;
    if (given.id() == LogicalTypeId::MAP) {
      key = duckdb::MapType::KeyType(given);
      value = duckdb::MapType::ValueType(given);
    } else if (given.id() != LogicalTypeId::SQLNULL) {
      add(-1);
    }
    key = type(key);
    expect(',');
    value = type(value);
    expect(')');
    return LogicalType::MAP(key, value);
  }

  LogicalType decimal(const LogicalType& given) {
    const int from = rank(given.id());
    if (given.id() == LogicalTypeId::SQLNULL || (from > 0 && from <= 5)) {
      add(from ? 5 - from : 1);
      return as_decimal(given);
    }
    add(-1);
    return given;
  }

  LogicalType named(std::string_view word) const {
    static const std::pair<std::string_view, LogicalType> kTypes[] = {
        {"bigint", LogicalType::BIGINT},       {"boolean", LogicalType::BOOLEAN},
        {"date", LogicalType::DATE},           {"double", LogicalType::DOUBLE},
        {"integer", LogicalType::INTEGER},     {"interval", LogicalType::INTERVAL},
        {"json", LogicalType::JSON()},         {"real", LogicalType::FLOAT},
        {"smallint", LogicalType::SMALLINT},   {"time", LogicalType::TIME},
        {"timestamp", LogicalType::TIMESTAMP}, {"timestamptz", LogicalType::TIMESTAMP_TZ},
        {"tinyint", LogicalType::TINYINT},     {"uuid", LogicalType::UUID},
        {"varbinary", LogicalType::BLOB},      {"varchar", LogicalType::VARCHAR}};
    for (const auto& [name, type] : kTypes) {
      if (name == word) return type;
    }
    throw duckdb::InternalException("a signature is not written well: %s", std::string(text_));
  }

  std::string_view text_;
  size_t at_ = 0;
  int cost_ = 0;
  std::array<LogicalType, 26> variables_;
};

}  // namespace

int coercion_cost(const LogicalType& from, const LogicalType& to) {
  if (from == to && from.IsJSONType() == to.IsJSONType()) return 0;
  if (from.id() == LogicalTypeId::SQLNULL) return 1;
  if (from.IsJSONType() || to.IsJSONType()) return -1;
  const int a = rank(from.id()), b = rank(to.id());
  if (a && b && (a > 10) == (b > 10) && a <= b) return b - a;
  if (from.id() == LogicalTypeId::LIST && to.id() == LogicalTypeId::LIST)
    return coercion_cost(duckdb::ListType::GetChildType(from), duckdb::ListType::GetChildType(to));
  if (from.id() == LogicalTypeId::MAP && to.id() == LogicalTypeId::MAP) {
    const int key = coercion_cost(duckdb::MapType::KeyType(from), duckdb::MapType::KeyType(to));
    const int value =
        coercion_cost(duckdb::MapType::ValueType(from), duckdb::MapType::ValueType(to));
    return key < 0 || value < 0 ? -1 : key + value;
  }
  if (from.id() == LogicalTypeId::STRUCT && to.id() == LogicalTypeId::STRUCT) {
    const LogicalType common = common_row(from, to);
    return common.id() != LogicalTypeId::INVALID && common_row(to, common) == to ? 1 : -1;
  }
  return -1;
}

LogicalType common_type(const LogicalType& a, const LogicalType& b) {
  if (a.id() == LogicalTypeId::SQLNULL) return b;
  if (b.id() == LogicalTypeId::SQLNULL) return a;
  if (a.id() == LogicalTypeId::DECIMAL || b.id() == LogicalTypeId::DECIMAL) {
    const int ra = rank(a.id()), rb = rank(b.id());
    if (ra && rb && ra <= 5 && rb <= 5) return common_decimal(a, b);
  }
  if (a.id() == LogicalTypeId::LIST && b.id() == LogicalTypeId::LIST) {
    const LogicalType child =
        common_type(duckdb::ListType::GetChildType(a), duckdb::ListType::GetChildType(b));
    return child.id() == LogicalTypeId::INVALID ? child : LogicalType::LIST(child);
  }
  if (a.id() == LogicalTypeId::MAP && b.id() == LogicalTypeId::MAP) {
    const LogicalType key = common_type(duckdb::MapType::KeyType(a), duckdb::MapType::KeyType(b));
    const LogicalType value =
        common_type(duckdb::MapType::ValueType(a), duckdb::MapType::ValueType(b));
    if (key.id() == LogicalTypeId::INVALID || value.id() == LogicalTypeId::INVALID)
      return LogicalType::INVALID;
    return LogicalType::MAP(key, value);
  }
  if (a.id() == LogicalTypeId::STRUCT && b.id() == LogicalTypeId::STRUCT) return common_row(a, b);
  if (coercion_cost(a, b) >= 0) return b;
  if (coercion_cost(b, a) >= 0) return a;
  return LogicalType::INVALID;
}

std::optional<SignatureMatch> match_signature(std::string_view signature,
                                              const duckdb::vector<LogicalType>& given) {
  return Matcher(signature).match(given);
}

}  // namespace foz::sql
