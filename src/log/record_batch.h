// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Kafka's record batch, format version 2 ("magic 2"), the unit that producers send and segments
// keep byte for byte. https://kafka.apache.org/documentation/#recordbatch
//
//    0 baseOffset int64            8 batchLength int32 (bytes after this field)
//   12 partitionLeaderEpoch int32 16 magic int8 = 2         17 crc uint32 (CRC-32C of everything
//   from 21) 21 attributes int16           23 lastOffsetDelta int32  27 baseTimestamp int64   35
//   maxTimestamp int64 43 producerId int64           51 producerEpoch int16    53 baseSequence
//   int32    57 recordCount int32 61 records: each with varint length, attributes int8,
//   timestampDelta varlong, offsetDelta varint,
//      key, value (varint length, -1 is null), headers. Compressed as one block after byte 61 if
//      attributes say so.
//
// baseOffset and partitionLeaderEpoch stand outside the CRC: the log sets them in place.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "log/types.h"

namespace foz::log {

enum class Compression : int8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };

inline constexpr size_t kBatchHeaderBytes = 61;
// A batch that unpacks to more is refused: outside bytes decide no allocation.
inline constexpr size_t kMaxUnpackedBytes = 256u << 20;

// The fixed part, decoded. Trusts nothing: see parse_batch.
struct BatchHeader {
  Offset base_offset;
  int32_t batch_length = 0;
  int32_t leader_epoch = 0;
  uint32_t crc = 0;
  int16_t attributes = 0;
  int32_t last_offset_delta = 0;
  int64_t base_timestamp_ms = 0;
  int64_t max_timestamp_ms = 0;
  int64_t producer_id = -1;
  int16_t producer_epoch = -1;
  int32_t base_sequence = -1;
  int32_t record_count = 0;

  size_t size() const { return static_cast<size_t>(batch_length) + 12; }
  Offset last_offset() const { return base_offset + last_offset_delta; }
  Offset next_offset() const { return base_offset + last_offset_delta + 1; }
  Compression compression() const { return static_cast<Compression>(attributes & 7); }
  bool log_append_time() const { return (attributes & 8) != 0; }
  bool transactional() const { return (attributes & 16) != 0; }
  bool control() const { return (attributes & 32) != 0; }
};

// Reads the header at the front of `bytes` and checks magic, lengths and ranges. kInvalid names the
// field. Needs only the first kBatchHeaderBytes; the CRC is not looked at.
Result<BatchHeader> parse_batch_header(Bytes bytes);
// The same with the whole batch: its length must fit and its CRC must match (kCorrupt).
Result<BatchHeader> parse_batch(Bytes bytes);

struct RecordHeader {
  std::string_view key;
  std::optional<Bytes> value;
};

// Views into the unpacked batch.
struct Record {
  Offset offset;
  int64_t timestamp_ms = 0;
  std::optional<Bytes> key;
  std::optional<Bytes> value;
  std::vector<RecordHeader> headers;
};

// Walks the records of one whole, checked batch, unpacking it first where it is compressed. A batch
// whose CRC is right may still be nonsense inside (a producer wrote it so): next() then fails with
// kCorrupt and never reads outside. `record` is reused by the caller between calls; its views live
// as long as the reader and the batch.
class RecordReader {
 public:
  static Result<RecordReader> open(Bytes batch);
  // False after the last record.
  Result<bool> next(Record& record);
  const BatchHeader& header() const { return header_; }

 private:
  RecordReader(BatchHeader header, std::string unpacked, Bytes records);
  BatchHeader header_;
  std::unique_ptr<std::string> unpacked_;  // stable address: views outlive a move of the reader
  ByteReader reader_;
  int32_t left_ = 0;
  int64_t least_delta_ = 0;  // the next record's offset delta is at least this
};

// Builds a batch: for our own topics, tests and the demo. Offsets are set by the log.
struct NewRecord {
  int64_t timestamp_ms = 0;
  std::optional<std::string> key = {};
  std::optional<std::string> value = {};
  std::vector<std::pair<std::string, std::optional<std::string>>> headers = {};
};
struct BatchOptions {
  Compression compression = Compression::kNone;
  int64_t producer_id = -1;
  int16_t producer_epoch = -1;
  int32_t base_sequence = -1;
  int16_t extra_attributes = 0;
};
Result<std::string> build_batch(const std::vector<NewRecord>& records,
                                const BatchOptions& options = {});

// A transaction's marker: a control batch of one record, whose key is version int16 = 0 and type
// int16 (0 aborts, 1 commits), whose value version int16 = 0 and the coordinator's epoch int32.
std::string build_marker(int64_t producer_id, int16_t producer_epoch, bool commit,
                         int64_t timestamp_ms);
// True: the transaction was committed; false: aborted; nothing: no marker.
std::optional<bool> parse_marker(Bytes control_batch);

// Sets the two fields outside the CRC. `batch` holds a whole batch.
void place_batch(std::span<std::byte> batch, Offset base_offset, int32_t leader_epoch);

}  // namespace foz::log
