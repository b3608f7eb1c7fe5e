// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A byte that changed anywhere in a table leads to an error or to the same rows, never to others.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "delta/content_checksum_internal.h"
#include "delta/parquet_footer_internal.h"
#include "delta/rows.h"
#include "delta/sample_table_internal.h"
#include "delta/table_rows_internal.h"
#include "store/disk.h"

namespace foz::delta {
namespace {

struct Outcome {
  int64_t rows = 0;
  std::optional<int64_t> counted;  // what statistics say
  std::string checksum;
  bool operator==(const Outcome&) const = default;
};

Result<Outcome> read_all(const Table& table) {
  const SnapshotPtr snapshot = TRY(table.latest());
  ContentChecksum checksum;
  Status status;
  snapshot->each_file([&](const std::shared_ptr<const AddFile>& add) {
    status = read_data_file(table, *snapshot, *add, {}, [&](auto batch) -> Status {
      EXPECT_TRUE(batch->ValidateFull().ok());
      checksum.add(*batch, snapshot->schema());
      return {};
    });
    return status.has_value();
  });
  TRY(std::move(status));
  return Outcome{checksum.rows(), snapshot->row_count(), checksum.text()};
}

class DamageTest : public testing::Test {
 protected:
  // Changes one byte after another in the object, `samples` of them, and reads each time.
  void flip(const std::string& path, size_t begin, size_t end, int samples) {
    const Outcome whole = read_all(table_).value();
    const std::string bytes = store_->get(path).value();
    end = std::min(end, bytes.size());
    for (int i = 0; i < samples && begin < end; ++i) {
      const size_t at = begin + random_.below(end - begin);
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ static_cast<char>(1 + random_.below(255)));
      ASSERT_TRUE(store_->put(path, as_bytes(damaged)).has_value());
      const auto read = read_all(table_);
      if (read) {
        EXPECT_EQ(read->rows, whole.rows) << path << " byte " << at;
        EXPECT_EQ(read->counted, whole.counted) << path << " byte " << at;
        EXPECT_EQ(read->checksum, whole.checksum)
            << path << " byte " << at << ": " << int{static_cast<unsigned char>(damaged[at])};
      } else {
        EXPECT_FALSE(read.error().message().empty());
        ++refused_;
      }
    }
    ASSERT_TRUE(store_->put(path, as_bytes(bytes)).has_value());
  }

