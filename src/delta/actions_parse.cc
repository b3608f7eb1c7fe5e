// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "delta/actions_internal.h"
#include "delta/seal_internal.h"

namespace foz::delta {
namespace {

namespace od = simdjson::ondemand;

// Thrown inside this file only: the action is JSON, but not what the protocol asks for.
struct BadAction : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The readers below take a value that is not null.
void read(od::value& value, std::string& out) { out = std::string_view(value.get_string()); }
void read(od::value& value, int64_t& out) { out = value.get_int64(); }
void read(od::value& value, bool& out) { out = value.get_bool(); }
void read(od::value& value, int& out) {
  const int64_t wide = value.get_int64();
  if (wide < INT32_MIN || wide > INT32_MAX) throw BadAction("a number is out of range");
  out = static_cast<int>(wide);
}
void read(od::value& value, std::vector<std::string>& out) {
  out.clear();
  for (auto each : value.get_array()) out.emplace_back(std::string_view(each.get_string()));
}
// Values that are no strings are kept as they stand: writers differ.
std::string scalar_text(od::value value) {
  if (value.type() == od::json_type::string)
    return std::string(std::string_view(value.get_string()));
  std::string_view raw = value.raw_json_token();
  while (!raw.empty() && (raw.back() == ' ' || raw.back() == '\t')) raw.remove_suffix(1);
  return std::string(raw);
}
void read(od::value& value, std::map<std::string, std::string>& out) {
  out.clear();
  for (auto field : value.get_object()) {
    std::string key(std::string_view(field.unescaped_key()));
    od::value each = field.value();
    if (!each.is_null()) out.insert_or_assign(std::move(key), scalar_text(each));
  }
}
void read(od::value& value, std::map<std::string, std::optional<std::string>>& out) {
  out.clear();
  for (auto field : value.get_object()) {
    std::string key(std::string_view(field.unescaped_key()));
    od::value each = field.value();
    std::optional<std::string> text;
    if (!each.is_null()) text = scalar_text(each);
    out.insert_or_assign(std::move(key), std::move(text));
  }
}

template <class T>
void read(od::value& value, std::optional<T>& out) {
  T inner{};
  read(value, inner);
  out = std::move(inner);
}

// Calls `take(name, value)` for each field that is not null.
template <class Take>
void each_field(od::object object, Take&& take) {
  for (auto field : object) {
    const std::string_view name = field.unescaped_key();
    od::value value = field.value();
    if (!value.is_null()) take(name, value);
  }
}

void read(od::value& value, DeletionVector& out) {
  each_field(value.get_object(), [&](std::string_view name, od::value& field) {
    if (name == "storageType") read(field, out.storage_type);
    if (name == "pathOrInlineDv") read(field, out.path_or_inline);
    if (name == "offset") read(field, out.offset);
    if (name == "sizeInBytes") read(field, out.size_bytes);
    if (name == "cardinality") read(field, out.cardinality);
  });
}
// Some writers put an object with nothing in it.
void read(od::value& value, std::optional<DeletionVector>& out) {
  DeletionVector vector;
  read(value, vector);
  if (!vector.storage_type.empty()) {
    out = std::move(vector);
  } else if (!vector.path_or_inline.empty() || vector.cardinality != 0) {
    throw BadAction("a deletion vector has no storageType");
  }
}

AddFile parse_add(od::object object) {
  AddFile add;
  bool has_path = false;
  each_field(object, [&](std::string_view name, od::value& value) {
    if (name == "path") {
      read(value, add.path);
      has_path = true;
    } else if (name == "partitionValues") {
      read(value, add.partition_values);
    } else if (name == "size") {
      read(value, add.size);
    } else if (name == "modificationTime") {
      read(value, add.modification_time_ms);
    } else if (name == "dataChange") {
      read(value, add.data_change);
    } else if (name == "stats") {
      read(value, add.stats);
    } else if (name == "tags") {
      read(value, add.tags);
    } else if (name == "deletionVector") {
      read(value, add.deletion_vector);
    } else if (name == "baseRowId") {
      read(value, add.base_row_id);
    } else if (name == "defaultRowCommitVersion") {
      read(value, add.default_row_commit_version);
    } else if (name == "clusteringProvider") {
      read(value, add.clustering_provider);
    }
  });
  if (!has_path) throw BadAction("add has no path");
  return add;
}

RemoveFile parse_remove(od::object object) {
  RemoveFile remove;
  bool has_path = false;
  each_field(object, [&](std::string_view name, od::value& value) {
    if (name == "path") {
      read(value, remove.path);
      has_path = true;
    } else if (name == "deletionTimestamp") {
      read(value, remove.deletion_timestamp_ms);
    } else if (name == "dataChange") {
      read(value, remove.data_change);
    } else if (name == "extendedFileMetadata") {
      read(value, remove.extended_file_metadata);
    } else if (name == "partitionValues") {
      read(value, remove.partition_values);
    } else if (name == "size") {
      read(value, remove.size);
    } else if (name == "tags") {
      read(value, remove.tags);
    } else if (name == "deletionVector") {
      read(value, remove.deletion_vector);
    } else if (name == "baseRowId") {
      read(value, remove.base_row_id);
    } else if (name == "defaultRowCommitVersion") {
      read(value, remove.default_row_commit_version);
    }
  });
  if (!has_path) throw BadAction("remove has no path");
  return remove;
}

Protocol parse_protocol(od::object object) {
  Protocol protocol{.min_reader_version = 0, .min_writer_version = 0};
  each_field(object, [&](std::string_view name, od::value& value) {
    if (name == "minReaderVersion") read(value, protocol.min_reader_version);
    if (name == "minWriterVersion") read(value, protocol.min_writer_version);
    if (name == "readerFeatures") read(value, protocol.reader_features);
    if (name == "writerFeatures") read(value, protocol.writer_features);
  });
  if (protocol.min_reader_version < 1 || protocol.min_writer_version < 1) {
    throw BadAction("protocol has no versions");
  }
  return protocol;
}

Metadata parse_metadata(od::object object) {
  Metadata metadata;
  each_field(object, [&](std::string_view name, od::value& value) {
    if (name == "id") read(value, metadata.id);
    if (name == "name") read(value, metadata.name);
    if (name == "description") read(value, metadata.description);
    if (name == "schemaString") read(value, metadata.schema_string);
    if (name == "partitionColumns") read(value, metadata.partition_columns);
    if (name == "configuration") read(value, metadata.configuration);
    if (name == "createdTime") read(value, metadata.created_time_ms);
  });
  return metadata;
}

SetTransaction parse_transaction(od::object object) {
  SetTransaction transaction;
  bool has_version = false;
  each_field(object, [&](std::string_view name, od::value& value) {
    if (name == "appId") read(value, transaction.app_id);
    if (name == "lastUpdated") read(value, transaction.last_updated_ms);
    if (name == "version") {
      read(value, transaction.version);
      has_version = true;
    }
  });
  if (!has_version) throw BadAction("txn has no version");
  return transaction;
}

DomainMetadata parse_domain(od::object object) {
  DomainMetadata domain;
  each_field(object, [&](std::string_view name, od::value& value) {
    if (name == "domain") read(value, domain.domain);
    if (name == "configuration") read(value, domain.configuration);
    if (name == "removed") read(value, domain.removed);
  });
  return domain;
}

CdcFile parse_change(od::object object) {
  CdcFile change;
  each_field(object, [&](std::string_view name, od::value& value) {
    if (name == "path") read(value, change.path);
    if (name == "partitionValues") read(value, change.partition_values);
    if (name == "size") read(value, change.size);
  });
  if (change.path.empty()) throw BadAction("cdc has no path");
  return change;
}

void parse_line(od::document& document, LogFile& out) {
  for (auto field : document.get_object()) {
    const std::string_view name = field.unescaped_key();
    od::value value = field.value();
    if (value.is_null()) continue;  // checkpoints in JSON may name every action
    if (name == "add") {
      out.actions.emplace_back(parse_add(value.get_object()));
    } else if (name == "remove") {
      out.actions.emplace_back(parse_remove(value.get_object()));
    } else if (name == "protocol") {
      out.actions.emplace_back(parse_protocol(value.get_object()));
    } else if (name == "metaData") {
      out.actions.emplace_back(parse_metadata(value.get_object()));
    } else if (name == "txn") {
      out.actions.emplace_back(parse_transaction(value.get_object()));
    } else if (name == "domainMetadata") {
      out.actions.emplace_back(parse_domain(value.get_object()));
    } else if (name == "commitInfo") {
      out.actions.emplace_back(
          CommitInfo{std::string(std::string_view(simdjson::to_json_string(value)))});
    } else if (name == "sidecar") {
      Sidecar& sidecar = out.sidecars.emplace_back();
      each_field(value.get_object(), [&](std::string_view key, od::value& inner) {
        if (key == "path") read(inner, sidecar.path);
        if (key == "sizeInBytes") read(inner, sidecar.size);
      });
      if (sidecar.path.empty()) throw BadAction("sidecar has no path");
    } else if (name == "cdc") {
      out.changes.push_back(parse_change(value.get_object()));
    } else if (name == "checkpointMetadata") {
      each_field(value.get_object(),
                 [&, &facts = out.checkpoint.emplace()](std::string_view key, od::value& inner) {
                   if (key == "version") read(inner, facts.version);
                   if (key == "tags") read(inner, facts.tags);
                 });
    }
  }
  if (document.current_location().error() == simdjson::SUCCESS)
    throw BadAction("text follows the object");
}

constexpr std::string_view kBlanks = " \t\r";

// The end of the line at `at`; or, where it has an opening brace alone, of the line that closes it:
// delta-kernel reads such objects, and somebody who looks into a log may lay it out so.
size_t action_end(std::string_view text, size_t at) {
  const auto line_end = [&](size_t from) { return std::min(text.find('\n', from), text.size()); };
  const size_t end = line_end(at);
  const std::string_view line = text.substr(at, end - at);
  const size_t first = line.find_first_not_of(kBlanks);
  if (first == std::string_view::npos || line[first] != '{' ||
      line.find_last_not_of(kBlanks) != first)
    return end;
  int depth = 0;
  bool quoted = false;
  for (size_t i = at; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted && text[i] == '\\') ++i;
    if (quoted) continue;
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return line_end(i);
  }
  return end;
}

}  // namespace

