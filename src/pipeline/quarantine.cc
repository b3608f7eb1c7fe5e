// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "pipeline/quarantine_internal.h"

namespace foz::pipeline {

namespace {

Error arrow_error(const arrow::Status& status) {
  return Error(status.IsOutOfMemory() ? ErrorCode::kOverloaded : ErrorCode::kInternal,
               status.ToString());
}

template <class Array>
const Array* column(const arrow::RecordBatch& batch, const char* name, arrow::Type::type type) {
  const auto array = column_named(batch, name);
  return array && array->type_id() == type ? static_cast<const Array*>(array.get()) : nullptr;
}

// The columns of bronze rows that say where they came from and what they were.
struct BronzeColumns {
  explicit BronzeColumns(const arrow::RecordBatch& rows)
      : partition(column<arrow::Int32Array>(rows, "partition", arrow::Type::INT32)),
        offset(column<arrow::Int64Array>(rows, "offset", arrow::Type::INT64)),
        timestamp(column<arrow::TimestampArray>(rows, "timestamp", arrow::Type::TIMESTAMP)),
        key(column<arrow::BinaryArray>(rows, "key", arrow::Type::BINARY)),
        value(column<arrow::BinaryArray>(rows, "value", arrow::Type::BINARY)) {
    CHECK(partition && offset && timestamp && key && value);
  }
  const arrow::Int32Array* partition;
  const arrow::Int64Array* offset;
  const arrow::TimestampArray* timestamp;
  const arrow::BinaryArray* key;
  const arrow::BinaryArray* value;
};

struct Builders {
  arrow::StringBuilder reason, expectation, flow, topic, topic_id, input;
  arrow::Int32Builder partition;
  arrow::Int64Builder offset;
  arrow::TimestampBuilder timestamp{arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                                    arrow::default_memory_pool()};
  arrow::BinaryBuilder key, value;

  arrow::Status append_bronze(const log::Topic& from, const BronzeColumns& columns, int64_t row) {
    ARROW_RETURN_NOT_OK(topic.Append(from.name));
    ARROW_RETURN_NOT_OK(topic_id.Append(from.id.to_string()));
    ARROW_RETURN_NOT_OK(partition.Append(columns.partition->Value(row)));
    ARROW_RETURN_NOT_OK(offset.Append(columns.offset->Value(row)));
    ARROW_RETURN_NOT_OK(timestamp.AppendArraySlice(*columns.timestamp->data(), row, 1));
    ARROW_RETURN_NOT_OK(key.AppendArraySlice(*columns.key->data(), row, 1));
    ARROW_RETURN_NOT_OK(value.AppendArraySlice(*columns.value->data(), row, 1));
    return input.AppendNull();
  }

  arrow::Status append_table_row(const FlowInput& from, int64_t row) {
    if (from.origins) {
      const auto at = static_cast<size_t>(row);
      const log::TopicPartition& where = from.origins->sources[from.origins->source[at]];
      const auto name = from.topic_names ? from.topic_names->find(where.topic)
                                         : decltype(from.topic_names->end()){};
      const bool named = from.topic_names && name != from.topic_names->end();
      ARROW_RETURN_NOT_OK(named ? topic.Append(name->second) : topic.AppendNull());
      ARROW_RETURN_NOT_OK(topic_id.Append(where.topic.to_string()));
      ARROW_RETURN_NOT_OK(partition.Append(where.partition.value()));
      ARROW_RETURN_NOT_OK(offset.Append(from.origins->offset[at]));
    } else {
      ARROW_RETURN_NOT_OK(topic.AppendNull());
      ARROW_RETURN_NOT_OK(topic_id.AppendNull());
      ARROW_RETURN_NOT_OK(partition.AppendNull());
      ARROW_RETURN_NOT_OK(offset.AppendNull());
    }
    ARROW_RETURN_NOT_OK(timestamp.AppendNull());
    ARROW_RETURN_NOT_OK(key.AppendNull());
    ARROW_RETURN_NOT_OK(value.AppendNull());
    return input.Append(row_json(*from.rows, row));
  }

