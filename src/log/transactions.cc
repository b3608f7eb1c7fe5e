// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "log/transactions_internal.h"

#include <algorithm>
#include <limits>

namespace foz::log {

void Transactions::open(int64_t producer_id, Offset first) {
  if (open_.try_emplace(producer_id, first).second) by_first_.emplace(first, producer_id);
}

void Transactions::apply(const BatchHeader& header, Bytes batch) {
  if (!header.control()) return open(header.producer_id, header.base_offset);
  const auto committed = parse_marker(batch);
  if (!committed) return;  // another kind of control batch
  const auto found = open_.find(header.producer_id);
  if (found == open_.end()) return;  // added to the transaction, but nothing was written
  const Ended ended{header.producer_id, found->second, header.base_offset};
  by_first_.erase(found->second);
  open_.erase(found);
  ended_.push_back(ended);
  if (*committed) return;
  aborted_.push_back(
      {ended.producer_id, ended.first, ended.marker, first_open().value_or(header.next_offset())});
}

std::optional<Offset> Transactions::first_open() const {
  return by_first_.empty() ? std::nullopt : std::optional(by_first_.begin()->first);
}

std::vector<AbortedTransaction> Transactions::aborted(Offset from, Offset to, bool closed) const {
  std::vector<AbortedTransaction> found;
  for (auto at = std::ranges::lower_bound(aborted_, from, {}, &Aborted::marker);
       at != aborted_.end(); ++at) {
    if (at->first < to) found.push_back({at->producer_id, at->first, at->marker});
    if (at->open_from >= to) break;
  }
  for (const auto& [first, producer_id] : by_first_) {
    if (!closed || first >= to) break;
    found.push_back({producer_id, first, Offset(std::numeric_limits<int64_t>::max())});
  }
  std::ranges::sort(found, {}, &AbortedTransaction::first);
  return found;
}

void Transactions::forget_below(Offset log_start) {
  while (!aborted_.empty() && aborted_.front().marker < log_start) aborted_.pop_front();
}

void Transactions::set_synced(Offset end) {
  while (!ended_.empty() && ended_.front().marker < end) ended_.pop_front();
}

void Transactions::encode(ByteWriter& out, Offset end) const {
  const auto count_at = [&out] {
    const size_t at = out.size();
    out.little<uint32_t>(0);
    return at;
  };
  size_t at = count_at();
  uint32_t count = 0;
  const auto write_open = [&](int64_t producer_id, Offset first) {
    if (first >= end) return;
    ++count;
    out.little(producer_id);
    out.little(first.value());
  };
  for (const auto& [producer_id, first] : open_) write_open(producer_id, first);
  for (const Ended& each : ended_) {
    if (each.marker >= end) write_open(each.producer_id, each.first);
  }
  store_little(out.at(at), count);
  at = count_at();
  count = 0;
  for (const Aborted& each : aborted_) {
    if (each.marker >= end) break;
    ++count;
    out.little(each.producer_id);
    out.little(each.first.value());
    out.little(each.marker.value());
    out.little(each.open_from.value());
  }
  store_little(out.at(at), count);
}

Status Transactions::decode(ByteReader& in) {
  const auto still_open = in.little<uint32_t>();
  for (uint32_t i = 0; i < still_open && in.ok(); ++i) {
    const auto producer_id = in.little<int64_t>();
    open(producer_id, Offset(in.little<int64_t>()));
  }
  const auto aborted = in.little<uint32_t>();
  for (uint32_t i = 0; i < aborted && in.ok(); ++i) {
    Aborted& each = aborted_.emplace_back();
    each.producer_id = in.little<int64_t>();
    each.first = Offset(in.little<int64_t>());
    each.marker = Offset(in.little<int64_t>());
    each.open_from = Offset(in.little<int64_t>());
  }
  if (!in.ok()) return Error(ErrorCode::kCorrupt, "transactions are malformed");
  return {};
}

bool AbortedBatches::contains(const BatchHeader& header) {
  for (; next_ < list_.size() && list_[next_].first <= header.base_offset; ++next_) {
    last_[list_[next_].producer_id] = list_[next_].last;
  }
  const auto found = last_.find(header.producer_id);
  return found != last_.end() && header.base_offset <= found->second;
}

}  // namespace foz::log
