// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The actions of a commit.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#actions
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "delta/types.h"

namespace foz::delta {

struct Protocol {
  int min_reader_version = 1;
  int min_writer_version = 2;
  std::vector<std::string> reader_features = {}, writer_features = {};
  bool operator==(const Protocol&) const = default;
};

struct Metadata {
  std::string id;
  std::optional<std::string> name, description;
  std::string schema_string;
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> configuration;
  std::optional<int64_t> created_time_ms;
  bool operator==(const Metadata&) const = default;
};

struct DeletionVector {
  std::string storage_type;  // "u", "i" or "p"
  std::string path_or_inline;
  std::optional<int32_t> offset = {};
  int32_t size_bytes = 0;
  int64_t cardinality = 0;
  std::string unique_id() const;
  bool operator==(const DeletionVector&) const = default;
};

// A logical file is (path, deletion vector). Immutable once in a snapshot.
struct AddFile {
  std::string path =
      {};  // as in the log: percent-encoded, relative to the table unless it has a scheme
  std::map<std::string, std::optional<std::string>> partition_values = {};
  int64_t size = 0;
  int64_t modification_time_ms = 0;
  bool data_change = true;
  std::string stats = {};  // JSON text; empty when missing
  std::map<std::string, std::string> tags = {};
  std::optional<DeletionVector> deletion_vector = {};
  std::optional<int64_t> base_row_id = {}, default_row_commit_version = {};
  std::optional<std::string> clustering_provider = {};
};

struct RemoveFile {
  std::string path = {};
  std::optional<int64_t> deletion_timestamp_ms = {};
  bool data_change = true;
  std::optional<bool> extended_file_metadata = {};
  std::map<std::string, std::optional<std::string>> partition_values = {};
  std::optional<int64_t> size = {};
  std::map<std::string, std::string> tags = {};
  std::optional<DeletionVector> deletion_vector = {};
  std::optional<int64_t> base_row_id = {}, default_row_commit_version = {};
};

// Rows of the change data feed. Only the commit itself holds it: no snapshot and no checkpoint
// does.
struct CdcFile {
  std::string path = {};
  std::map<std::string, std::optional<std::string>> partition_values = {};
  int64_t size = 0;
};

struct SetTransaction {
  std::string app_id = {};
  int64_t version = 0;
  std::optional<int64_t> last_updated_ms = {};
  bool operator==(const SetTransaction&) const = default;
};

struct CommitInfo {
  std::string json = {};  // the object as written
};

struct DomainMetadata {
  std::string domain = {};
  std::string configuration = {};
  bool removed = false;
};

// Those of a snapshot. cdc, sidecar, checkpointMetadata and unknown actions are not among them.
using Action = std::variant<Protocol, Metadata, AddFile, RemoveFile, SetTransaction, CommitInfo,
                            DomainMetadata>;

// One commit file: a JSON object a line. Blank lines, CRLF and objects laid out over lines are
// accepted, unknown actions and fields ignored; anything else is kCorrupt with the line number.
Result<std::vector<Action>> parse_commit(std::string_view text);
std::string to_json(const Action& action);
std::string to_json(const CdcFile& file);

}  // namespace foz::delta
