// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Forms of Parquet that older writers chose for the table's types.
// https://github.com/apache/parquet-format/blob/master/LogicalTypes.md
#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/column_writer.h>
#include <parquet/file_writer.h>
#include <parquet/schema.h>
#include <parquet/types.h>

#include "base/bytes.h"
#include "delta/data_file.h"
#include "delta/table.h"

namespace foz::delta {
namespace {

using parquet::ConvertedType;
using parquet::Repetition;
using parquet::Type;
using parquet::schema::GroupNode;
using parquet::schema::NodePtr;
using parquet::schema::PrimitiveNode;
using Levels = std::vector<int16_t>;

DataType of(TypeKind kind) { return {.kind = kind}; }

class LegacyParquetTest : public testing::Test {
 protected:
  NodePtr primitive(const std::string& name, Type::type type,
                    ConvertedType::type converted = ConvertedType::NONE, int length = -1,
                    int precision = -1, int scale = -1) {
    return PrimitiveNode::Make(name, Repetition::OPTIONAL, type, converted, length, precision,
                               scale);
  }
  // A file of these columns, each written by its own function in turn.
  using WriteColumn = std::function<void(parquet::ColumnWriter&)>;
  void write(const std::vector<NodePtr>& nodes, const std::vector<WriteColumn>& columns,
             std::map<std::string, std::string> keys = {}) {
    const auto root = std::static_pointer_cast<GroupNode>(
        GroupNode::Make("spark_schema", Repetition::REQUIRED, nodes));
    const auto out = arrow::io::BufferOutputStream::Create().ValueOrDie();
    auto metadata = arrow::key_value_metadata({}, {});
    for (const auto& [key, value] : keys) metadata->Append(key, value);
    const auto file =
        parquet::ParquetFileWriter::Open(out, root, parquet::default_writer_properties(), metadata);
    auto* group = file->AppendRowGroup();
    for (const WriteColumn& column : columns) column(*group->NextColumn());
    file->Close();
    const auto bytes = out->Finish().ValueOrDie();
    ASSERT_TRUE(store_->put("t/f.parquet", as_bytes(std::string_view(*bytes))).has_value());
  }
  template <class Writer, class Value>
  static WriteColumn values(std::vector<Value> all, Levels definition = {},
                            Levels repetition = {}) {
    if (definition.empty()) definition.assign(all.size(), 1);
    return [=](parquet::ColumnWriter& writer) {
      static_cast<Writer&>(writer).WriteBatch(
          static_cast<int64_t>(definition.size()), definition.data(),
          repetition.empty() ? nullptr : repetition.data(), all.data());
      writer.Close();
    };
  }
  // All rows as one text, in a table of these columns.
  std::string read(std::vector<Field> fields) {
    const SnapshotPtr snapshot = table_.create({.schema = {std::move(fields)}}).value();
    std::string out;
    const Status status =
        read_data_file(table_, *snapshot, {.path = "f.parquet"}, {},
                       [&](std::shared_ptr<arrow::RecordBatch> batch) -> Status {
                         EXPECT_TRUE(batch->ValidateFull().ok());
                         for (int64_t row = 0; row < batch->num_rows(); ++row) {
                           for (const auto& column : batch->columns())
                             out += column->GetScalar(row).ValueOrDie()->ToString() + " ";
                         }
                         return {};
                       });
    if (!status) return status.error().message();
    return out;
  }

