// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Several commits as one file.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#log-compaction-files
#include <fmt/format.h>

#include <map>
#include <set>

#include "delta/commit_internal.h"
#include "delta/log_files_internal.h"
#include "delta/maintenance.h"
#include "delta/paths_internal.h"

namespace foz::delta {
namespace {

// What commits did, each thing once: the newest word on it stands. commitInfo is left out, removes
// stay, for an older checkpoint may hold the file.
class Net {
 public:
  void take(std::vector<Action>&& actions) {
    for (const bool removes : {true, false}) {
      for (Action& action : actions) {
        if (std::holds_alternative<RemoveFile>(action) == removes) take(std::move(action));
      }
    }
  }

  std::string text() const {
    std::string out;
    const auto put = [&](const Action& action) { out.append(to_json(action)).push_back('\n'); };
    if (protocol_) put(*protocol_);
    if (metadata_) put(*metadata_);
    for (const auto& [app, action] : transactions_) put(action);
    for (const auto& [domain, action] : domains_) put(action);
    for (const auto& [key, action] : files_) put(action);
    return out;
  }

 private:
  void take(Action&& action) {
    if (std::holds_alternative<Protocol>(action)) {
      protocol_ = std::move(action);
    } else if (std::holds_alternative<Metadata>(action)) {
      metadata_ = std::move(action);
    } else if (const auto* txn = std::get_if<SetTransaction>(&action)) {
      transactions_.insert_or_assign(txn->app_id, std::move(action));
    } else if (const auto* domain = std::get_if<DomainMetadata>(&action)) {
      domains_.insert_or_assign(domain->domain, std::move(action));
    } else if (const auto* add = std::get_if<AddFile>(&action)) {
      put_file(add->path, add->deletion_vector, std::move(action));
    } else if (const auto* remove = std::get_if<RemoveFile>(&action)) {
      put_file(remove->path, remove->deletion_vector, std::move(action));
    }
  }
  void put_file(const std::string& path, const std::optional<DeletionVector>& vector,
                Action&& action) {
    std::pair key{path, vector ? vector->unique_id() : std::string()};
    files_.insert_or_assign(std::move(key), std::move(action));
  }

  std::optional<Action> protocol_, metadata_;
  std::map<std::string, Action> transactions_, domains_;
  std::map<std::pair<std::string, std::string>, Action> files_;
};

}  // namespace

Status compact_log(const Table& table, Version from, Version to) {
  if (from >= to) return invalid("a log compaction file is of two versions or more");
  Net net;
  for (Version version = from; version <= to; ++version) {
    net.take(TRY(read_commit_object(table.store(), log_path(table.root(), commit_name(version))))
                 .actions);
  }
  const std::string name = fmt::format("{:020}.{:020}.compacted.json", from.value(), to.value());
  return table.store().put(log_path(table.root(), name), as_bytes(net.text()));
}

}  // namespace foz::delta
