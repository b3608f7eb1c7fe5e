// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any text is prepared or refused with a place inside it, and what is prepared runs.

#include <arrow/api.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "sql/flow_engine.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foz::sql;
  static const auto engine = std::move(*FlowEngine::make(64 << 20));
  static const auto schema =
      arrow::schema({arrow::field("value", arrow::binary()), arrow::field("offset", arrow::int64()),
                     arrow::field("timestamp", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"))});
  if (size > 4096) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<int>(std::ranges::count(text, '\n'));
  const auto statement =
      engine->prepare({text, 1, 1, {}}, [](auto, auto) { return std::optional(schema); });
  if (!statement) {
    if (statement.error().message.empty() || statement.error().line < 1 ||
        statement.error().line > lines + 1)
      __builtin_trap();
    return 0;
  }
  arrow::BinaryBuilder values;
  arrow::Int64Builder offsets;
  arrow::TimestampBuilder times(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                                arrow::default_memory_pool());
  for (const std::string& value :
       {std::string("1"), std::string("x\xff"), std::string(R"({"a": 1})")}) {
    if (!values.Append(value).ok() || !offsets.Append(7).ok() || !times.Append(0).ok()) return 0;
  }
  const auto batch =
      arrow::RecordBatch::Make(schema, 3, {*values.Finish(), *offsets.Finish(), *times.Finish()});
  const auto output = (*statement)->run(batch);
  if (output.has_value() && !output->rows->ValidateFull().ok()) __builtin_trap();
  return 0;
}
