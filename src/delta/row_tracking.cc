// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/row_tracking_internal.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <limits>

#include "base/json_writer.h"
#include "delta/features_internal.h"

namespace foz::delta {

namespace {

Result<int64_t> high_water(const DomainMetadata& domain) {
  simdjson::dom::parser parser;
  int64_t mark = 0;
  if (parser.parse(domain.configuration)["rowIdHighWaterMark"].get(mark) != simdjson::SUCCESS) {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("domain {} has no rowIdHighWaterMark", kRowTrackingDomain));
  }
  return mark;
}

bool row_tracking_supported(const Protocol& protocol) {
  return has_writer_feature(protocol, "rowTracking");
}

}  // namespace

bool gives_row_ids(const Protocol& protocol, const Metadata& metadata) {
  return row_tracking_supported(protocol) &&
         !is_true(metadata.configuration, "delta.rowTrackingSuspended");
}

bool row_tracking_enabled(const Protocol& protocol, const Metadata& metadata) {
  return row_tracking_supported(protocol) &&
         is_true(metadata.configuration, "delta.enableRowTracking");
}

Result<RowIds> RowIds::above(const State& state) {
  RowIds out;
  if (!state.domains) return out;
  const auto found = state.domains->find(std::string(kRowTrackingDomain));
  if (found == state.domains->end()) return out;
  out.high_water_ = TRY(high_water(found->second));
  return out;
}

Status RowIds::raise(const DomainMetadata& domain) {
  high_water_ = std::max(high_water_, TRY(high_water(domain)));
  given_ = true;
  return {};
}

Status RowIds::assign(AddFile& file, Version version) {
  if (!file.default_row_commit_version) file.default_row_commit_version = version.value();
  if (file.base_row_id) return {};
  const auto rows = physical_rows(file);
  if (!rows) {
    return invalid(
        fmt::format("file {} has no number of rows, which row tracking needs", file.path));
  }
  if (*rows > std::numeric_limits<int64_t>::max() - 1 - high_water_) {
    return Error(ErrorCode::kCorrupt, "the table has no row ids left");
  }
  file.base_row_id = high_water_ + 1;
  high_water_ += *rows;
  given_ = true;
  return {};
}

std::optional<DomainMetadata> RowIds::domain() const {
  if (!given_) return std::nullopt;
  JsonWriter json;
  json.begin_object().field("rowIdHighWaterMark", high_water_).end_object();
  return DomainMetadata{std::string(kRowTrackingDomain), json.take(), false};
}

}  // namespace foz::delta
