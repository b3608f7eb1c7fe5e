// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "table/bronze.h"

#include <gmock/gmock.h>

#include "base/crc32c.h"
#include "table/bronze_internal.h"
#include "table/committer_internal.h"
#include "table/small_lake_internal.h"

namespace foz::table {
namespace {

using log::Offset;
using log::PartitionId;
using testing::HasSubstr;

constexpr Offset kEnd{int64_t{1} << 62};

std::string batch_at(int64_t base, const std::vector<log::NewRecord>& records,
                     log::BatchOptions options = {}) {
  std::string batch = log::build_batch(records, options).value();
  log::place_batch({reinterpret_cast<std::byte*>(batch.data()), batch.size()}, Offset(base), 0);
  return batch;
}

log::NewRecord record(int64_t timestamp_ms, std::optional<std::string> key,
                      std::optional<std::string> value) {
  log::NewRecord made;
  made.timestamp_ms = timestamp_ms;
  made.key = std::move(key);
  made.value = std::move(value);
  return made;
}

Status append(BronzeDecoder& decoder, int32_t partition, std::string bytes, int64_t from = 0,
              Offset to = kEnd) {
  const auto owner = std::make_shared<const std::string>(std::move(bytes));
  return decoder.append(PartitionId(partition), {owner, as_bytes(*owner)}, Offset(from), to);
}

std::shared_ptr<arrow::RecordBatch> finished(BronzeDecoder& decoder) {
  auto rows = decoder.finish().value();
  EXPECT_TRUE(rows->ValidateFull().ok()) << rows->ValidateFull().ToString();
  return rows;
}

std::string cell(const arrow::RecordBatch& rows, const std::string& column, int64_t row) {
  return (*rows.GetColumnByName(column)->GetScalar(row))->ToString();
}

std::vector<int64_t> offsets_of(const arrow::RecordBatch& rows) {
  const auto& column = static_cast<const arrow::Int64Array&>(*rows.GetColumnByName("offset"));
  return {column.raw_values(), column.raw_values() + column.length()};
}

TEST(BronzeDecoder, HasTheColumnsOfSparksKafkaSource) {
  BronzeDecoder decoder("orders");
  ASSERT_TRUE(append(decoder, 3, batch_at(100, {record(1000, "k", "v"), record(1001, {}, "")})));
  auto with_headers = record(-1, "", std::nullopt);
  with_headers.headers = {{"a", "1"}, {"b", std::nullopt}};
  ASSERT_TRUE(append(decoder, 4, batch_at(7, {with_headers})));
  EXPECT_EQ(decoder.rows(), 3);
  const auto rows = finished(decoder);
  EXPECT_TRUE(rows->schema()->Equals(*bronze_schema()));
  EXPECT_EQ(offsets_of(*rows), (std::vector<int64_t>{100, 101, 7}));
  EXPECT_EQ(cell(*rows, "key", 0), "k");
  EXPECT_EQ(cell(*rows, "key", 1), "null");
  EXPECT_EQ(cell(*rows, "value", 1), "");
  EXPECT_EQ(cell(*rows, "value", 2), "null");
  EXPECT_EQ(cell(*rows, "topic", 2), "orders");
  EXPECT_EQ(cell(*rows, "partition", 1), "3");
  EXPECT_EQ(cell(*rows, "partition", 2), "4");
  EXPECT_EQ(cell(*rows, "timestamp", 1), "1970-01-01 00:00:01.001000Z");
  EXPECT_EQ(cell(*rows, "timestamp", 2), "1969-12-31 23:59:59.999000Z");
  EXPECT_EQ(cell(*rows, "timestampType", 0), "0");
  EXPECT_EQ(cell(*rows, "headers", 1), "null");
  const auto& headers = static_cast<const arrow::ListArray&>(*rows->GetColumnByName("headers"));
  EXPECT_EQ(headers.value_length(2), 2);
  EXPECT_EQ(decoder.rows(), 0);
  EXPECT_EQ(finished(decoder)->num_rows(), 0);
}

TEST(BronzeDecoder, KeepsToTheOffsetsAskedForAndPassesOverControlBatches) {
  BronzeDecoder decoder("t");
  std::string bytes = batch_at(10, {record(1, {}, "a"), record(1, {}, "b"), record(1, {}, "c")});
  log::BatchOptions control;
  control.extra_attributes = 32;
  bytes += batch_at(13, {record(1, "x", "y")}, control);
  bytes += batch_at(14, {record(1, {}, "d"), record(1, {}, "e")});
  ASSERT_TRUE(append(decoder, 0, bytes, 11, Offset(15)));
  EXPECT_EQ(offsets_of(*finished(decoder)), (std::vector<int64_t>{11, 12, 14}));
}

// More than is reserved at a time. Arrow's memory is the sanitizer's with
// ARROW_DEFAULT_MEMORY_POOL=system, as it is in `./dev test`.
TEST(BronzeDecoder, TakesBatchesOfManyRecords) {
  constexpr int64_t kMany = 20'000;
  BronzeDecoder decoder("t");
  ASSERT_TRUE(append(decoder, 1, batch_at(0, std::vector(kMany, record(1, "k", "v")))));
  ASSERT_TRUE(append(decoder, 2, batch_at(0, std::vector(kMany, record(1, "k", "v")))));
  const auto rows = finished(decoder);
  ASSERT_EQ(rows->num_rows(), 2 * kMany);
  EXPECT_EQ(cell(*rows, "partition", kMany - 1), "1");
  EXPECT_EQ(cell(*rows, "partition", kMany), "2");
  EXPECT_EQ(cell(*rows, "offset", 2 * kMany - 1), std::to_string(kMany - 1));
  EXPECT_EQ(cell(*rows, "timestampType", 2 * kMany - 1), "0");
}

TEST(BronzeDecoder, ReadsEveryCompressionAndStampsLogAppendTime) {
  for (int kind = 0; kind <= 4; ++kind) {
    BronzeDecoder decoder("t");
    log::BatchOptions options;
    options.compression = static_cast<log::Compression>(kind);
    options.extra_attributes = 8;
    ASSERT_TRUE(
        append(decoder, 0, batch_at(0, {record(5, "k", "v"), record(9, "k", "v")}, options)));
    const auto rows = finished(decoder);
    EXPECT_EQ(cell(*rows, "timestampType", 0), "1");
    EXPECT_EQ(cell(*rows, "timestamp", 0), "1970-01-01 00:00:00.009000Z");
  }
}

TEST(BronzeDecoder, KeepsTimestampsThatNoCalendarHolds) {
  BronzeDecoder decoder("t");
  const int64_t far = std::numeric_limits<int64_t>::max() / 2;
  ASSERT_TRUE(append(decoder, 0, batch_at(0, {record(far, {}, "v")})));
  const auto rows = finished(decoder);
  EXPECT_EQ(cell(*rows, "timestamp", 0), "9999-12-31 23:59:59.999000Z");
  EXPECT_THAT(cell(*rows, "headers", 0), HasSubstr("foz.timestamp"));
  EXPECT_THAT(cell(*rows, "headers", 0), HasSubstr(std::to_string(far)));
}

TEST(BronzeDecoder, KeepsHeaderKeysThatAreNoText) {
  BronzeDecoder decoder("t");
  auto odd = record(1, {}, "v");
  const std::string key = "a\xff\xc0\xaf\xed\xa0\x80z";  // overlong, and a surrogate
  odd.headers = {{key, "1"}, {"\xc3\xa4\xf0\x9f\x98\x80", "2"}};
  ASSERT_TRUE(append(decoder, 0, batch_at(0, {odd})));
  const auto rows = finished(decoder);
  const auto& entries = static_cast<const arrow::StructArray&>(
      *static_cast<const arrow::ListArray&>(*rows->GetColumnByName("headers")).values());
  const auto& keys = static_cast<const arrow::StringArray&>(*entries.field(0));
  const auto& values = static_cast<const arrow::BinaryArray&>(*entries.field(1));
  ASSERT_EQ(entries.length(), 3);
  std::string mended = "a";
  for (int i = 0; i < 6; ++i) mended += "\xef\xbf\xbd";
  EXPECT_EQ(keys.GetString(0), mended + "z");
  EXPECT_EQ(values.GetString(0), "1");
  EXPECT_EQ(keys.GetString(1), "foz.header");
  EXPECT_EQ(values.GetString(1), key);
  EXPECT_EQ(keys.GetString(2), "\xc3\xa4\xf0\x9f\x98\x80");
}

TEST(BronzeDecoder, TurnsADamagedBatchIntoRowsThatSaySo) {
  std::string damaged = batch_at(5, {record(1, {}, "aa"), record(1, {}, "bb")});
  damaged[damaged.size() - 4] = 'z';  // the length of the last value
  store_big(reinterpret_cast<std::byte*>(damaged.data()) + 17,
            crc32c(as_bytes(damaged).subspan(21)));
  BronzeDecoder decoder("t");
  ASSERT_TRUE(
      append(decoder, 0,
             batch_at(4, {record(1, "k", "v")}) + damaged + batch_at(7, {record(1, "k", "w")})));
  const auto rows = finished(decoder);
  EXPECT_EQ(offsets_of(*rows), (std::vector<int64_t>{4, 5, 6, 7}));
  EXPECT_EQ(cell(*rows, "value", 0), "v");
  EXPECT_EQ(cell(*rows, "value", 1), "null");
  EXPECT_EQ(cell(*rows, "value", 3), "w");
  EXPECT_THAT(cell(*rows, "headers", 1), HasSubstr("foz.error"));
  EXPECT_THAT(cell(*rows, "headers", 1), HasSubstr("offsets 5 to 6"));
  EXPECT_THAT(cell(*rows, "headers", 1), HasSubstr("foz.batch"));
  EXPECT_THAT(cell(*rows, "headers", 2), testing::Not(HasSubstr("foz.batch")));
  EXPECT_EQ(cell(*rows, "headers", 3), "null");
}

TEST(BronzeDecoder, ABatchThatIsCutOffChangesNothing) {
  BronzeDecoder decoder("t");
  const std::string whole = batch_at(0, {record(1, "k", "v")});
  ASSERT_TRUE(append(decoder, 0, whole));
  EXPECT_FALSE(append(decoder, 0, whole + whole.substr(0, whole.size() - 1)));
  EXPECT_EQ(finished(decoder)->num_rows(), 1);
}

TEST(BronzeNames, PositionsReadBackAsWritten) {
  Random random(1);
  const log::TopicPartition where{random.uuid(), PartitionId(12)};
  EXPECT_EQ(bronze_source(log_app_id("bronze", where)), where);
  EXPECT_EQ(bronze_source(log_app_id("silver.x", where)), std::nullopt);
  EXPECT_EQ(bronze_source("foz/bronze/x/1"), std::nullopt);
  EXPECT_EQ(bronze_source(log_app_id("bronze", where) + "x"), std::nullopt);
}

struct BronzeTableTest : testing::Test {
  BronzeTableTest() {
    lake.open();
    topic.id = lake.random.uuid();
    topic.name = "web.clicks";
    topic.partitions = 5;  // two never have a record
    topic.config.retention_ms = 1234;
    topic.config.log_append_time = true;
    topic.config.raw = {{"cleanup.policy", "compact,delete"}, {"retention.ms", "1234"}};
    TableSpec spec;
    spec.name = {kBronzeSchema, "web_clicks"};
    spec.role = Role::kBronze;
    spec.schema = bronze_schema();
    spec.properties = topic_properties(topic);
    table = lake.live->ensure(spec).value();
  }
  // One tick: the next `count` records of each partition.
  void tick(int64_t count) {
    BronzeDecoder decoder(topic.name);
    TableRows rows;
    rows.table = table;
    for (int32_t p = 0; p < 3; ++p) {
      std::vector<log::NewRecord> records;
      for (int64_t i = 0; i < count; ++i) {
        records.push_back(record(1, {}, "p" + std::to_string(p) + " " + std::to_string(next + i)));
      }
      CHECK(append(decoder, p, batch_at(next, records)).has_value());
      rows.moves.push_back({log_app_id("bronze", {topic.id, PartitionId(p)}),
                            next == 0 ? std::nullopt : std::optional(next),
                            next + count,
                            {}});
    }
    rows.batches.push_back({decoder.finish().value(), nullptr});
    rows.counts.input = 3 * count;
    lake.live->publish({std::move(rows)});
    next += count;
  }
  void commit() {
    lake.live->at_border(true);
    lake.live->at_border();
  }
  SmallLake lake;
  log::Topic topic;
  TableId table;
  int64_t next = 0;
};

TEST_F(BronzeTableTest, FilesAreSortedByPartitionAndOffsetAndSayWhatTheyHold) {
  for (const int64_t count : {1, 2, 300}) {  // short runs, then long ones
    tick(count);
    tick(count);
    commit();
  }
  const auto view = lake.view(table);
  EXPECT_EQ(view->snapshot->file_count(), 3u);
  view->snapshot->each_file([&](const auto& file) {
    std::vector<std::pair<int64_t, int64_t>> at;
    CHECK(delta::read_data_file(*view->table, *view->snapshot, *file, {}, [&](auto rows) -> Status {
            const auto& p = static_cast<const arrow::Int32Array&>(*rows->column(3));
            for (int64_t i = 0; i < rows->num_rows(); ++i) {
              at.emplace_back(p.Value(i), offsets_of(*rows)[static_cast<size_t>(i)]);
            }
            return {};
          }).has_value());
    EXPECT_TRUE(std::ranges::is_sorted(at));
    for (int32_t p = 0; p < 3; ++p) {
      const auto range = offset_range(file->tags.at(kOffsetsTag), {topic.id, PartitionId(p)});
      EXPECT_TRUE(range.has_value());
      if (!range) continue;
      EXPECT_EQ(range->second - range->first, static_cast<int64_t>(at.size() / 3));
    }
    EXPECT_EQ(offset_range(file->tags.at(kOffsetsTag), {topic.id, PartitionId(3)}), std::nullopt);
    return true;
  });
}

TEST_F(BronzeTableTest, ATailTooLargeToJoinIsSortedInParts) {
  for (int i = 0; i < 50; ++i) tick(i % 4 + 1);
  const auto tail = lake.view(table)->open;
  const auto joined = [&](int64_t most_bytes) {
    const auto rows = rows_to_write(*tail, Role::kBronze, most_bytes).value();
    return std::pair(rows.size(), *arrow::ConcatenateRecordBatches(rows));
  };
  const auto [whole_batches, whole] = joined(kMostJoinedBytes);
  const auto [batches, parts] = joined(1000);
  EXPECT_EQ(whole_batches, 1u);
  EXPECT_GT(batches, 10u);
  EXPECT_EQ(whole->num_rows(), tail->rows);
  EXPECT_TRUE(parts->Equals(*whole));
}

TEST_F(BronzeTableTest, TopicsAreRememberedWithTheirPositions) {
  tick(5);
  commit();
  tick(5);  // not committed
  lake.open();
  const auto remembered = remembered_topics(*lake.live->root());
  ASSERT_EQ(remembered.size(), 1u);
  EXPECT_EQ(remembered[0].topic.id, topic.id);
  EXPECT_EQ(remembered[0].topic.name, "web.clicks");
  EXPECT_EQ(remembered[0].topic.partitions, 5);
  EXPECT_EQ(remembered[0].next,
            (std::vector<Offset>{Offset(5), Offset(5), Offset(5), Offset(0), Offset(0)}));
  const log::TopicConfig& config = remembered[0].topic.config;
  EXPECT_EQ(config.retention_ms, 1234);
  EXPECT_EQ(config.segment_bytes, topic.config.segment_bytes);
  EXPECT_TRUE(config.log_append_time);
  EXPECT_EQ(config.raw, topic.config.raw);
}

TEST_F(BronzeTableTest, OldRecordsComeBackInOffsetOrder) {
  for (int i = 0; i < 4; ++i) {
    tick(10);
    commit();
  }
  const auto read = [&](int64_t from, int64_t to, int64_t most) {
    return read_old_records(*lake.live->root(), topic, PartitionId(1), Offset(from), Offset(to),
                            most)
        .value();
  };
  EXPECT_EQ(offsets_of(*read(5, 25, 1000)), range(5, 25));
  EXPECT_EQ(cell(*read(5, 25, 1000), "value", 0), "p1 5");
  EXPECT_EQ(offsets_of(*read(5, 40, 7)), range(5, 12));
  EXPECT_EQ(read(40, 50, 7)->num_rows(), 0);
  EXPECT_TRUE(read(40, 50, 7)->schema()->Equals(*bronze_schema()));
}

}  // namespace
}  // namespace foz::table
