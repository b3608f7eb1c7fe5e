// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A record of __transaction_state. The first byte is the length of its key.
#include <cstdint>

#include "kafka/transaction_records_internal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foz;
  using namespace foz::kafka;
  if (size < 1 || size < size_t{data[0]} + 1) return 0;
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  log::Record record;
  record.key = bytes.subspan(1, data[0]);
  if (size > size_t{data[0]} + 1) record.value = bytes.subspan(size_t{data[0]} + 1);
  const auto parsed = parse_transaction_record(record);
  if (!parsed.has_value()) return 0;
  // What was read is written again so that it reads the same.
  if (const auto* state = std::get_if<TransactionRecord>(&*parsed)) {
    CHECK(transaction_key(state->id) == as_text(*record.key));
  } else if (const auto* pending = std::get_if<PendingOffsetRecord>(&*parsed)) {
    CHECK(pending_key(pending->id, pending->key) == as_text(*record.key));
  }
  return 0;
}
