// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gmock/gmock.h>

#include <random>

#include "sql/arrow_duck_internal.h"

namespace foz::sql {
namespace {

using duckdb::idx_t;

std::shared_ptr<arrow::Array> array_of(const std::shared_ptr<arrow::DataType>& type,
                                       const std::string& json) {
  auto array = arrow::json::ArrayFromJSONString(type, json);
  EXPECT_TRUE(array.ok()) << array.status().ToString();
  return *array;
}

std::vector<std::shared_ptr<arrow::Array>> every_type() {
  using namespace arrow;  // NOLINT: a table of types
  const auto item = struct_({field("x", int32()), field("s", utf8())});
  return {
      array_of(utf8(), R"(["", "short", null, "a string longer than twelve bytes", "é", "x"])"),
      array_of(binary(),
               R"(["", "short", null, "bytes longer than twelve of them", "\u0000", "x"])"),
      array_of(large_utf8(),
               R"(["", "short", null, "a string longer than twelve bytes", "é", "x"])"),
      array_of(int8(), "[-128, 127, null, 0, 1, 2]"),
      array_of(int16(), "[-32768, 32767, null, 0, 1, 2]"),
      array_of(int32(), "[-2147483648, 2147483647, null, 0, 1, 2]"),
      array_of(int64(), "[-9223372036854775808, 9223372036854775807, null, 0, 1, 2]"),
      array_of(float32(), "[1.5, -0.0, null, 0, 1, 2]"),
      array_of(float64(), "[1.5, -0.0, null, 1e300, 1, 2]"),
      array_of(boolean(), "[true, false, null, true, false, true]"),
      array_of(date32(), "[0, -1, null, 19000, 1, 2]"),
      array_of(timestamp(TimeUnit::MICRO), "[0, -1, null, 1700000000000000, 1, 2]"),
      array_of(timestamp(TimeUnit::MICRO, "UTC"), "[0, -1, null, 1700000000000000, 1, 2]"),
      array_of(decimal128(4, 2), R"(["99.99", "-99.99", null, "0.00", "0.01", "1.00"])"),
      array_of(decimal128(9, 2), R"(["9999999.99", "-9999999.99", null, "0.00", "0.01", "1.00"])"),
      array_of(decimal128(18, 3),
               R"(["999999999999999.999", "-1.000", null, "0.000", "0.001", "1.000"])"),
      array_of(decimal128(38, 0), R"(["99999999999999999999999999999999999999",
          "-99999999999999999999999999999999999999", null, "0", "1", "2"])"),
      array_of(list(field("element", int32())), "[[1, 2], [], null, [null], [3], [4, 5, 6]]"),
      array_of(list(field("element", utf8())),
               R"([["one"], [], null, [null, "longer than twelve bytes"], ["a"], []])"),
      array_of(
          item,
          R"([{"x": 1, "s": "a"}, {"x": null, "s": "b"}, null, {"x": 3, "s": null}, {"x": 4, "s": "d"},
                         {"x": null, "s": null}])"),
      array_of(list(field("element", item)),
               R"([[{"x": 1, "s": "a"}, null], [], null, [{"x": null, "s": "b"}], [], []])"),
      array_of(map(utf8(), int64()),
               R"([[["k", 1], ["l", null]], [], null, [["m", 3]], [], [["n", 4]]])"),
      array_of(struct_({field("l", list(field("element", timestamp(TimeUnit::MICRO, "UTC"))))}),
               R"([{"l": [1, 2]}, {"l": null}, null, {"l": []}, {"l": [null]}, {"l": [3]}])"),
  };
}

// What a builder gives back: large strings come back as strings.
std::shared_ptr<arrow::DataType> returned_type(const arrow::DataType& type) {
  return *arrow_type(*duck_type(type));
}

std::shared_ptr<arrow::RecordBatch> through_duck(const arrow::RecordBatch& batch, idx_t step) {
  duckdb::vector<duckdb::LogicalType> types;
  std::vector<int> columns;
  arrow::FieldVector fields;
  for (int i = 0; i < batch.num_columns(); i++) {
    types.push_back(*duck_type(*batch.schema()->field(i)->type()));
    columns.push_back(i);
    fields.push_back(arrow::field(batch.schema()->field(i)->name(),
                                  returned_type(*batch.schema()->field(i)->type())));
  }
  auto builder = *BatchBuilder::make(arrow::schema(fields), types);
  duckdb::DataChunk chunk;
  chunk.Initialize(duckdb::Allocator::DefaultAllocator(), types);
  for (int64_t begin = 0; begin < batch.num_rows(); begin += static_cast<int64_t>(step)) {
    chunk.Reset();
    show_rows(batch, begin, std::min<idx_t>(step, static_cast<idx_t>(batch.num_rows() - begin)),
              columns, chunk);
    EXPECT_TRUE(builder->append(chunk).has_value());
  }
  return *builder->finish();
}

