// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Date patterns. https://trino.io/docs/current/functions/datetime.html#mysql-date-functions

#include "sql/trino_tree_internal.h"

namespace foz::sql {

std::optional<std::string> mysql_to_strftime(std::string_view pattern, bool parses) {
  static constexpr std::pair<char, std::string_view> kSpecifiers[] = {
      {'a', "%a"}, {'b', "%b"},          {'c', "%-m"}, {'d', "%d"}, {'e', "%-d"},
      {'f', "%f"}, {'H', "%H"},          {'h', "%I"},  {'I', "%I"}, {'i', "%M"},
      {'j', "%j"}, {'k', "%-H"},         {'l', "%-I"}, {'M', "%B"}, {'m', "%m"},
      {'p', "%p"}, {'r', "%I:%M:%S %p"}, {'S', "%S"},  {'s', "%S"}, {'T', "%H:%M:%S"},
      {'v', "%V"}, {'W', "%A"},          {'x', "%G"},  {'Y', "%Y"}, {'y', "%y"},
      {'%', "%%"}};
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      out += pattern[i] == '%' ? "%%" : std::string(1, pattern[i]);
      continue;
    }
    const char specifier = pattern[++i];
    const std::string_view* found = nullptr;
    for (const auto& [letter, replacement] : kSpecifiers) {
      if (letter == specifier) found = &replacement;
    }
    if (specifier == 'f' && !parses) {
      out += "%g000";  // Joda knows milliseconds
    } else if (!found) {
      if (std::string_view("DUuVwX").find(specifier) != std::string_view::npos) return std::nullopt;
      out += specifier;  // MySQL: the letter itself
    } else {
      out += *found;
    }
  }
  return out;
}

std::optional<std::string> joda_to_strftime(std::string_view pattern) {
  std::string out;
  for (size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '\'') {  // quoted text; two quotes are one
      const size_t end = pattern.find('\'', i + 1);
      if (end == std::string_view::npos) return std::nullopt;
      out += end == i + 1 ? "'" : std::string(pattern.substr(i + 1, end - i - 1));
      i = end + 1;
      continue;
    }
    size_t count = 1;
    while (i + count < pattern.size() && pattern[i + count] == c) ++count;
    i += count;
    switch (c) {
      case 'y':
      case 'Y': out += count == 2 ? "%y" : "%Y"; break;
      case 'M': out += count == 1 ? "%-m" : count == 2 ? "%m" : count == 3 ? "%b" : "%B"; break;
      case 'd': out += count == 1 ? "%-d" : "%d"; break;
      case 'H': out += count == 1 ? "%-H" : "%H"; break;
      case 'h': out += count == 1 ? "%-I" : "%I"; break;
      case 'm': out += count == 1 ? "%-M" : "%M"; break;
      case 's': out += count == 1 ? "%-S" : "%S"; break;
      case 'S':
        if (count != 3 && count != 6) return std::nullopt;
        out += count == 3 ? "%g" : "%f";
        break;
      case 'E': out += count < 4 ? "%a" : "%A"; break;
      case 'e': out += "%u"; break;
      case 'D': out += "%j"; break;
      case 'a': out += "%p"; break;
      case 'x': out += "%G"; break;
      case 'w': out += "%V"; break;
      case 'Z': out += "%z"; break;
      default:
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return std::nullopt;
        for (size_t k = 0; k < count; ++k) out += c == '%' ? "%%" : std::string(1, c);
    }
  }
  return out;
}

}  // namespace foz::sql
