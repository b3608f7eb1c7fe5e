// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "log/producers_internal.h"

#include <algorithm>
#include <limits>

namespace foz::log {
namespace {

// Sequence numbers run from 0 to 2^31-1 and begin again.
int32_t advance(int32_t sequence, int32_t by) {
  constexpr int64_t kCount = int64_t{1} << 31;
  return static_cast<int32_t>((int64_t{sequence} + by) % kCount);
}

}  // namespace

ProducerState::Verdict ProducerState::check(const BatchHeader& header) const {
  // Markers carry no sequence, and a transaction must end whatever others did with its producer's
  // id.
  if (header.control()) return {};
  if (header.producer_epoch < epoch) return {SequenceOutcome::kFenced, {}};
  if (header.producer_epoch > epoch) {
    // Of a producer not known (any more) every sequence is as good as another.
    const bool known = epoch >= 0;
    if (known && header.base_sequence != 0) return {SequenceOutcome::kOutOfOrder, {}};
    return {};
  }
  if (count == 0) {
    if (expected >= 0 && header.base_sequence > expected) return {SequenceOutcome::kOutOfOrder, {}};
    return {};
  }
  const int32_t last = advance(header.base_sequence, header.last_offset_delta);
  for (size_t i = 0; i < count; ++i) {
    if (batches[i].first_sequence == header.base_sequence && batches[i].last_sequence == last) {
      return {SequenceOutcome::kDuplicate, batches[i].base_offset};
    }
  }
  if (header.base_sequence != advance(batches[count - 1].last_sequence, 1)) {
    return {SequenceOutcome::kOutOfOrder, {}};
  }
  return {};
}

void ProducerState::accept(const BatchHeader& header, Offset base_offset, int64_t now_ms) {
  last_used_ms = now_ms;
  if (header.control() && header.producer_epoch <= epoch) return;
  if (header.producer_epoch != epoch) {
    epoch = header.producer_epoch;
    count = 0;
    expected = -1;
  }
  if (header.control()) return;
  expected = -1;
  if (count == kRemembered) {
    std::move(batches.begin() + 1, batches.end(), batches.begin());
    --count;
  }
  batches[count++] = {header.base_sequence, advance(header.base_sequence, header.last_offset_delta),
                      base_offset, base_offset + header.last_offset_delta};
}

bool ProducerState::refuse(const BatchHeader& header, int64_t now_ms) {
  const bool unknown = epoch < 0 || (epoch == header.producer_epoch && count == 0);
  if (!unknown || header.control()) return false;
  epoch = header.producer_epoch;
  expected = expected < 0 ? header.base_sequence : std::min(expected, header.base_sequence);
  last_used_ms = now_ms;
  return true;
}

const ProducerState* Producers::find(int64_t producer_id) const {
  const auto found = states_.find(producer_id);
  return found == states_.end() ? nullptr : &found->second;
}

void Producers::set(int64_t producer_id, const ProducerState& state) {
  states_[producer_id] = state;
  if (states_.size() <= kMost) return;
  // The older half at once, so that a flood of ids does not sort on every append.
  std::vector<int64_t> times;
  times.reserve(states_.size());
  for (const auto& [id, one] : states_) times.push_back(one.last_used_ms);
  const auto middle = times.begin() + static_cast<ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  size_t excess = states_.size() / 2;
  std::erase_if(states_, [&](const auto& entry) {
    if (excess == 0 || entry.first == producer_id || entry.second.last_used_ms > *middle) {
      return false;
    }
    --excess;
    return true;
  });
}

void Producers::refuse(const BatchHeader& header, int64_t now_ms) {
  if (header.producer_id < 0 || header.producer_epoch < 0 || header.base_sequence < 0) return;
  const ProducerState* known = find(header.producer_id);
  ProducerState state = known ? *known : ProducerState();
  if (state.refuse(header, now_ms)) set(header.producer_id, state);
}

void Producers::forget_silent(int64_t now_ms) {
  std::erase_if(states_, [&](const auto& entry) {
    return now_ms - entry.second.last_used_ms > kForgetAfterMs;
  });
}

void Producers::encode(ByteWriter& out, Offset end) const {
  const size_t count_at = out.size();
  uint32_t written = 0;
  out.little<uint32_t>(0);
  for (const auto& [id, state] : states_) {
    const auto stands = std::count_if(state.batches.begin(), state.batches.begin() + state.count,
                                      [&](const auto& batch) { return batch.last_offset < end; });
    if (stands == 0 && state.count > 0) continue;  // the journal still holds all of it
    if (state.expected >= 0) continue;             // no connection outlives the process
    ++written;
    out.little(id);
    out.little(state.epoch);
    out.little(state.last_used_ms);
    out.little(static_cast<uint8_t>(stands));
    for (ptrdiff_t i = 0; i < stands; ++i) {
      const ProducerBatch& batch = state.batches[static_cast<size_t>(i)];
      out.little(batch.first_sequence);
      out.little(batch.last_sequence);
      out.little(batch.base_offset.value());
      out.little(batch.last_offset.value());
    }
  }
  store_little(out.at(count_at), written);
}

Status Producers::decode(ByteReader& in) {
  const auto count = in.little<uint32_t>();
  for (uint32_t i = 0; i < count && in.ok(); ++i) {
    const auto id = in.little<int64_t>();
    ProducerState state;
    state.epoch = in.little<int16_t>();
    state.last_used_ms = in.little<int64_t>();
    state.count = in.little<uint8_t>();
    if (state.count > ProducerState::kRemembered) in.fail();
    for (size_t k = 0; k < state.count && in.ok(); ++k) {
      state.batches[k].first_sequence = in.little<int32_t>();
      state.batches[k].last_sequence = in.little<int32_t>();
      state.batches[k].base_offset = Offset(in.little<int64_t>());
      state.batches[k].last_offset = Offset(in.little<int64_t>());
    }
    if (in.ok()) states_[id] = state;
  }
  if (!in.ok()) return Error(ErrorCode::kCorrupt, "producer states are malformed");
  return {};
}

}  // namespace foz::log
