// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>

#include "log/record_batch.h"
#include "pipeline/topic_reader_internal.h"

namespace foz::pipeline {

namespace {

constexpr int64_t kLeastShare = 64 << 10;  // of one partition in one read

const arrow::Int64Array& offsets_of(const arrow::RecordBatch& rows) {
  const auto column = rows.GetColumnByName("offset");
  CHECK(column && column->type_id() == arrow::Type::INT64);
  return static_cast<const arrow::Int64Array&>(*column);
}

}  // namespace

// A batch may unpack to a hundred times its size: batches are taken until they fill the share.
Result<int64_t> TopicReader::read_partition(log::PartitionId partition, int64_t from, int64_t limit,
                                            int64_t max_bytes, Cut& cut) {
  auto read = TRY(log_.read({topic_.id, partition}, log::Offset(from),
                            static_cast<size_t>(std::max<int64_t>(max_bytes, 1)),
                            log::Isolation::kCommitted));
  int64_t size = 0;
  for (const log::BatchSlice& slice : read.slices) size += static_cast<int64_t>(slice.bytes.size());
  TRY(decoder_->expect(size));
  log::AbortedBatches aborted(std::move(read.aborted));
  const int64_t before = decoder_->bytes();
  int64_t reached = from;
  for (const log::BatchSlice& slice : read.slices) {
    Bytes rest = slice.bytes;
    while (!rest.empty()) {
      const log::BatchHeader header = TRY(log::parse_batch_header(rest));
      const Bytes batch = rest.first(std::min(header.size(), rest.size()));
      rest = rest.subspan(batch.size());
      if (header.transactional() && (header.control() || aborted.contains(header))) [[unlikely]] {
        (header.control() ? cut.passed.control_batches : cut.passed.aborted_records) +=
            header.record_count;
        cut.bytes += static_cast<int64_t>(batch.size());
        reached = std::clamp(header.next_offset().value(), reached, limit);
        continue;
      }
      const auto done =
          decoder_->append(partition, {slice.owner, batch}, log::Offset(from), log::Offset(limit));
      // What is there must be taken first.
      if (!done && done.error().code() == ErrorCode::kOverloaded && decoder_->rows() > 0) {
        return reached;
      }
      TRY(done);
      cut.bytes += static_cast<int64_t>(batch.size());
      reached = std::clamp(header.next_offset().value(), reached, limit);
      if (decoder_->bytes() - before >= max_bytes) return reached;
    }
  }
  return std::min(read.next.value(), limit);
}

Result<Cut> TopicReader::read(std::vector<int64_t> from, const std::vector<int64_t>& limits,
                              int64_t max_bytes) {
  Cut cut{from, from, nullptr};
  int64_t left = 0;
  for (size_t p = 0; p < from.size(); ++p) left += from[p] < limits[p];
  for (size_t p = 0; p < from.size(); ++p) {
    if (from[p] >= limits[p]) continue;
    const int64_t share =
        std::max(kLeastShare, (max_bytes - std::max(cut.bytes, decoder_->bytes())) / left--);
    auto next =
        read_partition(log::PartitionId(static_cast<int32_t>(p)), from[p], limits[p], share, cut);
    if (!next) {
      decoder_ =
          std::make_unique<table::BronzeDecoder>(topic_.name);  // forgets what it has of this cut
      return std::move(next.error())
          .within("topic " + topic_.name + " partition " + std::to_string(p));
    }
    cut.to[p] = *next;
  }
  cut.bytes = std::max(cut.bytes, decoder_->bytes());
  cut.rows = TRY(decoder_->finish());
  return cut;
}

Result<TopicReader::OldRows> TopicReader::read_old(const table::Root& root,
                                                   log::PartitionId partition, int64_t from,
                                                   int64_t to, int64_t max_rows) const {
  OldRows out{nullptr, to};
  out.rows = TRY(table::read_old_records(root, topic_, partition, log::Offset(from),
                                         log::Offset(to), max_rows));
  if (!out.rows || out.rows->num_rows() == 0) return OldRows{nullptr, to};
  // Fewer than asked for: bronze has no more below `to`.
  if (out.rows->num_rows() >= max_rows)
    out.next = offsets_of(*out.rows).Value(out.rows->num_rows() - 1) + 1;
  return out;
}

std::optional<int64_t> TopicReader::timestamp_ms(const table::Root& root,
                                                 log::PartitionId partition, int64_t offset) const {
  const auto first_timestamp = [](const Batch& rows) -> std::optional<int64_t> {
    if (!rows || rows->num_rows() == 0) return std::nullopt;
    const auto times =
        std::static_pointer_cast<arrow::TimestampArray>(rows->GetColumnByName("timestamp"));
    return times->IsNull(0) ? std::nullopt : std::optional(times->Value(0) / 1000);
  };
  table::BronzeDecoder decoder(topic_.name);
  if (auto read =
          log_.read({topic_.id, partition}, log::Offset(offset), 1, log::Isolation::kCommitted);
      read) {
    log::AbortedBatches aborted(std::move(read->aborted));
    for (const log::BatchSlice& slice : read->slices) {
      const auto header = log::parse_batch_header(slice.bytes);
      if (header && header->transactional() && aborted.contains(*header)) return std::nullopt;
      if (!decoder.append(partition, slice, log::Offset(offset), log::Offset(offset + 1)))
        return std::nullopt;
    }
    const auto rows = decoder.finish();
    return rows ? first_timestamp(*rows) : std::nullopt;
  }
  const auto old = read_old(root, partition, offset, offset + 1, 1);
  return old ? first_timestamp(old->rows) : std::nullopt;
}

Result<Batch> rows_from(const Cut& cut, const std::vector<int64_t>& next) {
  bool whole = true;
  for (size_t p = 0; p < cut.from.size(); ++p) whole &= next[p] <= cut.from[p];
  if (whole) return cut.rows;
  const auto partitions =
      std::static_pointer_cast<arrow::Int32Array>(cut.rows->GetColumnByName("partition"));
  const arrow::Int64Array& offsets = offsets_of(*cut.rows);
  std::vector<int32_t> rows;
  for (int64_t row = 0; row < cut.rows->num_rows(); ++row) {
    const auto partition = static_cast<size_t>(partitions->Value(row));
    if (offsets.Value(row) >= next[partition]) rows.push_back(static_cast<int32_t>(row));
  }
  return take_rows(cut.rows, rows);
}

}  // namespace foz::pipeline