Result<LogFile> parse_log_file(std::string_view text) {
  TRY(check_commit(text));
  LogFile out;
  // One padded copy serves every line: simdjson may look past a line's end, never past the
  // buffer's.
  std::string buffer(text);
  buffer.append(simdjson::SIMDJSON_PADDING, ' ');
  od::parser parser;
  for (size_t at = 0; at < text.size();) {
    const size_t end = action_end(text, at);
    std::string_view line(buffer.data() + at, end - at);
    const size_t first = line.find_first_not_of(kBlanks);
    at = end + 1;
    if (first == std::string_view::npos) continue;
    line.remove_prefix(first);
    const auto capacity = static_cast<size_t>(buffer.data() + buffer.size() - line.data());
    const auto corrupt = [&](const char* why) {
      const std::string_view before(buffer.data(), line.data());
      const auto line_number = 1 + std::ranges::count(before, '\n');
      return Error(ErrorCode::kCorrupt, fmt::format("line {}: {}", line_number, why));
    };
    try {
      od::document document = parser.iterate(line.data(), line.size(), capacity);
      parse_line(document, out);
    } catch (const simdjson::simdjson_error& error) {
      return corrupt(error.what());
    } catch (const BadAction& error) {
      return corrupt(error.what());
    }
  }
  return out;
}

Result<std::vector<Action>> parse_commit(std::string_view text) {
  return TRY(parse_log_file(text)).actions;
}

}  // namespace foz::delta
