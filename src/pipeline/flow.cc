// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "delta/data_file.h"
#include "pipeline/flow_internal.h"
#include "pipeline/sql_lexer.h"
#include "table/admission.h"

namespace foz::pipeline {

namespace {

Error too_many_keys() {
  return invalid(
      fmt::format("more than {} keys within foz.dedupe.horizon: shorten it", KeyWindow::kMaxKeys));
}

enum class Verdict : uint8_t { kKeep, kDrop, kQuarantine, kDuplicate };

// Milliseconds of each input row; the clock's for rows of a table, whose records' times are not at
// hand.
class RecordTimes {
 public:
  RecordTimes(const FlowInput& input, int64_t now_ms) : now_ms_(now_ms) {
    if (!input.topic) return;
    const auto column = column_named(*input.rows, "timestamp");
    CHECK(column && column->type_id() == arrow::Type::TIMESTAMP);
    times_ = std::static_pointer_cast<arrow::TimestampArray>(column);
  }
  int64_t at(int64_t row) const {
    if (!times_ || times_->IsNull(row)) return now_ms_;
    return std::min(times_->Value(row) / 1000, now_ms_ + kMaxAheadMs);
  }

 private:
  int64_t now_ms_;
  std::shared_ptr<arrow::TimestampArray> times_;
};

// Of chosen rows of the input.
std::shared_ptr<const table::Origins> gather_origins(const FlowInput& input,
                                                     const std::vector<int32_t>& rows) {
  if (!input.topic && !input.origins) return nullptr;
  auto out = std::make_shared<table::Origins>();
  out->source.reserve(rows.size());
  out->offset.reserve(rows.size());
  if (!input.topic) {
    out->sources = input.origins->sources;
    for (const int32_t row : rows) {
      out->source.push_back(input.origins->source[static_cast<size_t>(row)]);
      out->offset.push_back(input.origins->offset[static_cast<size_t>(row)]);
    }
    return out;
  }
  const auto partitions =
      std::static_pointer_cast<arrow::Int32Array>(column_named(*input.rows, "partition"));
  const auto offsets =
      std::static_pointer_cast<arrow::Int64Array>(column_named(*input.rows, "offset"));
  std::map<int32_t, uint32_t> known;
  for (const int32_t row : rows) {
    const int32_t partition = partitions->Value(row);
    const auto [at, fresh] =
        known.try_emplace(partition, static_cast<uint32_t>(out->sources.size()));
    if (fresh) out->sources.push_back({input.topic->id, log::PartitionId(partition)});
    out->source.push_back(at->second);
    out->offset.push_back(offsets->Value(row));
  }
  return out;
}

template <class T>
std::vector<T> chosen(const std::vector<T>& from, const std::vector<int32_t>& indexes) {
  std::vector<T> out;
  out.reserve(indexes.size());
  for (const int32_t index : indexes) out.push_back(from[static_cast<size_t>(index)]);
  return out;
}

}  // namespace

// Verdicts are by output row, `already` by input row (empty: none).
struct FlowRunner::Judged {
  std::vector<bool> already;
  std::vector<bool> deletes;  // by output row; empty: none
  std::vector<Verdict> verdicts;
  std::vector<BadRow> bad;

