// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Tables that others wrote, with the rows that others read of them: FOZ_CORPUS names the folder
// (its README.md says what is in it). A table is read right, or refused with an error; never wrong,
// never a crash.
#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/clock.h"
#include "base/random.h"
#include "delta/change_feed.h"
#include "delta/content_checksum_internal.h"
#include "delta/data_file.h"
#include "delta/table.h"
#include "store/disk.h"

namespace foz::delta {
namespace {

namespace dom = simdjson::dom;

std::filesystem::path corpus_folder() {
  const char* given = std::getenv("FOZ_CORPUS");
  return given ? given : "../shared/corpus";
}

struct Entry {
  std::string path, status, tags;
};

std::vector<Entry> read_index(const std::filesystem::path& folder) {
  std::ifstream file(folder / "index.tsv");
  std::vector<Entry> out;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, '\t');) cells.push_back(cell);
    if (cells.size() > 13) out.push_back({cells[1], cells[9], cells[13]});
  }
  return out;
}

// Its checksum counts ten files that the log does not have; other readers do not look.
constexpr std::string_view kWrongChecksum = "kernel-rs/crc-full";

struct Rows {
  int64_t count = 0;
  std::string checksum;
  bool operator==(const Rows&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Rows& rows) {
  return out << rows.count << " rows " << rows.checksum;
}

Result<Rows> read_rows(const Table& table, const Snapshot& snapshot) {
  ContentChecksum checksum;
  Status status;
  snapshot.each_file([&](const std::shared_ptr<const AddFile>& add) {
    status = read_data_file(table, snapshot, *add, {}, [&](auto batch) -> Status {
      EXPECT_TRUE(batch->ValidateFull().ok());
      checksum.add(*batch, snapshot.schema());
      return {};
    });
    if (status && add->deletion_vector) {
      const auto gone = deleted_rows(table, *add);
      EXPECT_TRUE(gone.has_value()) << gone.error().message();
      if (gone) {
        EXPECT_EQ(std::count(gone->begin(), gone->end(), true), add->deletion_vector->cardinality);
      }
    }
    return status.has_value();
  });
  TRY(std::move(status));
  return Rows{checksum.rows(), checksum.text()};
}

std::string active_set(const Snapshot& snapshot) {
  std::vector<std::string> lines;
  snapshot.each_file([&](const std::shared_ptr<const AddFile>& add) {
    const auto& vector = add->deletion_vector;
    lines.push_back(fmt::format("{}|{}", add->path, vector ? vector->unique_id() : ""));
    return true;
  });
  std::sort(lines.begin(), lines.end());
  return hex(sha256(fmt::format("{}", fmt::join(lines, "\n"))).data(), 16);
}

std::optional<Rows> expected_rows(simdjson::simdjson_result<dom::element> element) {
  std::string_view checksum;
  Rows rows;
  if (element["rows"].get(rows.count) != simdjson::SUCCESS) return std::nullopt;
  if (element["dcs1"].get(checksum) != simdjson::SUCCESS) return std::nullopt;
  rows.checksum = checksum;
  return rows;
}

struct Tally {
  int read = 0, refused = 0, rejected = 0, log_only = 0, versions = 0, feeds = 0;
  std::vector<std::string> notes;
};

class CorpusTable {
 public:
  CorpusTable(const std::filesystem::path& folder, Entry entry, Tally& tally)
      : entry_(std::move(entry)), tally_(tally) {
    store_ = store::open_local_store(*disk_, (folder / "tables" / entry_.path).string()).value();
    table_.emplace(*store_, "", clock_, random_);
    expected_ = parser_.load((folder / "expected" / (entry_.path + ".json")).string());
  }

  void check() {
    SCOPED_TRACE(entry_.path + " (" + entry_.status + ")");
    auto latest = table_->latest();
    if (latest) check_state(**latest);
    auto rows = latest ? read_rows(*table_, **latest) : Result<Rows>(latest.error());
    const auto expected = expected_rows(expected_["expected"]);
    if (entry_.status == "log-only") {
      EXPECT_TRUE(latest.has_value() || named(latest.error())) << latest.error().message();
      ++tally_.log_only;
    } else if (!rows) {
      failed(rows.error());
    } else if (entry_.status == "must-reject") {
      ADD_FAILURE() << "read " << *rows << " where a reader must refuse";
    } else if (!expected) {
      note(fmt::format("read {} rows where others gave none", rows->count));
    } else {
      EXPECT_EQ(*rows, *expected);
      ++tally_.read;
    }
    if (rows) check_versions();
    if (rows) check_changes();
  }

 private:
  static bool named(const Error& error) { return error.code() == ErrorCode::kUnsupported; }

  void note(std::string text) { tally_.notes.push_back(fmt::format("{}: {}", entry_.path, text)); }

  void failed(const Error& error) {
    // A commit that is not one object a line is against the protocol; one reader takes it all the
    // same.
    const bool expected =
        entry_.status == "must-reject" || entry_.status == "reject-or-unsupported" ||
        entry_.tags.find("bad-json") != std::string::npos || entry_.path == kWrongChecksum;
    if (expected) {
      ++tally_.rejected;
    } else if (named(error)) {
      ++tally_.refused;
    } else {
      ADD_FAILURE() << to_string(error.code()) << ": " << error.message();
    }
    note(fmt::format("{}: {}", to_string(error.code()), error.message()));
  }

