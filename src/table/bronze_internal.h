// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What bronze's files say of themselves, and how their rows are put in order.
#pragma once

#include <arrow/buffer_builder.h>
#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "log/types.h"
#include "table/bronze.h"

namespace foz::table {

inline constexpr char kTopicIdProperty[] = "foz.topic.id";
inline constexpr char kOffsetsTag[] = "foz.offsets";
inline constexpr int64_t kMostPartitions = 1 << 20;

// The partition of an application id that log_app_id("bronze", …) gave.
std::optional<log::TopicPartition> bronze_source(std::string_view app_id);

// The offsets [from, to) of a partition that a file's tag states; nullopt: none.
std::optional<std::pair<log::Offset, log::Offset>> offset_range(std::string_view tag,
                                                                log::TopicPartition where);

// The rows numbered in `wanted`, in its order.
Result<std::shared_ptr<arrow::RecordBatch>> taken_rows(
    const std::shared_ptr<arrow::RecordBatch>& rows, arrow::TypedBufferBuilder<int64_t>& wanted);

// The `max_rows` rows with the least offsets, by offset.
Result<std::shared_ptr<arrow::RecordBatch>> first_by_offset(
    const std::shared_ptr<arrow::RecordBatch>& rows, int64_t max_rows);

}  // namespace foz::table
