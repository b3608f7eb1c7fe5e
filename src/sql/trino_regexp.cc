// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// https://trino.io/docs/current/functions/regexp.html, with the patterns of RE2.

#include <fmt/format.h>

#include <algorithm>

#include "duckdb/common/re2_regex.hpp"
#include "sql/trino_kernel_internal.h"
#include "sql/trino_themes_internal.h"
#include "sql/utf8_internal.h"

namespace foz::sql {

using duckdb::LogicalType;

namespace {

// A group with a name is (?<name> in Java.
std::string re2_pattern(std::string_view pattern) {
  std::string out;
  bool in_class = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      out += pattern.substr(i++, 2);
      continue;
    }
    in_class = pattern[i] == '[' || (in_class && pattern[i] != ']');
    const std::string_view rest = pattern.substr(i);
    if (!in_class && rest.starts_with("(?<") && !rest.starts_with("(?<=") &&
        !rest.starts_with("(?<!")) {
      out += "(?P<";
      i += 2;
    } else {
      out += pattern[i];
    }
  }
  return out;
}

struct Groups {
  int64_t count = 0;
  std::vector<std::pair<std::string, int64_t>> names;
};
Groups groups_of(std::string_view pattern) {
  Groups groups;
  bool in_class = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
      continue;
    }
    in_class = pattern[i] == '[' || (in_class && pattern[i] != ']');
    if (in_class || pattern[i] != '(') continue;
    const std::string_view rest = pattern.substr(i);
    const size_t name = rest.starts_with("(?P<") ? 4 : rest.starts_with("(?<") ? 3 : 0;
    if (rest.starts_with("(?") && name == 0) continue;
    ++groups.count;
    if (name != 0)
      groups.names.emplace_back(rest.substr(name, rest.find('>') - name), groups.count);
  }
  return groups;
}

int64_t check_group(std::string_view pattern, int64_t group) {
  const int64_t count = groups_of(pattern).count;
  if (group < 0) invalid_argument("Group cannot be negative");
  if (group > count)
    invalid_argument(fmt::format("Pattern has {} groups. Cannot access group {}", count, group));
  return group;
}

// $1 and ${name} become \1, and a backslash makes the next character plain.
std::string re2_replacement(std::string_view pattern, std::string_view replacement) {
  const Groups groups = groups_of(pattern);
  std::string out;
  const auto plain = [&](char c) { out += c == '\\' ? "\\\\" : std::string(1, c); };
  const auto group = [&](int64_t number) {
    if (number > 9) throw duckdb::NotImplementedException("groups above 9 are not supported");
    out += fmt::format("\\{}", number);
  };
  for (size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] == '\\') {
      if (++i == replacement.size())
        invalid_argument("Illegal replacement sequence: character to be escaped is missing");
      plain(replacement[i]);
      continue;
    }
    if (replacement[i] != '$') {
      plain(replacement[i]);
      continue;
    }
    const std::string_view rest = replacement.substr(i + 1);
    if (rest.starts_with('{')) {
      const size_t end = rest.find('}');
      const std::string name(rest.substr(1, end == std::string_view::npos ? end : end - 1));
      int64_t number = -1;
      for (const auto& [known, at] : groups.names) number = known == name ? at : number;
      if (number < 0)
        invalid_argument(fmt::format("Illegal replacement sequence: unknown group {{{}}}", name));
      group(number);
      i += end + 1;
      continue;
    }
    if (rest.empty() || rest[0] < '0' || rest[0] > '9')
      invalid_argument("Illegal replacement sequence: $ is no group");
    int64_t number = rest[0] - '0';
    ++i;
    // More digits as long as there are so many groups.
    while (i + 1 < replacement.size() && replacement[i + 1] >= '0' && replacement[i + 1] <= '9' &&
           number * 10 + (replacement[i + 1] - '0') <= groups.count)
      number = number * 10 + (replacement[++i] - '0');
    if (number > groups.count)
      invalid_argument(fmt::format("Illegal replacement sequence: unknown group {}", number));
    group(number);
  }
  return out;
}

// The compiled pattern of the last call of this thread.
const duckdb_re2::Regex& compiled(std::string_view pattern) {
  thread_local std::string known;
  thread_local std::unique_ptr<duckdb_re2::Regex> regex;
  if (!regex || known != pattern) {
    regex.reset();
    try {
      regex = std::make_unique<duckdb_re2::Regex>(std::string(pattern));
    } catch (const std::exception& failure) {
      invalid_argument(failure.what());
    }
    known = pattern;
  }
  return *regex;
}

// What is searched for at all places costs a hundred bytes a match.
constexpr size_t kMostSearched = 2 << 20;
auto matches_in(std::string_view text, std::string_view pattern) {
  if (text.size() > kMostSearched)
    invalid_argument(
        fmt::format("a text of {} bytes is too long to search it at all places", text.size()));
  return duckdb_re2::RegexFindAll(std::string(text), compiled(pattern));
}

