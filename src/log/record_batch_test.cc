// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "log/record_batch.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <limits>

#include "base/crc32c.h"
#include "log/compression_internal.h"

namespace foz::log {
namespace {

constexpr Compression kCodecs[] = {Compression::kNone, Compression::kGzip, Compression::kSnappy,
                                   Compression::kLz4, Compression::kZstd};

std::string golden(const std::string& name) {
  std::ifstream file("src/log/testdata/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::span<std::byte> writable(std::string& text) {
  return {reinterpret_cast<std::byte*>(text.data()), text.size()};
}

void fix_crc(std::string& batch) {
  store_big(writable(batch).data() + 17, crc32c(as_bytes(batch).subspan(21)));
}

// What testdata/capture.py wrote.
void expect_captured_records(const std::string& batch) {
  const auto header = parse_batch(as_bytes(batch));
  ASSERT_TRUE(header) << header.error().message();
  EXPECT_EQ(header->record_count, 100);
  auto reader = RecordReader::open(as_bytes(batch));
  ASSERT_TRUE(reader) << reader.error().message();
  Record record;
  for (int i = 0; i < 100; ++i) {
    const auto more = reader->next(record);
    ASSERT_TRUE(more) << more.error().message();
    ASSERT_TRUE(*more);
    EXPECT_EQ(record.offset, Offset(i));
    EXPECT_EQ(record.timestamp_ms, 1'700'000'000'000 + i * 3 - (i % 5));
    ASSERT_EQ(record.key.has_value(), i % 10 != 0);
    if (record.key) {
      EXPECT_EQ(as_text(*record.key), "key-" + std::to_string(i));
    }
    ASSERT_EQ(record.value.has_value(), i % 7 != 0);
    if (record.value) {
      EXPECT_EQ(as_text(*record.value), "{\"n\":" + std::to_string(i) + ",\"text\":\"" +
                                            std::string(static_cast<size_t>(i), 'x') + "\"}");
    }
    ASSERT_EQ(record.headers.size(), i % 3 == 0 ? 2u : 0u);
    if (i % 3 == 0) {
      EXPECT_EQ(record.headers[0].key, "trace");
      EXPECT_EQ(as_text(*record.headers[0].value), std::to_string(i));
      EXPECT_EQ(record.headers[1].key, "empty");
      EXPECT_FALSE(record.headers[1].value);
    }
  }
  EXPECT_FALSE(reader->next(record).value());
}

TEST(RecordBatch, ReadsWhatAnotherClientWrote) {
  for (const char* codec : {"none", "gzip", "snappy", "lz4", "zstd"}) {
    SCOPED_TRACE(codec);
    expect_captured_records(golden(std::string("kafka_python_") + codec + ".batch"));
  }
}

TEST(RecordBatch, ReadsTheProducersFields) {
  const std::string batch = golden("kafka_python_transactional.batch");
  const auto header = parse_batch(as_bytes(batch));
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->transactional());
  EXPECT_FALSE(header->control());
  EXPECT_EQ(header->producer_id, 4711);
  EXPECT_EQ(header->producer_epoch, 3);
  EXPECT_EQ(header->base_sequence, 2147483600);
  EXPECT_EQ(header->last_offset_delta, 99);
  expect_captured_records(batch);
}

TEST(RecordBatch, ReadsRawSnappyToo) {
  const std::string framed = golden("kafka_python_snappy.batch");
  const auto plain =
      unpack(Compression::kSnappy, as_bytes(framed).subspan(kBatchHeaderBytes), 1 << 20);
  ASSERT_TRUE(plain);
  // One raw block of literals only: length, then literals of at most 60 bytes.
  std::string block;
  for (size_t left = plain->size(); true; left >>= 7) {
    block.push_back(static_cast<char>((left & 0x7f) | (left >= 0x80 ? 0x80 : 0)));
    if (left < 0x80) break;
  }
  for (size_t at = 0; at < plain->size(); at += 60) {
    const size_t count = std::min<size_t>(60, plain->size() - at);
    block.push_back(static_cast<char>((count - 1) << 2));
    block.append(*plain, at, count);
  }
  std::string batch = framed.substr(0, kBatchHeaderBytes) + block;
  store_big(writable(batch).data() + 8, static_cast<int32_t>(batch.size() - 12));
  fix_crc(batch);
  expect_captured_records(batch);
}

// The same records built by us have the same bytes, where the codec leaves no choice.
TEST(RecordBatch, BuildsWhatAnotherClientBuilds) {
  std::vector<NewRecord> records;
  for (int i = 0; i < 100; ++i) {
    NewRecord record{.timestamp_ms = 1'700'000'000'000 + i * 3 - (i % 5)};
    if (i % 10 != 0) record.key = "key-" + std::to_string(i);
    if (i % 7 != 0) {
      record.value = "{\"n\":" + std::to_string(i) + ",\"text\":\"" +
                     std::string(static_cast<size_t>(i), 'x') + "\"}";
    }
    if (i % 3 == 0) record.headers = {{"trace", std::to_string(i)}, {"empty", std::nullopt}};
    records.push_back(std::move(record));
  }
  EXPECT_EQ(build_batch(records).value(), golden("kafka_python_none.batch"));
  for (const Compression codec : kCodecs) {
    const auto batch = build_batch(records, {.compression = codec});
    ASSERT_TRUE(batch);
    expect_captured_records(*batch);
  }
}

TEST(RecordBatch, TakesLargeBatchesThroughEveryCodec) {
  std::vector<NewRecord> records(3000);
  uint64_t noise = 1;
  for (NewRecord& record : records) {
    record.value.emplace();
    for (int i = 0; i < 100; ++i) {
      noise = noise * 6364136223846793005u + 1442695040888963407u;
      record.value->append(reinterpret_cast<const char*>(&noise), i % 3 == 0 ? 8 : 1);
    }
  }
  for (const Compression codec : kCodecs) {
    const std::string batch = build_batch(records, {.compression = codec}).value();
    auto opened = RecordReader::open(as_bytes(batch));
    ASSERT_TRUE(opened) << opened.error().message();
    RecordReader reader = std::move(*opened);
    Record record;
    for (const NewRecord& expected : records) {
      ASSERT_TRUE(reader.next(record).value());
      ASSERT_EQ(as_text(*record.value), *expected.value);
    }
    EXPECT_FALSE(reader.next(record).value());
  }
}

TEST(RecordBatch, ViewsOutliveAMoveOfTheReader) {
  const std::string batch =
      build_batch({{.value = "a"}, {.value = "b"}}, {.compression = Compression::kZstd}).value();
  auto reader = std::make_unique<RecordReader>(RecordReader::open(as_bytes(batch)).value());
  Record record;
  ASSERT_TRUE(reader->next(record).value());
  const Bytes first = *record.value;
  RecordReader moved = std::move(*reader);
  reader.reset();
  ASSERT_TRUE(moved.next(record).value());
  EXPECT_EQ(as_text(first), "a");
  EXPECT_EQ(as_text(*record.value), "b");
}

TEST(RecordBatch, PlacesWithoutTouchingTheCrc) {
  std::string batch = build_batch({{.value = "a"}, {.value = "b"}}).value();
  place_batch(writable(batch), Offset(1'000'000'000'000), 7);
  const auto header = parse_batch(as_bytes(batch));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->base_offset, Offset(1'000'000'000'000));
  EXPECT_EQ(header->next_offset(), Offset(1'000'000'000'002));
  EXPECT_EQ(header->leader_epoch, 7);
}

TEST(RecordBatch, LogAppendTimeIsEveryRecordsTime) {
  std::string batch = build_batch({{.timestamp_ms = 5}, {.timestamp_ms = 9}}).value();
  store_big(writable(batch).data() + 21, int16_t{8});
  store_big(writable(batch).data() + 35, int64_t{1234});
  fix_crc(batch);
  auto reader = RecordReader::open(as_bytes(batch)).value();
  Record record;
  ASSERT_TRUE(reader.next(record).value());
  EXPECT_EQ(record.timestamp_ms, 1234);
}

TEST(RecordBatch, ADamagedBitIsSeen) {
  const std::string batch = golden("kafka_python_lz4.batch");
  for (size_t at = 16; at < batch.size(); ++at) {
    std::string damaged = batch;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_FALSE(parse_batch(as_bytes(damaged))) << at;
  }
  for (size_t size = 0; size < batch.size(); ++size) {
    EXPECT_EQ(parse_batch(as_bytes(batch).first(size)).error().code(), ErrorCode::kInvalid);
  }
}

// A producer's nonsense under a right CRC: an error, never a read outside (the sanitizers watch).
TEST(RecordBatch, NonsenseInsideIsRefused) {
  for (const char* codec : {"none", "gzip", "snappy", "lz4", "zstd"}) {
    const std::string batch = golden(std::string("kafka_python_") + codec + ".batch");
    int refused = 0;
    for (size_t at = kBatchHeaderBytes; at < batch.size(); ++at) {
      std::string damaged = batch;
      damaged[at] = static_cast<char>(damaged[at] ^ 0xff);
      auto reader = RecordReader::open(as_bytes(damaged));
      Record record;
      while (reader) {
        const auto more = reader->next(record);
        if (!more) {
          EXPECT_EQ(more.error().code(), ErrorCode::kCorrupt);
          ++refused;
          break;
        }
        if (!*more) break;
      }
      refused += !reader;
    }
    EXPECT_GT(refused, 100) << codec;
  }
}

TEST(RecordBatch, ABombIsRefused) {
  for (const Compression codec : kCodecs) {
    if (codec == Compression::kNone) continue;
    const std::string packed = pack(codec, as_bytes(std::string(4 << 20, 'a'))).value();
    EXPECT_EQ(unpack(codec, as_bytes(packed), 1 << 20).error().code(), ErrorCode::kCorrupt);
    EXPECT_EQ(unpack(codec, as_bytes(packed), 4 << 20).value().size(), 4u << 20);
    EXPECT_FALSE(unpack(codec, as_bytes(packed).first(packed.size() - 1), 4 << 20));
    EXPECT_FALSE(unpack(codec, Bytes(), 1 << 20).value_or("x").size() > 1);
  }
}

TEST(RecordBatch, HeaderFieldsOutOfRangeAreNamed) {
  const std::string batch = build_batch({{.value = "a"}}).value();
  const auto with = [&](size_t at, auto value) {
    std::string other = batch;
    store_big(writable(other).data() + at, value);
    return parse_batch_header(as_bytes(other)).error().message();
  };
  EXPECT_THAT(with(0, int64_t{-1}), testing::HasSubstr("baseOffset"));
  EXPECT_THAT(with(0, std::numeric_limits<int64_t>::max()), testing::HasSubstr("baseOffset"));
  EXPECT_THAT(with(8, int32_t{48}), testing::HasSubstr("batchLength"));
  EXPECT_THAT(with(8, int32_t{-1}), testing::HasSubstr("batchLength"));
  EXPECT_THAT(with(16, int8_t{1}), testing::HasSubstr("magic"));
  EXPECT_THAT(with(21, int16_t{5}), testing::HasSubstr("compression"));
  EXPECT_THAT(with(23, int32_t{-1}), testing::HasSubstr("lastOffsetDelta"));
  EXPECT_THAT(with(57, int32_t{2}), testing::HasSubstr("recordCount"));
  EXPECT_THAT(with(57, int32_t{-1}), testing::HasSubstr("recordCount"));
}

}  // namespace
}  // namespace foz::log
