// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "web/table_json.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <map>

#include "delta/actions.h"
#include "sql/spark_text.h"
#include "web/json_internal.h"
#include "web/overview.h"

namespace foz::web {
namespace {

constexpr int kVersions = 30;
constexpr int64_t kCommitBytes = 8 << 20;  // a larger commit is listed and not read
constexpr size_t kTypeText = 20'000;

void append_type(std::string& out, const delta::DataType& type) {
  if (out.size() > kTypeText) return;
  out += sql::spark::type_name(type.kind);
  switch (type.kind) {
    case delta::TypeKind::kDecimal:
      out += fmt::format("({},{})", type.precision, type.scale);
      break;
    case delta::TypeKind::kArray:
      out += '<';
      append_type(out, *type.element);
      out += '>';
      break;
    case delta::TypeKind::kMap:
      out += '<';
      append_type(out, *type.key);
      out += ", ";
      append_type(out, *type.element);
      out += '>';
      break;
    case delta::TypeKind::kStruct:
      out += '<';
      for (size_t i = 0; i < type.fields.size(); ++i) {
        out += (i > 0 ? ", " : "") + type.fields[i].name + ": ";
        append_type(out, type.fields[i].type);
      }
      out += '>';
      break;
    default: break;
  }
}

void write_columns(JsonWriter& json, const delta::Schema& schema) {
  json.key("columns").begin_array();
  for (const delta::Field& field : schema.fields) {
    json.begin_object().field("name", field.name).field("type", type_text(field.type));
    json.field("nullable", field.nullable);
    const auto comment = field.metadata.find("comment");
    const bool is_text = comment != field.metadata.end() && comment->second.starts_with('"');
    json.key("comment").raw(is_text ? comment->second : "\"\"").end_object();
  }
  json.end_array();
}

void write_files(JsonWriter& json, const delta::Snapshot& snapshot) {
  struct Sizes {
    int64_t files = 0, bytes = 0;
  };
  std::map<int64_t, Sizes> sizes;  // by upper bound
  snapshot.each_file([&](const auto& file) {
    int64_t below = 1024;
    while (below <= file->size && below < (1LL << 60)) below *= 4;
    ++sizes[below].files;
    sizes[below].bytes += file->size;
    return true;
  });
  json.key("files").begin_object().field("count", static_cast<int64_t>(snapshot.file_count()));
  json.field("bytes", snapshot.total_bytes()).key("sizes").begin_array();
  for (const auto& [below, each] : sizes) {
    json.begin_object().field("below", below).field("files", each.files);
    json.field("bytes", each.bytes).end_object();
  }
  json.end_array().end_object();
}

std::string_view action_of(sql::OnViolation action) {
  switch (action) {
    case sql::OnViolation::kKeep: return "keep";
    case sql::OnViolation::kDrop: return "drop";
    case sql::OnViolation::kFail: return "fail";
    case sql::OnViolation::kQuarantine: return "quarantine";
  }
  return "";
}

void write_pipeline(JsonWriter& json, const Sources& sources, const table::TableName& name) {
  json.key("pipeline");
  const auto found =
      std::ranges::find_if(sources.pipelines, [&](const pipeline::StreamingTable& table) {
        return table.schema == name.schema && table.name == name.name;
      });
  if (found == sources.pipelines.end()) {
    json.null();
    return;
  }
  json.begin_object().field("file", found->file).field("line", found->line);
  json.field("sql", found->flow.select).field("comment", found->comment);
  json.key("dedupe_keys").begin_array();
  for (const std::string& key : found->dedupe_keys) json.string(key);
  json.end_array().field("dedupe_horizon_ms", found->dedupe_horizon_ms);
  json.key("expectations").begin_array();
  for (const sql::Expectation& each : found->flow.expectations) {
    json.begin_object().field("name", each.name).field("condition", each.condition);
    json.field("action", action_of(each.on_violation)).end_object();
  }
  json.end_array().end_object();
}

// What a commit says of itself.
struct VersionNote {
  std::string operation, engine;
  int64_t timestamp_ms = 0, files_added = 0, files_removed = 0, bytes_added = 0;
  std::optional<int64_t> rows_added = 0;
};

std::optional<int64_t> rows_of(simdjson::dom::parser& parser, const std::string& statistics) {
  int64_t rows = 0;
  if (parser.parse(statistics)["numRecords"].get(rows) != simdjson::SUCCESS) return std::nullopt;
  return rows;
}

VersionNote read_actions(const std::vector<delta::Action>& actions) {
  VersionNote note;
  simdjson::dom::parser parser;
  for (const delta::Action& action : actions) {
    if (const auto* info = std::get_if<delta::CommitInfo>(&action)) {
      simdjson::dom::element json;
      if (parser.parse(info->json).get(json) != simdjson::SUCCESS) continue;
      std::string_view text;
      if (json["operation"].get(text) == simdjson::SUCCESS) note.operation = text;
      if (json["engineInfo"].get(text) == simdjson::SUCCESS) note.engine = text;
      int64_t at = 0;
      if (json["timestamp"].get(at) == simdjson::SUCCESS) note.timestamp_ms = at;
      if (json["inCommitTimestamp"].get(at) == simdjson::SUCCESS) note.timestamp_ms = at;
    } else if (const auto* add = std::get_if<delta::AddFile>(&action)) {
      ++note.files_added;
      note.bytes_added += add->size;
      const auto rows = rows_of(parser, add->stats);
      note.rows_added =
          rows && note.rows_added ? std::optional(*note.rows_added + *rows) : std::nullopt;
    } else if (std::holds_alternative<delta::RemoveFile>(action)) {
      ++note.files_removed;
    }
  }
  return note;
}

// nullopt: the commit is not there any more.
Result<std::optional<VersionNote>> read_version(const delta::Table& table, int64_t version) {
  const std::string path = fmt::format("{}/_delta_log/{:020}.json", table.root(), version);
  const auto meta = table.store().head(path);
  if (!meta && meta.error().code() == ErrorCode::kNotFound) return std::nullopt;
  if (!meta) return meta.error();
  if (meta->size > kCommitBytes) {
    VersionNote note;
    note.operation = fmt::format("a commit of {} bytes", meta->size);
    note.rows_added.reset();
    note.timestamp_ms = meta->modified_ms;
    return note;
  }
  const auto text = table.store().get(path);
  if (!text && text.error().code() == ErrorCode::kNotFound) return std::nullopt;
  if (!text) return text.error();
  VersionNote note = read_actions(TRY(delta::parse_commit(*text)));
  if (note.timestamp_ms == 0) note.timestamp_ms = meta->modified_ms;
  return note;
}

Status write_versions(JsonWriter& json, const delta::Table& table, int64_t newest) {
  json.key("versions").begin_array();
  for (int64_t version = newest; version >= 0 && version > newest - kVersions; --version) {
    const auto note = TRY(read_version(table, version));
    if (!note) break;
    json.begin_object().field("version", version).field("timestamp_ms", note->timestamp_ms);
    json.field("operation", note->operation).field("engine", note->engine).key("rows_added");
    if (note->rows_added) {
      json.number(*note->rows_added);
    } else {
      json.null();
    }
    json.field("files_added", note->files_added).field("files_removed", note->files_removed);
    json.field("bytes_added", note->bytes_added).end_object();
  }
  json.end_array();
  return {};
}

void write_metadata(JsonWriter& json, const delta::Snapshot& snapshot) {
  const delta::Metadata& metadata = snapshot.metadata();
  json.field("comment", metadata.description.value_or(""));
  json.key("partition_columns").begin_array();
  for (const std::string& column : metadata.partition_columns) json.string(column);
  json.end_array().key("properties").begin_object();
  for (const auto& [key, value] : metadata.configuration) json.field(key, value);
  json.end_object().field("version", snapshot.version().value());
  json.field("timestamp_ms", snapshot.timestamp_ms()).key("rows");
  if (const auto rows = snapshot.row_count()) {
    json.number(*rows);
  } else {
    json.null();
  }
  write_columns(json, snapshot.schema());
  write_files(json, snapshot);
}

}  // namespace

std::string type_text(const delta::DataType& type) {
  std::string text;
  append_type(text, type);
  return text;
}

Result<std::string> table_json(const Sources& sources, const std::string& schema,
                               const std::string& name, std::optional<int64_t> before) {
  const auto view = sources.tables->root()->find(schema, name);
  if (!view) return Error(ErrorCode::kNotFound, "there is no such table");
  JsonWriter json;
  json.begin_object().field("name", view->name.to_string()).field("role", to_string(view->role));
  json.field("blocked", view->blocked);
  json.field("location",
             fmt::format("{}/{}/{}", sources.lake_url, view->name.schema, view->name.name));
  int64_t tail_rows = 0, tail_bytes = 0;
  for (const auto& tail : {view->sealed, view->open}) {
    if (!tail) continue;
    tail_rows += tail->rows;
    tail_bytes += tail->bytes;
  }
  json.key("tail").begin_object().field("rows", tail_rows).field("bytes", tail_bytes).end_object();
  write_pipeline(json, sources, view->name);
  if (view->snapshot) {
    write_metadata(json, *view->snapshot);
    const int64_t newest = view->snapshot->version().value();
    TRY(write_versions(json, *view->table, before ? std::min(*before - 1, newest) : newest));
  }
  json.end_object();
  return json.take();
}

}  // namespace foz::web
