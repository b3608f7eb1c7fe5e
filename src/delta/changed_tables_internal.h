// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// For tests: tables whose rows change, the checker of a small SQL, and writers at random.
#pragma once

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>

#include "delta/alter.h"
#include "delta/json_internal.h"
#include "delta/table_rows_internal.h"
#include "store/object_store.h"

namespace foz::delta {

// id and three partition columns.
inline Schema partitioned_schema() {
  return {{{"id", {.kind = TypeKind::kLong}, false, {}},
           {"day", {.kind = TypeKind::kDate}, true, {}},
           {"at", {.kind = TypeKind::kTimestamp}, true, {}},
           {"word", {.kind = TypeKind::kString}, true, {}}}};
}

// Two rows of one partition and between them one where all is null (an empty text is null too).
inline std::shared_ptr<arrow::RecordBatch> partitioned_rows() {
  const auto schema = to_arrow(partitioned_schema()).value();
  arrow::Int64Builder id;
  arrow::Date32Builder day;
  arrow::TimestampBuilder at(schema->field(2)->type(), arrow::default_memory_pool());
  arrow::StringBuilder word;
  CHECK(id.AppendValues({1, 2, 3}).ok());
  CHECK(day.Append(20484).ok() && day.AppendNull().ok() && day.Append(20484).ok());
  const int64_t us = 1'700'000'000'123'456;
  CHECK(at.Append(us).ok() && at.AppendNull().ok() && at.Append(us).ok());
  const std::string text = "a/b=c d%20é";
  CHECK(word.Append(text).ok() && word.Append("").ok() && word.Append(text).ok());
  return arrow::RecordBatch::Make(schema, 3,
                                  {id.Finish().ValueOrDie(), day.Finish().ValueOrDie(),
                                   at.Finish().ValueOrDie(), word.Finish().ValueOrDie()});
}

// id >= 0, double_id generated, word with a default, nr an identity.
inline Schema ruled_schema() {
  Schema schema{{{"id", {.kind = TypeKind::kLong}, false, {}},
                 {"double_id", {.kind = TypeKind::kLong}, true, {}},
                 {"word", {.kind = TypeKind::kString}, true, {}},
                 {"nr", {.kind = TypeKind::kLong}, true, {}}}};
  schema.fields[0].metadata["delta.invariants"] =
      json_quote(R"({"expression":{"expression":"id >= 0"}})");
  schema.fields[1].metadata["delta.generationExpression"] = json_quote("id * 2");
  schema.fields[2].metadata["CURRENT_DEFAULT"] = json_quote("'none'");
  schema.fields[3].metadata = {{"delta.identity.start", "10"},
                               {"delta.identity.step", "5"},
                               {"delta.identity.allowExplicitInsert", "false"}};
  return schema;
}

// Knows "id >= N", "id * 2" and "'none'".
class SampleChecker final : public RowChecker {
 public:
  Result<std::vector<std::shared_ptr<arrow::Array>>> evaluate(
      const std::vector<RowExpression>& expressions,
      const std::shared_ptr<arrow::RecordBatch>& rows) const override {
    const auto& ids = static_cast<const arrow::Int64Array&>(*rows->GetColumnByName("id"));
    std::vector<std::shared_ptr<arrow::Array>> out;
    for (const RowExpression& each : expressions) {
      arrow::BooleanBuilder truth;
      arrow::Int64Builder number;
      arrow::StringBuilder text;
      for (int64_t i = 0; i < rows->num_rows(); ++i) {
        if (each.sql.starts_with("id >= ")) {
          CHECK(truth.Append(ids.Value(i) >= std::stoll(each.sql.substr(6))).ok());
        } else if (each.sql == "id * 2") {
          CHECK(number.Append(ids.Value(i) * 2).ok());
        } else if (each.sql == "'none'") {
          CHECK(text.Append("none").ok());
        } else {
          return Error(ErrorCode::kUnsupported, each.sql);
        }
      }
      arrow::ArrayBuilder* builder = &truth;
      if (each.type.kind == TypeKind::kLong) builder = &number;
      if (each.type.kind == TypeKind::kString) builder = &text;
      out.push_back(builder->Finish().ValueOrDie());
    }
    return out;
  }
};

// Writers that each append, change and delete rows at random, and what must be there in the end.
class RandomHistory {
 public:
  // Commits go through `table`, everything else through `behind`, whose store has no faults.
  RandomHistory(Table& table, const Table& behind, const Clock& clock, Random& random,
                SnapshotPtr created)
      : table_(table), behind_(behind), clock_(clock), random_(random), created_(created) {}

