// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What a partition knows of transactions: which are open, and which records are those of aborted
// ones. It is a function of the durable batches alone: a transactional batch opens its producer's
// transaction, the producer's marker (a control batch) ends it.
// https://kafka.apache.org/documentation/#controlbatch
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "log/log.h"
#include "log/record_batch.h"

namespace foz::log {

// Not thread-safe.
class Transactions {
 public:
  // A transactional batch that became durable, in the order of the log.
  void apply(const BatchHeader& header, Bytes batch);
  // Where the oldest open transaction begins: records from there on are not decided.
  std::optional<Offset> first_open() const;
  // Aborted transactions with records in [from, to), by where they begin. `closed`: no marker will
  // come any more, and what is open counts as aborted.
  std::vector<AbortedTransaction> aborted(Offset from, Offset to, bool closed) const;
  size_t aborted_count() const { return aborted_.size(); }

  void forget_below(Offset log_start);
  // The checkpoint will say nothing of what lies below any more.
  void set_synced(Offset end);
  // The state as it was at `end`, for a checkpoint.
  void encode(ByteWriter& out, Offset end) const;
  Status decode(ByteReader& in);

 private:
  struct Ended {
    int64_t producer_id;
    Offset first;
    Offset marker;
  };
  struct Aborted {
    int64_t producer_id;
    Offset first;
    Offset marker;
    // The least offset that was open when the marker came: the markers behind it are those of
    // transactions that begin no earlier.
    Offset open_from;
  };
  void open(int64_t producer_id, Offset first);

  std::unordered_map<int64_t, Offset> open_;  // by producer id, the first offset
  std::map<Offset, int64_t> by_first_;        // the same
  std::deque<Aborted> aborted_;               // by marker
  std::deque<Ended> ended_;                   // behind the synced end, by marker
};

}  // namespace foz::log
