// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/array.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>
#include <gtest/gtest.h>

#include "table/batch_bytes_internal.h"

namespace foz::table {
namespace {

TEST(BatchBytes, AreArrowsForEveryTypeOfTableAndForSlices) {
  const auto text = arrow::utf8();
  const auto pair = arrow::struct_({arrow::field("a", arrow::int16()), arrow::field("b", text)});
  const std::vector<std::pair<std::shared_ptr<arrow::DataType>, std::string>> columns = {
      {arrow::boolean(), "[true, null, false]"},
      {arrow::int8(), "[1, null, 3]"},
      {arrow::float64(), "[1.5, 2, null]"},
      {arrow::decimal128(38, 2), R"(["1.00", null, "2.50"])"},
      {arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), "[1, 2, 3]"},
      {text, R"(["a", null, "hello, a longer one"])"},
      {arrow::binary(), R"(["", "xyz", "0"])"},
      {arrow::null(), "[null, null, null]"},
      {arrow::list(text), R"([["a", "bc"], [], ["def", null]])"},
      {arrow::list(arrow::list(arrow::int64())), "[[[1], [2, 3]], null, [[], [4]]]"},
      {arrow::map(text, arrow::int32()), R"([[["k", 1]], null, [["l", 2], ["m", null]]])"},
      {pair, R"([{"a": 1, "b": "x"}, null, {"a": null, "b": "longer"}])"},
  };
  for (const auto& [type, json] : columns) {
    std::string many = "[";
    for (int i = 0; i < 64; ++i) many += (i ? ", " : "") + json.substr(1, json.size() - 2);
    const auto array = *arrow::json::ArrayFromJSONString(type, many + "]");
    // At bytes' borders, where bits need no rounding.
    for (const auto& [offset, length] : {std::pair{0, 192}, {0, 0}, {8, 16}, {64, 128}, {96, 8}}) {
      const auto rows =
          arrow::RecordBatch::Make(arrow::schema({arrow::field("c", type)}), 192, {array})
              ->Slice(offset, length);
      const auto wanted = static_cast<double>(*arrow::util::ReferencedBufferSize(*rows));
      EXPECT_NEAR(static_cast<double>(bytes_of(*rows)), wanted, 8 + wanted / 50)
          << type->ToString() << " " << offset << " " << length;
    }
  }
}

}  // namespace
}  // namespace foz::table
