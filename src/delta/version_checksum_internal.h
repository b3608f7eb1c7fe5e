// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The version checksum: what a writer says the table is at a version, to hold the log against.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#version-checksum-file
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delta/replay_internal.h"
#include "store/object_store.h"

namespace foz::delta {

// Absent fields are not compared.
struct VersionChecksum {
  std::optional<int64_t> files, bytes;
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::optional<std::vector<SetTransaction>> transactions;
  std::optional<std::vector<DomainMetadata>> domains;
  std::optional<std::vector<AddFile>> all_files;
};

// nullopt when the text is no JSON object or a field is not what it should be.
std::optional<VersionChecksum> parse_checksum(std::string_view json);

// kCorrupt names the first thing in which the state, which is finished, differs.
Status compare(const VersionChecksum& checksum, const State& state);

// A checksum that is gone or cannot be read is passed over: it is no part of the table.
Status check_checksum(const store::ObjectStore& store, const std::string& path, const State& state);

}  // namespace foz::delta