  ManualClock clock_{1'700'000'000'000'000};
  Random random_{7};
  std::unique_ptr<store::ObjectStore> store_ = store::make_memory_store(&clock_);
  Table table_{*store_, "t", clock_, random_};
  int refused_ = 0;
};

TEST_F(DamageTest, InADataFileIsFound) {
  const SnapshotPtr created = table_.create({.schema = sample_schema()}).value();
  const AddFile file =
      write_data_file(table_, *created, {sample_rows(0, 2'000)}, {}, random_, clock_).value();
  ASSERT_TRUE(table_.commit(created, {.adds = {file}}).has_value());
  const std::string path = "t/" + file.path;
  flip(path, 0, static_cast<size_t>(file.size), 200);
  EXPECT_GT(refused_, 150);
}

// A writer that copies a file's keys into a file of its own takes the checksum along.
TEST(Footer, OfAnotherWriterIsPassed) {
  const std::string key =
      "foz.footer.crc32c\x18\x08"
      "00000000";
  EXPECT_TRUE(check_footer(as_bytes("x" + key + "\x0bparquet-cpp")).has_value());
  EXPECT_TRUE(check_footer(as_bytes("no key")).has_value());
  const auto changed = check_footer(as_bytes("x" + key +
                                             "\x03"
                                             "foz"));
  ASSERT_FALSE(changed.has_value());
  EXPECT_EQ(changed.error().code(), ErrorCode::kCorrupt);
}

// A table of ours with all that it can have in its log: commits that a checkpoint holds, a hint, a
// checksum, deletion vectors.
TEST_F(DamageTest, InATableOfOursIsFound) {
  SnapshotPtr base = table_
                         .create({.schema = sample_schema(),
                                  .properties = {{"delta.enableDeletionVectors", "true"}}})
                         .value();
  const auto commit = [&](const Result<CommitRequest>& request) {
    base = std::get<Committed>(table_.commit(base, request.value()).value()).snapshot;
  };
  for (int64_t i = 0; i < 3; ++i)
    commit(append_rows({table_, base, random_, clock_}, {sample_rows(i * 4, 4)}));
  const auto places = places_of(table_, *base);
  commit(change_rows({table_, base, random_, clock_}, {.deleted = deletions_of(places, {0, 6})}));
  ASSERT_TRUE(table_.checkpoint(base).has_value());
  ASSERT_TRUE(table_.checksum(base).has_value());
  const std::vector<store::ObjectMeta> objects = store_->list("t/").value();
  for (const store::ObjectMeta& object : objects) {
    const auto size = static_cast<size_t>(object.size);
    flip(object.path, 0, size, object.path.ends_with(".parquet") ? 120 : 30);
  }
  EXPECT_GT(refused_, 100);
}

// Without a checksum of the version: where files lie, in which partition, which are gone, and what
// their statistics say.
TEST_F(DamageTest, InACommitOfOursIsFound) {
  SnapshotPtr base =
      table_.create({.schema = sample_schema(), .partition_columns = {"name"}}).value();
  const auto commit = [&](const Result<CommitRequest>& request) {
    base = std::get<Committed>(table_.commit(base, request.value()).value()).snapshot;
  };
  for (int64_t i = 0; i < 3; ++i)
    commit(append_rows({table_, base, random_, clock_}, {sample_rows(i * 4, 4)}));
  commit(replace_rows({table_, base, random_, clock_}, {{"name", {"n1"}}}, {}));
  const std::vector<store::ObjectMeta> objects = store_->list("t/_delta_log/").value();
  for (const store::ObjectMeta& object : objects)
    flip(object.path, 0, static_cast<size_t>(object.size), 200);
  EXPECT_GT(refused_, 900);
}

// With checksums of versions the log is safe, too.
class SparkTableTest : public DamageTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    const char* given = std::getenv("FOZ_CORPUS");
    const std::filesystem::path folder =
        std::filesystem::path(given ? given : "../shared/corpus") / "tables" / GetParam();
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no table in " << folder;
    const auto disk = store::make_posix_disk();
    const auto from = store::open_local_store(*disk, folder.string()).value();
    const std::vector<store::ObjectMeta> objects = from->list("").value();
    for (const store::ObjectMeta& object : objects) {
      ASSERT_TRUE(
          store_->put("t/" + object.path, as_bytes(from->get(object.path).value())).has_value());
    }
  }
};

TEST_P(SparkTableTest, InTheLogIsFound) {
  const std::vector<store::ObjectMeta> objects = store_->list("t/_delta_log/").value();
  for (const store::ObjectMeta& object : objects)
    flip(object.path, 0, static_cast<size_t>(object.size), 6);
}

TEST_P(SparkTableTest, InDeletionVectorsAndPagesIsFound) {
  const std::vector<store::ObjectMeta> objects = store_->list("t/").value();
  for (const store::ObjectMeta& object : objects) {
    if (object.path.starts_with("t/_delta_log/")) continue;
    const std::string bytes = store_->get(object.path).value();
    size_t end = bytes.size();
    if (bytes.ends_with("PAR1"))
      end -= 8 + load_little<uint32_t>(as_bytes(bytes).data() + bytes.size() - 8);
    flip(object.path, 0, end, 3);
  }
}

INSTANTIATE_TEST_SUITE_P(Corpus, SparkTableTest,
                         testing::Values("spark440/dv_partition_merge_a",
                                         "spark440/overlapping_stats_null_struct_a"));

}  // namespace
}  // namespace foz::delta
