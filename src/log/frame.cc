// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "log/frame_internal.h"

#include <cstring>
#include <type_traits>

#include "base/crc32c.h"
#include "log/record_batch.h"
#include "log/topics_internal.h"

namespace foz::log {
namespace {

enum class Kind : uint8_t {
  kBatches = 1,
  kTopicCreated = 2,
  kTopicDeleted = 3,
  kLogStart = 4,
  kProducerIds = 5,
  kDeletedBefore = 6,
  kTopicAltered = 7,
  kTopicHidden = 8
};

constexpr size_t kBatchPrefix = 21;  // up to and with the batch's own CRC

Error damaged(std::string_view what) {
  return Error(ErrorCode::kCorrupt, "journal frame: " + std::string(what));
}

void encode_where(ByteWriter& out, const TopicPartition& where) {
  encode_uuid(out, where.topic);
  out.little(where.partition.value());
}
TopicPartition decode_where(ByteReader& in) {
  const TopicId topic = decode_uuid(in);
  return {topic, PartitionId(in.little<int32_t>())};
}

// Continues over the prefixes of batches back to back; a batch that does not fit ends it.
uint32_t crc_of_prefixes(Bytes batches, uint32_t crc) {
  while (batches.size() >= kBatchHeaderBytes) {
    const size_t size = static_cast<size_t>(load_big<uint32_t>(batches.data() + 8)) + 12;
    crc = crc32c(batches.first(kBatchPrefix), crc);
    if (size < kBatchHeaderBytes || size > batches.size()) break;
    batches = batches.subspan(size);
  }
  return crc;
}

Status check_batches(Bytes batches) {
  while (!batches.empty()) {
    const auto header = parse_batch(batches);
    if (!header) return damaged(header.error().message());
    batches = batches.subspan(header->size());
  }
  return {};
}

Result<FrameEntry> decode_entry(ByteReader& table, ByteReader& data) {
  switch (static_cast<Kind>(table.little<uint8_t>())) {
    case Kind::kBatches: {
      BatchesEntry entry;
      entry.where = decode_where(table);
      entry.base_offset = Offset(table.little<int64_t>());
      entry.batches = data.bytes(table.little<uint32_t>());
      return FrameEntry(entry);
    }
    case Kind::kTopicCreated: {
      TopicCreatedEntry entry{decode_topic(table), {}};
      for (int32_t i = 0; i < entry.topic.partitions && table.ok(); ++i) {
        entry.starts.emplace_back(table.little<int64_t>());
      }
      return FrameEntry(std::move(entry));
    }
    case Kind::kTopicDeleted: return FrameEntry(TopicDeletedEntry{decode_uuid(table)});
    case Kind::kLogStart: {
      const TopicPartition where = decode_where(table);
      return FrameEntry(LogStartEntry{where, Offset(table.little<int64_t>())});
    }
    case Kind::kProducerIds: return FrameEntry(ProducerIdsEntry{table.little<int64_t>()});
    case Kind::kDeletedBefore: {
      const TopicPartition where = decode_where(table);
      return FrameEntry(DeletedBeforeEntry{where, Offset(table.little<int64_t>())});
    }
    case Kind::kTopicAltered: return FrameEntry(TopicAlteredEntry{decode_topic(table)});
    case Kind::kTopicHidden: return FrameEntry(TopicHiddenEntry{decode_uuid(table)});
  }
  return damaged("an entry of unknown kind");
}

}  // namespace

void FrameBuilder::add(const FrameEntry& entry) {
  ++entries_;
  std::visit(
      [&](const auto& one) {
        using T = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<T, BatchesEntry>) {
          table_.little(static_cast<uint8_t>(Kind::kBatches));
          encode_where(table_, one.where);
          table_.little(one.base_offset.value());
          table_.little(static_cast<uint32_t>(one.batches.size()));
          data_.push_back(one.batches);
          data_bytes_ += one.batches.size();
        } else if constexpr (std::is_same_v<T, TopicCreatedEntry>) {
          table_.little(static_cast<uint8_t>(Kind::kTopicCreated));
          encode_topic(table_, one.topic);
          for (const Offset start : one.starts) table_.little(start.value());
        } else if constexpr (std::is_same_v<T, TopicDeletedEntry>) {
          table_.little(static_cast<uint8_t>(Kind::kTopicDeleted));
          encode_uuid(table_, one.id);
        } else if constexpr (std::is_same_v<T, LogStartEntry>) {
          table_.little(static_cast<uint8_t>(Kind::kLogStart));
          encode_where(table_, one.where);
          table_.little(one.offset.value());
        } else if constexpr (std::is_same_v<T, ProducerIdsEntry>) {
          table_.little(static_cast<uint8_t>(Kind::kProducerIds));
          table_.little(one.below);
        } else if constexpr (std::is_same_v<T, DeletedBeforeEntry>) {
          table_.little(static_cast<uint8_t>(Kind::kDeletedBefore));
          encode_where(table_, one.where);
          table_.little(one.offset.value());
        } else if constexpr (std::is_same_v<T, TopicAlteredEntry>) {
          table_.little(static_cast<uint8_t>(Kind::kTopicAltered));
          encode_topic(table_, one.topic);
        } else {
          static_assert(std::is_same_v<T, TopicHiddenEntry>);
          table_.little(static_cast<uint8_t>(Kind::kTopicHidden));
          encode_uuid(table_, one.id);
        }
      },
      entry);
}

