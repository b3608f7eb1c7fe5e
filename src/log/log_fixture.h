// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// For the tests of the log: a log over a simulated disk that can be closed, crashed and opened
// again.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "log/log.h"
#include "store/simulated_disk.h"

namespace foz::log {

class LogFixture {
 public:
  explicit LogFixture(uint64_t seed = 1) : random(seed), disk(random) {
    options.directory = "/data/log";
    options.journal_bytes = 1 << 20;
    options.tail_cache_bytes = 64 << 20;
    options.min_free_disk_bytes = 0;
    options.segment_sync_pace = std::chrono::microseconds(0);
  }

  Status open() {
    log.reset();
    metrics = std::make_unique<Metrics>();
    auto opened = Log::open(options, disk, clock, random, *metrics);
    if (!opened) return opened.error();
    log = std::move(*opened);
    return {};
  }
  // As after a power cut, now.
  void crash() {
    disk.crash_after(1);
    log.reset();
    disk.restart();
    disk.crash_after(0);
  }

  static std::string batch(const std::vector<std::string>& values, BatchOptions batch_options = {},
                           int64_t timestamp_ms = 1000) {
    std::vector<NewRecord> records;
    for (const std::string& value : values) {
      records.push_back({.timestamp_ms = timestamp_ms, .value = value});
    }
    return build_batch(records, batch_options).value();
  }
  Result<AppendOutcome> append(TopicPartition where, std::string batches) {
    std::vector<AppendPart> parts;
    parts.push_back({where, std::move(batches)});
    auto outcomes = TRY(log->append_and_wait(std::move(parts)));
    if (outcomes[0].error) return *outcomes[0].error;
    return outcomes[0];
  }
  Result<AppendOutcome> put(TopicPartition where, const std::vector<std::string>& values) {
    return append(where, batch(values));
  }

  // Every record's value from the log start to the durable end; offsets must be dense.
  Result<std::vector<std::string>> values(TopicPartition where, size_t max_bytes = 1 << 20) const {
    const PartitionOffsets range = TRY(log->offsets(where));
    std::vector<std::string> all;
    Offset next = range.log_start;
    while (next < range.durable_end) {
      const ReadResult read = TRY(log->read(where, next, max_bytes));
      if (read.slices.empty()) return Error(ErrorCode::kInternal, "a read gave nothing");
      for (const BatchSlice& slice : read.slices) {
        Bytes rest = slice.bytes;
        while (!rest.empty()) {
          const BatchHeader header = TRY(parse_batch(rest));
          auto reader = TRY(RecordReader::open(rest));
          Record record;
          while (TRY(reader.next(record))) {
            if (record.offset < next) continue;
            if (record.offset != next) return Error(ErrorCode::kInternal, "offsets are not dense");
            all.emplace_back(as_text(record.value.value_or(Bytes())));
            ++next;
          }
          rest = rest.subspan(header.size());
        }
      }
      if (next != read.next) return Error(ErrorCode::kInternal, "the read's next offset is wrong");
    }
    return all;
  }

  Random random;
  store::SimulatedDisk disk;
  ManualClock clock{1'700'000'000'000'000};
  std::unique_ptr<Metrics> metrics;
  LogOptions options;
  std::unique_ptr<Log> log;
};

// Everything happens early in it: spare journals, checkpoints, reads from segments.
class SmallLog : public LogFixture {
 public:
  explicit SmallLog(uint64_t seed) : LogFixture(seed) {
    options.journal_bytes = 1 << 17;
    options.tail_cache_bytes = seed % 2 == 0 ? 2000 : 1 << 20;
    options.checkpoint_interval = std::chrono::milliseconds(0);
  }
};

// Of tests that crash at every operation; FOZ_SEED names one.
inline std::vector<uint64_t> seeds() {
  if (const char* one = std::getenv("FOZ_SEED")) return {std::strtoull(one, nullptr, 10)};
  return {1, 2, 3, 4};
}

}  // namespace foz::log
