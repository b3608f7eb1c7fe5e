// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Functions of strings. https://spark.apache.org/docs/latest/api/sql/
// Patterns are RE2's: Java's without look-around and back-references.

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "sql/flow_build_internal.h"

namespace foz::sql {

using duckdb::string_t;
using duckdb::Value;
using duckdb::Vector;

namespace {

size_t characters(std::string_view text) {
  size_t count = 0;
  for (char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

// The byte at which character `index` begins.
size_t byte_of(std::string_view text, int64_t index) {
  size_t at = 0;
  for (; at < text.size(); at++) {
    const bool starts = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (starts && index-- == 0) break;
  }
  return at;
}

// Characters from the 1-based `position` on, counted from the end when negative.
std::string_view substring(std::string_view text, int64_t position, int64_t length, bool bytes) {
  const auto size = static_cast<int64_t>(bytes ? text.size() : characters(text));
  int64_t begin = position > 0 ? position - 1 : position < 0 ? size + position : 0;
  const int64_t end = std::clamp(begin + length, int64_t{0}, size);
  begin = std::clamp(begin, int64_t{0}, size);
  if (end <= begin) return {};
  if (bytes) return text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  const size_t from = byte_of(text, begin);
  return text.substr(from, byte_of(text.substr(from), end - begin));
}

string_t part(std::string_view text) {
  return string_t(text.data(), static_cast<uint32_t>(text.size()));
}

// For results that point into the first argument.
Kernel pointing(Kernel kernel) {
  return [kernel](duckdb::DataChunk& args, duckdb::ExpressionState& state, Vector& out) {
    kernel(args, state, out);
    duckdb::StringVector::AddHeapReference(out, args.data[0]);
  };
}

Ex text(Build& build, const Expr& call, Args& args, size_t i) {
  return build.implicit(call.args[i]->span, std::move(args[i]), LogicalType::VARCHAR);
}
Ex whole(Build& build, const Expr& call, Args& args, size_t i,
         LogicalType type = LogicalType::INTEGER) {
  return build.implicit(call.args[i]->span, std::move(args[i]), type);
}

std::optional<std::string> constant_text(const Ex& ex) {
  const auto value = Build::value_of(ex);
  if (!value || value->IsNull() || value->type().id() != LogicalTypeId::VARCHAR)
    return std::nullopt;
  return duckdb::StringValue::Get(*value);
}

// All arguments as strings, to DuckDB's function of that name.
template <const char* kName, bool kToInt = false>
Ex of_texts(Build& build, const Expr& call, Args& args) {
  for (size_t i = 0; i < args.size(); i++) args[i] = text(build, call, args, i);
  Ex result = build.builtin(call.span, kName, std::move(args));
  return kToInt ? build.cast(call.span, std::move(result), LogicalType::INTEGER, OnError::kNote)
                : std::move(result);
}

Ex substring_call(Build& build, Span, Ex value, Ex position, Ex length) {
  const bool bytes = value->return_type.id() == LogicalTypeId::BLOB;
  const LogicalType type = value->return_type;
  Args args;
  args.push_back(std::move(value));
  args.push_back(std::move(position));
  args.push_back(std::move(length));
  return build.call(
      "substring", type, std::move(args),
      pointing(rows<string_t, string_t, int32_t, int32_t>(
          [bytes](Vector&, string_t& out, const string_t& in, int32_t at, int32_t count) {
            out = part(substring(view(in), at, count, bytes));
            return true;
          })));
}

Ex text_or_bytes(Build& build, const Expr& call, Args& args) {
  return args[0]->return_type.id() == LogicalTypeId::BLOB ? std::move(args[0])
                                                          : text(build, call, args, 0);
}

Ex substring(Build& build, const Expr& call, Args& args) {
  Ex length = args.size() > 2
                  ? whole(build, call, args, 2)
                  : Build::constant(Value::INTEGER(std::numeric_limits<int32_t>::max()));
  return substring_call(build, call.span, text_or_bytes(build, call, args),
                        whole(build, call, args, 1), std::move(length));
}

Ex left(Build& build, const Expr& call, Args& args) {
  return substring_call(build, call.span, text_or_bytes(build, call, args),
                        Build::constant(Value::INTEGER(1)), whole(build, call, args, 1));
}

Ex right(Build& build, const Expr& call, Args& args) {
  Args list;
  list.push_back(text(build, call, args, 0));
  list.push_back(whole(build, call, args, 1));
  return build.call("right", LogicalType::VARCHAR, std::move(list),
                    pointing(rows<string_t, string_t, int32_t>(
                        [](Vector&, string_t& out, const string_t& in, int32_t count) {
                          out =
                              part(count <= 0 ? std::string_view()
                                              : substring(view(in), -int64_t{count}, count, false));
                          return true;
                        })));
}

// trim(s), trim(chars FROM s); as functions ltrim and rtrim take the characters first.
template <char kSide>
Ex trim(Build& build, const Expr& call, Args& args) {
  const bool characters_first = call.text == "ltrim" || call.text == "rtrim" || call.text == "trim";
  Args list;
  list.push_back(text(build, call, args, args.size() > 1 && characters_first ? 1 : 0));
  list.push_back(args.size() == 1 ? Build::constant(Value(" "))
                                  : text(build, call, args, characters_first ? 0 : 1));
  return build.builtin(call.span,
                       kSide == 'b'   ? "trim"
                       : kSide == 'l' ? "ltrim"
                                      : "rtrim",
                       std::move(list));
}

Ex length(Build& build, const Expr& call, Args& args) {
  const bool octets =
      args[0]->return_type.id() == LogicalTypeId::BLOB || call.text == "octet_length";
  Args list;
  list.push_back(text_or_bytes(build, call, args));
  return build.call("length", LogicalType::INTEGER, std::move(list),
                    rows<int32_t, string_t>([octets](Vector&, int32_t& out, const string_t& in) {
                      out = static_cast<int32_t>(octets ? in.GetSize() : characters(view(in)));
                      return true;
                    }));
}

Ex concat(Build& build, const Expr& call, Args& args) {
  const bool bytes = std::ranges::all_of(
      args, [](const Ex& arg) { return arg->return_type.id() == LogicalTypeId::BLOB; });
  Ex result;
  for (size_t i = 0; i < args.size(); i++) {
    Ex next = bytes ? std::move(args[i]) : text(build, call, args, i);
    if (!result) {
      result = std::move(next);
      continue;
    }
    Args pair;
    pair.push_back(std::move(result));
    pair.push_back(std::move(next));
    result = build.builtin(call.span, "||", std::move(pair));
  }
  return result ? std::move(result) : Build::constant(Value(""));
}

Ex concat_ws(Build& build, const Expr& call, Args& args) {
  if (args.size() == 1) return Build::constant(Value(""));
  for (size_t i = 0; i < args.size(); i++) args[i] = text(build, call, args, i);
  return build.builtin(call.span, "concat_ws", std::move(args));
}

Ex replace(Build& build, const Expr& call, Args& args) {
  for (size_t i = 0; i < args.size(); i++) args[i] = text(build, call, args, i);
  if (args.size() == 2) args.push_back(Build::constant(Value("")));
  return build.builtin(call.span, "replace", std::move(args));
}

// lpad and rpad: to `size` characters, cut when longer.
template <bool kLeft>
Ex pad(Build& build, const Expr& call, Args& args) {
  Args list;
  list.push_back(text(build, call, args, 0));
  list.push_back(whole(build, call, args, 1));
  list.push_back(args.size() > 2 ? text(build, call, args, 2) : Build::constant(Value(" ")));
  constexpr int32_t kLimit = 1 << 20;
  auto kernel = checked_rows<string_t, string_t, int32_t, string_t>(
      build.errors(OnError::kNote),
      [](Vector& result, string_t& out, const string_t& in, int32_t size, const string_t& fill) {
        if (size > kLimit) return false;
        const auto have = static_cast<int64_t>(characters(view(in)));
        if (size <= have || fill.GetSize() == 0) {
          out = duckdb::StringVector::AddString(
              result, part(substring(view(in), 1, std::max(size, 0), false)));
          return true;
        }
        const auto missing = static_cast<size_t>(size - have);
        const size_t unit = characters(view(fill));
        std::string filling;
        for (size_t i = 0; i < missing / unit; i++) filling += view(fill);
        filling += substring(view(fill), 1, static_cast<int64_t>(missing % unit), false);
        const std::string text(view(in));
        out = duckdb::StringVector::AddString(result, kLeft ? filling + text : text + filling);
        return true;
      },
      [](const string_t&, int32_t size, const string_t&) {
        return fmt::format("pad to {} characters is too long", size);
      });
  return build.checked(call.text, LogicalType::VARCHAR, std::move(list), std::move(kernel));
}

// The 1-based character of `needle` in `text` at or after `from`; 0: not there.
int32_t locate(std::string_view text, std::string_view needle, int32_t from) {
  if (from < 1) return 0;
  const size_t begin = byte_of(text, from - 1);
  if (static_cast<size_t>(from - 1) > characters(text)) return 0;
  const size_t found = text.find(needle, begin);
  return found == std::string_view::npos
             ? 0
             : static_cast<int32_t>(characters(text.substr(0, found))) + 1;
}

Ex position(Build& build, const Expr& call, Args& args) {
  const bool text_first = call.text == "instr";
  Args list;
  list.push_back(text(build, call, args, text_first ? 0 : 1));
  list.push_back(text(build, call, args, text_first ? 1 : 0));
  list.push_back(args.size() > 2 ? whole(build, call, args, 2)
                                 : Build::constant(Value::INTEGER(1)));
  return build.call(
      call.text, LogicalType::INTEGER, std::move(list),
      rows<int32_t, string_t, string_t, int32_t>(
          [](Vector&, int32_t& out, const string_t& in, const string_t& needle, int32_t from) {
            out = locate(view(in), view(needle), from);
            return true;
          }));
}

Ex repeat(Build& build, const Expr& call, Args& args) {
  Args list;
  list.push_back(text(build, call, args, 0));
  list.push_back(whole(build, call, args, 1));
  constexpr int64_t kLimit = 1 << 20;
  auto kernel = checked_rows<string_t, string_t, int32_t>(
      build.errors(OnError::kNote),
      [](Vector& result, string_t& out, const string_t& in, int32_t times) {
        if (times > 0 && static_cast<int64_t>(in.GetSize()) * times > kLimit) return false;
        std::string text;
        for (int32_t i = 0; i < times; i++) text += view(in);
        out = duckdb::StringVector::AddString(result, text);
        return true;
      },
      [](const string_t&, int32_t times) {
        return fmt::format("repeat {} times is too long", times);
      });
  return build.checked("repeat", LogicalType::VARCHAR, std::move(list), std::move(kernel));
}

// --- patterns

Ex like(Build& build, const Expr& call, Args& args) {
  Args list;
  list.push_back(text(build, call, args, 0));
  list.push_back(text(build, call, args, 1));
  const bool ignore_case = call.text == "ilike";
  const auto pattern = constant_text(list[1]);
  if (args.size() == 2 && pattern && pattern->find('\\') == std::string::npos) {
    return build.builtin(call.span, ignore_case ? "~~*" : "~~", std::move(list));
  }
  list.push_back(args.size() > 2 ? text(build, call, args, 2) : Build::constant(Value("\\")));
  return build.builtin(call.span, ignore_case ? "ilike_escape" : "like_escape", std::move(list));
}

// DuckDB takes a pattern of a row that does not compile for one that does not match: only constants
// are checked.
void expect_constant_pattern(const Expr& call, const Ex& pattern) {
  if (!constant_text(pattern))
    Build::refuse(call.args[1]->span, "the pattern must be a constant string");
}

Ex rlike(Build& build, const Expr& call, Args& args) {
  for (size_t i = 0; i < args.size(); i++) args[i] = text(build, call, args, i);
  expect_constant_pattern(call, args[1]);
  return build.builtin(call.span, "regexp_matches", std::move(args));
}

Ex regexp_extract(Build& build, const Expr& call, Args& args) {
  Args list;
  list.push_back(text(build, call, args, 0));
  list.push_back(text(build, call, args, 1));
  expect_constant_pattern(call, list[1]);
  list.push_back(args.size() > 2 ? whole(build, call, args, 2)
                                 : Build::constant(Value::INTEGER(1)));
  return build.builtin(call.span, "regexp_extract", std::move(list));
}

// Java's $1 is RE2's \1.
std::string re2_replacement(const std::string& java) {
  std::string out;
  for (size_t i = 0; i < java.size(); i++) {
    const bool more = i + 1 < java.size();
    if (java[i] == '$' && more && java[i + 1] >= '0' && java[i + 1] <= '9') {
      out += '\\';
    } else if (java[i] == '\\' && more) {
      if (java[++i] == '\\') out += '\\';
      out += java[i];
    } else {
      out += java[i];
    }
  }
  return out;
}

Ex regexp_replace(Build& build, const Expr& call, Args& args) {
  for (size_t i = 0; i < args.size(); i++) args[i] = text(build, call, args, i);
  expect_constant_pattern(call, args[1]);
  const auto replacement = constant_text(args[2]);
  if (!replacement) Build::refuse(call.args[2]->span, "the replacement must be a constant string");
  args[2] = Build::constant(Value(re2_replacement(*replacement)));
  args.push_back(Build::constant(Value("g")));
  return build.builtin(call.span, "regexp_replace", std::move(args));
}

// A pattern that stands for itself.
std::optional<std::string> literal_pattern(const std::string& pattern) {
  std::string literal;
  for (size_t i = 0; i < pattern.size(); i++) {
    const bool escaped = pattern[i] == '\\' && i + 1 < pattern.size() &&
                         std::ispunct(static_cast<unsigned char>(pattern[i + 1]));
    if (escaped) {
      literal += pattern[++i];
    } else if (std::string_view("\\^$.|?*+()[]{}").find(pattern[i]) != std::string_view::npos) {
      return std::nullopt;
    } else {
      literal += pattern[i];
    }
  }
  return literal;
}

std::vector<std::string_view> split_text(std::string_view text, std::string_view by,
                                         int32_t limit) {
  std::vector<std::string_view> parts;
  const auto room = [&] { return limit <= 0 || static_cast<int32_t>(parts.size()) + 1 < limit; };
  while (room()) {
    const size_t at =
        by.empty() ? (text.empty() ? std::string_view::npos : byte_of(text, 1)) : text.find(by);
    if (at == std::string_view::npos || (by.empty() && at >= text.size())) break;
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + by.size());
  }
  parts.push_back(text);
  return parts;
}

Ex split(Build& build, const Expr& call, Args& args) {
  Args list;
  list.push_back(text(build, call, args, 0));
  const Ex pattern = text(build, call, args, 1);
  const auto regex = constant_text(pattern);
  if (!regex) Build::refuse(call.args[1]->span, "the pattern must be a constant string");
  int32_t limit = -1;
  if (args.size() > 2) {
    const auto value = Build::value_of(args[2]);
    if (!value || value->IsNull() || !is_integral(value->type()))
      Build::refuse(call.args[2]->span, "the limit must be a constant");
    limit = value->GetValue<int32_t>();
  }
  const auto by = literal_pattern(*regex);
  if (!by) {
    if (limit > 0)
      Build::refuse(call.args[2]->span, "a limit needs a pattern without special characters");
    list.push_back(Build::constant(Value(*regex)));
    return build.builtin(call.span, "string_split_regex", std::move(list));
  }
  auto kernel = rows<duckdb::list_entry_t, string_t>(
      [by = *by, limit](Vector& result, duckdb::list_entry_t& out, const string_t& in) {
        const auto parts = split_text(view(in), by, limit);
        const duckdb::idx_t begin = duckdb::ListVector::GetListSize(result);
        duckdb::ListVector::Reserve(result, begin + parts.size());
        auto& child = duckdb::ListVector::GetEntry(result);
        auto* values = duckdb::FlatVector::GetData<string_t>(child);
        for (size_t i = 0; i < parts.size(); i++) {
          values[begin + i] =
              duckdb::StringVector::AddString(child, parts[i].data(), parts[i].size());
        }
        duckdb::ListVector::SetListSize(result, begin + parts.size());
        out = duckdb::list_entry_t(begin, parts.size());
        return true;
      });
  return build.call("split", LogicalType::LIST(LogicalType::VARCHAR), std::move(list),
                    std::move(kernel));
}

// Parts count from 1, or from the end when negative; those that are not there are empty.
Ex split_part(Build& build, const Expr& call, Args& args) {
  Args list;
  list.push_back(text(build, call, args, 0));
  list.push_back(text(build, call, args, 1));
  list.push_back(whole(build, call, args, 2));
  auto kernel = checked_rows<string_t, string_t, string_t, int32_t>(
      build.errors(OnError::kNote),
      [](Vector& result, string_t& out, const string_t& in, const string_t& by, int32_t number) {
        auto parts =
            split_text(view(in), by.GetSize() == 0 ? std::string_view("\xff") : view(by), -1);
        const auto count = static_cast<int64_t>(parts.size());
        const int64_t at = number > 0 ? number - 1 : count + number;
        out = duckdb::StringVector::AddString(
            result, at >= 0 && at < count ? part(parts[static_cast<size_t>(at)]) : part(""));
        return number != 0;
      },
      [](const string_t&, const string_t&, int32_t) {
        return std::string("split_part failed: parts count from 1");
      });
  return build.checked("split_part", LogicalType::VARCHAR, std::move(list), std::move(kernel));
}

constexpr char kUpper[] = "upper", kLower[] = "lower", kReverse[] = "reverse",
               kStarts[] = "starts_with", kEnds[] = "suffix", kContains[] = "contains",
               kTranslate[] = "translate", kAscii[] = "ascii";

constexpr Function kFunctions[] = {
    {"upper", 1, 1, of_texts<kUpper>},
    {"ucase", 1, 1, of_texts<kUpper>},
    {"lower", 1, 1, of_texts<kLower>},
    {"lcase", 1, 1, of_texts<kLower>},
    {"reverse", 1, 1, of_texts<kReverse>},
    {"startswith", 2, 2, of_texts<kStarts>},
    {"endswith", 2, 2, of_texts<kEnds>},
    {"contains", 2, 2, of_texts<kContains>},
    {"translate", 3, 3, of_texts<kTranslate>},
    {"ascii", 1, 1, of_texts<kAscii, true>},
    {"substring", 2, 3, substring},
    {"substr", 2, 3, substring},
    {"left", 2, 2, left},
    {"right", 2, 2, right},
    {"trim", 1, 2, trim<'b'>},
    {"btrim", 1, 2, trim<'b'>},
    {"ltrim", 1, 2, trim<'l'>},
    {"rtrim", 1, 2, trim<'r'>},
    {"trim leading", 2, 2, trim<'l'>},
    {"trim trailing", 2, 2, trim<'r'>},
    {"length", 1, 1, length},
    {"len", 1, 1, length},
    {"char_length", 1, 1, length},
    {"character_length", 1, 1, length},
    {"octet_length", 1, 1, length},
    {"concat", 0, kAnyArgs, concat},
    {"||", 2, 2, concat},
    {"concat_ws", 1, kAnyArgs, concat_ws},
    {"replace", 2, 3, replace},
    {"lpad", 2, 3, pad<true>},
    {"rpad", 2, 3, pad<false>},
    {"instr", 2, 2, position},
    {"locate", 2, 3, position},
    {"position", 2, 3, position},
    {"repeat", 2, 2, repeat},
    {"like", 2, 3, like},
    {"ilike", 2, 3, like},
    {"rlike", 2, 2, rlike},
    {"regexp_like", 2, 2, rlike},
    {"regexp", 2, 2, rlike},
    {"regexp_extract", 2, 3, regexp_extract},
    {"regexp_replace", 3, 3, regexp_replace},
    {"split", 2, 3, split},
    {"split_part", 3, 3, split_part},
};

}  // namespace

std::span<const Function> string_functions() { return kFunctions; }

}  // namespace foz::sql
