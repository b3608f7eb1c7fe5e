// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// https://trino.io/docs/current/functions/string.html

#include <fmt/format.h>

#include <algorithm>

#include "sql/trino_kernel_internal.h"
#include "sql/trino_list_internal.h"
#include "sql/trino_themes_internal.h"
#include "sql/utf8_internal.h"

// DuckDB's copy of utf8proc, whose header it does not install.
namespace duckdb {
typedef enum { UTF8PROC_FIRST = 1 } utf8proc_option_t;
ptrdiff_t utf8proc_map(const unsigned char* text, ptrdiff_t size, unsigned char** out,
                       utf8proc_option_t options);
int utf8proc_toupper(int code);
int utf8proc_tolower(int code);
}  // namespace duckdb

namespace foz::sql {

namespace {

constexpr size_t kMostBytes = 64 << 20;      // of a text that one call makes
constexpr int64_t kMostCharacters = 100000;  // of padded text

void check_size(size_t bytes) {
  if (bytes > kMostBytes)
    throw duckdb::OutOfMemoryException("a text of %d bytes is too long",
                                       static_cast<int64_t>(bytes));
}

// ---- Characters ---------------------------------------------------------------------------------

int64_t length(std::string_view text) { return count_characters(text); }

template <int (*Map)(int)>
std::string mapped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t size = first_character(text);
    if (size == 1) {
      const char c = text[0];
      out += static_cast<char>(static_cast<unsigned char>(c) < 0x80 ? Map(c) : c);
    } else {
      append_character(out, static_cast<uint32_t>(Map(static_cast<int>(code_point(text)))));
    }
    text.remove_prefix(size);
  }
  return out;
}
// One character for one, as Java's Character does: ß has no capital.
int to_upper(int code) { return code == 0xdf ? code : duckdb::utf8proc_toupper(code); }
int to_lower(int code) { return code == 0x130 ? 'i' : duckdb::utf8proc_tolower(code); }

std::string reverse(std::string_view text) {
  std::string out(text.size(), 0);
  size_t end = text.size();
  while (!text.empty()) {
    const size_t size = first_character(text);
    end -= size;
    std::copy_n(text.begin(), size, out.begin() + static_cast<ptrdiff_t>(end));
    text.remove_prefix(size);
  }
  return out;
}
std::string reverse_bytes(std::string_view bytes) { return {bytes.rbegin(), bytes.rend()}; }

// Counted from 1, or from the end; nothing of 0 and of what lies outside.
template <bool Bytes>
std::string_view part(std::string_view text, int64_t start, int64_t count) {
  const auto size = static_cast<int64_t>(text.size());  // no fewer than characters
  if (start == 0 || count <= 0 || start > size || start < -size) return {};
  if (start < 0) {
    start += Bytes ? size : count_characters(text);
    if (start < 0) return {};
  } else {
    --start;
  }
  if (Bytes)
    return text.substr(static_cast<size_t>(start), static_cast<size_t>(std::min(count, size)));
  text.remove_prefix(skip_characters(text, start));
  return text.substr(0, skip_characters(text, count));
}
template <bool Bytes>
std::string_view rest(std::string_view text, int64_t start) {
  return part<Bytes>(text, start, std::numeric_limits<int64_t>::max());
}

// As Java's Character.isWhitespace.
bool is_blank(uint32_t c) {
  return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a && c != 0x2007) || c == 0x2028 || c == 0x2029 || c == 0x205f ||
         c == 0x3000;
}
std::string_view ltrim(std::string_view text) {
  while (!text.empty() && is_blank(code_point(text))) text.remove_prefix(first_character(text));
  return text;
}
std::string_view rtrim(std::string_view text) {
  while (!text.empty()) {
    size_t last = text.size() - 1;
    while (last > 0 && continues_character(text[last])) --last;
    if (!is_blank(code_point(text.substr(last)))) break;
    text = text.substr(0, last);
  }
  return text;
}
std::string_view trim(std::string_view text) { return ltrim(rtrim(text)); }

// ---- Padding and repeating ----------------------------------------------------------------------

template <bool Left, bool Bytes>
std::string pad(std::string_view text, int64_t length, std::string_view filler) {
  if (length < 0 || length > kMostCharacters)
    invalid_argument(fmt::format("Target length must be in the range [0..{}]", kMostCharacters));
  if (filler.empty()) invalid_argument("Padding string must not be empty");
  const auto count = [](std::string_view s) {
    return Bytes ? static_cast<int64_t>(s.size()) : count_characters(s);
  };
  const auto front = [](std::string_view s, int64_t n) {
    return s.substr(0, Bytes ? static_cast<size_t>(n) : skip_characters(s, n));
  };
  int64_t missing = length - count(text);
  if (missing <= 0) return std::string(front(text, length));
  const int64_t width = count(filler);
  check_size(static_cast<size_t>(missing / width + 1) * filler.size() + text.size());
  std::string padding;
  for (; missing >= width; missing -= width) padding += filler;
  padding += front(filler, missing);
  return Left ? padding.append(text) : std::string(text) + padding;
}

