// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any bytes: the reader ends, stays inside, and yields offsets strictly upwards.
#include <cstdint>

#include "log/record_batch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foz;
  using namespace foz::log;
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto checked = parse_batch(bytes);
  // Past the CRC as well, which a fuzzer will not guess.
  auto reader = RecordReader::open(bytes);
  CHECK(!checked || reader || reader.error().code() != ErrorCode::kInvalid);
  if (!reader) return 0;
  Record record;
  Offset least = reader->header().base_offset;
  size_t seen = 0;
  while (true) {
    const auto more = reader->next(record);
    if (!more || !*more) break;
    CHECK(record.offset >= least && record.offset <= reader->header().last_offset());
    least = record.offset + 1;
    for (const Bytes part : {record.key.value_or(Bytes()), record.value.value_or(Bytes())}) {
      for (const std::byte byte : part) seen += static_cast<size_t>(byte);
    }
    for (const RecordHeader& header : record.headers) seen += header.key.size();
  }
  volatile size_t used = seen;
  (void)used;
  return 0;
}
