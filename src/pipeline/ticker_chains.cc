// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>
#include <fmt/format.h>

#include "pipeline/ticker_internal.h"

namespace foz::pipeline {

namespace {

constexpr int64_t kMaxBite = 64;  // versions

}  // namespace

std::string Ticker::chain_app_id(const FlowState& flow) const {
  return table::table_app_id(flow.app_name, view(flow.upstream->target).snapshot->metadata().id);
}

Result<FlowInput> Ticker::chain_input(const FlowState& flow, const table::TailBatch& batch) const {
  return FlowInput{TRY(conform(batch.rows, flow.source_schema)), nullptr, batch.origins,
                   &topic_names_};
}

// Behind: the upstream's Delta versions. Then, when nothing of the upstream is in flight, its open
// tail; from then on what each tick adds to it.
void Ticker::run_chain_flow(FlowState& flow) {
  flow.more = false;
  if (!view(flow.upstream->target).snapshot || !ready_to_run(flow)) return;
  const table::TableView& upstream = view(flow.upstream->target);
  std::vector<table::TailBatch> batches;
  if (!flow.joined) {
    const int64_t shown = upstream.snapshot->version().value();
    if (flow.version > shown) return wait_for_upstream(flow);
    if (flow.version < shown) {
      const Status done = read_versions(flow);
      flow.more = done && flow.active();
      if (!done) return fail(flow, done.error());
      return note_status(flow);
    }
    if (upstream.sealed || tables_.committing(upstream.id))
      return;  // the end of its commit wakes us
    for (const table::TailBatch& batch :
         upstream.open ? upstream.open->batches : std::vector<table::TailBatch>{}) {
      batches.push_back(batch);
    }
    flow.joined = true;
  }
  batches.insert(batches.end(), flow.upstream->tick_rows.begin(), flow.upstream->tick_rows.end());
  run_live(flow, batches);
  if (flow.failed.empty())
    for (const table::TailBatch& batch : batches) flow.seen += batch.rows->num_rows();
  note_status(flow);
}

// A commit of which nothing is known here yet, of a former owner or of a tail that was discarded:
// what of it is in its target may be in the upstream's tail as well. Or there is none: the upstream
// was put back alone, and its next versions are others than those that were read.
void Ticker::wait_for_upstream(FlowState& flow) {
  const table::TableView& upstream = view(flow.upstream->target);
  const auto newest = upstream.table->refresh(upstream.snapshot);
  if (!newest) return fail(flow, newest.error());
  const int64_t last = (*newest)->version().value();
  const std::string read =
      fmt::format("it has read version {} of {}", flow.version, upstream.name.to_string());
  if (last < flow.version) {
    return fail(flow, invalid(fmt::format("{}, which ends at version {}: the tables are not of one "
                                          "moment",
                                          read, last)));
  }
  fail(flow, Error(ErrorCode::kUnavailable, read + ", which is not yet shown"));
}

// What it misses of a tail it cannot read again: an error of any kind stops it here.
void Ticker::run_live(FlowState& flow, const std::vector<table::TailBatch>& batches) {
  if (batches.empty()) return;
  std::vector<FlowInput> inputs;
  for (const table::TailBatch& batch : batches) {
    auto input = chain_input(flow, batch);
    if (!input) {
      fail(flow, Error(ErrorCode::kInternal, input.error().message()));
      return discard_tail(flow);
    }
    inputs.push_back(*std::move(input));
  }
  const table::Move move{chain_app_id(flow), flow.stored, 0, flow.upstream->target};
  flow.complete_ms = flow.upstream->complete_ms;
  if (!run_flow(flow, inputs, {move}, flow.upstream->tick_arrived_us)) discard_tail(flow);
}

// Its position is a version of its upstream, which would say more than it has read: what it has of
// an open tail must not be committed. A move that does not follow is how a tail is discarded.
void Ticker::discard_tail(FlowState& flow) {
  const table::Move stray{chain_app_id(flow) + "/stopped", 0, 0, {}};
  tick_rows_.push_back({flow.target, {}, {stray}, {}, {}, 0});
}

// One bite; the position moves when it held rows.
Status Ticker::read_versions(FlowState& flow) {
  const table::TableView& upstream = view(flow.upstream->target);
  const int64_t to = std::min(upstream.snapshot->version().value(), flow.version + flow.bite);
  std::vector<FlowInput> inputs;
  int64_t bytes = 0, count = 0;
  TRY(tables_.read_added(upstream.id, delta::Version(flow.version), delta::Version(to),
                         [&](Batch rows, delta::Version, std::string_view, int64_t) -> Status {
                           bytes += arrow::util::TotalBufferSize(*rows);
                           count += rows->num_rows();
                           inputs.push_back(TRY(chain_input(flow, {std::move(rows), nullptr})));
                           return {};
                         }));
  if (!inputs.empty()) {
    const table::Move move{chain_app_id(flow), flow.stored, to, {}};
    if (!run_flow(flow, inputs, {move}, 0)) return {};
    flow.stored = to;
  }
  flow.version = to;
  flow.seen += count;
  flow.bite = bytes < options_.tick_bytes / 2 ? std::min(flow.bite * 2, kMaxBite) : 1;
  return {};
}

}  // namespace foz::pipeline
