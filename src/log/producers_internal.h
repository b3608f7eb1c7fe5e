// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What a partition remembers of its idempotent producers: the last five batches of each, so that a
// batch sent again is known by its sequence numbers. The rules are those of Kafka's
// ProducerStateManager (KIP-98, KIP-360).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "log/log.h"
#include "log/record_batch.h"

namespace foz::log {

struct ProducerBatch {
  int32_t first_sequence = 0;
  int32_t last_sequence = 0;
  Offset base_offset;
  Offset last_offset;
};

struct ProducerState {
  static constexpr size_t kRemembered = 5;

  struct Verdict {
    SequenceOutcome outcome = SequenceOutcome::kAccepted;
    Offset duplicate_of;
  };
  // `header` names a producer id.
  Verdict check(const BatchHeader& header) const;
  // Remembers a batch that check() accepted; `base_offset` is where it stands.
  void accept(const BatchHeader& header, Offset base_offset, int64_t now_ms);
  // A batch was not taken that the producer will send again. Of one not known, the batches that
  // are on their way behind it must not be taken first: clients believe that an acknowledgement
  // covers what they sent before. False when check() knows without.
  bool refuse(const BatchHeader& header, int64_t now_ms);

  int16_t epoch = -1;
  uint8_t count = 0;
  int32_t expected = -1;  // while count is 0: the least sequence refused, the next to be taken
  std::array<ProducerBatch, kRemembered> batches{};  // oldest first
  int64_t last_used_ms = 0;
};

// Of one partition. Not thread-safe.
class Producers {
 public:
  // A producer that was silent for so long is forgotten (Kafka's producer.id.expiration.ms)...
  static constexpr int64_t kForgetAfterMs = 24LL * 3600 * 1000;
  // ...and of more than so many the ones silent longest.
  static constexpr size_t kMost = 10'000;

  const ProducerState* find(int64_t producer_id) const;
  void set(int64_t producer_id, const ProducerState& state);
  void erase(int64_t producer_id) { states_.erase(producer_id); }
  void refuse(const BatchHeader& header, int64_t now_ms);
  void forget_silent(int64_t now_ms);
  size_t size() const { return states_.size(); }

  // What stands below `end`, for a checkpoint.
  void encode(ByteWriter& out, Offset end) const;
  Status decode(ByteReader& in);

 private:
  std::unordered_map<int64_t, ProducerState> states_;
};

}  // namespace foz::log