  void run(const std::string& app, int64_t first_id, int steps) {
    SnapshotPtr base = created_;
    int64_t next_id = first_id;
    for (int step = 0; step < steps;) {
      Step mine;
      const auto places = places_of(behind_, *base);
      for (const auto& [id, place] : places) {
        if (mine.gone.size() < 12 && random_.chance(1, 8)) mine.gone.push_back(id);
      }
      const int64_t updates = std::min<int64_t>(3, static_cast<int64_t>(mine.gone.size()));
      const auto inserted = static_cast<int64_t>(1 + random_.below(20));
      RowChanges changes;
      changes.inserted = {sample_rows(next_id, inserted)};
      const std::vector<int64_t> updated(mine.gone.begin(), mine.gone.begin() + updates);
      const std::vector<int64_t> deleted(mine.gone.begin() + updates, mine.gone.end());
      changes.deleted = deletions_of(places, deleted);
      changes.updated = deletions_of(places, updated);
      for (const int64_t id : updated) changes.after.push_back(sample_rows(id, 1));
      for (int64_t i = 0; i < inserted; ++i) mine.came.push_back(next_id + i);
      mine.came.insert(mine.came.end(), updated.begin(), updated.end());
      auto request = change_rows({behind_, base, random_, clock_}, changes);
      CHECK(request.has_value());
      const auto stored = base->transaction_version(app);
      request->positions = {{app, stored, stored.value_or(0) + 1}};
      auto outcome = commit(base, *request);
      if (auto* conflict = std::get_if<Conflict>(&outcome)) {
        base = conflict->latest;
        continue;
      }
      base = std::get<Committed>(outcome).snapshot;
      mine.version = base->version();
      std::lock_guard lock(mutex_);
      steps_.push_back(std::move(mine));
      next_id += inserted;
      ++step;
    }
  }

  std::vector<int64_t> expected() {
    std::ranges::sort(steps_, {}, &Step::version);
    std::set<int64_t> ids;
    for (const Step& step : steps_) {
      for (const int64_t id : step.gone) EXPECT_EQ(ids.erase(id), 1u) << id;
      for (const int64_t id : step.came) EXPECT_TRUE(ids.insert(id).second) << id;
    }
    return {ids.begin(), ids.end()};
  }
  int64_t commits() const { return static_cast<int64_t>(steps_.size()); }

 private:
  struct Step {
    Version version{0};
    std::vector<int64_t> gone, came;
  };

  CommitOutcome commit(const SnapshotPtr& base, const CommitRequest& request) {
    while (true) {
      auto outcome = table_.commit(base, request);
      if (outcome) return *std::move(outcome);
      const ErrorCode code = outcome.error().code();
      CHECK(code == ErrorCode::kAmbiguous || code == ErrorCode::kUnavailable);
    }
  }

  Table& table_;
  const Table& behind_;
  const Clock& clock_;
  Random& random_;
  const SnapshotPtr created_;
  std::mutex mutex_;
  std::vector<Step> steps_;
};

// One table after the other, each committed step by step.
class TableMaker {
 public:
  TableMaker(store::ObjectStore& store, const std::string& name)
      : table_(store, name, clock_, random_) {}

  void create(Schema schema, std::map<std::string, std::string> properties,
              std::vector<std::string> partitions = {}) {
    base_ = table_
                .create({.schema = std::move(schema),
                         .partition_columns = std::move(partitions),
                         .properties = std::move(properties)})
                .value();
  }
  void commit(const Result<CommitRequest>& request) {
    ASSERT_TRUE(request.has_value()) << request.error().message();
    auto outcome = table_.commit(base_, *request);
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message();
    ASSERT_TRUE(std::holds_alternative<Committed>(*outcome));
    base_ = std::get<Committed>(*outcome).snapshot;
  }
  void append(const std::shared_ptr<arrow::RecordBatch>& rows) {
    commit(append_rows(writer(), {rows}));
  }
  // Rows by their ids; updated ones get `after`.
  void change(const std::vector<int64_t>& deleted, const std::vector<int64_t>& updated = {},
              const Batches& after = {}) {
    const auto places = places_of(table_, *base_);
    commit(change_rows(writer(), {.deleted = deletions_of(places, deleted),
                                  .updated = deletions_of(places, updated),
                                  .after = after}));
  }
  void checkpoint() { ASSERT_TRUE(table_.checkpoint(base_).has_value()); }
  void checksum() { ASSERT_TRUE(table_.checksum(base_).has_value()); }
  RowWriter writer() { return {table_, base_, random_, clock_, {}, &checker_}; }
  const Snapshot& base() const { return *base_; }
  Random& random() { return random_; }
  Table& table() { return table_; }