  arrow::Result<Batch> finish(int64_t rows) {
    arrow::ArrayBuilder* const columns[] = {&reason,   &expectation, &flow,   &topic,
                                            &topic_id, &partition,   &offset, &timestamp,
                                            &key,      &value,       &input};
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (arrow::ArrayBuilder* builder : columns) {
      ARROW_ASSIGN_OR_RAISE(auto array, builder->Finish());
      arrays.push_back(std::move(array));
    }
    return arrow::RecordBatch::Make(quarantine_schema(), rows, std::move(arrays));
  }
};

arrow::Result<Batch> build(const std::string& flow, const FlowInput& input,
                           const std::vector<BadRow>& bad) {
  Builders builders;
  std::optional<BronzeColumns> bronze;
  if (input.topic) bronze.emplace(*input.rows);
  for (const BadRow& row : bad) {
    ARROW_RETURN_NOT_OK(builders.reason.Append(row.reason));
    ARROW_RETURN_NOT_OK(row.expectation ? builders.expectation.Append(*row.expectation)
                                        : builders.expectation.AppendNull());
    ARROW_RETURN_NOT_OK(builders.flow.Append(flow));
    ARROW_RETURN_NOT_OK(bronze ? builders.append_bronze(*input.topic, *bronze, row.row)
                               : builders.append_table_row(input, row.row));
  }
  return builders.finish(static_cast<int64_t>(bad.size()));
}

}  // namespace

std::shared_ptr<arrow::Schema> quarantine_schema() {
  static const auto schema = arrow::schema(
      {arrow::field("reason", arrow::utf8()), arrow::field("expectation", arrow::utf8()),
       arrow::field("flow", arrow::utf8()), arrow::field("topic", arrow::utf8()),
       arrow::field("topic_id", arrow::utf8()), arrow::field("partition", arrow::int32()),
       arrow::field("offset", arrow::int64()),
       arrow::field("timestamp", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
       arrow::field("key", arrow::binary()), arrow::field("value", arrow::binary()),
       arrow::field("input", arrow::utf8())});
  return schema;
}

Result<Batch> quarantine_rows(const std::string& flow, const FlowInput& input,
                              const std::vector<BadRow>& bad) {
  auto built = build(flow, input, bad);
  if (!built.ok()) return arrow_error(built.status());
  return *std::move(built);
}

Status Quarantined::add(const arrow::RecordBatch& rows) {
  const auto* input = column<arrow::StringArray>(rows, "input", arrow::Type::STRING);
  const auto* topic_id = column<arrow::StringArray>(rows, "topic_id", arrow::Type::STRING);
  const auto* partition = column<arrow::Int32Array>(rows, "partition", arrow::Type::INT32);
  const auto* offset = column<arrow::Int64Array>(rows, "offset", arrow::Type::INT64);
  if (!input || !topic_id || !partition || !offset)
    return Error(ErrorCode::kCorrupt, "a quarantine without its columns");
  for (int64_t row = 0; row < rows.num_rows(); ++row) {
    if (!input->IsNull(row)) {
      ++by_content_[input->GetString(row)];
    } else if (!topic_id->IsNull(row) && !partition->IsNull(row) && !offset->IsNull(row)) {
      const log::TopicId id = TRY(Uuid::parse(topic_id->GetView(row)));
      by_origin_[{id, log::PartitionId(partition->Value(row))}].insert(offset->Value(row));
    }
  }
  return {};
}

std::vector<bool> Quarantined::take(const FlowInput& input) {
  std::vector<bool> out(static_cast<size_t>(input.rows->num_rows()));
  std::optional<BronzeColumns> bronze;
  if (input.topic) bronze.emplace(*input.rows);
  for (size_t at = 0; at < out.size(); ++at) {
    const auto row = static_cast<int64_t>(at);
    if (bronze) {
      const auto found =
          by_origin_.find({input.topic->id, log::PartitionId(bronze->partition->Value(row))});
      out[at] = found != by_origin_.end() && found->second.erase(bronze->offset->Value(row)) > 0;
      if (out[at] && found->second.empty()) by_origin_.erase(found);
    } else if (const auto found = by_content_.find(row_json(*input.rows, row));
               found != by_content_.end()) {
      out[at] = true;
      if (--found->second == 0) by_content_.erase(found);
    }
  }
  return out;
}

}  // namespace foz::pipeline
