// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A writer that test/conformance/test_delta_kills.py starts many of and kills: what it has done is
// in the table's positions, so that others can tell what must be there.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "delta/changed_tables_internal.h"
#include "delta/maintenance.h"
#include "delta/rows.h"
#include "delta/sample_table_internal.h"
#include "store/disk.h"

namespace foz::delta {
namespace {

// Of a writer's rows FIRST, FIRST + 1, …: those below the position "added-N" were added, and of
// these those below "gone-N" taken away again.
class Writer {
 public:
  Writer(store::ObjectStore& store, int64_t number)
      : table_(store, "killed", clock_, random_),
        first_(number * 1'000'000),
        added_(fmt::format("added-{}", number)),
        gone_(fmt::format("gone-{}", number)) {}

  // Ends only by being killed, or by an error.
  Status run() {
    auto created = table_.create({.schema = sample_schema(),
                                  .properties = {{"delta.enableDeletionVectors", "true"},
                                                 {"delta.enableChangeDataFeed", "true"}}});
    if (!created && created.error().code() != ErrorCode::kAlreadyExists) return created.error();
    SnapshotPtr base = TRY(table_.latest());
    while (true) {
      const uint64_t what = random_.below(16);
      if (what == 0) {
        TRY(table_.checkpoint(base));
      } else if (what == 1) {
        TRY(table_.checksum(base));
      } else if (what == 2 && base->version().value() > 8) {
        TRY(compact_log(table_, Version{base->version().value() - 8}, base->version()));
      } else if (what == 3) {
        base = TRY(merge(base));
      } else if (what < 7) {
        base = TRY(take_away(base));
      } else {
        base = TRY(append(base));
      }
      base = TRY(table_.refresh(base));
    }
  }

 private:
  static int64_t position(const SnapshotPtr& base, const std::string& app) {
    return base->transaction_version(app).value_or(0);
  }

  Result<SnapshotPtr> merge(const SnapshotPtr& base) {
    auto done = optimize(table_, base, {.purge_share = 0.3}, random_, clock_);
    if (done) return done->snapshot;
    // A writer that changed a file meanwhile is no failure.
    if (done.error().code() != ErrorCode::kConflict) return done.error();
    return table_.latest();
  }

  Result<SnapshotPtr> append(const SnapshotPtr& base) {
    const int64_t at = position(base, added_), count = 1 + static_cast<int64_t>(random_.below(20));
    const auto rows = sample_rows(first_ + at, count);
    CommitRequest request = TRY(append_rows({table_, base, random_, clock_}, {rows}));
    request.positions = {{added_, base->transaction_version(added_), at + count}};
    return commit(base, request);
  }

  Result<SnapshotPtr> take_away(const SnapshotPtr& base) {
    const int64_t at = position(base, gone_);
    const int64_t count = std::min<int64_t>(10, position(base, added_) - at);
    if (count <= 0) return base;
    std::vector<int64_t> ids;
    for (int64_t i = 0; i < count; ++i) ids.push_back(first_ + at + i);
    const auto places = places_of(table_, *base);
    for (const int64_t id : ids) CHECK(places.contains(id));
    CommitRequest request =
        TRY(change_rows({table_, base, random_, clock_}, {.deleted = deletions_of(places, ids)}));
    request.positions = {{gone_, base->transaction_version(gone_), at + count}};
    return commit(base, request);
  }

  // A lost race is tried again with what the table is then.
  Result<SnapshotPtr> commit(const SnapshotPtr& base, const CommitRequest& request) {
    auto outcome = TRY(table_.commit(base, request));
    if (auto* conflict = std::get_if<Conflict>(&outcome)) return conflict->latest;
    return std::get<Committed>(outcome).snapshot;
  }

  const SystemClock clock_;
  Random random_{Random::system_seed()};
  Table table_;
  const int64_t first_;
  const std::string added_, gone_;
};

TEST(Conformance, WritesUntilItIsKilled) {
  const char* folder = std::getenv("FOZ_WRITE_TABLES");
  const char* number = std::getenv("FOZ_WRITER");
  if (!folder || !number) GTEST_SKIP() << "FOZ_WRITER names no writer";
  const auto disk = store::make_posix_disk();
  const auto store = store::open_local_store(*disk, folder).value();
  const Status ended = Writer(*store, std::stoll(number)).run();
  FAIL() << ended.error().message();
}

}  // namespace
}  // namespace foz::delta
