// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "cli/aligned_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace foz::cli {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

size_t characters(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

// One line without control characters, at most `widest` characters.
std::string printable(const std::string& text, size_t widest) {
  std::string out;
  size_t count = 0;
  for (const char c : text) {
    if (!continues(c) && count++ == widest) return out + "…";
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

void append_line(std::string& out, const std::vector<std::string>& cells,
                 const std::vector<size_t>& widths, const std::vector<AlignedColumn>& columns) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string padding(widths[i] - characters(cells[i]), ' ');
    line += columns[i].right ? " " + padding + cells[i] : " " + cells[i] + padding;
    if (i + 1 < cells.size()) line += " │";
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + "\n";
}

}  // namespace

std::string aligned_table(const std::vector<AlignedColumn>& columns,
                          const std::vector<std::vector<std::string>>& rows, size_t widest) {
  std::vector<std::string> names;
  for (const AlignedColumn& column : columns) names.push_back(printable(column.name, widest));
  std::vector<std::vector<std::string>> shown;
  for (const auto& row : rows) {
    auto& cells = shown.emplace_back();
    for (const std::string& cell : row) cells.push_back(printable(cell, widest));
  }
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns.size(); ++i) {
    size_t width = characters(names[i]);
    for (const auto& row : shown) width = std::max(width, characters(row[i]));
    widths.push_back(width);
  }
  std::string out;
  append_line(out, names, widths, columns);
  for (size_t i = 0; i < widths.size(); ++i) {
    for (size_t j = 0; j < widths[i] + 2; ++j) out += "─";
    out += i + 1 < widths.size() ? "┼" : "\n";
  }
  for (const auto& row : shown) append_line(out, row, widths, columns);
  return out;
}

}  // namespace foz::cli
