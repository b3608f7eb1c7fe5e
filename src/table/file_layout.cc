// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "table/file_layout.h"

#include <algorithm>
#include <charconv>

#include "base/json_writer.h"
#include "table/bronze_internal.h"
#include "table/file_layout_internal.h"

namespace foz::table {
namespace {

bool take(std::string_view& text, std::string_view wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(wanted.size());
  return true;
}

bool take(std::string_view& text, int64_t& number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(parsed.ptr - text.data()));
  return true;
}

}  // namespace

bool widen(OffsetRanges& ranges, std::string_view tag) {
  if (tag == "{}") return true;
  if (!take(tag, "{")) return false;
  while (true) {
    if (!take(tag, "\"")) return false;
    const std::string_view source = tag.substr(0, tag.find('"'));
    tag.remove_prefix(source.size());
    int64_t from = 0, to = 0;
    if (!take(tag, "\":[") || !take(tag, from) || !take(tag, ",") || !take(tag, to)) return false;
    if (!take(tag, "]")) return false;
    const auto [range, fresh] = ranges.try_emplace(std::string(source), from, to);
    range->second.first = std::min(range->second.first, from);
    range->second.second = std::max(range->second.second, to);
    if (tag == "}") return true;
    if (!take(tag, ",")) return false;
  }
}

namespace {

// None where a file has no such tag: its statistics tell then.
std::map<std::string, std::string> merged_tags(
    const std::vector<std::shared_ptr<const delta::AddFile>>& files) {
  OffsetRanges ranges;
  for (const auto& file : files) {
    const auto tag = file->tags.find(kOffsetsTag);
    if (tag == file->tags.end() || !widen(ranges, tag->second)) return {};
  }
  JsonWriter json;
  json.begin_object();
  for (const auto& [source, range] : ranges) {
    json.key(source).begin_array().number(range.first).number(range.second).end_array();
  }
  return {{kOffsetsTag, json.end_object().take()}};
}

}  // namespace

delta::OptimizeOptions file_layout(const delta::Snapshot& snapshot) {
  delta::OptimizeOptions options;
  if (!snapshot.property(kTopicIdProperty)) return options;
  options.order_by = {"partition", "offset"};
  options.merge_tags = merged_tags;
  return options;
}

}  // namespace foz::table
