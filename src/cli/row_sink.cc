// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "cli/row_sink.h"

#include <arrow/io/interfaces.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "cli/row_text.h"
#include "delta/parquet_rows.h"

namespace foz::cli {
namespace {

class TextSink final : public RowSink {
 public:
  TextSink(std::FILE* file, bool csv, const arrow::Schema& schema) : file_(file), csv_(csv) {
    if (csv_) append_csv_header(pending_, schema);
  }
  Status write(const std::shared_ptr<arrow::RecordBatch>& batch) override {
    csv_ ? append_csv_rows(pending_, *batch) : append_json_rows(pending_, *batch);
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
  Status write(const std::shared_ptr<arrow::RecordBatch>& batch) override {
    if (const auto status = writer_->WriteRecordBatch(*batch); !status.ok())
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

class ParquetSink final : public RowSink {
 public:
  static Result<std::unique_ptr<RowSink>> open(std::FILE* file,
                                               const std::shared_ptr<arrow::Schema>& schema) {
    auto out = std::make_shared<FileStream>(file);
    auto rows = TRY(delta::ParquetRows::open(schema, out));
    std::unique_ptr<RowSink> sink(new ParquetSink(std::move(out), std::move(rows)));
    return sink;
  }
  Status write(const std::shared_ptr<arrow::RecordBatch>& batch) override {
    return rows_->write(batch);
  }
  Status finish() override {
    TRY(rows_->finish());
    if (const auto status = out_->Flush(); !status.ok()) return from_arrow(status);
    return {};
  }

 private:
  ParquetSink(std::shared_ptr<FileStream> out, std::unique_ptr<delta::ParquetRows> rows)
      : out_(std::move(out)), rows_(std::move(rows)) {}
  std::shared_ptr<FileStream> out_;
  std::unique_ptr<delta::ParquetRows> rows_;
};

}  // namespace

Result<std::unique_ptr<RowSink>> open_row_sink(const std::string& format, std::FILE* file,
                                               const std::shared_ptr<arrow::Schema>& schema) {
  if (format == "arrow") return ArrowSink::open(file, schema);
  if (format == "parquet") return ParquetSink::open(file, schema);
  return std::unique_ptr<RowSink>(std::make_unique<TextSink>(file, format == "csv", *schema));
}

}  // namespace foz::cli
