// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What the server that executes statements knows of itself, for the schema system.runtime.
// https://trino.io/docs/current/connector/system.html
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace foz::sql {

// A statement that runs, or ran lately. Times are microseconds since the epoch; 0: not yet.
struct QueryInfo {
  std::string id, state, user, source, catalog, schema, text;
  std::string update_type;             // "USE" …; empty: a query, or not known yet
  std::string transaction;             // its own or the client's
  std::string error_name, error_type;  // of one that failed
  std::string error_message;
  int error_code = 0;
  int64_t queued_ms = 0, planning_ms = 0, elapsed_ms = 0;
  int64_t created_us = 0, started_us = 0, asked_us = 0, ended_us = 0;
  int64_t rows = 0, bytes = 0;  // that the client was sent

  bool over() const { return ended_us != 0; }
};

struct TransactionInfo {
  std::string id, isolation_level;
  bool read_only = false;
  bool auto_commit = false;  // of one statement
  int64_t created_us = 0;
  int64_t idle_seconds = 0;
};

struct NodeInfo {
  std::string id, uri, version;
};

// Thread-safe.
class Runtime {
 public:
  virtual ~Runtime() = default;
  virtual NodeInfo node() const = 0;
  virtual std::vector<QueryInfo> queries() const = 0;  // oldest first
  virtual std::vector<TransactionInfo> transactions() const = 0;
};

}  // namespace foz::sql
