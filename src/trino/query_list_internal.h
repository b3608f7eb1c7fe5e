// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Queries as people and tools look at them: those that ended lately, and how one is shown under
// /v1/query and where infoUri leads.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "sql/runtime.h"
#include "trino/session_headers_internal.h"

namespace foz::trino {

struct QueryRecord {
  sql::QueryInfo info;
  ClientDescription client;
};

// The last queries that are over. Not thread-safe.
class QueryHistory {
 public:
  static constexpr size_t kMost = 200;
  static constexpr size_t kMostBytes = 4 << 20;  // of their texts

  void add(QueryRecord record);
  const std::deque<QueryRecord>& records() const { return records_; }  // oldest first

 private:
  std::deque<QueryRecord> records_;
  size_t bytes_ = 0;
};

// As https://trino.io/docs/current/develop/client-protocol.html leaves open and Trino's own page
// reads; `base` stands before its URIs.
void write_query(JsonWriter& json, const QueryRecord& record, const std::string& base);
std::string query_list_json(const std::vector<QueryRecord>& records, const std::string& base);
// A page for people.
std::string query_page(const QueryRecord& record, const std::string& base);

}  // namespace foz::trino
