// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A frame of the journal: everything that became durable by one sync. Little-endian.
//
//    0 magic "fozJ"          4 CRC-32C of bytes 8 to the end of the table, continued over the first
//    21 bytes of each 8 salt u64                batch: those hold the batch's own CRC-32C, which
//    covers the rest of it
//   16 sequence u64: one more than the frame before
//   24 table bytes u32      28 data bytes u32
//   32 table: entries, each a kind u8 and
//        1 batches          topic id, partition i32, base offset i64, bytes u32
//        2 topic created    topic, first offset i64 of each partition
//        3 topic deleted    topic id
//        4 log start        topic id, partition i32, offset i64
//        5 producer ids     i64 that all ids given out are below
//        6 deleted before   topic id, partition i32, offset i64
//        7 topic altered    topic, as it is from then on
//        8 topic hidden     topic id: deleted for clients; 3 follows when the lake has its records
//      data: the batches of all entries in their order
//
// The salt is drawn when a log is made: a producer, who does not know it, cannot put a frame into a
// record.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "log/types.h"

namespace foz::log {

inline constexpr size_t kFrameHeaderBytes = 32;
inline constexpr std::array<char, 4> kFrameMagic = {'f', 'o', 'z', 'J'};

struct BatchesEntry {
  TopicPartition where;
  Offset base_offset;
  Bytes batches;
};
struct TopicCreatedEntry {
  Topic topic;
  std::vector<Offset> starts;  // one for each partition
};
struct TopicDeletedEntry {
  TopicId id;
};
struct LogStartEntry {
  TopicPartition where;
  Offset offset;
};
struct ProducerIdsEntry {
  int64_t below = 0;
};
struct DeletedBeforeEntry {
  TopicPartition where;
  Offset offset;
};
struct TopicAlteredEntry {
  Topic topic;
};
struct TopicHiddenEntry {
  TopicId id;
};
using FrameEntry =
    std::variant<BatchesEntry, TopicCreatedEntry, TopicDeletedEntry, LogStartEntry,
                 ProducerIdsEntry, DeletedBeforeEntry, TopicAlteredEntry, TopicHiddenEntry>;

class FrameBuilder {
 public:
  // `entry`'s batches are whole and checked, and must outlive the builder's use.
  void add(const FrameEntry& entry);
  bool empty() const { return entries_ == 0; }
  size_t size() const { return kFrameHeaderBytes + table_.size() + data_bytes_; }
  // Header and table; the slices of data() follow it on disk.
  std::string seal(uint64_t salt, uint64_t sequence) const;
  const std::vector<Bytes>& data() const { return data_; }
  void clear();

 private:
  ByteWriter table_;
  std::vector<Bytes> data_;
  size_t data_bytes_ = 0;
  size_t entries_ = 0;
};

struct FrameHeader {
  uint32_t crc = 0;
  uint64_t salt = 0;
  uint64_t sequence = 0;
  uint32_t table_bytes = 0;
  uint32_t data_bytes = 0;
  size_t size() const { return kFrameHeaderBytes + size_t{table_bytes} + data_bytes; }
};

// Nothing when the bytes are no frame's beginning.
std::optional<FrameHeader> parse_frame_header(Bytes bytes);
// The entries of a whole frame, views into `frame`. kCorrupt: some bit of it is not as written.
Result<std::vector<FrameEntry>> parse_frame(Bytes frame);

}  // namespace foz::log