TEST(ArrowDuck, EveryTypeComesBackEqualFromAnySlice) {
  for (const auto& whole : every_type()) {
    for (int64_t offset = 0; offset < whole->length(); offset++) {
      const auto part = whole->Slice(offset);
      const auto batch = arrow::RecordBatch::Make(arrow::schema({arrow::field("c", part->type())}),
                                                  part->length(), {part});
      for (idx_t step : {1, 2, 2048}) {
        const auto back = through_duck(*batch, step);
        ASSERT_TRUE(back->ValidateFull().ok())
            << whole->type()->ToString() << back->ValidateFull().ToString();
        const bool equal = part->type()->Equals(back->column(0)->type())
                               ? part->Equals(back->column(0))
                               : part->ToString() == back->column(0)->ToString();
        EXPECT_TRUE(equal) << whole->type()->ToString() << " at " << offset
                           << back->column(0)->ToString();
      }
    }
  }
}

// DuckDB's own text of its values is the oracle that they mean the same.
TEST(ArrowDuck, ValuesMeanTheSame) {
  const auto text = [](const std::shared_ptr<arrow::Array>& array, idx_t row) {
    duckdb::Vector vector(*duck_type(*array->type()));
    show_rows(*array->data(), 0, static_cast<idx_t>(array->length()), vector);
    return vector.GetValue(row).ToString();
  };
  using namespace arrow;  // NOLINT: a table of types
  EXPECT_EQ(text(array_of(decimal128(20, 3), R"(["-12345.678"])"), 0), "-12345.678");
  EXPECT_EQ(text(array_of(decimal128(5, 3), R"(["-12.678"])"), 0), "-12.678");
  EXPECT_EQ(text(array_of(date32(), "[19723]"), 0), "2024-01-01");
  EXPECT_EQ(text(array_of(timestamp(TimeUnit::MICRO), "[1704067200000001]"), 0),
            "2024-01-01 00:00:00.000001");
  EXPECT_EQ(text(array_of(map(utf8(), int32()), R"([[["a", 1], ["b", null]]])"), 0),
            "{a=1, b=NULL}");
  EXPECT_EQ(
      text(array_of(struct_({field("x", int32()), field("y", utf8())}), R"([{"x": 1, "y": "z"}])"),
           0),
      "{'x': 1, 'y': z}");
  EXPECT_EQ(text(array_of(list(boolean()), "[[true], [false, null]]"), 1), "[false, NULL]");
}

TEST(ArrowDuck, WhatHasNoTypeInDuckDBIsNull) {
  using namespace arrow;  // NOLINT: a table of types
  const auto array = array_of(struct_({field("x", int32()), field("n", null()),
                                       field("l", list(field("element", struct_({}))))}),
                              R"([{"x": 1, "n": null, "l": [{}, {}]}, null])");
  using duckdb::LogicalType;
  duckdb::Vector vector(LogicalType::STRUCT({{"x", LogicalType::INTEGER},
                                             {"n", LogicalType::VARCHAR},
                                             {"l", LogicalType::LIST(LogicalType::VARCHAR)}}));
  show_rows(*array->data(), 0, 2, vector);
  EXPECT_EQ(vector.GetValue(0).ToString(), "{'x': 1, 'n': NULL, 'l': [NULL, NULL]}");
  EXPECT_TRUE(vector.GetValue(1).IsNull());
}

TEST(ArrowDuck, SelectedRowsOfLargeBatches) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  arrow::StringBuilder strings;
  arrow::Int32Builder numbers;
  for (int i = 0; i < 10000; i++) {
    const bool null = random() % 10 == 0;
    ASSERT_TRUE(
        (null ? strings.AppendNull() : strings.Append(std::string(random() % 40, 'x'))).ok());
    ASSERT_TRUE(
        (random() % 7 == 0 ? numbers.AppendNull() : numbers.Append(static_cast<int>(random())))
            .ok());
  }
  const auto batch = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("s", arrow::utf8()), arrow::field("n", arrow::int32())}), 10000,
      {*strings.Finish(), *numbers.Finish()});
  EXPECT_TRUE(through_duck(*batch, 2048)->Equals(*batch));
  EXPECT_TRUE(through_duck(*batch->Slice(3, 5000), 777)->Equals(*batch->Slice(3, 5000)));
}

TEST(ArrowDuck, RefusesWhatDeltaLacks) {
  EXPECT_EQ(duck_type(*arrow::uint64()).error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(duck_type(*arrow::timestamp(arrow::TimeUnit::NANO)).error().code(),
            ErrorCode::kUnsupported);
  EXPECT_EQ(arrow_type(duckdb::LogicalType::HUGEINT).error().message(),
            "type HUGEINT has no counterpart in a Delta table");
}

TEST(ArrowDuck, SumsFitOrFail) {
  const auto schema = arrow::schema({arrow::field("sum", arrow::int64())});
  const duckdb::vector<duckdb::LogicalType> types{duckdb::LogicalType::HUGEINT};
  duckdb::DataChunk chunk;
  chunk.Initialize(duckdb::Allocator::DefaultAllocator(), types);
  chunk.SetCardinality(1);
  chunk.SetValue(0, 0, duckdb::Value::HUGEINT(42));
  auto builder = *BatchBuilder::make(schema, types);
  ASSERT_TRUE(builder->append(chunk).has_value());
  EXPECT_EQ((*builder->finish())->column(0)->ToString(),
            array_of(arrow::int64(), "[42]")->ToString());
  chunk.SetValue(0, 0, duckdb::Value::HUGEINT(duckdb::hugeint_t(1, 0)));
  EXPECT_EQ(builder->append(chunk).error().code(), ErrorCode::kInvalid);
}

}  // namespace
}  // namespace foz::sql
