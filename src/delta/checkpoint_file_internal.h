// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// One Parquet file of a checkpoint, row by row.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#checkpoints
#pragma once

#include <arrow/type_fwd.h>

#include <array>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "delta/actions.h"

namespace parquet::arrow {
class FileWriter;
}

namespace foz::delta {

class MemorySink;
class ParsedColumns;

// An action of v2 checkpoints: a Parquet file in `_delta_log/_sidecars`.
struct SidecarFile {
  std::string path;  // its bare name
  int64_t size = 0;
  int64_t modification_time_ms = 0;
};

enum class CheckpointPart {
  kWhole,    // a classic checkpoint: every action
  kMain,     // of a v2 checkpoint: no file actions, but their columns
  kSidecar,  // of a v2 checkpoint: file actions alone
};

// Streams actions into a Parquet file in memory; what waits uncompressed is bounded by a row group.
// Calls are made inside guard_parquet().
class CheckpointFile {
 public:
  // `parsed`, if there are any, must outlive it. Without `json` statistics are in columns alone.
  explicit CheckpointFile(CheckpointPart part, const ParsedColumns* parsed = nullptr,
                          bool json = true);
  ~CheckpointFile();
  Status open();
  Status add(const SetTransaction& action);
  Status add(const AddFile& action);
  Status add(const RemoveFile& action);
  Status add(const Metadata& action);
  Status add(const Protocol& action);
  Status add(const DomainMetadata& action);
  Status add(const SidecarFile& action);
  Status add_version(Version version);  // the action checkpointMetadata
  // The file, which is there as long as this is.
  Result<Bytes> finish();
  int64_t rows() const { return rows_; }

 private:
  template <class Item>
  Status append(size_t column, const Item& action);
  Status flush();

  const ParsedColumns* parsed_;
  const bool json_;
  const std::shared_ptr<arrow::Schema> schema_;
  std::vector<size_t> columns_;  // where each kind of action stands in the file
  std::shared_ptr<MemorySink> sink_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders_;
  int64_t waiting_ = 0, rows_ = 0;
};

}  // namespace foz::delta
