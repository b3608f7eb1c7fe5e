// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any bytes become a row: whatever from_json makes of them is valid Arrow, the same the second
// time.

#include <arrow/api.h>

#include <cstdint>
#include <string>

#include "sql/flow_engine.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foz::sql;
  static const auto schema = arrow::schema({arrow::field("value", arrow::utf8())});
  static const auto engine = std::move(*FlowEngine::make(64 << 20));
  static const auto statement = std::move(
      *engine->prepare({"SELECT from_json(value, 'a INT, b STRING, t TIMESTAMP, d DECIMAL(9, 2), f "
                        "DOUBLE, k BOOLEAN, x BINARY, day DATE, "
                        "s STRUCT<x: INT, l: ARRAY<STRUCT<y: STRING>>>, l ARRAY<STRING>, m "
                        "MAP<STRING, ARRAY<INT>>, _corrupt_record STRING') "
                        "AS e, get_json_object(value, '$.s.l[0].y') AS y FROM STREAM bronze.t",
                        1,
                        1,
                        {}},
                       [](auto, auto) { return std::optional(schema); }));
  arrow::StringBuilder values;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!values.Append(text).ok() || !values.Append(text).ok()) return 0;
  const auto output = statement->run(arrow::RecordBatch::Make(schema, 2, {*values.Finish()}));
  if (!output.has_value() || output->rows->num_rows() != 2 || !output->rows->Validate().ok())
    __builtin_trap();
  if (!output->rows->Slice(0, 1)->Equals(*output->rows->Slice(1, 1), false,
                                         arrow::EqualOptions().nans_equal(true)))
    __builtin_trap();
  return 0;
}
