// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/clustering_internal.h"

#include <simdjson.h>

#include "delta/replay_internal.h"

namespace foz::delta {
namespace {

std::optional<DomainMetadata> domain_of(const Snapshot& snapshot) {
  const auto& domains = state_of(snapshot).domains;
  if (!domains) return std::nullopt;
  const auto found = domains->find(kClusteringDomain);
  if (found == domains->end() || found->second.removed) return std::nullopt;
  return found->second;
}

}  // namespace

// {"clusteringColumns":[["a"],["b","c"]]}
std::vector<std::vector<std::string>> clustering_columns(const Snapshot& snapshot) {
  const auto domain = domain_of(snapshot);
  if (!domain) return {};
  std::vector<std::vector<std::string>> out;
  simdjson::dom::parser parser;
  simdjson::dom::array columns;
  if (parser.parse(domain->configuration)["clusteringColumns"].get(columns)) return {};
  for (const auto column : columns) {
    simdjson::dom::array path;
    if (column.get(path)) return {};
    std::vector<std::string>& names = out.emplace_back();
    for (const auto part : path) {
      std::string_view name;
      if (part.get(name)) return {};
      names.emplace_back(name);
    }
  }
  return out;
}

std::optional<DomainMetadata> clustering_change(const Snapshot& now, const Snapshot& wanted) {
  const auto before = domain_of(now);
  auto after = domain_of(wanted);
  if (after && (!before || before->configuration != after->configuration)) return after;
  if (after || !before) return std::nullopt;
  // A tombstone says what there was.
  return DomainMetadata{before->domain, before->configuration, true};
}

}  // namespace foz::delta
