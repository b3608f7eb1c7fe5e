// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/conflict_internal.h"

#include <fmt/format.h>

#include <algorithm>

#include "delta/features_internal.h"
#include "delta/row_tracking_internal.h"

namespace foz::delta {
namespace {

constexpr const char* kHighWaterMark = "delta.identity.highWaterMark";

// Equal but for how far identity columns have counted.
Result<bool> same_but_counted(const Metadata& known, const Metadata& next) {
  Metadata plain = next;
  plain.schema_string = known.schema_string;
  if (plain != known) return false;
  Schema before = TRY(parse_schema(known.schema_string));
  Schema after = TRY(parse_schema(next.schema_string));
  for (Field& field : before.fields) field.metadata.erase(kHighWaterMark);
  for (Field& field : after.fields) field.metadata.erase(kHighWaterMark);
  return before == after;
}

// One winner against one request.
class Comparison {
 public:
  Comparison(const CommitRequest& request, const ReadCommit& winner, Version version,
             const State& before)
      : request_(request), winner_(winner), version_(version), before_(before) {}

  Result<std::optional<Clash>> run() const {
    if (auto clash = TRY(rules_changed())) return std::optional(std::move(*clash));
    if (auto clash = domain_changed()) return std::optional(std::move(*clash));
    if (auto clash = appended()) return std::optional(std::move(*clash));
    return read_removed();
  }

 private:
  Clash clash(Conflict::Kind kind, std::string_view what) const {
    return {kind, fmt::format("version {} {}", version_.value(), what)};
  }

  Result<std::optional<Clash>> rules_changed() const {
    for (const Action& action : winner_.actions) {
      if (const auto* protocol = std::get_if<Protocol>(&action)) {
        const Shape& shape = *before_.shape;
        const bool known = check_writable(*protocol, shape.metadata, shape.schema).has_value();
        if (request_.protocol || request_.metadata || !known) {
          return std::optional(clash(Conflict::Kind::kProtocol, "changed the protocol"));
        }
      } else if (const auto* metadata = std::get_if<Metadata>(&action)) {
        const bool counted = !request_.metadata && !request_.protocol &&
                             TRY(same_but_counted(before_.shape->metadata, *metadata));
        if (!counted) {
          return std::optional(clash(Conflict::Kind::kMetadata, "changed the metadata"));
        }
      }
    }
    return std::optional<Clash>();
  }

  std::optional<Clash> domain_changed() const {
    for (const Action& action : winner_.actions) {
      const auto* theirs = std::get_if<DomainMetadata>(&action);
      if (!theirs || theirs->domain == kRowTrackingDomain) continue;
      const bool both = std::ranges::any_of(request_.domains, [&](const DomainMetadata& mine) {
        return mine.domain == theirs->domain;
      });
      if (both) {
        return clash(Conflict::Kind::kDomain,
                     fmt::format("changed the metadata of domain {} too", theirs->domain));
      }
    }
    return std::nullopt;
  }

  // It added what this writer would have read, had it been there.
  std::optional<Clash> appended() const {
    const Isolation isolation = isolation_of(request_, before_.shape->metadata);
    if (isolation == Isolation::kSnapshot) return std::nullopt;
    const bool strict = isolation == Isolation::kSerializable || request_.metadata;
    if (winner_.facts.blind_append && !strict) return std::nullopt;
    for (const Action& action : winner_.actions) {
      const auto* add = std::get_if<AddFile>(&action);
      if (!add || !add->data_change) continue;
      if (request_.read.whole_table || (request_.read.matches && request_.read.matches(*add))) {
        return clash(Conflict::Kind::kAppended,
                     fmt::format("added file {}, which this commit would have read", add->path));
      }
    }
    return std::nullopt;
  }

  std::optional<Clash> read_removed() const {
    const ReadSet& read = request_.read;
    if (read.empty()) return std::nullopt;
    for (const Action& action : winner_.actions) {
      const auto* remove = std::get_if<RemoveFile>(&action);
      if (!remove) continue;
      bool was_read =
          read.whole_table || std::ranges::find(read.files, remove->path) != read.files.end();
      if (!was_read && read.matches) {
        const auto file = before_.files.find(key_of(*remove));
        was_read = file && read.matches(*file);
      }
      if (was_read) {
        return clash(Conflict::Kind::kReadRemoved,
                     fmt::format("took away file {}, which this commit read", remove->path));
      }
    }
    return std::nullopt;
  }

  const CommitRequest& request_;
  const ReadCommit& winner_;
  const Version version_;
  const State& before_;
};

}  // namespace

bool is_blind_append(const CommitRequest& request) {
  return request.removes.empty() && request.deletions.empty() && !request.metadata &&
         !request.protocol && request.read.empty();
}

Isolation isolation_of(const CommitRequest& request, const Metadata& metadata) {
  if (request.isolation) return *request.isolation;
  const auto changes = [](const auto& file) { return file.data_change; };
  const bool changes_data = !request.deletions.empty() || request.metadata ||
                            std::ranges::any_of(request.adds, changes) ||
                            std::ranges::any_of(request.removes, changes);
  if (!changes_data) return Isolation::kSnapshot;
  const auto level = metadata.configuration.find("delta.isolationLevel");
  if (level == metadata.configuration.end()) return Isolation::kWriteSerializable;
  if (equal_without_case(level->second, "Serializable")) return Isolation::kSerializable;
  if (equal_without_case(level->second, "SnapshotIsolation")) return Isolation::kSnapshot;
  return Isolation::kWriteSerializable;
}

Result<std::optional<Clash>> find_clash(const CommitRequest& request, const ReadCommit& winner,
                                        Version version, const State& before) {
  return Comparison(request, winner, version, before).run();
}

}  // namespace foz::delta