  ManualClock clock_{1'700'000'000'000'000};
  Random random_{1};
  std::unique_ptr<store::ObjectStore> store_ = store::make_memory_store();
  Table table_{*store_, "t", clock_, random_};
};

TEST_F(LegacyParquetTest, DecimalsOfEveryPhysicalType) {
  // 1.23 and -1.23 in two's complement, big-endian.
  static const uint8_t kBytes[] = {0, 0, 0, 0, 123, 0xff, 0xff, 0xff, 0xff, 0x85};
  const std::vector<parquet::FixedLenByteArray> fixed = {parquet::FixedLenByteArray(kBytes),
                                                         parquet::FixedLenByteArray(kBytes + 5)};
  const std::vector<parquet::ByteArray> binary = {parquet::ByteArray(5, kBytes),
                                                  parquet::ByteArray(5, kBytes + 5)};
  write(
      {primitive("a", Type::INT32, ConvertedType::DECIMAL, -1, 9, 2),
       primitive("b", Type::INT64, ConvertedType::DECIMAL, -1, 18, 2),
       primitive("c", Type::FIXED_LEN_BYTE_ARRAY, ConvertedType::DECIMAL, 5, 10, 2),
       primitive("d", Type::BYTE_ARRAY, ConvertedType::DECIMAL, -1, 10, 2)},
      {values<parquet::Int32Writer>(std::vector<int32_t>{123, -123}),
       values<parquet::Int64Writer>(std::vector<int64_t>{123, -123}),
       values<parquet::FixedLenByteArrayWriter>(fixed), values<parquet::ByteArrayWriter>(binary)});
  const auto decimal = [](const char* name, int precision) {
    return Field{name, {.kind = TypeKind::kDecimal, .precision = precision, .scale = 2}, true, {}};
  };
  EXPECT_EQ(read({decimal("a", 9), decimal("b", 18), decimal("c", 10), decimal("d", 10)}),
            "1.23 1.23 1.23 1.23 -1.23 -1.23 -1.23 -1.23 ");
}

TEST_F(LegacyParquetTest, TimestampsOfEveryUnit) {
  // The Julian day of 2020-01-01 and that of 9999-12-31, beyond what nanoseconds can count.
  const std::vector<parquet::Int96> days = {{{1'000, 0, 2458850}}, {{0, 0, 5373484}}};
  const auto nanos = PrimitiveNode::Make(
      "n", Repetition::OPTIONAL,
      parquet::LogicalType::Timestamp(true, parquet::LogicalType::TimeUnit::NANOS), Type::INT64);
  write({primitive("i", Type::INT96), primitive("ms", Type::INT64, ConvertedType::TIMESTAMP_MILLIS),
         primitive("us", Type::INT64, ConvertedType::TIMESTAMP_MICROS), nanos},
        {values<parquet::Int96Writer>(days),
         values<parquet::Int64Writer>(std::vector<int64_t>{1577836800001, -1}),
         values<parquet::Int64Writer>(std::vector<int64_t>{1577836800000001, -1}),
         values<parquet::Int64Writer>(std::vector<int64_t>{1577836800000001000, -1000})});
  const auto timestamp = [](const char* name) {
    return Field{name, of(TypeKind::kTimestamp), true, {}};
  };
  EXPECT_EQ(read({timestamp("i"), timestamp("ms"), timestamp("us"), timestamp("n")}),
            "2020-01-01 00:00:00.000001Z 2020-01-01 00:00:00.001000Z 2020-01-01 00:00:00.000001Z "
            "2020-01-01 00:00:00.000001Z 9999-12-31 00:00:00.000000Z 1969-12-31 23:59:59.999000Z "
            "1969-12-31 23:59:59.999999Z 1969-12-31 23:59:59.999999Z ");
}

TEST_F(LegacyParquetTest, ListsOfTwoAndThreeLevels) {
  const auto two = GroupNode::Make(
      "two", Repetition::OPTIONAL,
      {PrimitiveNode::Make("array", Repetition::REPEATED, Type::INT32)}, ConvertedType::LIST);
  const auto bag = GroupNode::Make("bag", Repetition::REPEATED, {primitive("array", Type::INT32)});
  const auto three = GroupNode::Make("three", Repetition::OPTIONAL, {bag}, ConvertedType::LIST);
  const auto key = PrimitiveNode::Make("key", Repetition::REQUIRED, Type::INT32);
  const auto entries =
      GroupNode::Make("map", Repetition::REPEATED, {key, primitive("value", Type::INT32)});
  const auto map =
      GroupNode::Make("m", Repetition::OPTIONAL, {entries}, ConvertedType::MAP_KEY_VALUE);
  // [1, 2], []; [1, null], null; {7: null}, {}
  write({two, three, map},
        {values<parquet::Int32Writer>(std::vector<int32_t>{1, 2}, {2, 2, 1}, {0, 1, 0}),
         values<parquet::Int32Writer>(std::vector<int32_t>{1}, {3, 2, 0}, {0, 1, 0}),
         values<parquet::Int32Writer>(std::vector<int32_t>{7}, {2, 1}, {0, 0}),
         values<parquet::Int32Writer>(std::vector<int32_t>{}, {2, 1}, {0, 0})});
  const auto number = std::make_shared<DataType>(of(TypeKind::kInteger));
  const DataType list{.kind = TypeKind::kArray, .element = number};
  const DataType pairs{.kind = TypeKind::kMap, .element = number, .key = number};
  EXPECT_EQ(read({{"two", list, true, {}}, {"three", list, true, {}}, {"m", pairs, true, {}}}),
            "list<element: int32>[1, 2] list<element: int32>[1, null] "
            "map<int32, int32>[{key:int32 = 7, value:int32 = null}] list<element: int32>[] null "
            "map<int32, int32>[] ");
}

// Days -719164 and -141428 are 0001-01-01 and 1582-10-04 where the writer counted Julian days.
TEST_F(LegacyParquetTest, JulianDatesAreReadByTheirNames) {
  const std::vector<WriteColumn> days = {
      values<parquet::Int32Writer>(std::vector<int32_t>{-719164, -141428, 0})};
  const std::vector<NodePtr> nodes = {primitive("day", Type::INT32, ConvertedType::DATE)};
  const std::vector<Field> fields = {{"day", of(TypeKind::kDate), true, {}}};
  const SnapshotPtr snapshot = table_.create({.schema = {fields}}).value();
  const auto first_two = [&](std::map<std::string, std::string> keys) {
    write(nodes, days, std::move(keys));
    std::vector<int32_t> out;
    EXPECT_TRUE(read_data_file(table_, *snapshot, {.path = "f.parquet"}, {},
                               [&](std::shared_ptr<arrow::RecordBatch> batch) -> Status {
                                 const auto& day =
                                     static_cast<const arrow::Date32Array&>(*batch->column(0));
                                 out = {day.Value(0), day.Value(1)};
                                 EXPECT_EQ(day.Value(2), 0);
                                 return {};
                               })
                    .has_value());
    return out;
  };
  const std::vector<int32_t> plain = {-719164, -141428}, rebased = {-719162, -141438};
  EXPECT_EQ(first_two({}), plain);
  EXPECT_EQ(first_two({{"org.apache.spark.version", "3.5.0"}}), plain);
  EXPECT_EQ(first_two({{"org.apache.spark.version", "2.4.8"}}), rebased);
  EXPECT_EQ(
      first_two({{"org.apache.spark.version", "3.5.0"}, {"org.apache.spark.legacyDateTime", ""}}),
      rebased);
}

// A footer has no checksum of its own; the log says how many rows there are.
TEST_F(LegacyParquetTest, AFooterThatContradictsTheLogIsRefused) {
  write({primitive("a", Type::INT32)}, {values<parquet::Int32Writer>(std::vector<int32_t>{1, 2})});
  const SnapshotPtr snapshot = table_
                                   .create({.schema = {{{"a", of(TypeKind::kInteger), true, {}},
                                                        {"b", of(TypeKind::kInteger), true, {}}}}})
                                   .value();
  const auto read_with = [&](std::string stats) {
    return read_data_file(table_, *snapshot, {.path = "f.parquet", .stats = std::move(stats)}, {},
                          [](const auto&) -> Status { return {}; });
  };
  EXPECT_TRUE(read_with(R"({"numRecords":2})").has_value());
  const auto wrong_count = read_with(R"({"numRecords":3})");
  ASSERT_FALSE(wrong_count.has_value());
  EXPECT_THAT(wrong_count.error().message(), testing::HasSubstr("has 2 rows and the log says 3"));
}

}  // namespace
}  // namespace foz::delta
