// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/array/array_primitive.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/json_writer.h"
#include "delta/data_file.h"
#include "delta/whole_files.h"
#include "table/bronze_internal.h"
#include "table/change_files_internal.h"
#include "table/committer_internal.h"

namespace foz::table {
namespace {

using RowsList = std::vector<std::shared_ptr<arrow::RecordBatch>>;

// Rows of one batch whose partition is the same and whose offsets grow.
struct Run {
  int32_t partition;
  int64_t offset;
  size_t batch;
  int64_t start, rows;
};
constexpr size_t kShortRun = 64;
constexpr int64_t kTakenRows = 65536;

struct BronzePosition {
  explicit BronzePosition(const arrow::RecordBatch& rows)
      : partition(static_cast<const arrow::Int32Array&>(*rows.column(3)).raw_values()),
        offset(static_cast<const arrow::Int64Array&>(*rows.column(4)).raw_values()) {}
  const int32_t* partition;
  const int64_t* offset;
};

std::vector<Run> runs_of(const RowsList& batches) {
  std::vector<Run> runs;
  for (size_t i = 0; i < batches.size(); ++i) {
    const BronzePosition at(*batches[i]);
    for (int64_t row = 0; row < batches[i]->num_rows(); ++row) {
      const bool follows = row > 0 && at.partition[row] == at.partition[row - 1] &&
                           at.offset[row] > at.offset[row - 1];
      if (!follows) runs.push_back({at.partition[row], at.offset[row], i, row, 0});
      ++runs.back().rows;
    }
  }
  return runs;
}

// Many short runs: rows are copied one by one, since slices would cost more than their rows.
Result<RowsList> gathered(const RowsList& batches, const std::vector<Run>& runs) {
  auto joined = arrow::ConcatenateRecordBatches(batches);
  if (!joined.ok()) return Error(ErrorCode::kInternal, joined.status().ToString());
  std::vector<int64_t> starts{0};
  for (const auto& batch : batches) starts.push_back(starts.back() + batch->num_rows());
  RowsList out;
  arrow::TypedBufferBuilder<int64_t> wanted;
  for (const Run& run : runs) {
    for (int64_t row = 0; row < run.rows; ++row) {
      if (auto done = wanted.Append(starts[run.batch] + run.start + row); !done.ok()) {
        return Error(ErrorCode::kOverloaded, done.ToString());
      }
      if (wanted.length() == kTakenRows) out.push_back(TRY(taken_rows(*joined, wanted)));
    }
  }
  if (wanted.length() > 0) out.push_back(TRY(taken_rows(*joined, wanted)));
  return out;
}

// The same for a tail whose joined columns would overflow: slices are joined a part at a time.
Result<RowsList> gathered_in_parts(const RowsList& batches, const std::vector<Run>& runs,
                                   int64_t part_rows) {
  RowsList out, part;
  int64_t rows = 0;
  for (size_t i = 0; i < runs.size(); ++i) {
    part.push_back(batches[runs[i].batch]->Slice(runs[i].start, runs[i].rows));
    rows += runs[i].rows;
    if (rows < part_rows && i + 1 < runs.size()) continue;
    auto joined = arrow::ConcatenateRecordBatches(part);
    if (!joined.ok()) return Error(ErrorCode::kInternal, joined.status().ToString());
    out.push_back(*std::move(joined));
    part.clear();
    rows = 0;
  }
  return out;
}

Result<std::shared_ptr<arrow::RecordBatch>> rows_that_stay(const TailBatch& batch) {
  arrow::TypedBufferBuilder<int64_t> wanted;
  for (size_t row = 0; row < batch.gone->size(); ++row) {
    if ((*batch.gone)[row]) continue;
    if (auto done = wanted.Append(static_cast<int64_t>(row)); !done.ok()) {
      return Error(ErrorCode::kOverloaded, done.ToString());
    }
  }
  return taken_rows(batch.rows, wanted);
}

Result<RowsList> by_offset(const RowsList& batches, int64_t bytes, int64_t most_joined_bytes) {
  std::vector<Run> runs = runs_of(batches);
  std::ranges::sort(runs, {}, [](const Run& run) { return std::pair(run.partition, run.offset); });
  int64_t rows = 0;
  for (const Run& run : runs) rows += run.rows;
  if (runs.size() > batches.size() && runs.size() * kShortRun > static_cast<size_t>(rows)) {
    if (bytes <= most_joined_bytes) return gathered(batches, runs);
    const int64_t row_bytes = std::max<int64_t>(1, bytes / rows);
    return gathered_in_parts(batches, runs,
                             std::clamp<int64_t>(most_joined_bytes / row_bytes, 1, kTakenRows));
  }
  RowsList out;
  for (const Run& run : runs) out.push_back(batches[run.batch]->Slice(run.start, run.rows));
  return out;
}

// {"TOPIC-ID/PARTITION":[from,to],…} of the rows of one file; see offset_range().
std::string offsets_tag(const RowsList& rows, const std::map<std::string, PartMove>& moves) {
  std::map<int32_t, std::pair<int64_t, int64_t>> ranges;
  for (const Run& run : runs_of(rows)) {
    const int64_t last = BronzePosition(*rows[run.batch]).offset[run.start + run.rows - 1];
    const auto [range, fresh] = ranges.try_emplace(run.partition, run.offset, 0);
    range->second.first = std::min(range->second.first, run.offset);
    range->second.second = std::max(range->second.second, last + 1);
  }
  JsonWriter json;
  json.begin_object();
  for (const auto& [app_id, move] : moves) {
    const auto source = bronze_source(app_id);
    if (!source) continue;
    const auto range = ranges.find(source->partition.value());
    if (range == ranges.end()) continue;
    json.key(fmt::format("{}/{}", source->topic.to_string(), source->partition.value()));
    json.begin_array().number(range->second.first).number(range->second.second).end_array();
  }
  return json.end_object().take();
}

// Cuts the rows into lists of at most `most` rows.
std::vector<RowsList> cut(const RowsList& rows, int64_t most) {
  std::vector<RowsList> files;
  int64_t room = 0;
  for (const auto& batch : rows) {
    for (int64_t start = 0; start < batch->num_rows();) {
      if (room == 0) {
        files.emplace_back();
        room = most;
      }
      const int64_t taken = std::min(room, batch->num_rows() - start);
      files.back().push_back(batch->Slice(start, taken));
      start += taken;
      room -= taken;
    }
  }
  return files;
}

int64_t rows_of_file(const Tail& tail, const CommitTools& tools) {
  const int64_t row_bytes = std::max<int64_t>(1, tail.bytes / std::max<int64_t>(1, tail.rows));
  return std::max<int64_t>(1, tools.policy.file_bytes / row_bytes);
}

// Where the rows of the changes are, when `most` rows that are not gone fill a file.
std::vector<KeyEntry> landing(const SealedPart& sealed, int64_t most, int64_t now_ms) {
  std::vector<int64_t> rank;  // among the rows that are not gone
  int64_t next = 0;
  for (const TailBatch& batch : sealed.part.tail->batches) {
    for (int64_t row = 0; row < batch.rows->num_rows(); ++row) {
      rank.push_back(next);
      next += !batch.gone || !(*batch.gone)[static_cast<size_t>(row)];
    }
  }
  std::vector<KeyEntry> landed;
  landed.reserve(sealed.changes->size());
  for (const auto& [key, change] : *sealed.changes) {
    KeyEntry& entry = landed.emplace_back(KeyEntry{key, change.order, {}});
    if (change.place == KeyChange::kDeleted) {
      entry.place = RowPlace::deleted(now_ms);
      continue;
    }
    const int64_t row = rank[static_cast<size_t>(change.place)];
    entry.place = {static_cast<uint32_t>(row / most), static_cast<uint32_t>(row % most)};
  }
  return landed;
}

Result<std::vector<delta::AddFile>> write_files(SealedPart& sealed, const CommitTools& tools) {
  std::vector<delta::AddFile> files;
  const Tail* tail = sealed.part.tail.get();
  if (sealed.changes && tail) {
    sealed.landed = landing(sealed, rows_of_file(*tail, tools), tools.clock.now_ms());
  }
  if (!tail || tail->rows == 0) return files;
  if (!sealed.base->metadata().partition_columns.empty()) {
    return Error(ErrorCode::kUnsupported, "the table has partition columns");
  }
  const RowsList rows = TRY(rows_to_write(*tail, sealed.role));
  for (const RowsList& file : cut(rows, rows_of_file(*tail, tools))) {
    delta::WriteOptions options;
    if (sealed.role == Role::kBronze) {
      options.tags[kOffsetsTag] = offsets_tag(file, sealed.part.moves);
    }
    files.push_back(TRY(delta::write_data_file(*sealed.table, *sealed.base, file, options,
                                               tools.random, tools.clock)));
  }
  return files;
}

// Upstreams of the job have committed: their versions are the positions. Without a position that
// moves an outcome could not be found again, so that rows without one count their commits.
void settle_moves(const CommitJob& job, SealedPart& sealed) {
  auto& moves = sealed.part.moves;
  for (auto& [app_id, move] : moves) {
    if (!move.upstream) continue;
    for (const SealedPart& other : job.parts) {
      if (other.id == *move.upstream) move.next = other.after->version().value();
    }
    move.upstream.reset();
  }
  std::erase_if(moves, [](const auto& move) { return move.second.expected == move.second.next; });
  const bool hides = sealed.hidden && sealed.hidden->rows > 0;
  if (moves.empty() && (hides || (sealed.part.tail && sealed.part.tail->rows > 0))) {
    const auto commits = sealed.base->transaction_version(kCommitsAppId);
    moves[kCommitsAppId] = {
        .expected = commits, .next = commits.value_or(0) + 1, .upstream = {}, .read_publishes = 0};
  }
}

delta::CommitRequest request_of(const SealedPart& sealed) {
  delta::CommitRequest request;
  request.adds = *sealed.files;
  for (const auto& [app_id, move] : sealed.part.moves) {
    request.positions.push_back({app_id, move.expected, move.next});
  }
  request.operation = "STREAMING UPDATE";
  request.operation_parameters = {{"outputMode", sealed.hidden ? "\"Update\"" : "\"Append\""}};
  if (sealed.hidden) {
    request.deletions = deletions_of(*sealed.hidden);
    request.change_files = sealed.change_files;
    request.new_row_ids = sealed.hidden->rows > 0;
    // A row that somebody else adds may have one of the keys.
    request.read.whole_table = true;
    request.isolation = delta::Isolation::kSerializable;
  }
  const RowCounts& counts = sealed.part.counts;
  int64_t bytes = 0;
  for (const auto& file : request.adds) bytes += file.size;
  request.operation_metrics = {{"numOutputRows", sealed.part.tail ? sealed.part.tail->rows : 0},
                               {"numOutputBytes", bytes},
                               {"numAddedFiles", static_cast<int64_t>(request.adds.size())},
                               {"numRemovedFiles", 0},
                               {"numInputRows", counts.input},
                               {"numFilteredRows", counts.filtered},
                               {"numDroppedRows", counts.dropped},
                               {"numDuplicateRows", counts.duplicates},
                               {"numQuarantinedRows", counts.quarantined}};
  return request;
}

Result<delta::CommitOutcome> commit_part(SealedPart& sealed, const CommitTools& tools) {
  if (!sealed.files) {
    sealed.files = TRY(write_files(sealed, tools));
    for (const auto& file : *sealed.files) sealed.file_bytes += file.size;
  }
  // Where rows only come, readers take them from the data files.
  const bool hides = sealed.hidden && sealed.hidden->rows > 0;
  if (!hides) sealed.change_files.clear();
  if (hides && sealed.changed != sealed.hidden && delta::has_change_feed(*sealed.base)) {
    const Tail* tail = sealed.part.tail.get();
    const RowsList rows = tail ? TRY(rows_to_write(*tail, sealed.role)) : RowsList();
    sealed.change_files = TRY(write_change_files(sealed, rows, tools));
    sealed.changed = sealed.hidden;
  }
  // Nothing to say.
  if (sealed.files->empty() && sealed.part.moves.empty() && !hides)
    return delta::Committed{sealed.base};
  return sealed.table->commit(sealed.base, request_of(sealed));
}

// What others did to the files of a keyed table, whose changes are then found anew.
void look_again(SealedPart& sealed, delta::Conflict::Kind kind) {
  using Kind = delta::Conflict::Kind;
  sealed.files_alone = kind == Kind::kFileRemoved || kind == Kind::kRowsDeleted ||
                       kind == Kind::kAppended || kind == Kind::kReadRemoved;
  auto change = read_files_change(*sealed.table, sealed.base, sealed.after, *sealed.keys);
  if (change) {
    sealed.followed = *std::move(change);
  } else {
    sealed.state = SealedPart::State::kWaiting;
    sealed.reason = change.error().message();
  }
}

void try_part(CommitJob& job, SealedPart& sealed, const CommitTools& tools) {
  using State = SealedPart::State;
  if (!sealed.tried) settle_moves(job, sealed);
  sealed.tried = true;
  const auto start = tools.clock.steady();
  auto outcome = commit_part(sealed, tools);
  sealed.seconds = std::chrono::duration<double>(tools.clock.steady() - start).count();
  if (!outcome) {
    sealed.state = passes(outcome.error().code()) ? State::kWaiting : State::kBlocked;
    sealed.reason = outcome.error().message();
  } else if (auto* committed = std::get_if<delta::Committed>(&*outcome)) {
    sealed.state = State::kCommitted;
    sealed.after = std::move(committed->snapshot);
    sealed.foreign_change = committed->foreign_change;
  } else {
    auto& conflict = std::get<delta::Conflict>(*outcome);
    sealed.state = State::kConflict;
    sealed.reason = std::move(conflict.message);
    sealed.after = std::move(conflict.latest);
    if (sealed.hidden) look_again(sealed, conflict.kind);
  }
}

}  // namespace

Result<RowsList> rows_to_write(const Tail& tail, Role role, int64_t most_joined_bytes) {
  RowsList rows;
  for (const TailBatch& batch : tail.batches) {
    rows.push_back(batch.gone ? TRY(rows_that_stay(batch)) : batch.rows);
  }
  if (role != Role::kBronze) return rows;
  return by_offset(rows, tail.bytes, most_joined_bytes);
}

void commit_parts(CommitJob& job, const CommitTools& tools) {
  using State = SealedPart::State;
  ++job.attempts;
  for (SealedPart& sealed : job.parts) {
    if (sealed.state == State::kBlocked) sealed.state = State::kWaiting;
    if (sealed.state != State::kWaiting) continue;
    bool ready = true;
    for (const size_t need : sealed.needs) {
      const SealedPart& first = job.parts[need];
      ready &= first.state == State::kCommitted;
      // A quarantine that others wrote to is no matter.
      const bool upstream = std::ranges::any_of(
          sealed.part.moves, [&](const auto& move) { return move.second.upstream == first.id; });
      if (first.foreign_change && upstream) sealed.state = State::kUpset;
    }
    if (ready && sealed.state == State::kWaiting) try_part(job, sealed, tools);
  }
}

}  // namespace foz::table
