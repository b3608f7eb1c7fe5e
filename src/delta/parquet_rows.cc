// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/parquet_rows.h"

#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/util/byte_size.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "delta/parquet_source_internal.h"

namespace foz::delta {
namespace {

constexpr int64_t kGroupBytes = 64 << 20;

}  // namespace

struct ParquetRows::Impl {
  std::unique_ptr<parquet::arrow::FileWriter> writer;
  std::vector<std::shared_ptr<arrow::RecordBatch>> pending = {};
  int64_t bytes = 0;

  Status flush() {
    if (pending.empty()) return {};
    const auto rows = TRY_ARROW(arrow::Table::FromRecordBatches(pending));
    TRY_ARROW(writer->WriteTable(*rows, std::max<int64_t>(rows->num_rows(), 1)));
    pending.clear();
    bytes = 0;
    return {};
  }
};

ParquetRows::ParquetRows(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ParquetRows::~ParquetRows() = default;

Result<std::unique_ptr<ParquetRows>> ParquetRows::open(
    const std::shared_ptr<arrow::Schema>& schema, std::shared_ptr<arrow::io::OutputStream> out) {
  return guard_parquet([&]() -> Result<std::unique_ptr<ParquetRows>> {
    const auto properties = parquet::WriterProperties::Builder()
                                .compression(parquet::Compression::ZSTD)
                                ->created_by("foz")
                                ->build();
    auto impl = std::make_unique<Impl>(TRY_ARROW(parquet::arrow::FileWriter::Open(
        *schema, arrow::default_memory_pool(), std::move(out), properties)));
    return std::unique_ptr<ParquetRows>(new ParquetRows(std::move(impl)));
  });
}

Status ParquetRows::write(std::shared_ptr<arrow::RecordBatch> rows) {
  return guard_parquet([&]() -> Status {
    impl_->bytes += TRY_ARROW(arrow::util::ReferencedBufferSize(*rows));
    impl_->pending.push_back(std::move(rows));
    return impl_->bytes < kGroupBytes ? Status() : impl_->flush();
  });
}

Status ParquetRows::finish() {
  return guard_parquet([&]() -> Status {
    TRY(impl_->flush());
    TRY_ARROW(impl_->writer->Close());
    return {};
  });
}

}  // namespace foz::delta