  bool is_known(int64_t input_row) const {
    return !already.empty() && already[static_cast<size_t>(input_row)];
  }
  bool is_delete(size_t output_row) const { return !deletes.empty() && deletes[output_row]; }
  // The first reason to quarantine a row is the one that is kept.
  void quarantine(int32_t output_row, int32_t input_row, std::string reason,
                  const std::string* expectation) {
    Verdict& verdict = verdicts[static_cast<size_t>(output_row)];
    if (verdict == Verdict::kQuarantine) return;
    verdict = Verdict::kQuarantine;
    bad.push_back({input_row, std::move(reason), expectation});
  }
};

FlowRunner::FlowRunner(StreamingTable spec, std::unique_ptr<sql::FlowStatement> statement)
    : spec_(std::move(spec)),
      name_(spec_.schema + "." + spec_.name),
      statement_(std::move(statement)) {
  if (!spec_.dedupe_keys.empty()) window_.emplace(spec_.dedupe_horizon_ms);
  for (const sql::Expectation& expectation : spec_.flow.expectations)
    violations_.emplace_back(expectation.name, 0);
}

std::string FlowRunner::describe(const FlowInput& input, int32_t row) const {
  if (!input.topic) return "row " + row_json(*input.rows, row);
  const auto partitions =
      std::static_pointer_cast<arrow::Int32Array>(column_named(*input.rows, "partition"));
  const auto offsets =
      std::static_pointer_cast<arrow::Int64Array>(column_named(*input.rows, "offset"));
  return fmt::format("topic {} partition {} offset {}", input.topic->name, partitions->Value(row),
                     offsets->Value(row));
}

Status FlowRunner::judge(const FlowInput& input, const sql::FlowOutput& output, Judged& judged) {
  judged.verdicts.resize(output.input_rows.size(), Verdict::kKeep);
  if (!quarantined_.empty()) judged.already = quarantined_.take(input);
  for (const sql::RowError& error : output.errors) {
    if (!judged.is_known(error.row))
      judged.bad.push_back({static_cast<int32_t>(error.row), error.reason, nullptr});
  }
  CHECK(output.violations.size() == spec_.flow.expectations.size());
  for (size_t i = 0; i < output.violations.size(); ++i) {
    const sql::Expectation& expectation = spec_.flow.expectations[i];
    for (const int32_t row : output.violations[i]) {
      const int32_t input_row = output.input_rows[static_cast<size_t>(row)];
      // A deletion has no row of which something could be expected.
      if (judged.is_known(input_row) || judged.is_delete(static_cast<size_t>(row))) continue;
      ++violations_[i].second;
      Verdict& verdict = judged.verdicts[static_cast<size_t>(row)];
      switch (expectation.on_violation) {
        case sql::OnViolation::kKeep: break;
        case sql::OnViolation::kDrop:
          if (verdict == Verdict::kKeep) verdict = Verdict::kDrop;
          break;
        case sql::OnViolation::kQuarantine:
          judged.quarantine(
              row, input_row,
              "expectation " + expectation.name + " is violated: " + expectation.condition,
              &expectation.name);
          break;
        case sql::OnViolation::kFail:
          return invalid(fmt::format("expectation {} ON VIOLATION FAIL UPDATE is violated by {}",
                                     expectation.name, describe(input, input_row)));
      }
    }
  }
  return {};
}

Status FlowRunner::deduplicate(const FlowInput& input, const sql::FlowOutput& output,
                               const Batch& rows, int64_t now_ms, Judged& judged,
                               table::RowCounts& counts) {
  const std::vector<KeyHash> keys = TRY(table::row_keys(*rows, spec_.dedupe_keys, secret_));
  const RecordTimes times(input, now_ms);
  int64_t passed = 0;  // input rows whose time has been looked at
  for (size_t row = 0; row < keys.size(); ++row) {
    const int64_t input_row = output.input_rows[row];
    for (; passed <= input_row; ++passed) window_->advance(times.at(passed));
    if (judged.verdicts[row] != Verdict::kKeep || judged.is_known(input_row)) continue;
    if (window_->remembers(keys[row])) {
      judged.verdicts[row] = Verdict::kDuplicate;
      ++counts.duplicates;
    } else if (!window_->insert(keys[row], times.at(input_row))) {
      return too_many_keys();
    }
  }
  for (; passed < input.rows->num_rows(); ++passed) window_->advance(times.at(passed));
  return {};
}

Status FlowRunner::admit(const FlowInput& input, const sql::FlowOutput& output,
                         const table::TableView& target, Batch& rows, Judged& judged) {
  KeyedRows keyed;
  if (spec_.cdc) {
    keyed = TRY(keyed_rows(*spec_.cdc, input, output.rows, output.input_rows, next_origin_));
    judged.deletes = std::move(keyed.deletes);
  }
  TRY(judge(input, output, judged));
  const auto refuse = [&](int64_t at, const std::string& reason) {
    const auto row = static_cast<size_t>(at);
    if (judged.verdicts[row] != Verdict::kKeep || judged.is_known(output.input_rows[row])) return;
    judged.quarantine(static_cast<int32_t>(at), output.input_rows[row], reason, nullptr);
  };
  for (const KeyedRows::Refused& refused : keyed.refused) refuse(refused.row, refused.reason);
  rows = TRY(conform(spec_.cdc ? keyed.rows : output.rows, target.schema));
  for (const table::Rejected& rejected : table::rejected_rows(target, *rows)) {
    if (!judged.is_delete(static_cast<size_t>(rejected.row))) refuse(rejected.row, rejected.reason);
  }
  return {};
}

Status FlowRunner::keep(const FlowInput& input, const sql::FlowOutput& output, const Batch& rows,
                        const Judged& judged, FlowRows& out) const {
  std::vector<int32_t> kept, deleted;
  for (size_t row = 0; row < judged.verdicts.size(); ++row) {
    if (judged.is_known(output.input_rows[row])) continue;
    out.counts.dropped += judged.verdicts[row] == Verdict::kDrop;
    if (judged.verdicts[row] != Verdict::kKeep) continue;
    (judged.is_delete(row) ? deleted : kept).push_back(static_cast<int32_t>(row));
  }
  out.counts.written += static_cast<int64_t>(kept.size() + deleted.size());
  if (!kept.empty()) {
    const Batch taken = TRY(take_rows(rows, kept));
    out.target.push_back(
        {taken, keeps_origins_ ? gather_origins(input, chosen(output.input_rows, kept)) : nullptr});
  }
  if (!deleted.empty()) {
    const Batch taken = TRY(take_rows(rows, deleted));
    out.deletes.push_back(TRY(conform(taken, tombstone_schema(*spec_.cdc, *taken->schema()))));
  }
  return {};
}

std::shared_ptr<arrow::Schema> FlowRunner::table_schema() const {
  return spec_.cdc ? keyed_schema(*statement_->output_schema()) : statement_->output_schema();
}

Status FlowRunner::run(const FlowInput& input, const table::TableView& target, int64_t now_ms,
                       FlowRows& out) {
  if (input.rows->num_rows() == 0) return {};
  last_run_ms_ = std::max(last_run_ms_, now_ms);
  const sql::FlowOutput output = TRY(statement_->run(input.rows));
  Judged judged;
  Batch rows;
  TRY(admit(input, output, target, rows, judged));
  if (window_) TRY(deduplicate(input, output, rows, now_ms, judged, out.counts));

  TRY(keep(input, output, rows, judged, out));
  std::ranges::stable_sort(judged.bad, {}, &BadRow::row);
  if (!judged.bad.empty())
    out.quarantine.push_back({TRY(quarantine_rows(name_, input, judged.bad)), nullptr});

  // A row that is in quarantine already counts as quarantined, whatever the flow says of it now.
  const int64_t known = std::ranges::count(judged.already, true);
  int64_t known_filtered = known;
  for (const int32_t row : output.input_rows) known_filtered -= judged.is_known(row);
  for (const sql::RowError& error : output.errors) known_filtered -= judged.is_known(error.row);
  out.counts.input += input.rows->num_rows();
  out.counts.quarantined += static_cast<int64_t>(judged.bad.size()) + known;
  out.counts.filtered += input.rows->num_rows() - static_cast<int64_t>(output.input_rows.size()) -
                         static_cast<int64_t>(output.errors.size()) - known_filtered;
  return {};
}

// A record's time is at most the clock of its tick + kMaxAheadMs, and its file is written after
// that: a file's time bounds the times of its rows, and keys are remembered for at least the
// horizon.
Status FlowRunner::restore(const table::TableView& target, std::optional<int64_t> newest_ms) {
  if (!window_ || restored_) return {};
  window_->clear();
  const std::string& table_id = target.snapshot->metadata().id;
  const KeyHash seed = table::sip_hash_128(table_id, {0x666f7a2e64656475, 0x70652e6b65797321});
  secret_ = {seed.low, seed.high};
  std::vector<std::string> columns;  // as the table spells them
  for (const std::string& key : spec_.dedupe_keys) {
    const auto field = std::ranges::find_if(target.schema->fields(), [&](const auto& candidate) {
      return lower(candidate->name()) == lower(key);
    });
    if (field == target.schema->fields().end())
      return invalid("no column \"" + key + "\" to deduplicate by");
    columns.push_back((*field)->name());
  }
  const int64_t since_ms =
      newest_ms ? *newest_ms - spec_.dedupe_horizon_ms - kMaxAheadMs : INT64_MIN;
  std::vector<std::shared_ptr<const delta::AddFile>> files;
  target.snapshot->each_file([&](const std::shared_ptr<const delta::AddFile>& file) {
    if (file->modification_time_ms >= since_ms) files.push_back(file);
    return true;
  });
  for (const auto& file : files) {
    const auto visit = [&](const Batch& rows) -> Status {
      for (const KeyHash& key : TRY(table::row_keys(*rows, spec_.dedupe_keys, secret_))) {
        if (!window_->insert(key, file->modification_time_ms + kMaxAheadMs)) {
          return too_many_keys();
        }
      }
      return {};
    };
    TRY(delta::read_data_file(*target.table, *target.snapshot, *file, columns, visit));
  }
  // A tail outlives the topic that its rows came from.
  for (const auto& tail : {target.sealed, target.open}) {
    if (!tail) continue;
    for (const table::TailBatch& batch : tail->batches) {
      for (const KeyHash& key : TRY(table::row_keys(*batch.rows, spec_.dedupe_keys, secret_))) {
        if (!window_->insert(key, last_run_ms_ + kMaxAheadMs)) return too_many_keys();
      }
    }
  }
  restored_ = true;
  return {};
}

}  // namespace foz::pipeline
