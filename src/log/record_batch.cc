// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "log/record_batch.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "base/crc32c.h"
#include "log/compression_internal.h"

namespace foz::log {
namespace {

constexpr int8_t kMagic = 2;
constexpr size_t kCrcStart = 21;
constexpr auto kMaxInt32 = static_cast<size_t>(std::numeric_limits<int32_t>::max());

Error corrupt(std::string_view what) {
  return Error(ErrorCode::kCorrupt, "record batch: " + std::string(what));
}

// Timestamps are a producer's own numbers: sums may wrap, but must not be undefined.
int64_t wrapping_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

int64_t wrapping_subtract(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

// A varint length, -1 for null, and so many bytes.
std::optional<Bytes> nullable_bytes(ByteReader& reader) {
  const int32_t length = reader.varint();
  if (length == -1) return std::nullopt;
  if (length < 0) {
    reader.fail();
    return std::nullopt;
  }
  return reader.bytes(static_cast<size_t>(length));
}

void put_nullable(ByteWriter& writer, const std::optional<std::string>& text) {
  writer.varint(text ? static_cast<int32_t>(text->size()) : -1);
  if (text) writer.text(*text);
}

}  // namespace

Result<BatchHeader> parse_batch_header(Bytes bytes) {
  if (bytes.size() < kBatchHeaderBytes) return invalid("record batch: shorter than its header");
  const auto magic = load_big<int8_t>(bytes.data() + 16);
  if (magic != kMagic) {
    return invalid("record batch: magic " + std::to_string(magic) + ", only 2 is understood");
  }
  ByteReader reader(bytes);
  BatchHeader header;
  header.base_offset = Offset(reader.big<int64_t>());
  header.batch_length = reader.big<int32_t>();
  header.leader_epoch = reader.big<int32_t>();
  reader.skip(1);
  header.crc = reader.big<uint32_t>();
  header.attributes = reader.big<int16_t>();
  header.last_offset_delta = reader.big<int32_t>();
  header.base_timestamp_ms = reader.big<int64_t>();
  header.max_timestamp_ms = reader.big<int64_t>();
  header.producer_id = reader.big<int64_t>();
  header.producer_epoch = reader.big<int16_t>();
  header.base_sequence = reader.big<int32_t>();
  header.record_count = reader.big<int32_t>();

  constexpr auto kLeast = static_cast<int32_t>(kBatchHeaderBytes - 12);
  if (header.batch_length < kLeast) return invalid("record batch: batchLength out of range");
  if (header.last_offset_delta < 0) return invalid("record batch: lastOffsetDelta is negative");
  if (header.base_offset.value() < 0 ||
      header.base_offset.value() >
          std::numeric_limits<int64_t>::max() - header.last_offset_delta - 1) {
    return invalid("record batch: baseOffset out of range");
  }
  if (header.record_count < 0 || header.record_count - 1 > header.last_offset_delta) {
    return invalid("record batch: recordCount out of range");
  }
  if (header.compression() > Compression::kZstd) {
    return invalid("record batch: attributes name no known compression");
  }
  return header;
}

Result<BatchHeader> parse_batch(Bytes bytes) {
  const BatchHeader header = TRY(parse_batch_header(bytes));
  if (header.size() > bytes.size()) {
    return invalid("record batch: batchLength goes beyond the bytes at hand");
  }
  if (crc32c(bytes.subspan(kCrcStart, header.size() - kCrcStart)) != header.crc) {
    return corrupt("the CRC does not match");
  }
  return header;
}

RecordReader::RecordReader(BatchHeader header, std::string unpacked, Bytes records)
    : header_(header),
      unpacked_(header.compression() == Compression::kNone
                    ? nullptr
                    : std::make_unique<std::string>(std::move(unpacked))),
      reader_(unpacked_ ? as_bytes(*unpacked_) : records),
      left_(header.record_count) {}

Result<RecordReader> RecordReader::open(Bytes batch) {
  const BatchHeader header = TRY(parse_batch_header(batch));
  if (header.size() > batch.size()) {
    return invalid("record batch: batchLength goes beyond the bytes at hand");
  }
  const Bytes records = batch.subspan(kBatchHeaderBytes, header.size() - kBatchHeaderBytes);
  std::string unpacked;
  if (header.compression() != Compression::kNone && header.record_count > 0) {
    unpacked = TRY(unpack(header.compression(), records, kMaxUnpackedBytes));
  }
  return RecordReader(header, std::move(unpacked), records);
}

Result<bool> RecordReader::next(Record& record) {
  if (left_ == 0) {
    if (reader_.remaining() > 0) return corrupt("bytes are left after the last record");
    return false;
  }
  const int32_t length = reader_.varint();
  if (length < 0 || !reader_.ok()) return corrupt("a record's length is malformed");
  const Bytes body = reader_.bytes(static_cast<size_t>(length));
  if (!reader_.ok()) return corrupt("a record goes beyond its batch");

  ByteReader fields(body);
  fields.skip(1);  // attributes: none are defined
  const int64_t timestamp_delta = fields.varlong();
  const int32_t offset_delta = fields.varint();
  record.key = nullable_bytes(fields);
  record.value = nullable_bytes(fields);
  const int32_t headers = fields.varint();
  // A header takes two bytes at least.
  if (!fields.ok() || headers < 0 || static_cast<size_t>(headers) > fields.remaining() / 2) {
    return corrupt("a record is malformed");
  }
  record.headers.clear();
  for (int32_t i = 0; i < headers; ++i) {
    const int32_t key_length = fields.varint();
    if (key_length < 0) fields.fail();
    const Bytes key = fields.bytes(static_cast<size_t>(std::max(key_length, 0)));
    record.headers.push_back({as_text(key), nullable_bytes(fields)});
  }
  if (!fields.ok() || fields.remaining() > 0) return corrupt("a record is malformed");
  // Strictly upwards within the batch: what readers count on as the partition's order.
  if (offset_delta < least_delta_ || offset_delta > header_.last_offset_delta) {
    return corrupt("a record's offset is out of order");
  }
  least_delta_ = int64_t{offset_delta} + 1;
  record.offset = header_.base_offset + offset_delta;
  record.timestamp_ms = header_.log_append_time()
                            ? header_.max_timestamp_ms
                            : wrapping_add(header_.base_timestamp_ms, timestamp_delta);
  --left_;
  return true;
}

Result<std::string> build_batch(const std::vector<NewRecord>& records,
                                const BatchOptions& options) {
  if (records.empty()) return invalid("record batch: no records");
  const int64_t base = records.front().timestamp_ms;
  int64_t newest = base;
  ByteWriter body;
  ByteWriter one;
  for (size_t i = 0; i < records.size(); ++i) {
    const NewRecord& record = records[i];
    newest = std::max(newest, record.timestamp_ms);
    one = ByteWriter();
    one.big<int8_t>(0);
    one.varlong(wrapping_subtract(record.timestamp_ms, base));
    one.varint(static_cast<int32_t>(i));
    put_nullable(one, record.key);
    put_nullable(one, record.value);
    one.varint(static_cast<int32_t>(record.headers.size()));
    for (const auto& [key, value] : record.headers) {
      one.varint(static_cast<int32_t>(key.size()));
      one.text(key);
      put_nullable(one, value);
    }
    if (one.size() + body.size() > kMaxUnpackedBytes) return invalid("record batch: too large");
    body.varint(static_cast<int32_t>(one.size()));
    body.text(one.buffer());
  }
  std::string records_bytes = body.take();
  if (options.compression != Compression::kNone) {
    records_bytes = TRY(pack(options.compression, as_bytes(records_bytes)));
  }
  if (records_bytes.size() > kMaxInt32 - kBatchHeaderBytes) {
    return invalid("record batch: too large");
  }

  ByteWriter batch;
  batch.big<int64_t>(0);
  batch.big(static_cast<int32_t>(kBatchHeaderBytes - 12 + records_bytes.size()));
  batch.big<int32_t>(0);
  batch.big(kMagic);
  batch.big<uint32_t>(0);
  batch.big(
      static_cast<int16_t>(static_cast<int16_t>(options.compression) | options.extra_attributes));
  batch.big(static_cast<int32_t>(records.size() - 1));
  batch.big(base);
  batch.big(newest);
  batch.big(options.producer_id);
  batch.big(options.producer_epoch);
  batch.big(options.base_sequence);
  batch.big(static_cast<int32_t>(records.size()));
  batch.text(records_bytes);
  const Bytes checked = as_bytes(batch.buffer()).subspan(kCrcStart);
  store_big(batch.at(17), crc32c(checked));
  return batch.take();
}

std::string build_marker(int64_t producer_id, int16_t producer_epoch, bool commit,
                         int64_t timestamp_ms) {
  ByteWriter key;
  key.big<int16_t>(0);
  key.big(static_cast<int16_t>(commit ? 1 : 0));
  ByteWriter value;
  value.big<int16_t>(0);
  value.big<int32_t>(0);
  auto batch = build_batch(
      {{.timestamp_ms = timestamp_ms, .key = key.take(), .value = value.take()}},
      {.producer_id = producer_id, .producer_epoch = producer_epoch, .extra_attributes = 16 | 32});
  CHECK(batch);
  return *std::move(batch);
}

std::optional<bool> parse_marker(Bytes control_batch) {
  auto reader = RecordReader::open(control_batch);
  Record record;
  if (!reader) return std::nullopt;
  const auto more = reader->next(record);
  if (!more || !*more || !record.key || record.key->size() < 4) return std::nullopt;
  const auto type = load_big<int16_t>(record.key->data() + 2);
  return type == 0 || type == 1 ? std::optional(type == 1) : std::nullopt;
}

void place_batch(std::span<std::byte> batch, Offset base_offset, int32_t leader_epoch) {
  CHECK(batch.size() >= kBatchHeaderBytes);
  store_big(batch.data(), base_offset.value());
  store_big(batch.data() + 12, leader_epoch);
}

}  // namespace foz::log
