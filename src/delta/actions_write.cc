// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "base/json_writer.h"
#include "delta/actions.h"

namespace foz::delta {
namespace {

void write_map(JsonWriter& json, std::string_view name,
               const std::map<std::string, std::string>& map) {
  json.key(name).begin_object();
  for (const auto& [key, value] : map) json.field(key, value);
  json.end_object();
}

void write_map(JsonWriter& json, std::string_view name,
               const std::map<std::string, std::optional<std::string>>& map) {
  json.key(name).begin_object();
  for (const auto& [key, value] : map) {
    json.key(key);
    if (value) {
      json.string(*value);
    } else {
      json.null();
    }
  }
  json.end_object();
}

void write_list(JsonWriter& json, std::string_view name, const std::vector<std::string>& list) {
  json.key(name).begin_array();
  for (const std::string& each : list) json.string(each);
  json.end_array();
}

void write_vector(JsonWriter& json, const std::optional<DeletionVector>& vector) {
  if (!vector) return;
  json.key("deletionVector").begin_object();
  json.field("storageType", vector->storage_type);
  json.field("pathOrInlineDv", vector->path_or_inline);
  if (vector->offset) json.field("offset", *vector->offset);
  json.field("sizeInBytes", vector->size_bytes).field("cardinality", vector->cardinality);
  json.end_object();
}

void write_row_ids(JsonWriter& json, const std::optional<int64_t>& base_row_id,
                   const std::optional<int64_t>& default_row_commit_version) {
  if (base_row_id) json.field("baseRowId", *base_row_id);
  if (default_row_commit_version) {
    json.field("defaultRowCommitVersion", *default_row_commit_version);
  }
}

void write(JsonWriter& json, const Protocol& protocol) {
  json.key("protocol").begin_object();
  json.field("minReaderVersion", protocol.min_reader_version);
  json.field("minWriterVersion", protocol.min_writer_version);
  if (protocol.min_reader_version >= 3)
    write_list(json, "readerFeatures", protocol.reader_features);
  if (protocol.min_writer_version >= 7)
    write_list(json, "writerFeatures", protocol.writer_features);
  json.end_object();
}

void write(JsonWriter& json, const Metadata& metadata) {
  json.key("metaData").begin_object().field("id", metadata.id);
  if (metadata.name) json.field("name", *metadata.name);
  if (metadata.description) json.field("description", *metadata.description);
  json.key("format").begin_object().field("provider", "parquet");
  json.key("options").begin_object().end_object().end_object();
  json.field("schemaString", metadata.schema_string);
  write_list(json, "partitionColumns", metadata.partition_columns);
  write_map(json, "configuration", metadata.configuration);
  if (metadata.created_time_ms) json.field("createdTime", *metadata.created_time_ms);
  json.end_object();
}

void write(JsonWriter& json, const AddFile& add) {
  json.key("add").begin_object().field("path", add.path);
  write_map(json, "partitionValues", add.partition_values);
  json.field("size", add.size).field("modificationTime", add.modification_time_ms);
  json.field("dataChange", add.data_change);
  if (!add.stats.empty()) json.field("stats", add.stats);
  if (!add.tags.empty()) write_map(json, "tags", add.tags);
  write_vector(json, add.deletion_vector);
  write_row_ids(json, add.base_row_id, add.default_row_commit_version);
  if (add.clustering_provider) json.field("clusteringProvider", *add.clustering_provider);
  json.end_object();
}

void write(JsonWriter& json, const RemoveFile& remove) {
  json.key("remove").begin_object().field("path", remove.path);
  if (remove.deletion_timestamp_ms) json.field("deletionTimestamp", *remove.deletion_timestamp_ms);
  json.field("dataChange", remove.data_change);
  if (remove.extended_file_metadata) {
    json.field("extendedFileMetadata", *remove.extended_file_metadata);
    write_map(json, "partitionValues", remove.partition_values);
  }
  if (remove.size) json.field("size", *remove.size);
  if (!remove.tags.empty()) write_map(json, "tags", remove.tags);
  write_vector(json, remove.deletion_vector);
  write_row_ids(json, remove.base_row_id, remove.default_row_commit_version);
  json.end_object();
}

void write(JsonWriter& json, const SetTransaction& transaction) {
  json.key("txn").begin_object().field("appId", transaction.app_id);
  json.field("version", transaction.version);
  if (transaction.last_updated_ms) json.field("lastUpdated", *transaction.last_updated_ms);
  json.end_object();
}

void write(JsonWriter& json, const CommitInfo& info) { json.key("commitInfo").raw(info.json); }

void write(JsonWriter& json, const DomainMetadata& domain) {
  json.key("domainMetadata").begin_object().field("domain", domain.domain);
  json.field("configuration", domain.configuration).field("removed", domain.removed);
  json.end_object();
}

}  // namespace

std::string DeletionVector::unique_id() const {
  std::string id = storage_type + path_or_inline;
  if (offset) id.append("@").append(std::to_string(*offset));
  return id;
}

std::string to_json(const CdcFile& file) {
  JsonWriter json;
  json.begin_object().key("cdc").begin_object().field("path", file.path);
  write_map(json, "partitionValues", file.partition_values);
  json.field("size", file.size).field("dataChange", false);
  json.end_object().end_object();
  return json.take();
}

std::string to_json(const Action& action) {
  JsonWriter json;
  json.begin_object();
  std::visit([&](const auto& each) { write(json, each); }, action);
  json.end_object();
  return json.take();
}

}  // namespace foz::delta
