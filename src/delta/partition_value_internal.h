// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Partition values: text in the log, typed in the table.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#partition-value-serialization
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string>

#include "delta/types.h"

namespace foz::delta {

// Null and the empty text are null for every type. kCorrupt: the text is no value of the type.
Result<std::shared_ptr<arrow::Scalar>> partition_scalar(const DataType& type,
                                                        const std::optional<std::string>& text);

// "2026-01-31", "2026-01-31 12:00:00.5", "2026-01-31T12:00:00.000001Z", "…+02:00": microseconds
// since the epoch, times without a zone taken as UTC.
std::optional<int64_t> parse_timestamp_us(std::string_view text);
std::optional<int32_t> parse_date(std::string_view text);

}  // namespace foz::delta
