// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Bronze: a topic as a table, with exactly the columns of Spark's Kafka source.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "log/log.h"
#include "table/view.h"

namespace foz::table {

class LiveTables;

inline constexpr char kBronzeSchema[] = "bronze";

// key, value, topic, partition, offset, timestamp, timestampType, headers.
std::shared_ptr<arrow::Schema> bronze_schema();
// "foz/FLOW/TOPIC-ID/PARTITION": the Delta application id of a position in the log (flow "bronze"
// for bronze itself).
std::string log_app_id(std::string_view flow, log::TopicPartition where);
// "foz/FLOW/TABLE-ID": of a position in a table, TABLE-ID being its Delta metadata id.
std::string table_app_id(std::string_view flow, std::string_view table_id);

// Turns record batches into bronze rows. Control batches are passed over. A batch that is damaged
// inside (a producer wrote it so) becomes one row for each of its offsets with null key and value
// and a header "foz.error" that says why; the first row's header "foz.batch" holds the bytes:
// nothing acknowledged is lost, and nothing stops. A timestamp outside years 1 to 9999 is clamped,
// and a header "foz.timestamp" keeps it. A header's key that is no UTF-8 has U+FFFD in its place,
// and a header "foz.header" behind it keeps its bytes. Rows without headers have null there.
class BronzeDecoder {
 public:
  explicit BronzeDecoder(std::string topic);
  ~BronzeDecoder();
  // That batches of so many bytes follow: what grows step by step touches memory twice.
  Status expect(int64_t bytes);
  // Records of `slice` with from <= offset < to. After an error the rows are those before the call;
  // kOverloaded: finish() first, then append less at once.
  Status append(log::PartitionId partition, const log::BatchSlice& slice, log::Offset from,
                log::Offset to);
  int64_t rows() const;
  int64_t bytes() const;
  // The rows so far; begins anew.
  Result<std::shared_ptr<arrow::RecordBatch>> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a topic's bronze table says of it, as properties.
std::map<std::string, std::string> topic_properties(const log::Topic& topic);
// Topics that bronze tables remember (with the committed next offset of each partition): what a log
// rebuilt after the loss of its disk takes back.
struct RememberedTopic {
  log::Topic topic;
  std::vector<log::Offset> next;
};
std::vector<RememberedTopic> remembered_topics(const Root& root);

// Reads records below the log's start from the bronze table, as bronze rows in offset order.
Result<std::shared_ptr<arrow::RecordBatch>> read_old_records(const Root& root,
                                                             const log::Topic& topic,
                                                             log::PartitionId partition,
                                                             log::Offset from, log::Offset to,
                                                             int64_t max_rows);

}  // namespace foz::table
