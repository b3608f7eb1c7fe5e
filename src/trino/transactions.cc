// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "trino/transactions_internal.h"

namespace foz::trino {

using sql::TransactionState;

std::optional<std::string> Transactions::begin(const std::string& isolation_level, bool read_only) {
  Open open;
  open.info.id = random_.uuid().to_string();
  open.info.isolation_level = isolation_level;
  open.info.read_only = read_only;
  open.info.created_us = clock_.now_us();
  open.used = clock_.steady();
  std::lock_guard lock(mutex_);
  if (open_.size() >= kMostOpen) return std::nullopt;
  std::string id = open.info.id;
  open_[id] = std::move(open);
  return id;
}

TransactionState Transactions::use(const std::string& id) {
  std::lock_guard lock(mutex_);
  const auto entry = open_.find(id);
  if (entry == open_.end()) return TransactionState::kUnknown;
  entry->second.used = clock_.steady();
  return entry->second.aborted ? TransactionState::kAborted : TransactionState::kOpen;
}

void Transactions::abort(const std::string& id) {
  std::lock_guard lock(mutex_);
  if (const auto entry = open_.find(id); entry != open_.end()) entry->second.aborted = true;
}

TransactionState Transactions::end(const std::string& id) {
  std::lock_guard lock(mutex_);
  const auto entry = open_.find(id);
  if (entry == open_.end()) return TransactionState::kUnknown;
  const bool aborted = entry->second.aborted;
  open_.erase(entry);
  return aborted ? TransactionState::kAborted : TransactionState::kOpen;
}

void Transactions::forget_idle() {
  const auto now = clock_.steady();
  std::lock_guard lock(mutex_);
  std::erase_if(open_, [&](const auto& entry) { return now - entry.second.used > kIdleLimit; });
}

std::vector<sql::TransactionInfo> Transactions::list() const {
  const auto now = clock_.steady();
  std::vector<sql::TransactionInfo> list;
  std::lock_guard lock(mutex_);
  for (const auto& [id, open] : open_) {
    list.push_back(open.info);
    list.back().idle_seconds =
        std::chrono::duration_cast<std::chrono::seconds>(now - open.used).count();
  }
  return list;
}

}  // namespace foz::trino
