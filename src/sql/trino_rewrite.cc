// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "sql/trino_statement_internal.h"

namespace foz::sql {

namespace {

// Reserved by DuckDB and plain names for Trino, and no part of any query that Trino has.
constexpr std::string_view kPlainNames[] = {
    "analyse",  "analyze",    "anti",         "asof",        "asymmetric", "authorization",
    "binary",   "check",      "collate",      "collation",   "column",     "concurrently",
    "default",  "deferrable", "do",           "foreign",     "freeze",     "generated",
    "glob",     "ilike",      "initially",    "isnull",      "lambda",     "notnull",
    "overlaps", "pivot",      "pivot_longer", "pivot_wider", "placing",    "positional",
    "primary",  "qualify",    "references",   "returning",   "semi",       "show",
    "similar",  "struct",     "summarize",    "symmetric",   "unique",     "unpack",
    "unpivot",  "variadic",   "verbose"};
static_assert(std::ranges::is_sorted(kPlainNames));

// https://trino.io/docs/current/language/reserved.html
constexpr std::string_view kReserved[] = {
    "alter",  "and",      "as",      "between", "by",       "case",      "cast",      "constraint",
    "create", "cross",    "cube",    "delete",  "describe", "distinct",  "drop",      "else",
    "escape", "except",   "execute", "exists",  "extract",  "for",       "from",      "full",
    "group",  "grouping", "having",  "in",      "inner",    "insert",    "intersect", "into",
    "is",     "join",     "left",    "like",    "listagg",  "natural",   "normalize", "not",
    "on",     "or",       "order",   "outer",   "prepare",  "recursive", "right",     "rollup",
    "select", "skip",     "table",   "then",    "trim",     "uescape",   "union",     "unnest",
    "using",  "values",   "when",    "where",   "with"};
static_assert(std::ranges::is_sorted(kReserved));

// What may stand behind an operand and end a select item, and is no alias.
constexpr std::string_view kEndings[] = {"asc",        "desc",   "end",       "false",     "first",
                                         "following",  "last",   "null",      "nulls",     "only",
                                         "ordinality", "others", "preceding", "precision", "row",
                                         "rows",       "ties",   "true",      "unbounded", "zone"};
static_assert(std::ranges::is_sorted(kEndings));

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

constexpr std::string_view kTypedLiterals[] = {"decimal", "timestamp", "real", "char"};

class Rewriter {
 public:
  Rewriter(std::string_view sql, std::span<const TrinoToken> tokens)
      : sql_(sql),
        tokens_(tokens),
        edits_(tokens.size()),
        in_query_(tokens.size()),
        closing_(tokens.size(), tokens.size()),
        commas_(tokens.size()) {
    std::vector<size_t> open;
    const auto queries = [&] {
      return open.empty() || at(open.back() + 1).is("select") || at(open.back() + 1).is("with");
    };
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].is("(") || tokens[i].is("[")) open.push_back(i);
      in_query_[i] = queries();
      if (open.empty()) continue;
      if (tokens[i].is(",")) ++commas_[open.back()];
      if (tokens[i].is(")") || tokens[i].is("]")) {
        closing_[open.back()] = i;
        open.pop_back();
      }
    }
  }

  QueryResult<RewrittenText> run() {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (edits_[i].text) continue;  // done with an earlier token
      rewrite(i);
      if (failure_) return std::unexpected(*failure_);
    }
    return emit();
  }

 private:
  struct Edit {
    std::optional<std::string> text;  // instead of the token
    std::string before, after;
  };

  // A kEnd token behind the last one.
  const TrinoToken& at(size_t i) const {
    static const TrinoToken end{TrinoTokenKind::kEnd, {}, 0};
    return i < tokens_.size() ? tokens_[i] : end;
  }
  bool words(size_t i, std::initializer_list<std::string_view> expected) const {
    for (const auto word : expected) {
      if (!at(i++).is(word)) return false;
    }
    return true;
  }
  void drop(size_t i) { edits_[i].text = ""; }
  bool is_name(size_t i) const {
    return at(i).kind == TrinoTokenKind::kWord || at(i).kind == TrinoTokenKind::kQuoted;
  }

  void rewrite(size_t i) {
    const TrinoToken& token = at(i);
    if (token.kind == TrinoTokenKind::kString) return prefixed_string(i);
    if (token.kind == TrinoTokenKind::kSymbol) {
      if (token.is("(")) lambda_of_many(i);
      if (token.is(")")) after_arguments(i);
      return;
    }
    if (token.kind != TrinoTokenKind::kWord) return;
    if (words(i, {"for", "version", "as", "of"}) || words(i, {"for", "timestamp", "as", "of"}))
      return travel(i);
    if (at(i + 1).is("->")) return lambda(i);
    if (typed_literal(i)) return;
    if (at(i + 1).is("(")) {
      if (token.is("array")) return array_type(i);
      if (token.is("timestamp") || token.is("time")) return time_type(i);
      if (token.is("current_timestamp") || token.is("localtimestamp") || token.is("current_time") ||
          token.is("localtime"))
        return drop_precision(i);
      if (token.is("if")) return two_armed(i);
      if (token.is("bernoulli") || token.is("system")) return sample(i);
    }
    if (token.is("interval")) return interval(i);
    if (token.is("values") && !at(i + 1).is("(")) return bare_values(i);
    plain_name(i);
  }

  // t FOR VERSION AS OF 3: the version is remembered under the place of the table's name.
  void travel(size_t i) {
    if (!at(i + 1).is("version")) {
      failure_ = error_at(sql_, at(i).offset, "NOT_SUPPORTED", 13,
                          "FOR TIMESTAMP AS OF is not supported: use FOR VERSION AS OF");
      return;
    }
    int64_t version = 0;
    // The value of a parameter stands in brackets.
    const bool brackets = at(i + 4).is("(") && at(i + 6).is(")");
    const TrinoToken& value = at(brackets ? i + 5 : i + 4);
    const std::string_view number = value.text;
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), version);
    if (value.kind != TrinoTokenKind::kNumber || error != std::errc() ||
        end != number.data() + number.size()) {
      failure_ = error_at(sql_, value.offset, "INVALID_ARGUMENTS", 76,
                          "FOR VERSION AS OF takes a version number");
      return;
    }
    if (i == 0 || !is_name(i - 1)) {
      failure_ = syntax_error(sql_, at(i));
      return;
    }
    size_t first = i - 1;
    while (first >= 2 && at(first - 1).is(".") && is_name(first - 2)) first -= 2;
    versions_.push_back({first, version, at(i).offset});
    for (size_t k = i; k < i + (brackets ? 7 : 5); ++k) drop(k);
  }

  void lambda(size_t i) {
    edits_[i].before = "lambda ";
    edits_[i].text = quoted(at(i));
    edits_[i + 1].text = ": ";
  }

  // (x, y) -> …
  void lambda_of_many(size_t i) {
    size_t end = i + 1;
    while (is_name(end) && at(end + 1).is(",")) end += 2;
    if (is_name(end) && at(end + 1).is(")") && at(end + 2).is("->")) {
      edits_[i].text = "lambda ";
      for (size_t k = i + 1; k <= end; k += 2) edits_[k].text = quoted(at(k));
      drop(end + 1);
      edits_[end + 2].text = ": ";
    } else if (at(i + 1).is(")") && at(i + 2).is("->")) {
      failure_ = error_at(sql_, at(i).offset, "NOT_SUPPORTED", 13,
                          "lambda expressions without arguments are not supported");
    }
  }

  // f(x) IGNORE NULLS OVER …; listagg(x, ',') WITHIN GROUP (ORDER BY y)
  void after_arguments(size_t i) {
    if ((at(i + 1).is("ignore") || at(i + 1).is("respect")) && at(i + 2).is("nulls")) {
      edits_[i].before = at(i + 1).is("ignore") ? " IGNORE NULLS" : " RESPECT NULLS";
      drop(i + 1);
      drop(i + 2);
    } else if (words(i + 1, {"within", "group", "("})) {
      for (size_t k = i; k < i + 4; ++k) drop(k);
    }
  }

  // array(bigint) is a type in Trino, never a function.
  void array_type(size_t i) {
    const size_t end = closing_[i + 1];
    if (end == tokens_.size()) return;
    drop(i);
    drop(i + 1);
    edits_[end].text = "[]";
  }

  // timestamp(3) with time zone: DuckDB's zoned and microsecond types have no precision.
  void time_type(size_t i) {
    if (at(i + 2).kind != TrinoTokenKind::kNumber || !at(i + 3).is(")")) return;
    const bool zoned = words(i + 4, {"with", "time", "zone"});
    if (!zoned && at(i).is("timestamp") && at(i + 2).text.size() == 1 && at(i + 2).text[0] < '4')
      return;
    for (size_t k = i + 1; k < i + 4; ++k) drop(k);
  }

  void drop_precision(size_t i) {
    if (at(i + 2).kind != TrinoTokenKind::kNumber || !at(i + 3).is(")")) return;
    for (size_t k = i + 1; k < i + 4; ++k) drop(k);
  }

  // if(condition, value): null otherwise.
  void two_armed(size_t i) {
    const size_t end = closing_[i + 1];
    if (end < tokens_.size() && commas_[i + 1] == 1) edits_[end].before += ", NULL";
  }

  // TABLESAMPLE BERNOULLI (10): a percentage.
  void sample(size_t i) {
    if (i == 0 || !at(i - 1).is("tablesample")) return;
    if (at(i + 2).kind == TrinoTokenKind::kNumber) edits_[i + 2].after = " PERCENT";
  }

  // INTERVAL -'2' DAY, INTERVAL '1-2' YEAR TO MONTH
  void interval(size_t i) {
    size_t value = i + 1;
    if ((at(value).is("-") || at(value).is("+")) && at(value + 1).kind == TrinoTokenKind::kString) {
      if (at(value).is("-")) edits_[i].before = "- ";
      drop(value++);
    }
    if (at(value).kind != TrinoTokenKind::kString || !at(value + 2).is("to")) return;
    const auto text = field_range(at(value).string_value(), value + 1);
    if (!text) {
      failure_ = error_at(sql_, at(value).offset, "INVALID_LITERAL", 59,
                          fmt::format("{} is not a valid interval literal", at(value).text));
      return;
    }
    edits_[value].text = "'" + *text + "'";
    for (size_t k = value + 1; k < value + 4; ++k) drop(k);
  }

  // The value of an interval with fields from `first` to a later one, as DuckDB reads it.
  std::optional<std::string> field_range(std::string text, size_t first) const {
    if (text.find_first_not_of("0123456789:. -") != std::string::npos) return std::nullopt;
    const bool time = at(first).is("hour") || at(first).is("minute");
    if (at(first).is("year") && at(first + 2).is("month")) {
      const size_t dash = text.find('-');
      if (dash == std::string::npos) return std::nullopt;
      return fmt::format("{} years {} months", text.substr(0, dash), text.substr(dash + 1));
    }
    if (at(first).is("day")) {
      const size_t blank = text.find(' ');
      if (blank == std::string::npos) return std::nullopt;
      const std::string rest = text.substr(blank + 1);
      return fmt::format("{} days {}{}", text.substr(0, blank), rest,
                         at(first + 2).is("hour") ? " hours" : "");
    }
    if (!time || text.find(':') == std::string::npos) return std::nullopt;
    return at(first).is("minute") ? "00:" + text : text;
  }

  // VALUES 1, 2
  void bare_values(size_t i) {
    size_t row = i + 1;
    for (size_t k = row;; ++k) {
      const bool ends = k >= tokens_.size() || at(k).is(")") || at(k).is("order") ||
                        at(k).is("limit") || at(k).is("union") || at(k).is("except") ||
                        at(k).is("intersect") || at(k).is("values");
      if (ends || at(k).is(",")) {
        if (k > row) {
          edits_[row].before = "(";
          edits_[k - 1].after = ")";
        }
        row = k + 1;
        if (ends) return;
      }
      if (at(k).is("(") || at(k).is("[")) k = std::min(closing_[k], tokens_.size() - 1);
    }
  }

  // DECIMAL '1.20' has the precision and scale of its digits; TIMESTAMP '… Europe/Berlin' has a
  // zone.
  bool typed_literal(size_t i) {
    if (at(i + 1).kind != TrinoTokenKind::kString || at(i + 1).text[0] != '\'') return false;
    if (std::ranges::none_of(kTypedLiterals, [&](auto word) { return at(i).is(word); }))
      return false;
    const std::string value = at(i + 1).string_value();
    if (at(i).is("timestamp")) {
      if (has_zone(value)) edits_[i].text = "TIMESTAMPTZ";
    } else if (at(i).is("decimal")) {
      const size_t digits = static_cast<size_t>(
          std::ranges::count_if(value, [](char c) { return c >= '0' && c <= '9'; }));
      const size_t point = value.find('.');
      const size_t scale = point == std::string::npos ? 0 : value.size() - point - 1;
      if (digits == 0 || digits > 38 || scale > digits) return false;
      edits_[i].text = fmt::format("DECIMAL({},{})", digits, scale);
    } else if (at(i).is("real")) {
      edits_[i].text = "FLOAT";
    } else {
      edits_[i].text = "VARCHAR";
    }
    return true;
  }

  static bool has_zone(std::string_view timestamp) {
    const size_t time = timestamp.find(':');
    if (time == std::string_view::npos) return false;
    return timestamp.find_first_not_of("0123456789:. ", time) != std::string_view::npos;
  }

  void prefixed_string(size_t i) {
    const char prefix = at(i).text[0];
    if (prefix == 'X' || prefix == 'x') binary_string(i);
    if (prefix == 'U' || prefix == 'u') unicode_string(i);
  }

  // X'0a ff': DuckDB reads another thing.
  void binary_string(size_t i) {
    std::string digits;
    for (const char c : at(i).text.substr(2, at(i).text.size() - 3)) {
      if (c != ' ' && c != '\t' && c != '\n' && c != '\r') digits += c;
    }
    if (digits.size() % 2 ||
        digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      failure_ = error_at(sql_, at(i).offset, "INVALID_LITERAL", 59,
                          "Binary literal must contain an even number of hexadecimal digits");
      return;
    }
    edits_[i].text = "unhex('" + digits + "')";
  }

  // Only the default escape: '…' UESCAPE is rare.
  void unicode_string(size_t i) {
    const std::string_view text = at(i).text;
    std::string out = "'";
    for (size_t k = 3; k + 1 < text.size(); ++k) {
      if (text[k] != '\\') {
        out += text[k];
      } else if (k + 1 < text.size() && text[k + 1] == '\\') {
        out += text[k++];
      } else {
        const bool six = text[k + 1] == '+';
        const std::string_view hex = text.substr(k + (six ? 2 : 1), six ? 6 : 4);
        uint32_t code = 0;
        const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
        if (error != std::errc() || end != hex.data() + hex.size() || hex.size() != (six ? 6 : 4) ||
            !append_utf8(out, code)) {
          failure_ = error_at(sql_, at(i).offset, "SYNTAX_ERROR", 1, "Invalid unicode escape");
          return;
        }
        k += six ? 7 : 4;
      }
    }
    edits_[i].text = out + "'";
  }

  static bool append_utf8(std::string& out, uint32_t code) {
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    const auto add = [&](uint32_t byte) { out += static_cast<char>(byte); };
    if (code == '\'') {
      out += "''";
    } else if (code < 0x80) {
      add(code);
    } else if (code < 0x800) {
      add(0xc0 | (code >> 6)), add(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
      add(0xe0 | (code >> 12)), add(0x80 | ((code >> 6) & 0x3f)), add(0x80 | (code & 0x3f));
    } else {
      add(0xf0 | (code >> 18)), add(0x80 | ((code >> 12) & 0x3f)), add(0x80 | ((code >> 6) & 0x3f)),
          add(0x80 | (code & 0x3f));
    }
    return true;
  }

  static std::string quoted(const TrinoToken& token) {
    std::string name =
        token.kind == TrinoTokenKind::kQuoted ? std::string(token.text) : std::string();
    return name.empty() ? fmt::format("\"{}\"", token.text) : name;
  }

  // Whether the token ends an operand: a name, a literal, a bracket.
  bool ends_operand(size_t i) const {
    if (at(i).kind == TrinoTokenKind::kWord)
      return !std::ranges::binary_search(kReserved, lower_case(at(i).text));
    return at(i).kind == TrinoTokenKind::kQuoted || at(i).kind == TrinoTokenKind::kNumber ||
           at(i).kind == TrinoTokenKind::kString || at(i).is(")") || at(i).is("]");
  }

  // SELECT count(*) value, …: DuckDB wants AS before a word that it knows.
  bool is_alias(size_t i, const std::string& word) const {
    if (i == 0 || !in_query_[i] || !ends_operand(i - 1) ||
        std::ranges::binary_search(kReserved, word) || std::ranges::binary_search(kEndings, word))
      return false;
    if (at(i - 1).kind == TrinoTokenKind::kString && i >= 2 &&
        (at(i - 2).is("interval") || at(i - 2).is("-")))
      return false;                                                            // a unit
    if (i >= 2 && at(i - 2).is("time") && at(i - 1).is("zone")) return false;  // AT TIME ZONE zone
    if (at(i - 1).is("to") || at(i - 1).is("over") || at(i - 1).is("all")) return false;
    return at(i + 1).is(",") || at(i + 1).is("from") || at(i + 1).is(")") ||
           at(i + 1).kind == TrinoTokenKind::kEnd;
  }

  // Whether a word that DuckDB reserves stands here for what DuckDB means.
  bool is_keyword_here(size_t i, const std::string& word) const {
    if (word == "offset" || word == "limit") {
      const bool counts = at(i + 1).kind == TrinoTokenKind::kNumber ||
                          at(i + 1).kind == TrinoTokenKind::kParameter || at(i + 1).is("all") ||
                          at(i + 1).is("(");
      return counts && i > 0 && ends_operand(i - 1);
    }
    if (word == "at") return at(i + 1).is("time") && at(i + 2).is("zone");
    if (word == "to")
      return i > 0 && (at(i - 1).is("year") || at(i - 1).is("day") || at(i - 1).is("hour") ||
                       at(i - 1).is("minute"));
    if (word == "window") return at(i + 2).is("as") && at(i + 3).is("(");
    if (word == "only") return i > 0 && (at(i - 1).is("row") || at(i - 1).is("rows"));
    return !std::ranges::binary_search(kPlainNames, word);
  }

  void plain_name(size_t i) {
    const std::string word = lower_case(at(i).text);
    if (at(i + 1).kind == TrinoTokenKind::kString) return;
    if (!is_keyword_here(i, word) || is_alias(i, word)) {
      edits_[i].text = quoted(at(i));
      if (is_alias(i, word)) edits_[i].before = "AS ";
    }
  }

  RewrittenText emit() const {
    RewrittenText out;
    size_t previous_end = tokens_.empty() ? 0 : tokens_.front().offset;
    auto version = versions_.begin();
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].offset > previous_end) out.sql += ' ';  // blanks and comments
      previous_end = tokens_[i].offset + tokens_[i].text.size();
      out.sql += edits_[i].before;
      out.places.emplace_back(out.sql.size(), tokens_[i].offset);
      if (version != versions_.end() && version->offset == i) {
        out.versions.push_back(*version++);
        out.versions.back().offset = out.sql.size();
      }
      out.sql += edits_[i].text ? std::string_view(*edits_[i].text) : tokens_[i].text;
      out.sql += edits_[i].after;
    }
    return out;
  }

  std::string_view sql_;
  std::span<const TrinoToken> tokens_;
  std::vector<Edit> edits_;
  std::vector<bool> in_query_;   // of each token: no bracket around it but a subquery's
  std::vector<size_t> closing_;  // of an opening bracket: the one that closes it, or no token
  std::vector<int> commas_;      // of an opening bracket: those directly inside
  std::vector<RewrittenText::TableVersion> versions_;  // offsets are those of tokens
  std::optional<QueryError> failure_;
};

}  // namespace

size_t RewrittenText::source_offset(size_t offset) const {
  const auto behind =
      std::ranges::upper_bound(places, offset, {}, &std::pair<size_t, size_t>::first);
  return behind == places.begin() ? 0 : std::prev(behind)->second;
}

QueryResult<RewrittenText> rewrite_text(std::string_view sql, std::span<const TrinoToken> tokens) {
  return Rewriter(sql, tokens).run();
}

}  // namespace foz::sql