// ---- Searching and replacing --------------------------------------------------------------------

std::string replace(std::string_view text, std::string_view search, std::string_view by) {
  std::string out;
  if (search.empty()) {  // between all characters
    check_size(text.size() + (text.size() + 1) * by.size());
    out = by;
    for (size_t size; !text.empty(); text.remove_prefix(size)) {
      size = first_character(text);
      out.append(text.substr(0, size)).append(by);
    }
    return out;
  }
  size_t from = 0;
  for (size_t at; (at = text.find(search, from)) != std::string_view::npos;
       from = at + search.size()) {
    out.append(text.substr(from, at - from)).append(by);
    check_size(out.size());
  }
  return out.append(text.substr(from));
}
std::string removed(std::string_view text, std::string_view search) {
  return search.empty() ? std::string(text) : replace(text, search, {});
}

int64_t strpos(std::string_view text, std::string_view part) {
  const size_t at = text.find(part);
  return at == std::string_view::npos ? 0 : count_characters(text.substr(0, at)) + 1;
}
int64_t strpos_of(std::string_view text, std::string_view part, int64_t instance) {
  if (instance == 0) invalid_argument("'instance' must not be a zero.");
  if (part.empty()) return 0;
  const bool back = instance < 0;
  size_t at = back ? text.rfind(part) : text.find(part);
  for (uint64_t left = back ? 0 - static_cast<uint64_t>(instance) : static_cast<uint64_t>(instance);
       --left > 0 && at != std::string_view::npos;)
    at = !back     ? text.find(part, at + 1)
         : at == 0 ? std::string_view::npos
                   : text.rfind(part, at - 1);
  return at == std::string_view::npos ? 0 : count_characters(text.substr(0, at)) + 1;
}
bool starts_with(std::string_view text, std::string_view part) { return text.starts_with(part); }

std::string translate(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (size_t size; !text.empty(); text.remove_prefix(size)) {
    size = first_character(text);
    const size_t found = from.find(text.substr(0, size));
    if (found == std::string_view::npos) {
      out += text.substr(0, size);
      continue;
    }
    const std::string_view rest_of_to =
        to.substr(skip_characters(to, count_characters(from.substr(0, found))));
    out += rest_of_to.substr(0, first_character(rest_of_to));
  }
  return out;
}

// ---- Splitting ----------------------------------------------------------------------------------

std::vector<std::string_view> split_at_most(std::string_view text, std::string_view delimiter,
                                            int64_t limit) {
  if (delimiter.empty()) invalid_argument("The delimiter may not be the empty string");
  if (limit <= 0) invalid_argument("Limit must be positive");
  std::vector<std::string_view> parts;
  size_t from = 0;
  for (size_t at; static_cast<int64_t>(parts.size()) + 1 < limit &&
                  (at = text.find(delimiter, from)) != std::string_view::npos;
       from = at + delimiter.size())
    parts.push_back(text.substr(from, at - from));
  parts.push_back(text.substr(from));
  return parts;
}
std::vector<std::string_view> split(std::string_view text, std::string_view delimiter) {
  return split_at_most(text, delimiter, std::numeric_limits<int64_t>::max());
}

std::optional<std::string_view> split_part(std::string_view text, std::string_view delimiter,
                                           int64_t index) {
  if (index <= 0) invalid_argument("Index must be greater than zero");
  if (delimiter.empty()) {
    const std::string_view character = part<false>(text, index, 1);
    return character.empty() && !text.empty() ? std::nullopt : std::optional(character);
  }
  size_t from = 0;
  for (;; --index) {
    const size_t at = text.find(delimiter, from);
    if (index == 1) return text.substr(from, at == std::string_view::npos ? at : at - from);
    if (at == std::string_view::npos) return std::nullopt;
    from = at + delimiter.size();
  }
}

