// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// `foz table read`: rows of a version, or the changes of some.
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/row_sink.h"
#include "cli/table_commands.h"
#include "cli/table_place.h"
#include "cli/table_version.h"
#include "delta/data_file.h"

namespace foz::cli {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdout) std::fclose(file);
  }
};

using FilePtr = std::unique_ptr<std::FILE, CloseFile>;

Result<FilePtr> open_output(const ReadOptions& options) {
  FilePtr file(options.output.empty() ? stdout : std::fopen(options.output.c_str(), "wb"));
  if (file) return file;
  return Error(ErrorCode::kIo,
               fmt::format("cannot write {}: {}", options.output, std::strerror(errno)));
}

Status read_rows(const delta::Table& table, const ReadOptions& options) {
  const delta::SnapshotPtr snapshot = TRY(snapshot_at(table, options.at));
  const FilePtr file = TRY(open_output(options));
  const auto sink = TRY(open_row_sink(options.format, file.get(), snapshot->arrow_schema()));
  Status status;
  snapshot->each_file([&](const std::shared_ptr<const delta::AddFile>& add) {
    status = delta::read_data_file(
        table, *snapshot, *add, {},
        [&](const std::shared_ptr<arrow::RecordBatch>& batch) { return sink->write(batch); });
    return status.has_value();
  });
  TRY(std::move(status));
  return sink->finish();
}

}  // namespace

Status run_table_read(const ReadOptions& options) {
  const auto place = TRY(open_place(options.path));
  return read_rows(*place->table, options);
}

}  // namespace foz::cli
