// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/statistics_internal.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <map>

#include "base/json_writer.h"
#include "delta/column_mapping_internal.h"
#include "delta/data_file.h"
#include "delta/json_internal.h"
#include "delta/partition_value_internal.h"
#include "delta/timestamp_text_internal.h"

namespace foz::delta {
namespace {

namespace od = simdjson::ondemand;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

// Calls `take(name, JSON text)` for each scalar of an object; structs and nulls are passed over.
template <class Take>
void each_scalar(od::value value, Take&& take) {
  if (value.type() != od::json_type::object) return;
  for (auto field : value.get_object()) {
    const std::string name(std::string_view(field.unescaped_key()));
    od::value inner = field.value();
    const od::json_type type = inner.type();
    if (type == od::json_type::object || type == od::json_type::array) continue;
    if (type != od::json_type::null) take(name, trimmed(inner.raw_json_token()));
  }
}

// By how much a timestamp's bound may be off. Cut to milliseconds, a maximum is less than it was.
// Older Sparks also dropped the seconds of a zone's offset, which some had until 7 January 1972.
int64_t slack_us(int64_t us, TypeKind kind, bool maximum) {
  constexpr int64_t kLastSeconds = 63'590'400'000'000, kMinute = 60'000'000;
  if (kind == TypeKind::kTimestamp && us < kLastSeconds + kMinute) return kMinute;
  return maximum ? 999 : 0;
}

// Some writers give bounds of decimals as doubles, from which up to 15 digits come back as they
// were. The own text of a longer decimal has all its digits behind the point, and, unquoted, not
// the 16 or 17 digits that a double may end with.
bool is_exact_decimal(std::string_view json, int scale) {
  const bool quoted = json.starts_with('"');
  if (quoted) json = json.substr(1, json.size() - 2);
  const size_t end = json.find_first_of("eE");
  const auto exponent = end == json.npos ? 0 : json_integer(json.substr(end + 1));
  if (!exponent || *exponent < -400 || *exponent > 400) return false;
  int64_t digits = 0, fraction = -*exponent;
  bool behind_point = false;
  for (const char c : json.substr(0, end)) {
    if (c == '.') behind_point = true;
    if (c < '0' || c > '9') continue;
    if (behind_point) ++fraction;
    if (digits > 0 || c != '0') ++digits;
  }
  if (digits - fraction + scale <= 15) return true;
  return fraction == scale && (quoted || digits < 16 || digits > 17);
}

// Bounds that were written for floats: 0.7 is below the double that the float 0.7 is.
bool was_float(const Field& field) {
  const auto changes = field.metadata.find("delta.typeChanges");
  return changes != field.metadata.end() &&
         changes->second.find(R"("fromType":"float")") != std::string::npos;
}

// A bound of the column that holds for every row; nullopt when there is none.
std::optional<std::string> wide_bound(std::string_view json, const Field& field, bool maximum) {
  const TypeKind kind = field.type.kind;
  // A variant's bounds are variants, and the text that they are written as has another order.
  if (kind == TypeKind::kVariant) return std::nullopt;
  if (kind == TypeKind::kDouble && was_float(field)) return std::nullopt;
  if (kind == TypeKind::kDecimal && !is_exact_decimal(json, field.type.scale)) return std::nullopt;
  if (kind != TypeKind::kTimestamp && kind != TypeKind::kTimestampNtz) return std::string(json);
  const auto text = json_unquote(json);
  const auto us = text ? parse_timestamp_us(*text) : std::nullopt;
  if (!us) return std::nullopt;
  const int64_t slack = slack_us(*us, kind, maximum);
  if (slack == 0) return std::string(json);
  if (maximum ? *us > INT64_MAX - slack : *us < INT64_MIN + slack) return std::nullopt;
  const auto wide =
      timestamp_text(maximum ? *us + slack : *us - slack, kind == TypeKind::kTimestamp);
  if (!wide) return std::nullopt;
  return json_quote(*wide);
}

}  // namespace

std::string with_wide_bounds(const std::string& json) {
  JsonWriter out;
  out.begin_object();
  try {
    const simdjson::padded_string padded(json);
    od::parser parser;
    od::document document = parser.iterate(padded);
    for (auto field : document.get_object()) {
      const std::string_view key = field.unescaped_key();
      if (key == "tightBounds") continue;
      od::value value = field.value();
      out.key(key).raw(trimmed(std::string_view(simdjson::to_json_string(value))));
    }
  } catch (const simdjson::simdjson_error&) {
    return {};
  }
  return out.field("tightBounds", false).end_object().take();
}

std::optional<int64_t> statistics_rows(const std::string& json) {
  if (json.empty()) return std::nullopt;
  simdjson::dom::parser parser;
  int64_t rows = -1;
  if (parser.parse(json)["numRecords"].get(rows) != simdjson::SUCCESS || rows < 0)
    return std::nullopt;
  return rows;
}

std::string_view cut_lower_bound(std::string_view text) {
  size_t at = 0;
  for (int characters = 0; characters < kStatisticsPrefix && at < text.size(); ++characters) {
    for (++at; at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;) ++at;
  }
  return text.substr(0, at);
}

std::optional<std::string> cut_upper_bound(std::string_view text) {
  const std::string_view cut = cut_lower_bound(text);
  if (cut.size() == text.size()) return std::string(text);
  // Replace the last character that has a successor by it, and drop what follows.
  std::string bound(cut);
  while (!bound.empty()) {
    size_t start = bound.size() - 1;
    while (start > 0 && (static_cast<unsigned char>(bound[start]) & 0xc0) == 0x80) --start;
    const std::string_view last = std::string_view(bound).substr(start);
    if (const auto next = next_character(last)) {
      bound.replace(start, last.size(), *next);
      return bound;
    }
    bound.resize(start);
  }
  return std::nullopt;
}

std::optional<std::string> next_character(std::string_view utf8) {
  uint32_t code = static_cast<unsigned char>(utf8[0]);
  if (utf8.size() == 2) code &= 0x1f;
  if (utf8.size() == 3) code &= 0x0f;
  if (utf8.size() == 4) code &= 0x07;
  if (utf8.size() > 4) return std::nullopt;
  for (const char c : utf8.substr(1)) code = (code << 6) | (static_cast<unsigned char>(c) & 0x3f);
  ++code;
  if (code == 0xd800) code = 0xe000;  // surrogates are no characters
  if (code > 0x10ffff) return std::nullopt;
  const auto byte = [](uint32_t bits) { return static_cast<char>(bits); };
  if (code < 0x80) return std::string{byte(code)};
  if (code < 0x800) return std::string{byte(0xc0 | (code >> 6)), byte(0x80 | (code & 0x3f))};
  if (code < 0x10000) {
    return std::string{byte(0xe0 | (code >> 12)), byte(0x80 | ((code >> 6) & 0x3f)),
                       byte(0x80 | (code & 0x3f))};
  }
  return std::string{byte(0xf0 | (code >> 18)), byte(0x80 | ((code >> 12) & 0x3f)),
                     byte(0x80 | ((code >> 6) & 0x3f)), byte(0x80 | (code & 0x3f))};
}

Result<StatisticsColumns> statistics_columns(const Snapshot& snapshot) {
  StatisticsColumns columns;
  const ColumnMapping mapping = TRY(column_mapping(snapshot));
  for (const Field& field : snapshot.schema().fields) {
    columns.emplace(physical_name(field, mapping), &field);
  }
  return columns;
}

Status each_statistic(const std::string& json, const TakeStatistic& take) {
  try {
    const simdjson::padded_string padded(json);
    od::parser parser;
    od::document document = parser.iterate(padded);
    for (auto field : document.get_object()) {
      const std::string_view key = field.unescaped_key();
      od::value value = field.value();
      const auto take_each = [&](Statistic what) {
        each_scalar(
            value, [&](const std::string& name, std::string_view text) { take(what, name, text); });
      };
      if (key == "numRecords" && value.type() == od::json_type::number) {
        take(Statistic::kRows, {}, trimmed(value.raw_json_token()));
      } else if (key == "minValues") {
        take_each(Statistic::kMin);
      } else if (key == "maxValues") {
        take_each(Statistic::kMax);
      } else if (key == "nullCount") {
        take_each(Statistic::kNulls);
      }
    }
  } catch (const simdjson::simdjson_error& error) {
    return Error(ErrorCode::kCorrupt, error.what());
  }
  return {};
}

void put_statistic(Statistic what, const Field& column, std::string_view json, ColumnBounds& out) {
  switch (what) {
    case Statistic::kRows: break;
    case Statistic::kMin: out.min_json = wide_bound(json, column, false); break;
    case Statistic::kMax: out.max_json = wide_bound(json, column, true); break;
    case Statistic::kNulls: out.null_count = json_integer(json); break;
  }
}

Result<FileStatistics> parse_statistics(const StatisticsColumns& columns, const std::string& json) {
  FileStatistics out;
  if (json.empty()) return out;
  bool rows_known = true;
  TRY(each_statistic(json, [&](Statistic what, std::string_view name, std::string_view text) {
    if (what == Statistic::kRows) {
      out.rows = json_integer(text);
      rows_known = out.rows.has_value();
    } else if (const auto column = columns.find(name); column != columns.end()) {
      put_statistic(what, *column->second, text, out.columns[column->second->name]);
    }
  }));
  if (!rows_known) return Error(ErrorCode::kCorrupt, "numRecords is no number of rows");
  return out;
}

Result<FileStatistics> parse_statistics(const Snapshot& snapshot, const AddFile& file) {
  return parse_statistics(TRY(statistics_columns(snapshot)), file.stats)
      .within("statistics of " + file.path);
}

}  // namespace foz::delta
