// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Transactions that clients have open. Every statement reads one consistent cut of the lake and
// nothing is written, so a transaction is what the client knows of it: an id that a failed
// statement makes useless and that is forgotten when nobody uses it.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "sql/query_engine.h"
#include "sql/runtime.h"

namespace foz::trino {

// Thread-safe. Clock and random must outlive it.
class Transactions {
 public:
  static constexpr size_t kMostOpen = 10000;
  static constexpr std::chrono::minutes kIdleLimit{5};

  Transactions(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  // Its id; nullopt when too many are open.
  std::optional<std::string> begin(const std::string& isolation_level, bool read_only);
  // What a statement finds that wants to run in it.
  sql::TransactionState use(const std::string& id);
  // A statement of it failed.
  void abort(const std::string& id);
  // What it was until now.
  sql::TransactionState end(const std::string& id);
  void forget_idle();
  std::vector<sql::TransactionInfo> list() const;

 private:
  struct Open {
    sql::TransactionInfo info;
    std::chrono::steady_clock::time_point used;
    bool aborted = false;
  };

  const Clock& clock_;
  Random& random_;
  mutable std::mutex mutex_;
  std::map<std::string, Open> open_;
};

}  // namespace foz::trino