template <bool Value>
std::vector<std::string_view> entries(std::string_view text, std::string_view between,
                                      std::string_view inside) {
  if (between.empty() || inside.empty()) invalid_argument("entryDelimiter is empty");
  if (between == inside)
    invalid_argument("entryDelimiter and keyValueDelimiter must not be the same");
  std::vector<std::string_view> out;
  if (text.empty()) return out;
  std::vector<std::string_view> items = split(text, between);
  if (items.size() > 1 && items.back().empty()) items.pop_back();
  for (const std::string_view item : items) {
    const size_t at = item.find(inside);
    if (at == std::string_view::npos)
      invalid_argument(fmt::format(
          "Key-value delimiter must appear exactly once in each entry. Bad input: '{}'", item));
    out.push_back(Value ? item.substr(at + inside.size()) : item.substr(0, at));
  }
  return out;
}

const duckdb::LogicalType& texts() {
  static const auto type = duckdb::LogicalType::LIST(duckdb::LogicalType::VARCHAR);
  return type;
}

std::pair<BoundExpression, BoundExpression> keys_and_values(TrinoCall& made) {
  Arguments again;
  for (const auto& argument : made.arguments) again.push_back(argument->Copy());
  auto keys = run_kernel<entries<false>>(made.context, "keys", texts(), std::move(again));
  auto values =
      run_kernel<entries<true>>(made.context, "values", texts(), std::move(made.arguments));
  return {std::move(keys), std::move(values)};
}
BoundExpression split_to_map(TrinoCall& made) {
  auto [keys, values] = keys_and_values(made);
  return call(made.context, "map", list_of(std::move(keys), std::move(values)));
}

// ---- Comparing ----------------------------------------------------------------------------------

std::vector<uint32_t> code_points(std::string_view text) {
  std::vector<uint32_t> out;
  for (size_t size; !text.empty(); text.remove_prefix(size)) {
    size = first_character(text);
    out.push_back(code_point(text));
  }
  return out;
}

int64_t levenshtein(std::string_view a, std::string_view b) {
  const auto left = code_points(a), right = code_points(b);
  if (left.size() * right.size() > 1000000)
    invalid_argument("The combined inputs for Levenshtein distance are too large");
  std::vector<int64_t> row(right.size() + 1);
  for (size_t j = 0; j < row.size(); ++j) row[j] = static_cast<int64_t>(j);
  for (size_t i = 0; i < left.size(); ++i) {
    int64_t diagonal = row[0];
    row[0] = static_cast<int64_t>(i) + 1;
    for (size_t j = 0; j < right.size(); ++j) {
      const int64_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (left[i] != right[j])});
      diagonal = above;
    }
  }
  return row.back();
}

int64_t hamming(std::string_view a, std::string_view b) {
  const auto left = code_points(a), right = code_points(b);
  if (left.size() != right.size())
    invalid_argument("The input strings to hamming_distance function must have the same length");
  int64_t distance = 0;
  for (size_t i = 0; i < left.size(); ++i) distance += left[i] != right[i];
  return distance;
}

std::string soundex(std::string_view text) {
  static constexpr char kCodes[] = "01230120022455012623010202";
  std::string out;
  char last = 0;
  for (const char c : text) {
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) {
      if (static_cast<unsigned char>(c) >= 0x80) invalid_argument("The character is not mapped");
      continue;
    }
    const auto upper = static_cast<char>(c & ~0x20);
    const char code = kCodes[upper - 'A'];
    if (out.empty()) {
      out = upper;
    } else if (code != '0' && code != last) {
      out += code;
      if (out.size() == 4) break;
    }
    if (upper != 'H' && upper != 'W') last = code;
  }
  if (!out.empty()) out.resize(4, '0');
  return out;
}

