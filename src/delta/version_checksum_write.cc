// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The version checksum: what a table is at a version, in a few hundred bytes beside the commit.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#version-checksum-file
#include <fmt/format.h>

#include "base/json_writer.h"
#include "delta/features_internal.h"
#include "delta/paths_internal.h"
#include "delta/retry_internal.h"
#include "delta/table.h"

namespace foz::delta {
namespace {

// The object inside of {"name":{…}}.
std::string body_of(const Action& action) {
  const std::string json = to_json(action);
  const size_t begin = json.find(':') + 1;
  return json.substr(begin, json.size() - begin - 1);
}

}  // namespace

Status Table::checksum(const SnapshotPtr& snapshot) {
  JsonWriter json;
  json.begin_object();
  json.field("tableSizeBytes", snapshot->total_bytes());
  json.field("numFiles", static_cast<int64_t>(snapshot->file_count()));
  json.field("numMetadata", 1).field("numProtocol", 1);
  if (in_commit_timestamps_enabled(snapshot->protocol(), snapshot->metadata())) {
    json.field("inCommitTimestampOpt", snapshot->timestamp_ms());
  }
  json.key("domainMetadata").begin_array();
  for (const DomainMetadata& domain : snapshot->domains()) json.raw(body_of(domain));
  json.end_array();
  json.key("metadata").raw(body_of(snapshot->metadata()));
  json.key("protocol").raw(body_of(snapshot->protocol()));
  json.end_object();
  const std::string path = log_path(root_, fmt::format("{:020}.crc", snapshot->version().value()));
  // Never replaced: another writer's is as right.
  TRY(retried([&] { return store_->put_if_absent(path, as_bytes(json.text())); }));
  return {};
}

}  // namespace foz::delta
