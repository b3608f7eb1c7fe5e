// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// `foz table read`: rows of a version, or the changes of some.
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "cli/row_sink.h"
#include "cli/table_commands.h"
#include "cli/table_place.h"
#include "cli/table_version.h"
#include "delta/change_feed.h"
#include "delta/data_file.h"
#include "delta/variant.h"

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
  const auto schema = TRY(delta::to_arrow(delta::with_variant_text(snapshot->schema())));
  const auto sink = TRY(open_row_sink(options.format, file.get(), schema));
  Status status;
  snapshot->each_file([&](const std::shared_ptr<const delta::AddFile>& add) {
    status = delta::read_data_file(
        table, *snapshot, *add, {}, [&](std::shared_ptr<arrow::RecordBatch> batch) -> Status {
          return sink->write(TRY(delta::with_variant_text(std::move(batch), snapshot->schema())));
        });
    return status.has_value();
  });
  TRY(std::move(status));
  return sink->finish();
}

// FROM or FROM..TO
Result<std::pair<delta::Version, std::optional<delta::Version>>> version_range(
    std::string_view text) {
  const size_t dots = text.find("..");
  const std::string_view from = text.substr(0, dots);
  const auto number = [](std::string_view digits) -> std::optional<delta::Version> {
    int64_t value = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool whole = parsed.ptr == digits.data() + digits.size() && !digits.empty();
    if (parsed.ec != std::errc() || !whole || value < 0) return std::nullopt;
    return delta::Version(value);
  };
  const auto first = number(from);
  const auto last = dots == text.npos ? std::nullopt : number(text.substr(dots + 2));
  if (!first || (dots != text.npos && !last)) {
    return invalid(fmt::format("--changes wants FROM or FROM..TO, not {}", text));
  }
  return std::pair(*first, last);
}

Result<std::shared_ptr<arrow::Schema>> schema_of(const delta::ChangeFeed& feed) {
  arrow::FieldVector fields =
      TRY(delta::to_arrow(delta::with_variant_text(feed.table_schema())))->fields();
  fields.push_back(arrow::field("_change_type", arrow::utf8()));
  fields.push_back(arrow::field("_commit_version", arrow::int64()));
  fields.push_back(
      arrow::field("_commit_timestamp", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")));
  return arrow::schema(std::move(fields));
}

Status read_changes(const delta::Table& table, const ReadOptions& options) {
  const auto [from, to] = TRY(version_range(options.changes));
  const delta::ChangeFeed feed = TRY(delta::ChangeFeed::open(table, from, to));
  const FilePtr file = TRY(open_output(options));
  const auto schema = TRY(schema_of(feed));
  const auto sink = TRY(open_row_sink(options.format, file.get(), schema));
  TRY(feed.read({}, [&](std::shared_ptr<arrow::RecordBatch> batch) -> Status {
    batch = TRY(delta::with_variant_text(std::move(batch), feed.table_schema()));
    // One schema for all, whichever columns may be null in one batch.
    arrow::ArrayVector columns;
    for (const auto& field : schema->fields()) {
      columns.push_back(batch->GetColumnByName(field->name()));
    }
    return sink->write(arrow::RecordBatch::Make(schema, batch->num_rows(), std::move(columns)));
  }));
  return sink->finish();
}

}  // namespace

Status run_table_read(const ReadOptions& options) {
  const auto place = TRY(open_place(options.path));
  return options.changes.empty() ? read_rows(*place->table, options)
                                 : read_changes(*place->table, options);
}

}  // namespace foz::cli
