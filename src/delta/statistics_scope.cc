// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/statistics_scope_internal.h"

#include <fmt/format.h>

#include <algorithm>

#include "delta/clustering_internal.h"
#include "delta/json_internal.h"

namespace foz::delta {
namespace {

using Path = std::vector<std::string>;

// "a, `b.c`, d.e": names with dots or commas stand in backticks.
std::vector<Path> split_names(std::string_view text) {
  std::vector<Path> out{{""}};
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && text.substr(i, 2) == "``") {
      out.back().back().push_back(text[++i]);
    } else if (c == '`') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      out.push_back({""});
    } else if (!quoted && c == '.') {
      out.back().emplace_back();
    } else if (quoted || c != ' ') {
      out.back().back().push_back(c);
    }
  }
  return out;
}

std::string text_of(const Path& path) {
  std::string out;
  for (const std::string& name : path) {
    if (!out.empty()) out.push_back('.');
    const bool plain = std::ranges::all_of(name, [](char c) {
      return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    });
    if (plain) {
      out += name;
      continue;
    }
    out.push_back('`');
    for (const char c : name) out.append(c == '`' ? 2 : 1, c);
    out.push_back('`');
  }
  return out;
}

// The names joined by "."; nullopt: there is no such column.
std::optional<std::string> name_in_files(const Schema& schema, const Path& path,
                                         ColumnMapping mapping) {
  const std::vector<Field>* fields = &schema.fields;
  std::string out;
  for (const std::string& name : path) {
    const Field* field = find_without_case(*fields, name);
    if (!field) return std::nullopt;
    out += (out.empty() ? "" : ".") + physical_name(*field, mapping);
    fields = &field->type.fields;
  }
  return out;
}

}  // namespace

StatisticsScope statistics_scope(const Snapshot& snapshot, ColumnMapping mapping) {
  constexpr int64_t kDefault = 32;
  std::set<std::string> clustering;
  for (const auto& path : clustering_columns(snapshot)) {
    clustering.insert(fmt::format("{}", fmt::join(path, ".")));
  }
  if (const auto columns = snapshot.property(kStatisticsColumns)) {
    StatisticsScope scope(-1);
    scope.named.emplace();
    scope.always = std::move(clustering);
    for (const Path& path : split_names(*columns)) {
      if (auto name = name_in_files(snapshot.schema(), path, mapping)) scope.named->insert(*name);
    }
    return scope;
  }
  const auto text = snapshot.property("delta.dataSkippingNumIndexedCols");
  StatisticsScope scope(text ? json_integer(*text).value_or(kDefault) : kDefault);
  scope.always = std::move(clustering);
  return scope;
}

Status check_statistics_columns(const Metadata& metadata, const Schema& schema) {
  const auto property = metadata.configuration.find(kStatisticsColumns);
  if (property == metadata.configuration.end()) return {};
  for (const Path& path : split_names(property->second)) {
    if (name_in_files(schema, path, ColumnMapping::kNone)) continue;
    return invalid(
        fmt::format("{} names {}, and there is no such column", kStatisticsColumns, text_of(path)));
  }
  return {};
}

void change_statistics_columns(Metadata& metadata, std::span<const std::string> column,
                               const std::optional<std::string>& name) {
  const auto property = metadata.configuration.find(kStatisticsColumns);
  if (property == metadata.configuration.end()) return;
  std::vector<std::string> left;
  bool changed = false;
  for (Path& path : split_names(property->second)) {
    const bool meant = path.size() >= column.size() &&
                       std::equal(column.begin(), column.end(), path.begin(), equal_without_case);
    changed |= meant;
    if (meant && !name) continue;
    if (meant) path[column.size() - 1] = *name;
    left.push_back(text_of(path));
  }
  if (!changed) return;
  if (left.empty()) {
    metadata.configuration.erase(property);
  } else {
    property->second = fmt::format("{}", fmt::join(left, ","));
  }
}

}  // namespace foz::delta