bool luhn_check(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (size_t i = digits.size(); i-- > 0; twice = !twice) {
    if (digits[i] < '0' || digits[i] > '9')
      invalid_argument(fmt::format("Input contains non-digit characters: {}", digits));
    const int digit = (digits[i] - '0') * (twice ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 == 0;
}

int32_t codepoint(std::string_view text) {
  if (text.empty() || first_character(text) != text.size())
    invalid_argument("codepoint takes one character");
  return static_cast<int32_t>(code_point(text));
}

std::string chr(int64_t code) {
  if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
    invalid_argument(fmt::format("Not a valid Unicode code point: {}", code));
  std::string out;
  append_character(out, static_cast<uint32_t>(code));
  return out;
}

std::string normalize_as(std::string_view text, std::string_view form) {
  static constexpr std::pair<std::string_view, int> kForms[] = {
      {"NFC", 2 | 8}, {"NFD", 2 | 16}, {"NFKC", 2 | 4 | 8}, {"NFKD", 2 | 4 | 16}};
  const auto found = std::ranges::find(kForms, form, &std::pair<std::string_view, int>::first);
  if (found == std::end(kForms))
    invalid_argument(fmt::format("Normalization form must be one of [NFD, NFC, NFKD, NFKC]"));
  unsigned char* out = nullptr;
  const ptrdiff_t size = duckdb::utf8proc_map(
      reinterpret_cast<const unsigned char*>(text.data()), static_cast<ptrdiff_t>(text.size()),
      &out, static_cast<duckdb::utf8proc_option_t>(found->second));
  if (size < 0) return std::string(text);
  std::string normal(reinterpret_cast<const char*>(out), static_cast<size_t>(size));
  free(out);
  return normal;
}
std::string normalize(std::string_view text) { return normalize_as(text, "NFC"); }

// 1234 as "1.23K": three digits that count, and the power of thousand.
std::string format_number(double value) {
  static constexpr const char* kUnits[] = {"", "K", "M", "B", "T", "Q"};
  size_t unit = 0;
  double left = std::abs(value);
  while (left >= 1000 && unit + 1 < std::size(kUnits)) left /= 1000, ++unit;
  std::string digits = fmt::format("{:.{}f}", left, left < 10 ? 2 : left < 100 ? 1 : 0);
  if (digits.find('.') != std::string::npos) {
    while (digits.back() == '0') digits.pop_back();
    if (digits.back() == '.') digits.pop_back();
  }
  return (value < 0 ? "-" : "") + digits + kUnits[unit];
}

// ---- LIKE ---------------------------------------------------------------------------------------

// Of a pattern that matches anywhere only the last % can be wrong: no other one is tried again.
bool matches(std::string_view text, std::string_view pattern, std::string_view escape) {
  size_t at = 0, next = 0;
  size_t behind_percent = std::string_view::npos, percent_at = 0;
  while (next < pattern.size() || at < text.size()) {
    size_t width = 0;  // of the literal in the pattern
    if (next < pattern.size()) {
      const bool escaped = !escape.empty() && pattern.substr(next).starts_with(escape);
      const std::string_view rest = pattern.substr(next + (escaped ? escape.size() : 0));
      if (escaped && !(rest.starts_with('%') || rest.starts_with('_') || rest.starts_with(escape)))
        invalid_argument(
            "Escape character must be followed by '%', '_' or the escape character itself");
      if (!escaped && rest[0] == '%') {
        behind_percent = ++next;
        percent_at = at;
        continue;
      }
      if (!escaped && rest[0] == '_' && at < text.size()) {
        at += first_character(text.substr(at));
        ++next;
        continue;
      }
      if ((escaped || rest[0] != '_') && at < text.size() && text[at] == rest[0])
        width = 1 + (escaped ? escape.size() : 0);
    }
    if (width > 0) {
      ++at;
      next += width;
    } else if (behind_percent == std::string_view::npos || percent_at >= text.size()) {
      return false;
    } else {
      at = percent_at += first_character(text.substr(percent_at));
      next = behind_percent;
    }
  }
  return true;
}
bool like(std::string_view text, std::string_view pattern) { return matches(text, pattern, {}); }
bool like_escaped(std::string_view text, std::string_view pattern, std::string_view escape) {
  if (count_characters(escape) != 1) invalid_argument("Escape string must be a single character");
  return matches(text, pattern, escape);
}

// ---- Joining ------------------------------------------------------------------------------------

constexpr size_t kMostConcatenated = 1 << 20;  // Trino's own limit

std::string joined(std::string_view a, std::string_view b) {
  if (a.size() + b.size() > kMostConcatenated) invalid_argument("Concatenated string is too large");
  return std::string(a).append(b);
}

// Null as soon as one part is.
BoundExpression concat(TrinoCall& made) {
  auto all = std::move(made[0]);
  for (size_t i = 1; i < made.size(); ++i) {
    auto both = list_of(std::move(all), std::move(made[i]));
    all = made.result.id() == duckdb::LogicalTypeId::LIST
              ? concat_arrays(made.context, std::move(both))
              : run_kernel<joined>(made.context, "concat", made.result, std::move(both));
  }
  return all;
}
BoundExpression concat_one(TrinoCall&) {
  invalid_argument("There must be two or more concatenation arguments");
}
BoundExpression append(TrinoCall& made) {
  made[1] = call(made.context, "list_value", list_of(std::move(made[1])));
  return concat(made);
}
BoundExpression prepend(TrinoCall& made) {
  made[0] = call(made.context, "list_value", list_of(std::move(made[0])));
  return concat(made);
}
BoundExpression concat_ws_array(TrinoCall& made) {
  return join_texts(made.context, std::move(made[1]), std::move(made[0]), nullptr);
}

constexpr TrinoFunction kFunctions[] = {
    {"$like", "varchar, varchar -> boolean", kernel<like>},
    {"$like", "varchar, varchar, varchar -> boolean", kernel<like_escaped>},
    {"chr", "bigint -> varchar", kernel<chr>},
    {"codepoint", "varchar -> integer", kernel<codepoint>},
    {"concat", "varchar -> varchar", concat_one},
    {"concat", "varchar, varchar, varchar... -> varchar", concat},
    {"concat", "varbinary, varbinary, varbinary... -> varbinary", concat},
    {"concat", "array(E), array(E), array(E)... -> array(E)", concat},
    {"concat", "array(E), E -> array(E)", append},
    {"concat", "E, array(E) -> array(E)", prepend},
    {"concat_ws", "varchar, array(varchar) -> varchar", concat_ws_array},
    {"concat_ws", "varchar, varchar... -> varchar", same_as<"concat_ws">},
    {"format_number", "double -> varchar", kernel<format_number>},
    {"hamming_distance", "varchar, varchar -> bigint", kernel<hamming>},
    {"length", "varchar -> bigint", kernel<length>},
    {"length", "varbinary -> bigint", same_as<"octet_length">},
    {"levenshtein_distance", "varchar, varchar -> bigint", kernel<levenshtein>},
    {"lower", "varchar -> varchar", kernel<mapped<to_lower>>},
    {"lpad", "varchar, bigint, varchar -> varchar", kernel<pad<true, false>>},
    {"lpad", "varbinary, bigint, varbinary -> varbinary", kernel<pad<true, true>>},
    {"ltrim", "varchar -> varchar", kernel<ltrim>},
    {"ltrim", "varchar, varchar -> varchar", same_as<"ltrim">},
    {"luhn_check", "varchar -> boolean", kernel<luhn_check>},
    {"normalize", "varchar -> varchar", kernel<normalize>},
    {"normalize", "varchar, varchar -> varchar", kernel<normalize_as>},
    {"position", "varchar, varchar -> bigint", kernel<strpos>},
    {"replace", "varchar, varchar -> varchar", kernel<removed>},
    {"replace", "varchar, varchar, varchar -> varchar", kernel<replace>},
    {"reverse", "varchar -> varchar", kernel<reverse>},
    {"reverse", "varbinary -> varbinary", kernel<reverse_bytes>},
    {"rpad", "varchar, bigint, varchar -> varchar", kernel<pad<false, false>>},
    {"rpad", "varbinary, bigint, varbinary -> varbinary", kernel<pad<false, true>>},
    {"rtrim", "varchar -> varchar", kernel<rtrim>},
    {"rtrim", "varchar, varchar -> varchar", same_as<"rtrim">},
    {"soundex", "varchar -> varchar", kernel<soundex>},
    {"split", "varchar, varchar -> array(varchar)", kernel<split>},
    {"split", "varchar, varchar, bigint -> array(varchar)", kernel<split_at_most>},
    {"split_part", "varchar, varchar, bigint -> varchar", kernel<split_part>},
    {"split_to_map", "varchar, varchar, varchar -> map(varchar, varchar)", split_to_map},
    {"starts_with", "varchar, varchar -> boolean", kernel<starts_with>},
    {"strpos", "varchar, varchar -> bigint", kernel<strpos>},
    {"strpos", "varchar, varchar, bigint -> bigint", kernel<strpos_of>},
    {"substr", "varchar, bigint -> varchar", kernel<rest<false>>},
    {"substr", "varchar, bigint, bigint -> varchar", kernel<part<false>>},
    {"substr", "varbinary, bigint -> varbinary", kernel<rest<true>>},
    {"substr", "varbinary, bigint, bigint -> varbinary", kernel<part<true>>},
    {"substring", "varchar, bigint -> varchar", kernel<rest<false>>},
    {"substring", "varchar, bigint, bigint -> varchar", kernel<part<false>>},
    {"substring", "varbinary, bigint -> varbinary", kernel<rest<true>>},
    {"substring", "varbinary, bigint, bigint -> varbinary", kernel<part<true>>},
    {"translate", "varchar, varchar, varchar -> varchar", kernel<translate>},
    {"trim", "varchar -> varchar", kernel<trim>},
    {"trim", "varchar, varchar -> varchar", same_as<"trim">},
    {"upper", "varchar -> varchar", kernel<mapped<to_upper>>},
};

}  // namespace

std::span<const TrinoFunction> text_functions() { return kFunctions; }

}  // namespace foz::sql
