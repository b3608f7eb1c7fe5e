// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "table/keyed_internal.h"

#include <arrow/array/array_primitive.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "delta/data_file.h"
#include "table/committer_internal.h"
#include "table/tombstones_internal.h"

namespace foz::table {
namespace {

using Run = std::vector<uint64_t>;

// The index is gone through for so many files that are no more, and more when it is large.
constexpr size_t kFewFiles = 16;
constexpr size_t kKeysOfFile = 50'000;

// Beside its row, of one change of a tail.
constexpr int64_t kChangeBytes = 80;

int64_t places_in(const std::shared_ptr<const Tail>& tail) {
  int64_t places = 0;
  if (!tail) return places;
  for (const TailBatch& batch : tail->batches) places += batch.rows->num_rows();
  return places;
}

// Log-structured: every number is copied about log(n) times, and there are about log(n) runs.
void add_run(std::vector<std::shared_ptr<const Run>>& runs, Run fresh) {
  if (fresh.empty()) return;
  std::ranges::sort(fresh);
  while (!runs.empty() && runs.back()->size() <= 2 * fresh.size()) {
    Run merged;
    merged.reserve(runs.back()->size() + fresh.size());
    std::ranges::merge(*runs.back(), fresh, std::back_inserter(merged));
    fresh = std::move(merged);
    runs.pop_back();
  }
  runs.push_back(std::make_shared<const Run>(std::move(fresh)));
}

}  // namespace

std::vector<ChangeOrder> orders_of(const arrow::RecordBatch& rows) {
  std::vector<ChangeOrder> orders(static_cast<size_t>(rows.num_rows()));
  const auto take = [&](const char* name, int64_t ChangeOrder::* member) {
    const auto column = rows.GetColumnByName(name);
    CHECK(column && column->type_id() == arrow::Type::INT64);
    const auto& values = static_cast<const arrow::Int64Array&>(*column);
    for (size_t row = 0; row < orders.size(); ++row) {
      const auto at = static_cast<int64_t>(row);
      if (!values.IsNull(at)) orders[row].*member = values.Value(at);
    }
  };
  take(kSequenceColumn, &ChangeOrder::sequence);
  take(kOriginColumn, &ChangeOrder::origin);
  return orders;
}

std::string vector_of(const delta::AddFile& file) {
  return file.deletion_vector ? file.deletion_vector->unique_id() : std::string();
}

std::vector<delta::RowDeletion> deletions_of(const HiddenRows& hidden) {
  std::vector<delta::RowDeletion> deletions;
  for (const auto& [path, number] : *hidden.files) {
    auto rows = hidden_rows(hidden, path);
    if (!rows.empty()) deletions.push_back({path, std::move(rows)});
  }
  return deletions;
}

// What a batch of changes replaces.
struct Keyed::Taken {
  int64_t first_place = 0;  // of the batch's rows
  std::vector<bool> gone;   // of them
  std::vector<int64_t> open, sealed;
  Run hidden;
};

Keyed::Keyed(KeySpec spec, std::string folder, int64_t budget)
    : spec_(std::move(spec)), index_(std::move(folder), budget) {}

Status Keyed::load(const delta::Table& table, const delta::SnapshotPtr& snapshot,
                   const TableView* tombstones) {
  std::vector<std::shared_ptr<const delta::AddFile>> files;
  snapshot->each_file([&](const auto& file) { return files.push_back(file), true; });
  for (const auto& file : files) {
    const uint32_t number = add_file(*file);
    TRY(read_keys(table, *snapshot, *file, spec_, [&](KeyEntry entry) {
      entry.place.file = number;
      add_row(entry);
    }));
  }
  renumber();
  if (!tombstones) return {};
  std::vector<std::shared_ptr<const delta::AddFile>> old;
  tombstones->snapshot->each_file([&](const auto& file) { return old.push_back(file), true; });
  for (const auto& file : old) {
    TRY(read_tombstones(*tombstones->table, *tombstones->snapshot, *file, spec_,
                        [&](KeyEntry entry) {
                          last_origin_ = std::max(last_origin_, entry.order.origin);
                          KeyEntry* known = index_.find(entry.key);
                          if (!known) return index_.put(entry);
                          // It may be a deletion that the table has not stored yet: it comes again.
                          known->order = std::max(known->order, entry.order);
                          if (known->place.is_deleted())
                            known->place.row = std::max(known->place.row, entry.place.row);
                        }));
  }
  return {};
}

RowPlace Keyed::now(RowPlace place) const {
  while (place.file != RowPlace::kNone) {
    const File& file = files_[place.file];
    if (place.row < file.deleted.size() && file.deleted[place.row]) return {};
    if (file.alive) return place;
    const auto row = file.moved ? file.moved->rows.find(place.row) : std::nullopt;
    if (!row) return {};
    const std::vector<Ends>& into = *file.moved->into;
    const auto at = std::ranges::upper_bound(into, *row, {}, &Ends::end);
    if (at == into.end()) return {};
    const int64_t first = at == into.begin() ? 0 : std::prev(at)->end;
    place = {at->file, static_cast<uint32_t>(*row - first)};
  }
  return place;
}

void Keyed::each_place(const KeyHash& key, const std::function<void(const RowPlace&)>& visit) {
  const KeyEntry* known = index_.find(key);
  const auto show = [&](const RowPlace& place) {
    if (const RowPlace at = now(place); at.file != RowPlace::kNone) visit(at);
  };
  if (known) show(known->place);
  if (more_places_.empty()) return;
  if (const auto more = more_places_.find(key); more != more_places_.end()) {
    for (const RowPlace& place : more->second) show(place);
  }
}

void Keyed::add_row(const KeyEntry& entry) {
  last_origin_ = std::max(last_origin_, entry.order.origin);
  KeyEntry* known = index_.find(entry.key);
  if (!known) return index_.put(entry);
  if (is_live(known->place)) {
    more_places_[entry.key].push_back(entry.place);
    known->order = std::max(known->order, entry.order);
  } else {
    index_.put({entry.key, std::max(known->order, entry.order), entry.place});
  }
}

uint32_t Keyed::add_file(const delta::AddFile& file) {
  if (free_.empty()) {
    files_.push_back({file.path});
    return static_cast<uint32_t>(files_.size() - 1);
  }
  const uint32_t number = free_.back();
  free_.pop_back();
  files_[number] = {file.path};
  return number;
}

void Keyed::renumber() {
  auto numbers = std::make_shared<FileNumbers>();
  for (size_t number = 0; number < files_.size(); ++number) {
    if (files_[number].alive) numbers->emplace(files_[number].path, static_cast<uint32_t>(number));
  }
  numbers_ = std::move(numbers);
}

// --- changes

// Of a row that others took away nothing is known.
bool Keyed::is_newer(const KeyHash& key, const ChangeOrder& order) {
  if (const auto change = open_.find(key); change != open_.end()) {
    return order >= change->second.order;
  }
  if (sealed_) {
    if (const auto change = sealed_->find(key); change != sealed_->end()) {
      return order >= change->second.order;
    }
  }
  const KeyEntry* known = index_.find(key);
  if (!known || order >= known->order) return true;
  if (known->place.file == RowPlace::kNone) return false;
  bool any = false;
  each_place(key, [&](const RowPlace&) { any = true; });
  return !any;
}

void Keyed::replace(const KeyHash& key, const KeyChange& change, Taken& taken) {
  last_origin_ = std::max(last_origin_, change.order.origin);
  const auto [at, fresh] = open_.try_emplace(key, change);
  if (!fresh) {
    const int64_t place = std::exchange(at->second, change).place;
    if (place >= taken.first_place) {
      taken.gone[static_cast<size_t>(place - taken.first_place)] = true;
    } else if (place != KeyChange::kDeleted) {
      taken.open.push_back(place);
    }
    return;
  }
  if (sealed_) {
    if (const auto before = sealed_->find(key); before != sealed_->end()) {
      if (before->second.place != KeyChange::kDeleted) taken.sealed.push_back(before->second.place);
      return;
    }
  }
  each_place(key, [&](const RowPlace& place) { taken.hidden.push_back(place.packed()); });
}

void Keyed::settle(Taken& taken, std::shared_ptr<const Tail>& open,
                   std::shared_ptr<const Tail>& sealed) {
  std::ranges::sort(taken.open);
  std::ranges::sort(taken.sealed);
  open = without(open, taken.open);
  sealed = without(sealed, taken.sealed);
  add_run(open_hidden_, std::move(taken.hidden));
}

Status Keyed::put(const std::shared_ptr<arrow::RecordBatch>& rows,
                  std::shared_ptr<const Tail>& open, std::shared_ptr<const Tail>& sealed) {
  const std::vector<KeyHash> keys = TRY(row_keys(*rows, spec_.columns, spec_.secret));
  const std::vector<ChangeOrder> orders = orders_of(*rows);
  Taken taken;
  taken.first_place = places_in(open);
  taken.gone.resize(keys.size(), false);
  for (size_t row = 0; row < keys.size(); ++row) {
    if (is_newer(keys[row], orders[row])) {
      replace(keys[row], {orders[row], taken.first_place + static_cast<int64_t>(row)}, taken);
    } else {
      taken.gone[row] = true;
      ++late_;
    }
  }
  const auto gone = static_cast<size_t>(std::ranges::count(taken.gone, true));
  if (gone == keys.size()) return settle(taken, open, sealed), Status();
  TailBatch batch{rows, nullptr, nullptr};
  if (gone > 0) batch.gone = std::make_shared<const std::vector<bool>>(std::move(taken.gone));
  settle(taken, open, sealed);
  auto next = std::make_shared<Tail>(*with_rows(open, std::move(batch)));
  next->bytes += kChangeBytes * static_cast<int64_t>(keys.size());
  open = std::move(next);
  return {};
}

Status Keyed::erase(const arrow::RecordBatch& rows, std::shared_ptr<const Tail>& open,
                    std::shared_ptr<const Tail>& sealed) {
  const std::vector<KeyHash> keys = TRY(row_keys(rows, spec_.columns, spec_.secret));
  const std::vector<ChangeOrder> orders = orders_of(rows);
  Taken taken;
  taken.first_place = INT64_MAX;
  for (size_t row = 0; row < keys.size(); ++row) {
    if (is_newer(keys[row], orders[row])) {
      replace(keys[row], {orders[row], KeyChange::kDeleted}, taken);
    } else {
      ++late_;
    }
  }
  settle(taken, open, sealed);
  auto next = open ? std::make_shared<Tail>(*open) : std::make_shared<Tail>();
  if (!next->lease) next->lease = std::make_shared<char>();
  next->bytes += kChangeBytes * static_cast<int64_t>(keys.size());
  open = std::move(next);
  return {};
}

// --- the tail's way into the table

void Keyed::seal(SealedPart& part) {
  sealed_ = std::make_shared<const KeyChanges>(std::exchange(open_, {}));
  sealed_hidden_ = std::exchange(open_hidden_, {});
  sealed_tail_ = part.part.tail;
  part.keys = spec_;
  part.changes = sealed_;
  part.hidden = hidden_by_sealed();
}

void Keyed::land(const SealedPart& part) {
  std::vector<uint32_t> numbers;
  for (const delta::AddFile& file : *part.files) numbers.push_back(add_file(file));
  for (KeyEntry entry : part.landed) {
    if (entry.place.file != RowPlace::kNone) entry.place.file = numbers[entry.place.file];
    index_.put(entry);
    if (!more_places_.empty()) more_places_.erase(entry.key);
  }
  std::unordered_set<std::string_view> left;
  std::vector<std::shared_ptr<const delta::AddFile>> held;
  part.after->each_file(
      [&](const auto& file) { return left.insert(held.emplace_back(file)->path), true; });
  for (File& file : files_) file.alive = file.alive && left.contains(file.path);
  renumber();
  discard_sealed();
  find_hidden();
}

void Keyed::follow(const FilesChange& change) {
  std::unordered_map<std::string_view, uint32_t> numbers = {};
  for (const auto& [path, number] : *numbers_) numbers.emplace(path, number);
  for (const std::string& path : change.removed) {
    if (const auto at = numbers.find(path); at != numbers.end()) files_[at->second].alive = false;
  }
  for (const FilesChange::Vector& vector : change.vectors) {
    const auto at = numbers.find(vector.file->path);
    if (at == numbers.end()) continue;
    files_[at->second].deleted = vector.deleted;
  }
  for (const FilesChange::Added& added : change.added) {
    const uint32_t number = add_file(*added.file);
    files_[number].deleted = added.deleted;
    numbers.insert_or_assign(added.file->path, number);
  }
  // Before keys are added, for which it counts whether a row that is known is still there.
  for (const FilesChange::Merge& merge : change.merges) move_rows(merge, numbers);
  for (const FilesChange::Added& added : change.added) {
    for (KeyEntry entry : added.keys) {
      entry.place.file = numbers.at(added.file->path);
      add_row(entry);
    }
  }
  renumber();
  find_hidden();
}

void Keyed::move_rows(const FilesChange::Merge& merge,
                      const std::unordered_map<std::string_view, uint32_t>& numbers) {
  auto into = std::make_shared<std::vector<Ends>>();
  int64_t end = 0;
  for (const auto& file : merge.into) {
    end += file.rows;
    const auto at = numbers.find(file.path);  // not there: all its rows went meanwhile
    into->push_back({end, at == numbers.end() ? RowPlace::kNone : at->second});
  }
  for (const auto& file : merge.from) {
    const auto at = numbers.find(file.path);
    if (at == numbers.end()) continue;
    files_[at->second].moved = std::make_shared<const Moved>(Moved{file.rows, into});
  }
}

// --- files that are no more

void Keyed::sweep(size_t slots) {
  if (!sweep_) {
    for (uint32_t number = 0; number < files_.size(); ++number) {
      if (!files_[number].alive && !files_[number].path.empty()) going_.push_back(number);
    }
    const bool many = going_.size() >= kFewFiles + index_.size() / kKeysOfFile;
    if (!std::exchange(forgets_, false) && !many) return going_.clear();
    sweep_.emplace();
  }
  if (index_.walk(*sweep_, slots, [this](KeyEntry& entry) { return keep(entry); })) return;
  sweep_.reset();
  forget_files();
}

void Keyed::forget_before(int64_t ms) {
  forget_before_ = RowPlace::deleted(ms).row;
  forgets_ = true;
}

// An entry with what the files are by now. False: others took its rows, and nothing is known, or it
// was deleted long ago.
bool Keyed::keep(KeyEntry& entry) {
  if (entry.place.is_deleted()) return entry.place.row >= forget_before_;
  entry.place = now(entry.place);
  if (more_places_.empty()) return entry.place.file != RowPlace::kNone;
  const auto more = more_places_.find(entry.key);
  if (more == more_places_.end()) return entry.place.file != RowPlace::kNone;
  std::vector<RowPlace> left;
  for (const RowPlace& place : more->second) {
    if (const RowPlace at = now(place); at.file != RowPlace::kNone) left.push_back(at);
  }
  if (entry.place.file == RowPlace::kNone && !left.empty()) {
    entry.place = left.back();
    left.pop_back();
  }
  more->second = std::move(left);
  if (more->second.empty()) more_places_.erase(more);
  return entry.place.file != RowPlace::kNone;
}

void Keyed::forget_files() {
  for (const uint32_t number : going_) files_[number] = {"", false};
  free_.insert(free_.end(), going_.begin(), going_.end());
  going_.clear();
}

void Keyed::find_hidden() {
  const auto find = [&](const KeyChanges& changes, const KeyChanges* without) {
    Run run;
    for (const auto& [key, change] : changes) {
      if (without && without->contains(key)) continue;
      each_place(key, [&](const RowPlace& place) { run.push_back(place.packed()); });
    }
    Runs runs;
    add_run(runs, std::move(run));
    return runs;
  };
  sealed_hidden_ = sealed_ ? find(*sealed_, nullptr) : Runs();
  open_hidden_ = find(open_, sealed_.get());
}

void Keyed::discard_open(std::shared_ptr<const Tail>& sealed) {
  open_.clear();
  open_hidden_.clear();
  if (sealed_) sealed = sealed_tail_;
}

void Keyed::discard_sealed() {
  sealed_.reset();
  sealed_tail_.reset();
  sealed_hidden_.clear();
}

// --- what readers see

std::shared_ptr<const HiddenRows> Keyed::shared(const Runs& runs) const {
  auto hidden = std::make_shared<HiddenRows>();
  hidden->files = numbers_;
  hidden->runs = runs;
  for (const auto& run : runs) hidden->rows += static_cast<int64_t>(run->size());
  return hidden;
}

std::shared_ptr<const HiddenRows> Keyed::hidden() const {
  Runs runs = sealed_hidden_;
  runs.insert(runs.end(), open_hidden_.begin(), open_hidden_.end());
  return runs.empty() ? nullptr : shared(runs);
}

}  // namespace foz::table
