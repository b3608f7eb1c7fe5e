// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A table with small files for tests of maintenance, and what it holds.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "delta/maintenance.h"
#include "delta/sample_table_internal.h"
#include "store/disk.h"
#include "store/fault_store.h"
#include "store/simulated_disk.h"

namespace foz::delta {

using Row = std::pair<int64_t, std::string>;  // id and name ("-" for null)

inline std::vector<std::shared_ptr<const AddFile>> files(const Snapshot& snapshot) {
  std::vector<std::shared_ptr<const AddFile>> out;
  snapshot.each_file([&](const auto& file) {
    out.push_back(file);
    return true;
  });
  return out;
}

// In the order in which files and rows stand.
inline std::vector<Row> rows_of(const Table& table, const Snapshot& snapshot) {
  std::vector<Row> out;
  for (const auto& file : files(snapshot)) {
    const auto status =
        read_data_file(table, snapshot, *file, {"id", "name"}, [&](auto batch) -> Status {
          const auto& id = static_cast<const arrow::Int64Array&>(*batch->column(0));
          const auto& name = static_cast<const arrow::StringArray&>(*batch->column(1));
          for (int64_t i = 0; i < id.length(); ++i) {
            out.emplace_back(id.Value(i), name.IsNull(i) ? "-" : name.GetString(i));
          }
          return {};
        });
    EXPECT_TRUE(status.has_value()) << status.error().message();
  }
  return out;
}

// Z85 of a bitmap with one array container: a deletion vector inside the log.
inline DeletionVector inline_vector(const std::vector<uint16_t>& rows) {
  std::string bytes;
  const auto little = [&](uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  };
  little(1681511377, 4);
  little(1, 8);      // bitmaps
  little(0, 4);      // its high bits
  little(12346, 4);  // no runs
  little(1, 4);      // containers
  little(0, 2);
  little(rows.size() - 1, 2);
  little(16, 4);  // where the container begins
  for (const uint16_t row : rows) little(row, 2);
  DeletionVector out;
  out.storage_type = "i";
  out.size_bytes = static_cast<int32_t>(bytes.size());
  out.cardinality = static_cast<int64_t>(rows.size());
  bytes.resize((bytes.size() + 3) / 4 * 4);
  constexpr std::string_view kAlphabet =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  for (size_t i = 0; i < bytes.size(); i += 4) {
    uint64_t value = 0;
    for (size_t j = 0; j < 4; ++j) value = value * 256 + static_cast<uint8_t>(bytes[i + j]);
    std::string five(5, '0');
    for (size_t j = 5; j-- > 0; value /= 85) five[j] = kAlphabet[value % 85];
    out.path_or_inline += five;
  }
  return out;
}

// Power is cut at the n-th operation of the disk, for every `step`-th n, while a table of small
// files is put in order: the rows are the same whatever happened, and the next run ends the work,
// which `look` judges.
inline void cut_power_while_optimizing(int64_t step, int64_t file_count, int64_t file_rows,
                                       const OptimizeOptions& options,
                                       const std::function<void(const Snapshot&)>& look) {
  const SystemClock clock;
  bool crashed = true;
  for (int64_t n = 1; crashed; n += step) {
    SCOPED_TRACE(fmt::format("crash at operation {}", n));
    Random random(static_cast<uint64_t>(n));
    store::SimulatedDisk disk(random);
    {
      auto store = store::open_local_store(disk, "/lake").value();
      Table table(*store, "t", clock, random);
      SnapshotPtr snapshot = table.create({.schema = sample_schema()}).value();
      for (int64_t i = 0; i < file_count; ++i) {
        CommitRequest request;
        request.adds.push_back(write_data_file(table, *snapshot,
                                               {sample_rows(i * file_rows, file_rows)}, {}, random,
                                               clock)
                                   .value());
        snapshot = std::get<Committed>(table.commit(snapshot, request).value()).snapshot;
      }
    }
    disk.crash_after(n);
    const auto run = [&] {
      auto store = store::open_local_store(disk, "/lake");
      if (!store) return;
      Table table(**store, "t", clock, random);
      auto snapshot = table.latest();
      if (!snapshot) return;
      const auto done = optimize(table, *snapshot, options, random, clock);
      if (done) (void)table.checkpoint(done->snapshot);
    };
    run();
    crashed = disk.crashed();
    disk.restart();
    run();
    auto store = store::open_local_store(disk, "/lake").value();
    Table table(*store, "t", clock, random);
    const SnapshotPtr latest = table.latest().value();
    auto rows = rows_of(table, *latest);
    std::ranges::sort(rows);
    ASSERT_EQ(std::ssize(rows), file_count * file_rows);
    for (int64_t i = 0; i < std::ssize(rows); ++i) {
      ASSERT_EQ(rows[static_cast<size_t>(i)].first, i);
    }
    look(*latest);
  }
}

class MaintainedTable : public testing::Test {
 protected:
  SnapshotPtr create(std::map<std::string, std::string> properties = {}) {
    properties["delta.enableDeletionVectors"] = "true";
    return table_.create({.schema = sample_schema(), .properties = properties}).value();
  }
  SnapshotPtr create_partitioned(std::map<std::string, std::string> properties = {}) {
    Schema schema = sample_schema();
    schema.fields.push_back({"day", {.kind = TypeKind::kDate}, true, {}});
    return table_
        .create(
            {.schema = schema, .partition_columns = {"day"}, .properties = std::move(properties)})
        .value();
  }
  AddFile file(const Snapshot& snapshot, int64_t first, int64_t count,
               std::optional<std::string> day = {}) {
    clock_.advance_ms(1000);
    WriteOptions options;
    options.partition_values["day"] = std::move(day);
    return write_data_file(table_, snapshot, {sample_rows(first, count)}, options, random_, clock_)
        .value();
  }
  SnapshotPtr commit(const SnapshotPtr& base, const CommitRequest& request) {
    auto outcome = table_.commit(base, request);
    EXPECT_TRUE(outcome.has_value()) << outcome.error().message();
    return std::get<Committed>(outcome.value()).snapshot;
  }
  SnapshotPtr append(const SnapshotPtr& base, int64_t first, int64_t count,
                     std::optional<std::string> day = {}) {
    return commit(base, {.adds = {file(*base, first, count, std::move(day))}});
  }
  SnapshotPtr append_many(SnapshotPtr base, int64_t times, int64_t count) {
    for (int64_t i = 0; i < times; ++i) base = append(base, i * count, count);
    return base;
  }
  // The file that holds the row.
  std::shared_ptr<const AddFile> file_of(const Snapshot& snapshot, int64_t id) {
    for (const auto& each : files(snapshot)) {
      const FileStatistics statistics = parse_statistics(snapshot, *each).value();
      const auto bound = [&](const std::optional<std::string>& json) {
        return std::stoll(json.value());
      };
      const ColumnBounds& bounds = statistics.columns.at("id");
      if (bound(bounds.min_json) <= id && id <= bound(bounds.max_json)) return each;
    }
    return nullptr;
  }
  // Deletes rows by number: all that are deleted of the file from now on.
  SnapshotPtr delete_rows(const SnapshotPtr& base, const std::shared_ptr<const AddFile>& from,
                          const std::vector<uint16_t>& rows) {
    CommitRequest request;
    request.removes.push_back({.path = from->path, .deletion_vector = from->deletion_vector});
    request.adds.push_back(*from);
    request.adds[0].deletion_vector = inline_vector(rows);
    request.operation = "DELETE";
    return commit(base, request);
  }
  SnapshotPtr delete_rows(const SnapshotPtr& base, int64_t id, const std::vector<uint16_t>& rows) {
    return delete_rows(base, file_of(*base, id), rows);
  }

  OptimizeResult optimize(const SnapshotPtr& snapshot, const OptimizeOptions& options) {
    auto done = delta::optimize(table_, snapshot, options, random_, clock_);
    EXPECT_TRUE(done.has_value()) << done.error().message();
    return done.value();
  }
  std::vector<Row> rows_in_order(const Snapshot& snapshot) { return rows_of(table_, snapshot); }
  std::vector<Row> rows(const Snapshot& snapshot) {
    std::vector<Row> out = rows_in_order(snapshot);
    std::ranges::sort(out);
    return out;
  }
  std::vector<std::string> objects(const std::string& prefix) {
    std::vector<std::string> out;
    const auto listed = store_->list(prefix).value();
    for (const auto& object : listed) out.push_back(object.path);
    return out;
  }
  size_t data_objects() { return objects("t/").size() - objects("t/_delta_log/").size(); }
  std::string log(const std::string& name) { return "t/_delta_log/" + name; }

  ManualClock clock_{1'700'000'000'000'000};
  Random random_{1};
  std::unique_ptr<store::ObjectStore> store_ = store::make_memory_store(&clock_);
  Table table_{*store_, "t", clock_, random_};
};

}  // namespace foz::delta