int32_t position_of(std::string_view text, std::string_view pattern, int64_t start,
                    int64_t occurrence) {
  if (start < 1) invalid_argument("start position cannot be smaller than 1");
  if (occurrence < 1) invalid_argument("occurrence cannot be smaller than 1");
  if (start > count_characters(text) + 1) return -1;
  const size_t from = skip_characters(text, start - 1);
  const auto found = matches_in(text.substr(from), pattern);
  if (static_cast<size_t>(occurrence) > found.size()) return -1;
  const auto& match = found[static_cast<size_t>(occurrence) - 1];
  return static_cast<int32_t>(count_characters(text.substr(0, from + match.groups[0].position)) +
                              1);
}
int32_t position_from(std::string_view text, std::string_view pattern, int64_t start) {
  return position_of(text, pattern, start, 1);
}
int32_t position(std::string_view text, std::string_view pattern) {
  return position_of(text, pattern, 1, 1);
}
int64_t count(std::string_view text, std::string_view pattern) {
  return static_cast<int64_t>(matches_in(text, pattern).size());
}

// For each match the text before it, something that is not NULL and the match's groups; and the
// rest.
std::vector<std::vector<std::string>> pieces(std::string_view text, std::string_view pattern) {
  std::vector<std::vector<std::string>> out;
  size_t at = 0;
  for (const auto& match : matches_in(text, pattern)) {
    const size_t begin = match.groups[0].position;
    out.push_back({std::string(text.substr(at, begin - at)), ""});
    for (size_t i = 1; i < match.groups.size(); ++i) out.back().push_back(match.groups[i].text);
    at = begin + match.groups[0].text.size();
  }
  out.push_back({std::string(text.substr(at))});
  return out;
}

// The replacement as RE2 has it, if what it makes of the text is no more than may be: at most one
// match for each byte, and each group in it no more than the match.
constexpr size_t kMostReplaced = 64 << 20;
std::string bounded_replacement(std::string_view text, std::string_view pattern,
                                std::string_view replacement) {
  std::string written = re2_replacement(pattern, replacement);
  const auto groups = static_cast<size_t>(std::ranges::count(written, '\\'));
  const auto made = [&](size_t matches) {
    return text.size() * (1 + groups) + matches * written.size();
  };
  if (made(text.size() + 1) > kMostReplaced &&
      made(matches_in(text, re2_pattern(pattern)).size()) > kMostReplaced)
    throw duckdb::OutOfMemoryException("what regexp_replace makes of a text is too long");
  return written;
}

// The second argument as RE2 has it.
BoundExpression pattern_of(TrinoCall& made) {
  return run_kernel<re2_pattern>(made.context, "re2_pattern", LogicalType::VARCHAR,
                                 list_of(made[1]->Copy()));
}
BoundExpression group_of(TrinoCall& made) {
  auto group = run_kernel<check_group>(made.context, "check_group", LogicalType::BIGINT,
                                       list_of(made[1]->Copy(), std::move(made[2])));
  return as(made.context, std::move(group), LogicalType::INTEGER);
}

template <FunctionName Name>
BoundExpression with_pattern(TrinoCall& made) {
  made[1] = pattern_of(made);
  return call(made.context, Name.text, std::move(made.arguments));
}
template <FunctionName Name>
BoundExpression with_group(TrinoCall& made) {
  made[2] = group_of(made);
  return with_pattern<Name>(made);
}
template <auto F>
BoundExpression run_with_pattern(TrinoCall& made) {
  made[1] = pattern_of(made);
  return kernel<F>(made);
}

// NULL where nothing matches.
BoundExpression regexp_extract(TrinoCall& made) {
  auto matches = call(made.context, "regexp_matches", list_of(made[0]->Copy(), pattern_of(made)));
  auto part =
      made.size() == 3 ? with_group<"regexp_extract">(made) : with_pattern<"regexp_extract">(made);
  return when(std::move(matches), std::move(part), null_of(LogicalType::VARCHAR));
}

BoundExpression regexp_replace(TrinoCall& made) {
  if (made.size() == 2) made.arguments.push_back(constant(duckdb::Value("")));
  made[2] = run_kernel<bounded_replacement>(
      made.context, "bounded_replacement", LogicalType::VARCHAR,
      list_of(made[0]->Copy(), made[1]->Copy(), std::move(made[2])));
  made.arguments.push_back(constant(duckdb::Value("g")));
  return with_pattern<"regexp_replace">(made);
}

constexpr TrinoFunction kFunctions[] = {
    {"$regexp_pieces", "varchar, varchar -> array(array(varchar))", run_with_pattern<pieces>},
    {"regexp_count", "varchar, varchar -> bigint", run_with_pattern<count>},
    {"regexp_extract", "varchar, varchar -> varchar", regexp_extract},
    {"regexp_extract", "varchar, varchar, bigint -> varchar", regexp_extract},
    {"regexp_extract_all", "varchar, varchar -> array(varchar)",
     with_pattern<"regexp_extract_all">},
    {"regexp_extract_all", "varchar, varchar, bigint -> array(varchar)",
     with_group<"regexp_extract_all">},
    {"regexp_like", "varchar, varchar -> boolean", with_pattern<"regexp_matches">},
    {"regexp_position", "varchar, varchar -> integer", run_with_pattern<position>},
    {"regexp_position", "varchar, varchar, bigint -> integer", run_with_pattern<position_from>},
    {"regexp_position", "varchar, varchar, bigint, bigint -> integer",
     run_with_pattern<position_of>},
    {"regexp_replace", "varchar, varchar -> varchar", regexp_replace},
    {"regexp_replace", "varchar, varchar, varchar -> varchar", regexp_replace},
    {"regexp_split", "varchar, varchar -> array(varchar)", with_pattern<"string_split_regex">},
};

}  // namespace

std::span<const TrinoFunction> regexp_functions() { return kFunctions; }

}  // namespace foz::sql