  void check_state(const Snapshot& snapshot) {
    std::string_view sha;
    if (expected_["state"]["active_set_sha"].get(sha) != simdjson::SUCCESS) return;
    EXPECT_EQ(active_set(snapshot), sha);
    int64_t version = 0, bytes = 0;
    if (expected_["state"]["version"].get(version) == simdjson::SUCCESS) {
      EXPECT_EQ(snapshot.version().value(), version);
    }
    if (expected_["state"]["active_bytes"].get(bytes) == simdjson::SUCCESS) {
      EXPECT_EQ(snapshot.total_bytes(), bytes);
    }
  }

  void check_versions() {
    dom::object versions;
    if (expected_["time_travel"].get(versions) != simdjson::SUCCESS) return;
    for (const auto [version, element] : versions) {
      SCOPED_TRACE(fmt::format("version {}", version));
      const auto expected =
          expected_rows(simdjson::simdjson_result<dom::element>(dom::element(element)));
      bool agree = true;  // the readers with each other
      if (element["agree"].get(agree) == simdjson::SUCCESS && !agree) continue;
      if (!expected) continue;
      auto snapshot = table_->at(Version{std::stoll(std::string(version))});
      auto rows = snapshot ? read_rows(*table_, **snapshot) : Result<Rows>(snapshot.error());
      if (rows) {
        // Of older versions only the other reader's rows are kept, which has variants as bytes.
        if (entry_.tags.find("t:variant") != std::string::npos) {
          EXPECT_EQ(rows->count, expected->count);
        } else {
          EXPECT_EQ(*rows, *expected);
        }
        ++tally_.versions;
      } else if (!named(rows.error())) {
        ADD_FAILURE() << to_string(rows.error().code()) << ": " << rows.error().message();
      }
    }
  }

  // The change feed from version 0 on, without its timestamps.
  void check_changes() {
    auto expected = expected_rows(expected_["cdf_from_0"]);
    // One deletion vector ends its Z85 text as delta-rs does, which Spark takes for a row that is
    // not there. The test of delta-kernel-rs that owns the table has 24 changes, and so do we.
    if (entry_.path == "kernel-rs-zst/cdf-table-with-dv") expected->count = 24;
    const bool count_only = expected && expected->count == 24;
    std::string_view error;
    const bool missing = expected_["cdf_from_0"]["error"].get(error) == simdjson::SUCCESS &&
                         error.find("DELTA_MISSING_CHANGE_DATA") != std::string_view::npos;
    if (!expected && !missing) return;
    SCOPED_TRACE("changes");
    auto feed = ChangeFeed::open(*table_, Version{0});
    if (entry_.path == "spark440/dv_colmap_cdf_a") {
      // A column is renamed on the way, which Spark was told to read through.
      EXPECT_FALSE(feed.has_value());
      feed = ChangeFeed::open(*table_, Version{0}, {}, OtherSchemas::kReadThrough);
    }
    if (missing) {
      ASSERT_FALSE(feed.has_value());
      EXPECT_EQ(feed.error().code(), ErrorCode::kInvalid) << feed.error().message();
      return;
    }
    ASSERT_TRUE(feed.has_value()) << feed.error().message();
    Schema schema = feed->table_schema();
    schema.fields.push_back({"_change_type", {.kind = TypeKind::kString}, true, {}});
    schema.fields.push_back({"_commit_version", {.kind = TypeKind::kLong}, true, {}});
    ContentChecksum checksum;
    const Status status = feed->read({}, [&](std::shared_ptr<arrow::RecordBatch> batch) -> Status {
      EXPECT_TRUE(batch->ValidateFull().ok());
      checksum.add(*batch, schema);
      return {};
    });
    ASSERT_TRUE(status.has_value()) << status.error().message();
    EXPECT_EQ(checksum.rows(), expected->count);
    if (!count_only) {
      EXPECT_EQ(checksum.text(), expected->checksum);
    }
    ++tally_.feeds;
  }

  const Entry entry_;
  Tally& tally_;
  ManualClock clock_{1'700'000'000'000'000};
  Random random_{1};
  std::unique_ptr<store::Disk> disk_ = store::make_posix_disk();
  std::unique_ptr<store::ObjectStore> store_;
  std::optional<Table> table_;
  dom::parser parser_;
  dom::element expected_;
};

TEST(Corpus, EveryTableIsReadRightOrRefused) {
  const auto folder = corpus_folder();
  if (!std::filesystem::exists(folder / "index.tsv")) {
    GTEST_SKIP() << "no tables in " << folder
                 << ": set FOZ_CORPUS to the folder that holds index.tsv";
  }
  Tally tally;
  const auto index = read_index(folder);
  for (const Entry& entry : index) CorpusTable(folder, entry, tally).check();
  for (const std::string& note : tally.notes) std::cout << note << "\n";
  std::cout << fmt::format(
      "{} tables: {} read as others read them, {} refused by name, {} rejected as they must be, "
      "{} without data files; {} older versions read, {} change feeds\n",
      index.size(), tally.read, tally.refused, tally.rejected, tally.log_only, tally.versions,
      tally.feeds);
}

}  // namespace
}  // namespace foz::delta
