// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "table/view.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <map>
#include <span>

#include "base/result.h"
#include "table/batch_bytes_internal.h"

namespace foz::table {
namespace {

constexpr int64_t kMergedRows = 8192;
constexpr int64_t kMergedBytes = 16LL << 20;

std::shared_ptr<const Origins> merged_origins(std::span<const TailBatch> parts) {
  if (!parts.front().origins) return nullptr;
  auto merged = std::make_shared<Origins>();
  std::map<log::TopicPartition, uint32_t> known;
  for (const TailBatch& part : parts) {
    std::vector<uint32_t> to_merged;
    for (const auto& source : part.origins->sources) {
      const auto [at, fresh] =
          known.try_emplace(source, static_cast<uint32_t>(merged->sources.size()));
      if (fresh) merged->sources.push_back(source);
      to_merged.push_back(at->second);
    }
    for (const uint32_t source : part.origins->source) {
      merged->source.push_back(to_merged[source]);
    }
    merged->offset.insert(merged->offset.end(), part.origins->offset.begin(),
                          part.origins->offset.end());
  }
  return merged;
}

std::shared_ptr<const std::vector<bool>> merged_gone(std::span<const TailBatch> parts) {
  if (std::ranges::none_of(parts, [](const TailBatch& part) { return part.gone != nullptr; })) {
    return nullptr;
  }
  auto merged = std::make_shared<std::vector<bool>>();
  for (const TailBatch& part : parts) {
    if (part.gone) {
      merged->insert(merged->end(), part.gone->begin(), part.gone->end());
    } else {
      merged->resize(merged->size() + static_cast<size_t>(part.rows->num_rows()), false);
    }
  }
  return merged;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

}  // namespace

// Log-structured: a new batch takes in the ones before it that are not much larger, so that every
// row is copied about log(kMergedRows) times and a tail of n rows has about n / kMergedRows
// batches.
std::shared_ptr<const Tail> with_rows(const std::shared_ptr<const Tail>& tail, TailBatch batch) {
  CHECK(!batch.origins ||
        static_cast<int64_t>(batch.origins->offset.size()) == batch.rows->num_rows());
  auto next = tail ? std::make_shared<Tail>(*tail) : std::make_shared<Tail>();
  if (!next->lease) next->lease = std::make_shared<char>();
  next->rows += batch.rows->num_rows();
  if (batch.gone) next->rows -= std::ranges::count(*batch.gone, true);
  if (batch.rows->num_rows() == 0) return next;

  auto& batches = next->batches;
  batches.push_back(std::move(batch));
  size_t first = batches.size() - 1;
  int64_t rows = batches[first].rows->num_rows();
  int64_t bytes = bytes_of(*batches[first].rows);
  int64_t replaced = 0;
  while (first > 0) {
    const TailBatch& before = batches[first - 1];
    const int64_t more = before.rows->num_rows();
    if (more > 2 * rows || rows + more > kMergedRows) break;
    const int64_t more_bytes = bytes_of(*before.rows);
    if (bytes + more_bytes > kMergedBytes) break;
    if ((before.origins == nullptr) != (batches.back().origins == nullptr)) break;
    replaced += more_bytes;
    bytes += more_bytes;
    rows += more;
    --first;
  }
  if (first + 1 < batches.size()) {
    const std::span<const TailBatch> parts(batches.begin() + static_cast<ptrdiff_t>(first),
                                           batches.end());
    arrow::RecordBatchVector vectors;
    for (const TailBatch& part : parts) vectors.push_back(part.rows);
    auto joined = arrow::ConcatenateRecordBatches(vectors);
    CHECK(joined.ok());  // same schema, and too few bytes to overflow an offset
    TailBatch merged{*std::move(joined), merged_origins(parts), merged_gone(parts)};
    batches.resize(first);
    batches.push_back(std::move(merged));
  }
  next->bytes += bytes_of(*batches.back().rows) - replaced;
  return next;
}

std::shared_ptr<const Tail> without(const std::shared_ptr<const Tail>& tail,
                                    const std::vector<int64_t>& places) {
  if (places.empty()) return tail;
  auto next = std::make_shared<Tail>(*tail);
  auto place = places.begin();
  int64_t start = 0;
  for (TailBatch& batch : next->batches) {
    const int64_t end = start + batch.rows->num_rows();
    if (place != places.end() && *place < end) {
      auto gone = batch.gone ? std::make_shared<std::vector<bool>>(*batch.gone)
                             : std::make_shared<std::vector<bool>>(
                                   static_cast<size_t>(batch.rows->num_rows()), false);
      for (; place != places.end() && *place < end; ++place) {
        gone->at(static_cast<size_t>(*place - start)) = true;
        --next->rows;
      }
      batch.gone = std::move(gone);
    }
    start = end;
  }
  CHECK(place == places.end());
  return next;
}

std::vector<int64_t> hidden_rows(const HiddenRows& hidden, const std::string& path) {
  std::vector<int64_t> rows;
  const auto number = hidden.files->find(path);
  if (number == hidden.files->end()) return rows;
  const uint64_t first = uint64_t{number->second} << 32;
  for (const auto& run : hidden.runs) {
    for (auto at = std::ranges::lower_bound(*run, first);
         at != run->end() && *at >> 32 == number->second; ++at) {
      rows.push_back(static_cast<int64_t>(*at & UINT32_MAX));
    }
  }
  std::ranges::sort(rows);
  return rows;
}

std::shared_ptr<const TableView> Root::find(std::string_view schema, std::string_view name) const {
  if (!ids) return nullptr;
  const auto at = ids->find(lower(schema) + "." + lower(name));
  if (at == ids->end()) return nullptr;
  return tables[static_cast<size_t>(at->second.value())];
}

}  // namespace foz::table
