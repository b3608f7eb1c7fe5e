// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <map>

#include "base/clock.h"
#include "base/random.h"
#include "delta/commit_internal.h"
#include "delta/create_internal.h"
#include "delta/data_file.h"
#include "delta/deletion_vector_internal.h"
#include "delta/features_internal.h"
#include "delta/json_internal.h"
#include "delta/log_files_internal.h"
#include "delta/maintenance.h"
#include "delta/new_table_internal.h"
#include "delta/paths_internal.h"
#include "delta/replay_internal.h"
#include "delta/retry_internal.h"

namespace foz::delta {
namespace {

bool is_relative(const std::string& path) {
  const size_t colon = path.find(':');
  return !path.starts_with('/') && (colon == std::string::npos || path.find('/') < colon);
}

// One file after the other made a file of the target.
class Cloner {
 public:
  Cloner(const Table& source, const Table& target, CloneKind kind, Random& random)
      : source_(source), target_(target), kind_(kind), random_(random) {}

  Result<AddFile> run(const AddFile& file) {
    AddFile out = file;
    out.data_change = true;
    const std::string from = TRY(object_path(source_, file));
    if (kind_ == CloneKind::kShallow) {
      out.path = object_url(target_.store(), from);
    } else {
      // A file of yet another table gets a name of its own.
      if (!is_relative(file.path)) out.path = fresh("part-00000-", ".parquet");
      TRY(copy(from, TRY(object_path(target_, out))));
    }
    if (out.deletion_vector && out.deletion_vector->storage_type != "i") {
      TRY(take_vector(*out.deletion_vector));
    }
    return out;
  }

 private:
  std::string fresh(const char* prefix, const char* suffix) {
    return prefix + random_.uuid().to_string() + suffix;
  }

  Status take_vector(DeletionVector& vector) {
    const bool relative = vector.storage_type == "u";
    const std::string from =
        relative ? join_path(source_.root(), TRY(vector_path(vector)))
                 : TRY(resolve_path(source_.store(), source_.root(), vector.path_or_inline));
    if (kind_ == CloneKind::kDeep) {
      auto [name, is_new] = copied_.try_emplace(from, vector.path_or_inline);
      if (!relative && is_new) {
        const Uuid uuid = random_.uuid();
        name->second = encode_z85(std::as_bytes(std::span(uuid.bytes)));
      }
      vector.storage_type = "u";
      vector.path_or_inline = name->second;
      if (!is_new) return {};
      return copy(from, join_path(target_.root(), TRY(vector_path(vector))));
    }
    vector.storage_type = "p";
    vector.path_or_inline = object_url(target_.store(), from);
    return {};
  }

  Status copy(const std::string& from, const std::string& to) {
    const std::string bytes = TRY(retried([&] { return source_.store().get(from); }));
    return target_.store().put(to, as_bytes(bytes));
  }

  const Table& source_;
  const Table& target_;
  const CloneKind kind_;
  Random& random_;
  std::map<std::string, std::string> copied_;  // files of deletion vectors, and their new names
};

}  // namespace

Result<SnapshotPtr> commit_first(const Table& table, const CommitRequest& request, Random& random,
                                 const Clock& clock) {
  const auto taken = [&] {
    return Error(ErrorCode::kAlreadyExists,
                 fmt::format("there is a Delta table at '{}'", table.root()));
  };
  if (TRY(list_log(table.store(), table.root(), Version{0})).last()) return taken();
  State empty;
  empty.shape = std::make_shared<Shape>();
  const auto base = std::make_shared<LoadedSnapshot>(std::move(empty));
  auto outcome = TRY(Commit(table.store(), table.root(), clock, random, base, request).run());
  if (auto* committed = std::get_if<Committed>(&outcome)) return std::move(committed->snapshot);
  return taken();
}

Result<SnapshotPtr> clone(const Table& source, const SnapshotPtr& snapshot, const Table& target,
                          CloneKind kind, Random& random, const Clock& clock,
                          const OnProgress& progress) {
  TRY(check_writable_features(*snapshot));
  TRY(check_new_names(snapshot->schema().fields, TRY(column_mapping(*snapshot))));
  if (TRY(list_log(target.store(), target.root(), Version{0})).last()) {
    return Error(ErrorCode::kAlreadyExists,
                 fmt::format("there is a Delta table at '{}'", target.root()));
  }
  CommitRequest request;
  request.operation = "CLONE";
  request.operation_parameters = {
      {"source", json_quote(object_url(source.store(), source.root()))},
      {"sourceVersion", json_quote(std::to_string(snapshot->version().value()))},
      {"isShallow", kind == CloneKind::kShallow ? "\"true\"" : "\"false\""}};
  request.protocol = snapshot->protocol();
  request.metadata = snapshot->metadata();
  request.metadata->id = random.uuid().to_string();
  request.metadata->created_time_ms = clock.now_ms();
  // Its first commit has one.
  request.metadata->configuration.erase("delta.inCommitTimestampEnablementVersion");
  request.metadata->configuration.erase("delta.inCommitTimestampEnablementTimestamp");
  request.domains = snapshot->domains();
  Cloner cloner(source, target, kind, random);
  Progress done{.files_total = static_cast<int64_t>(snapshot->file_count()),
                .bytes_total = snapshot->total_bytes()};
  Status status;
  snapshot->each_file([&](const std::shared_ptr<const AddFile>& file) {
    if (progress) status = progress(done);
    if (!status) return false;
    auto made = cloner.run(*file);
    if (!made) {
      status = std::move(made).error();
      return false;
    }
    request.adds.push_back(*std::move(made));
    ++done.files;
    done.bytes += file->size;
    return true;
  });
  TRY(std::move(status).within("clone"));
  request.operation_metrics = {{"numOfFilesCopied", kind == CloneKind::kDeep ? done.files : 0},
                               {"sourceNumOfFiles", done.files},
                               {"sourceTableSize", done.bytes}};
  return commit_first(target, request, random, clock);
}

}  // namespace foz::delta