std::string FrameBuilder::seal(uint64_t salt, uint64_t sequence) const {
  ByteWriter out;
  out.text({kFrameMagic.data(), kFrameMagic.size()});
  out.little<uint32_t>(0);
  out.little(salt);
  out.little(sequence);
  out.little(static_cast<uint32_t>(table_.size()));
  out.little(static_cast<uint32_t>(data_bytes_));
  out.text(table_.buffer());
  uint32_t crc = crc32c(as_bytes(out.buffer()).subspan(8));
  for (const Bytes batches : data_) crc = crc_of_prefixes(batches, crc);
  store_little(out.at(4), crc);
  return out.take();
}

void FrameBuilder::clear() {
  table_ = ByteWriter();
  data_.clear();
  data_bytes_ = 0;
  entries_ = 0;
}

std::optional<FrameHeader> parse_frame_header(Bytes bytes) {
  if (bytes.size() < kFrameHeaderBytes ||
      std::memcmp(bytes.data(), kFrameMagic.data(), kFrameMagic.size()) != 0) {
    return std::nullopt;
  }
  ByteReader in(bytes.subspan(kFrameMagic.size()));
  FrameHeader header;
  header.crc = in.little<uint32_t>();
  header.salt = in.little<uint64_t>();
  header.sequence = in.little<uint64_t>();
  header.table_bytes = in.little<uint32_t>();
  header.data_bytes = in.little<uint32_t>();
  return header;
}

Result<std::vector<FrameEntry>> parse_frame(Bytes frame) {
  const auto header = parse_frame_header(frame);
  if (!header || header->size() != frame.size()) return damaged("its length is wrong");
  const Bytes table_bytes = frame.subspan(kFrameHeaderBytes, header->table_bytes);
  const Bytes data_bytes = frame.subspan(kFrameHeaderBytes + header->table_bytes);
  const uint32_t crc = crc32c(frame.subspan(8, kFrameHeaderBytes - 8 + header->table_bytes));
  if (crc_of_prefixes(data_bytes, crc) != header->crc) return damaged("the CRC does not match");
  TRY(check_batches(data_bytes));
  ByteReader table(table_bytes);
  ByteReader data(data_bytes);
  std::vector<FrameEntry> entries;
  while (table.remaining() > 0) {
    entries.push_back(TRY(decode_entry(table, data)));
    if (!table.ok() || !data.ok()) return damaged("an entry is malformed");
  }
  if (data.remaining() > 0) return damaged("bytes are left after the last entry");
  return entries;
}

}  // namespace foz::log
