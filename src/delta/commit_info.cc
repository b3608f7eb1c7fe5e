// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// commitInfo is free-form by the protocol: what cannot be read is as if absent.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#commit-provenance-information
#include <simdjson.h>

#include "delta/actions_internal.h"

namespace foz::delta {
namespace {

namespace dom = simdjson::dom;

void take(dom::element value, std::optional<std::string>& out) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) out = std::string(text);
}
void take(dom::element value, std::optional<int64_t>& out) {
  int64_t number = 0;
  if (value.get(number) == simdjson::SUCCESS) out = number;
}
void take(dom::element value, std::optional<bool>& out) {
  bool flag = false;
  if (value.get(flag) == simdjson::SUCCESS) out = flag;
}
void take(dom::element value, std::map<std::string, std::string>& out) {
  dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return;
  for (const auto [key, each] : object) {
    std::string_view text;
    const bool is_text = each.get(text) == simdjson::SUCCESS;
    out.insert_or_assign(std::string(key), is_text ? std::string(text) : simdjson::minify(each));
  }
}

// Calls `visit(name, value)` for each field of the object.
template <class Visit>
void each_field(const CommitInfo& info, Visit&& visit) {
  dom::parser parser;
  dom::object object;
  if (parser.parse(info.json).get(object) != simdjson::SUCCESS) return;
  for (const auto [key, value] : object) visit(key, value);
}

}  // namespace

CommitFacts commit_facts(const CommitInfo& info) {
  CommitFacts facts;
  each_field(info, [&](std::string_view name, dom::element value) {
    if (name == "txnId") take(value, facts.txn_id);
    if (name == "isBlindAppend") facts.blind_append = value.is_bool() && value.get_bool().value();
    if (name == "timestamp") take(value, facts.timestamp_ms);
    if (name == "inCommitTimestamp") take(value, facts.in_commit_timestamp_ms);
  });
  return facts;
}

HistoryEntry history_entry(const CommitInfo& info) {
  HistoryEntry entry;
  each_field(info, [&](std::string_view name, dom::element value) {
    if (name == "operation") take(value, entry.operation);
    if (name == "operationParameters") take(value, entry.parameters);
    if (name == "operationMetrics") take(value, entry.metrics);
    if (name == "userId") take(value, entry.user_id);
    if (name == "userName") take(value, entry.user_name);
    if (name == "engineInfo") take(value, entry.engine);
    if (name == "isolationLevel") take(value, entry.isolation_level);
    if (name == "userMetadata") take(value, entry.user_metadata);
    if (name == "txnId") take(value, entry.transaction_id);
    if (name == "readVersion") take(value, entry.read_version);
    if (name == "isBlindAppend") take(value, entry.blind_append);
  });
  return entry;
}

}  // namespace foz::delta