 private:
  const SystemClock clock_;
  Random random_{Random::system_seed()};
  const SampleChecker checker_;
  Table table_;
  SnapshotPtr base_;
};

inline std::vector<int64_t> every(int64_t step, int64_t first, int64_t end) {
  std::vector<int64_t> out;
  for (int64_t id = first; id < end; id += step) out.push_back(id);
  return out;
}

inline void write_changed_rows(store::ObjectStore& store) {
  const std::map<std::string, std::string> vectors = {{"delta.enableDeletionVectors", "true"}};
  {
    TableMaker maker(store, "deletions");
    maker.create(sample_schema(), vectors);
    for (int64_t i = 0; i < 4; ++i) maker.append(sample_rows(i * 1000, 1000));
    maker.change(every(3, 0, 1000), {3760}, {sample_rows(13760, 1)});
    maker.change(every(1, 1000, 1800));
    maker.change(every(1, 2000, 3000));
    maker.change(every(3, 1, 1000));
    maker.checksum();
  }
  {
    TableMaker maker(store, "partitioned");
    maker.create(partitioned_schema(), vectors, {"day", "at", "word"});
    maker.append(partitioned_rows());
  }
  {
    TableMaker maker(store, "replaced");
    maker.create(partitioned_schema(), {}, {"word"});
    maker.append(partitioned_rows());
    maker.commit(replace_rows(maker.writer(), {{"word", {std::nullopt}}}, {}));
  }
}

inline std::shared_ptr<arrow::RecordBatch> rows_with_lists() {
  const auto pool = arrow::default_memory_pool();
  arrow::Int64Builder id;
  arrow::StringBuilder word;
  auto number = std::make_shared<arrow::Int32Builder>();
  const auto list_type = arrow::list(arrow::field("element", arrow::int32()));
  auto inner = std::make_shared<arrow::ListBuilder>(pool, number, list_type);
  const auto map_type = std::make_shared<arrow::MapType>(arrow::field("key", arrow::utf8(), false),
                                                         arrow::field("value", list_type));
  auto key = std::make_shared<arrow::StringBuilder>();
  arrow::MapBuilder map(pool, key, inner, map_type);
  for (int32_t i = 0; i < 4; ++i) {
    CHECK(id.Append(i).ok() && word.Append(i % 2 ? "odd" : "even").ok());
    CHECK(map.Append().ok() && key->Append("k").ok() && inner->Append().ok());
    CHECK(number->Append(i).ok());
  }
  return arrow::RecordBatch::Make(
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("word", arrow::utf8()),
                     arrow::field("m", map_type)}),
      4, {*id.Finish(), *word.Finish(), *map.Finish()});
}

inline void write_changed_columns(store::ObjectStore& store) {
  {
    TableMaker maker(store, "mapped");
    maker.create(sample_schema(), {{"delta.columnMapping.mode", "name"}});
    maker.append(sample_rows(0, 10));
    maker.commit(rename_column(maker.base(), {"name"}, "title of it"));
    maker.commit(drop_column(maker.base(), {"price"}));
    maker.commit(add_column(maker.base(), maker.random(), {},
                            {"price", {.kind = TypeKind::kDouble}, true, {}}));
    maker.append(sample_rows(10, 10)->RenameColumns({"id", "title of it", "price"}).ValueOrDie());
  }
  {
    TableMaker maker(store, "in_columns");
    maker.create(partitioned_schema(),
                 {{"delta.columnMapping.mode", "name"},
                  {"delta.checkpoint.writeStatsAsStruct", "true"},
                  {"delta.checkpoint.writeStatsAsJson", "false"}},
                 {"day", "word"});
    maker.append(partitioned_rows());
    maker.commit(rename_column(maker.base(), {"word"}, "word of it"));
    maker.checkpoint();
  }
  {
    TableMaker maker(store, "upgraded");
    maker.create(sample_schema(), {});
    maker.append(sample_rows(0, 10));
    maker.commit(set_properties(maker.base(), maker.random(),
                                {{"delta.columnMapping.mode", "name"},
                                 {"delta.enableDeletionVectors", "true"},
                                 {"delta.enableInCommitTimestamps", "true"}}));
    maker.commit(rename_column(maker.base(), {"name"}, "title"));
    maker.change({4});
  }
  {
    TableMaker maker(store, "iceberg");
    const auto rows = rows_with_lists();
    maker.create(from_arrow(*rows->schema()).value(), {{"delta.enableIcebergCompatV2", "true"}},
                 {"word"});
    maker.append(rows);
  }
}

inline void write_rules(store::ObjectStore& store) {
  {
    TableMaker maker(store, "fed");
    maker.create(sample_schema(),
                 {{"delta.enableChangeDataFeed", "true"}, {"delta.enableDeletionVectors", "true"}});
    maker.append(sample_rows(0, 10));
    maker.change({1, 2}, {5}, {sample_rows(105, 1)});
  }
  {
    TableMaker maker(store, "ruled");
    maker.create(ruled_schema(), {});
    maker.append(sample_rows(0, 3)->SelectColumns({0}).ValueOrDie());
    maker.append(sample_rows(3, 3)->SelectColumns({0}).ValueOrDie());
    maker.commit(
        add_constraint(maker.table(), maker.writer().base, "small", "id >= 0", SampleChecker()));
  }
  {
    TableMaker maker(store, "clustered");
    maker.create(sample_schema(), {{"delta.dataSkippingStatsColumns", "id"}});
    maker.commit(cluster_by(maker.base(), {{"id"}}));
    maker.commit(set_domain(maker.base(), "foz.test", "{}"));
    maker.append(sample_rows(0, 10));
    maker.checksum();
  }
}

// test/conformance/test_delta.py says what other readers must see of these.
inline void write_changed_tables(store::ObjectStore& store) {
  write_changed_rows(store);
  write_changed_columns(store);
  write_rules(store);
}

}  // namespace foz::delta
