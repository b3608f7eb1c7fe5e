// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// /api/topics/NAME: one topic, as one JSON object.
//   {"name", "id", "table", "partitions": [{"partition", "log_start", "end"}],
//    "config": {"retention.ms": "…", …}}
//
// /api/topics/NAME/records?partition=0&from=OFFSET&limit=50&bytes=4096: its records, in order.
//   {"partition", "log_start", "end", "from", "next",
//    "records": [{"offset", "timestamp_ms", "key", "value", "headers": [{"key", "value"}]}]}
// `time` (milliseconds since 1970) instead of `from` begins at the first record that is as new;
// without either come the newest. Keys and values are null or {"size", "text"} ("hex" where they
// are not UTF-8), of whose bytes the first `bytes` are shown, at most 1 MiB. An answer ends early
// where it would grow beyond some MiB; "next" is where to go on.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "log/log.h"

namespace foz::web {

Result<std::string> topic_json(const log::Log& log, const std::string& name);

struct RecordsRequest {
  std::string topic;
  int64_t partition = 0;
  std::optional<int64_t> from, time_ms;
  int64_t limit = 50;    // at most 500 are given
  int64_t bytes = 4096;  // of a key and a value
};
Result<std::string> records_json(const log::Log& log, const RecordsRequest& request);

}  // namespace foz::web
