// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// `foz table read`: any Delta table to JSON lines, CSV or an Arrow stream, without a server.
#include <arrow/io/interfaces.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/clock.h"
#include "base/random.h"
#include "cli/commands.h"
#include "cli/row_text.h"
#include "delta/data_file.h"
#include "delta/table.h"
#include "store/disk.h"
#include "store/object_store.h"

namespace foz::cli {
namespace {

// Takes batches and writes them in one format.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual Status write(const arrow::RecordBatch& batch) = 0;
  virtual Status finish() = 0;
};

class TextSink final : public RowSink {
 public:
  TextSink(std::FILE* file, bool csv, const arrow::Schema& schema) : file_(file), csv_(csv) {
    if (csv_) append_csv_header(pending_, schema);
  }
  Status write(const arrow::RecordBatch& batch) override {
    csv_ ? append_csv_rows(pending_, batch) : append_json_rows(pending_, batch);
    return flush();
  }
  Status finish() override {
    TRY(flush());
    if (std::fflush(file_) != 0)
      return Error(ErrorCode::kIo, fmt::format("cannot write: {}", std::strerror(errno)));
    return {};
  }

 private:
  Status flush() {
    if (std::fwrite(pending_.data(), 1, pending_.size(), file_) != pending_.size()) {
      return Error(ErrorCode::kIo, fmt::format("cannot write: {}", std::strerror(errno)));
    }
    pending_.clear();
    return {};
  }
  std::FILE* file_;
  bool csv_;
  std::string pending_;
};

Error from_arrow(const arrow::Status& status) {
  return Error(ErrorCode::kIo, "cannot write: " + status.ToString());
}

// Arrow's own stream over a file descriptor asks a pipe where it stands.
class FileStream final : public arrow::io::OutputStream {
 public:
  explicit FileStream(std::FILE* file) : file_(file) {}
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return written_; }
  arrow::Status Write(const void* data, int64_t bytes) override {
    const auto count = static_cast<size_t>(bytes);
    if (std::fwrite(data, 1, count, file_) != count) {
      return arrow::Status::IOError(std::strerror(errno));
    }
    written_ += bytes;
    return arrow::Status::OK();
  }
  arrow::Status Flush() override {
    if (std::fflush(file_) != 0) return arrow::Status::IOError(std::strerror(errno));
    return arrow::Status::OK();
  }

 private:
  std::FILE* file_;
  int64_t written_ = 0;
  bool closed_ = false;
};

class ArrowSink final : public RowSink {
 public:
  static Result<std::unique_ptr<RowSink>> open(std::FILE* file,
                                               const std::shared_ptr<arrow::Schema>& schema) {
    auto out = std::make_shared<FileStream>(file);
    auto writer = arrow::ipc::MakeStreamWriter(out, schema);
    if (!writer.ok()) return from_arrow(writer.status());
    std::unique_ptr<RowSink> sink(new ArrowSink(std::move(out), *writer));
    return sink;
  }
  Status write(const arrow::RecordBatch& batch) override {
    if (const auto status = writer_->WriteRecordBatch(batch); !status.ok())
      return from_arrow(status);
    return {};
  }
  Status finish() override {
    if (const auto status = writer_->Close(); !status.ok()) return from_arrow(status);
    if (const auto status = out_->Flush(); !status.ok()) return from_arrow(status);
    return {};
  }

 private:
  ArrowSink(std::shared_ptr<FileStream> out, std::shared_ptr<arrow::ipc::RecordBatchWriter> writer)
      : out_(std::move(out)), writer_(std::move(writer)) {}
  std::shared_ptr<FileStream> out_;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer_;
};

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdout) std::fclose(file);
  }
};

}  // namespace

Status run_table_read(const ReadOptions& options) {
  const std::string path = TRY(store::local_path(options.path));
  // Opening a store makes its root; reading must not make a folder that a typing error names.
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    if (error && error != std::errc::no_such_file_or_directory)
      return Error(ErrorCode::kDenied, fmt::format("cannot read {}: {}", path, error.message()));
    return Error(ErrorCode::kNotFound, fmt::format("there is no folder {}", path));
  }
  const std::filesystem::path folder =
      std::filesystem::absolute(path + "/.").lexically_normal().parent_path();
  const auto disk = store::make_posix_disk();
  const auto store = TRY(store::open_local_store(*disk, folder.parent_path().string()));
  const SystemClock clock;
  Random random(Random::system_seed());
  const delta::Table table(*store, folder.filename().string(), clock, random);
  const delta::SnapshotPtr snapshot =
      options.version ? TRY(table.at(delta::Version(*options.version))) : TRY(table.latest());

  std::unique_ptr<std::FILE, CloseFile> file(
      options.output.empty() ? stdout : std::fopen(options.output.c_str(), "wb"));
  if (!file)
    return Error(ErrorCode::kIo,
                 fmt::format("cannot write {}: {}", options.output, std::strerror(errno)));
  std::unique_ptr<RowSink> sink;
  if (options.format == "arrow") {
    sink = TRY(ArrowSink::open(file.get(), snapshot->arrow_schema()));
  } else {
    sink =
        std::make_unique<TextSink>(file.get(), options.format == "csv", *snapshot->arrow_schema());
  }

  Status status;
  snapshot->each_file([&](const std::shared_ptr<const delta::AddFile>& add) {
    status = delta::read_data_file(
        table, *snapshot, *add, {},
        [&](const std::shared_ptr<arrow::RecordBatch>& batch) { return sink->write(*batch); });
    return status.has_value();
  });
  TRY(std::move(status));
  return sink->finish();
}

}  // namespace foz::cli
