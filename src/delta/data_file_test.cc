// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/data_file.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <set>

#include "delta/data_file_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/sample_table_internal.h"
#include "delta/statistics_internal.h"
#include "store/disk.h"

namespace foz::delta {
namespace {

using testing::HasSubstr;

DataType of(TypeKind kind) { return {.kind = kind}; }
DataType list_of(TypeKind kind) {
  return {.kind = TypeKind::kArray, .element = std::make_shared<DataType>(of(kind))};
}
DataType map_of(TypeKind key, TypeKind value) {
  return {.kind = TypeKind::kMap,
          .element = std::make_shared<DataType>(of(value)),
          .key = std::make_shared<DataType>(of(key))};
}

// One column of every type.
Schema every_type() {
  DataType inner = of(TypeKind::kStruct);
  inner.fields = {{"x", of(TypeKind::kLong), true, {}},
                  {"l", list_of(TypeKind::kString), true, {}}};
  return {{{"b", of(TypeKind::kBoolean), true, {}},
           {"i8", of(TypeKind::kByte), true, {}},
           {"i16", of(TypeKind::kShort), true, {}},
           {"i32", of(TypeKind::kInteger), true, {}},
           {"i64", of(TypeKind::kLong), true, {}},
           {"f", of(TypeKind::kFloat), true, {}},
           {"d", of(TypeKind::kDouble), true, {}},
           {"s", of(TypeKind::kString), true, {}},
           {"x", of(TypeKind::kBinary), true, {}},
           {"dec9", {.kind = TypeKind::kDecimal, .precision = 9, .scale = 2}, true, {}},
           {"dec18", {.kind = TypeKind::kDecimal, .precision = 18, .scale = 4}, true, {}},
           {"dec38", {.kind = TypeKind::kDecimal, .precision = 38, .scale = 10}, true, {}},
           {"day", of(TypeKind::kDate), true, {}},
           {"ts", of(TypeKind::kTimestamp), true, {}},
           {"ntz", of(TypeKind::kTimestampNtz), true, {}},
           {"st", inner, true, {}},
           {"l", list_of(TypeKind::kInteger), true, {}},
           {"m", map_of(TypeKind::kString, TypeKind::kLong), true, {}}}};
}

// A few values a type, and a null in the last row.
std::shared_ptr<arrow::RecordBatch> every_value(const std::shared_ptr<arrow::Schema>& schema) {
  const int64_t rows = 3;
  arrow::ArrayVector columns;
  for (const auto& field : schema->fields()) {
    auto builder = arrow::MakeBuilder(field->type()).ValueOrDie();
    for (int64_t row = 0; row < rows; ++row) {
      CHECK((row == rows - 1 ? builder->AppendNull() : builder->AppendEmptyValue()).ok());
    }
    columns.push_back(builder->Finish().ValueOrDie());
  }
  const auto set = [&](const char* name, const std::shared_ptr<arrow::Array>& array) {
    columns[static_cast<size_t>(schema->GetFieldIndex(name))] = array;
  };
  const auto numbers = [&](auto builder, auto low, auto high) {
    CHECK(builder.Append(low).ok() && builder.Append(high).ok() && builder.AppendNull().ok());
    return builder.Finish().ValueOrDie();
  };
  set("i64", numbers(arrow::Int64Builder(), int64_t{-9007199254740993}, int64_t{9007199254740993}));
  set("d", numbers(arrow::DoubleBuilder(), -0.0, 2.5));
  set("f", numbers(arrow::FloatBuilder(), 0.1f, std::nanf("")));
  set("day", numbers(arrow::Date32Builder(), -719162, 20000));
  const auto ts = schema->GetFieldByName("ts")->type();
  set("ts", numbers(arrow::TimestampBuilder(ts, arrow::default_memory_pool()), int64_t{-1},
                    int64_t{1'700'000'000'123'456}));
  const auto dec9 = schema->GetFieldByName("dec9")->type();
  set("dec9",
      numbers(arrow::Decimal128Builder(dec9), arrow::Decimal128(-12345), arrow::Decimal128(99)));
  const auto dec38 = schema->GetFieldByName("dec38")->type();
  set("dec38",
      numbers(arrow::Decimal128Builder(dec38),
              arrow::Decimal128("-12345678901234567890123456789012345678"), arrow::Decimal128(5)));
  set("s", numbers(arrow::StringBuilder(), std::string("abc"), std::string(40, 'z')));
  return arrow::RecordBatch::Make(schema, rows, columns);
}

class DataFileTest : public testing::Test {
 protected:
  std::vector<std::shared_ptr<arrow::RecordBatch>> read(
      const Snapshot& snapshot, const AddFile& file, const std::vector<std::string>& columns = {}) {
    std::vector<std::shared_ptr<arrow::RecordBatch>> out;
    const auto status = read_data_file(table_, snapshot, file, columns, [&](auto batch) -> Status {
      EXPECT_TRUE(batch->ValidateFull().ok());
      out.push_back(std::move(batch));
      return {};
    });
    EXPECT_TRUE(status.has_value()) << status.error().message();
    return out;
  }

  ManualClock clock_{1'700'000'000'000'000};
  Random random_{1};
  std::unique_ptr<store::ObjectStore> store_ = store::make_memory_store();
  Table table_{*store_, "t", clock_, random_};
};

TEST_F(DataFileTest, EveryTypeComesBack) {
  const SnapshotPtr snapshot = table_.create({.schema = every_type()}).value();
  EXPECT_EQ(snapshot->protocol().min_reader_version, 3);
  EXPECT_THAT(snapshot->protocol().reader_features, testing::ElementsAre("timestampNtz"));
  const auto rows = every_value(snapshot->arrow_schema());
  const AddFile file = write_data_file(table_, *snapshot, {rows}, {}, random_, clock_).value();
  const auto back = read(*snapshot, file);
  ASSERT_EQ(back.size(), 1u);
  EXPECT_TRUE(back[0]->ApproxEquals(*rows, arrow::EqualOptions::Defaults().nans_equal(true)))
      << back[0]->ToString() << rows->ToString();

  const auto some = read(*snapshot, file, {"s", kRowIndex, "I64"});
  EXPECT_EQ(some[0]->schema()->field_names(), (std::vector<std::string>{"s", kRowIndex, "i64"}));
  EXPECT_EQ(static_cast<const arrow::Int64Array&>(*some[0]->column(1)).Value(2), 2);
}

TEST_F(DataFileTest, StatisticsAreExactOrWide) {
  const SnapshotPtr snapshot = table_.create({.schema = every_type()}).value();
  const auto rows = every_value(snapshot->arrow_schema());
  const AddFile file = write_data_file(table_, *snapshot, {rows}, {}, random_, clock_).value();
  const FileStatistics statistics = parse_statistics(*snapshot, file).value();
  EXPECT_EQ(statistics.rows, 3);
  const auto& columns = statistics.columns;
  EXPECT_EQ(columns.at("i64").min_json, "-9007199254740993");
  EXPECT_EQ(columns.at("i64").max_json, "9007199254740993");
  EXPECT_EQ(columns.at("i64").null_count, 1);
  EXPECT_EQ(columns.at("d").min_json, "-0.0");
  EXPECT_EQ(columns.at("d").max_json, "2.5");
  EXPECT_EQ(columns.at("f").min_json, "0.10000000149011612");
  EXPECT_EQ(columns.at("f").max_json, std::nullopt) << "a NaN is above every number";
  EXPECT_EQ(columns.at("dec9").min_json, "-123.45");
  EXPECT_EQ(columns.at("dec38").min_json, "-1234567890123456789012345678.9012345678");
  EXPECT_EQ(columns.at("day").min_json, "\"0001-01-01\"");
  EXPECT_EQ(columns.at("ts").min_json, "\"1969-12-31T23:58:59.999Z\"");
  EXPECT_EQ(columns.at("ts").max_json, "\"2023-11-14T22:13:20.124999Z\"");
  EXPECT_THAT(file.stats, HasSubstr("\"ts\":\"2023-11-14T22:13:20.124Z\""));
  EXPECT_EQ(columns.at("s").max_json, "\"" + std::string(31, 'z') + "{\"");
  EXPECT_EQ(columns.at("x").min_json, std::nullopt);
  EXPECT_EQ(columns.at("x").null_count, 1);
  EXPECT_EQ(columns.at("l").null_count, 1);
}

TEST_F(DataFileTest, AColumnThatIsNotThereHasNoStatistics) {
  SnapshotPtr snapshot = table_.create({.schema = every_type()}).value();
  CommitRequest request{.metadata = snapshot->metadata()};  // as others may leave it
  request.metadata->configuration["delta.dataSkippingStatsColumns"] = "st.gone,i64";
  snapshot = std::get<Committed>(table_.commit(snapshot, request).value()).snapshot;
  const auto rows = every_value(snapshot->arrow_schema());
  const AddFile file = write_data_file(table_, *snapshot, {rows}, {}, random_, clock_).value();
  EXPECT_THAT(file.stats, HasSubstr(R"("nullCount":{"i64":1})"));
}

TEST_F(DataFileTest, BoundsOfDecimalsThatMayBeRoundedAreNone) {
  Field field{"d", {.kind = TypeKind::kDecimal, .precision = 20, .scale = 2}, true, {}};
  const SnapshotPtr snapshot = table_.create({.schema = {{field}}}).value();
  const auto kept = [&](const std::string& json) {
    const std::string stats = "{\"minValues\":{\"d\":" + json + "}}";
    return parse_statistics(*snapshot, {.stats = stats}).value().columns["d"].min_json == json;
  };
  for (const char* exact : {"123456789012345671.00", "-1.50", "\"12345678901234.56\"", "0E-2",
                            "1234567890123.45", "1.0E-1", "2", "0.5", "-1234567890123.4"})
    EXPECT_TRUE(kept(exact)) << exact;
  for (const char* rounded :
       {"1.2345678901234566e17", "12345678901234.56", "1234567890123456.8",
        "\"1.2345678901234567E+17\"", "12345678901234.5", "123456789012345.67"})
    EXPECT_FALSE(kept(rounded)) << rounded;
}

TEST(Bounds, TextsAreCutAtCharactersAndRoundedUp) {
  std::string umlauts, greatest;
  for (int i = 0; i < 40; ++i) umlauts += "ü";
  for (int i = 0; i < 40; ++i) greatest += "\U0010FFFF";
  EXPECT_EQ(cut_lower_bound(umlauts).size(), 64u);
  EXPECT_GT(cut_upper_bound(umlauts).value(), umlauts);
  EXPECT_EQ(cut_upper_bound(greatest), std::nullopt);
  EXPECT_EQ(cut_upper_bound("a" + greatest), "b");
  EXPECT_EQ(next_character("\xed\x9f\xbf"), "\xee\x80\x80") << "surrogates are no characters";
  EXPECT_EQ(next_character("\x7f"), "\xc2\x80");
  EXPECT_EQ(cut_upper_bound("short"), "short");
}

TEST_F(DataFileTest, ANullWhereNoneMayBeIsRefused) {
  const SnapshotPtr snapshot = table_.create({.schema = sample_schema()}).value();
  const auto rows = sample_rows(0, 2);
  const auto broken = arrow::RecordBatch::Make(
      rows->schema(), 2,
      {arrow::MakeArrayOfNull(arrow::int64(), 2).ValueOrDie(), rows->column(1), rows->column(2)});
  const auto written = write_data_file(table_, *snapshot, {broken}, {}, random_, clock_);
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code(), ErrorCode::kInvalid);
  EXPECT_THAT(written.error().message(), HasSubstr("column id"));
}

TEST_F(DataFileTest, PartitionValuesAreFilledIn) {
  Schema schema = sample_schema();
  schema.fields.push_back({"day", of(TypeKind::kDate), true, {}});
  const SnapshotPtr snapshot =
      table_.create({.schema = schema, .partition_columns = {"day"}}).value();
  WriteOptions options;
  EXPECT_FALSE(write_data_file(table_, *snapshot, {sample_rows(0, 2)}, options, random_, clock_)
                   .has_value());
  options.partition_values["day"] = "2026-01-31";
  const AddFile file =
      write_data_file(table_, *snapshot, {sample_rows(0, 2)}, options, random_, clock_).value();
  const auto rows = read(*snapshot, file);
  EXPECT_EQ(static_cast<const arrow::Date32Array&>(*rows[0]->column(3)).Value(1), 20484);
}

TEST_F(DataFileTest, OnePlaceHasManyPaths) {
  for (const char* path : {"day=1/a.parquet", "./day=1/a.parquet", "day=1//a.parquet",
                           "b/../day=1/a.parquet", "%64ay=1/a.parquet", "day=1/x/./../a.parquet"})
    EXPECT_EQ(object_path(table_, {.path = path}).value(), "t/day=1/a.parquet") << path;
  // What leads out of the store stays what it is, and no store has it.
  EXPECT_EQ(object_path(table_, {.path = "../../a"}).value(), "../a");
}

TEST_F(DataFileTest, OnlyWhatRepeatsHasADictionary) {
  DataType inner = of(TypeKind::kStruct);
  inner.fields = {{"own", of(TypeKind::kString), true, {}}, {"few", of(TypeKind::kLong), true, {}}};
  const SnapshotPtr snapshot = table_
                                   .create({.schema = {{{"id", of(TypeKind::kLong), true, {}},
                                                        {"text", of(TypeKind::kString), true, {}},
                                                        {"day", of(TypeKind::kDate), true, {}},
                                                        {"none", of(TypeKind::kString), true, {}},
                                                        {"st", inner, true, {}}}}})
                                   .value();
  // The numbers with the longest distances beside each other.
  constexpr int64_t kRows = 20'000, kLargest = INT64_MAX, kLeast = INT64_MIN;
  const auto type = snapshot->arrow_schema()->GetFieldByName("st")->type();
  arrow::Int64Builder ids, few;
  arrow::StringBuilder texts, own;
  arrow::Date32Builder days;
  for (int64_t i = 0; i < kRows; ++i) {
    ASSERT_TRUE(
        (i % 7 == 0 ? ids.AppendNull() : ids.Append(i % 2 ? kLargest - i : kLeast + i)).ok());
    ASSERT_TRUE(texts.Append("text " + std::to_string(i)).ok());
    ASSERT_TRUE(days.Append(static_cast<int32_t>(i % 100)).ok());
    ASSERT_TRUE((i % 9 == 0 ? own.AppendNull() : own.Append(std::to_string(i * i))).ok());
    ASSERT_TRUE(few.Append(i % 5).ok());
  }
  const auto st = arrow::StructArray::Make({own.Finish().ValueOrDie(), few.Finish().ValueOrDie()},
                                           type->fields())
                      .ValueOrDie();
  const auto none = arrow::MakeArrayOfNull(arrow::utf8(), kRows).ValueOrDie();
  const auto rows =
      arrow::RecordBatch::Make(snapshot->arrow_schema(), kRows,
                               {ids.Finish().ValueOrDie(), texts.Finish().ValueOrDie(),
                                days.Finish().ValueOrDie(), none, st});
  const AddFile file =
      write_data_file(table_, *snapshot, {rows->Slice(0, 10), rows->Slice(10)}, {}, random_, clock_)
          .value();

  const auto parquet = open_parquet(*store_, object_path(table_, file).value(), file.size).value();
  const auto footer = parquet->parquet_reader()->metadata();
  std::set<std::string> with;
  for (int i = 0; i < footer->num_columns(); ++i) {
    const auto column = footer->RowGroup(0)->ColumnChunk(i);
    if (column->has_dictionary_page()) with.insert(column->path_in_schema()->ToDotString());
  }
  EXPECT_THAT(with, testing::ElementsAre("day", "none", "st.few"));

  std::shared_ptr<arrow::Table> back =
      arrow::Table::FromRecordBatches(read(*snapshot, file)).ValueOrDie();
  EXPECT_TRUE(back->CombineChunksToBatch().ValueOrDie()->Equals(*rows));
}

TEST_F(DataFileTest, RowsAreLeftOut) {
  const SnapshotPtr snapshot =
      table_
          .create({.schema = {{{"id", of(TypeKind::kLong), false, {}},
                               {"text", of(TypeKind::kString), true, {}},
                               {"bytes", of(TypeKind::kBinary), true, {}},
                               {"gaps", of(TypeKind::kString), true, {}}}}})
          .value();
  constexpr int64_t kRows = 150'000;
  arrow::Int64Builder ids;
  arrow::StringBuilder texts, gaps;
  arrow::BinaryBuilder bytes;
  for (int64_t i = 0; i < kRows; ++i) {
    ASSERT_TRUE(ids.Append(i).ok() &&
                texts.Append(std::string(static_cast<size_t>(i % 23), 't')).ok());
    ASSERT_TRUE(bytes.Append(std::to_string(i)).ok());
    ASSERT_TRUE((i % 5 == 0 ? gaps.AppendNull() : gaps.Append(std::to_string(i))).ok());
  }
  const auto rows =
      arrow::RecordBatch::Make(snapshot->arrow_schema(), kRows,
                               {ids.Finish().ValueOrDie(), texts.Finish().ValueOrDie(),
                                bytes.Finish().ValueOrDie(), gaps.Finish().ValueOrDie()});
  const AddFile file = write_data_file(table_, *snapshot, {rows}, {}, random_, clock_).value();
  // Here and there, nearly all, and in long runs.
  for (const auto& [percent, run] : {std::pair<uint64_t, uint64_t>{5, 1}, {95, 1}, {30, 5000}}) {
    DeletedRows gone(kRows);
    for (uint64_t i = 0; i < kRows; i += run) {
      if (random_.below(100) < percent) {
        ASSERT_TRUE(gone.add(i, run));
      }
    }
    std::vector<int64_t> wanted;
    for (int64_t i = 0; i < kRows; ++i) {
      if (!gone.contains(i)) wanted.push_back(i);
    }
    size_t next = 0;
    const auto status = read_chosen_rows(
        table_, *snapshot, file, {}, [&](int64_t) { return std::optional(gone); },
        [&](auto batch) -> Status {
          EXPECT_TRUE(batch->ValidateFull().ok());
          for (int64_t i = 0; i < batch->num_rows(); ++i, ++next) {
            if (!batch->Slice(i, 1)->Equals(*rows->Slice(wanted.at(next), 1))) {
              return Error(ErrorCode::kCorrupt, "row " + std::to_string(wanted[next]));
            }
          }
          return {};
        });
    EXPECT_TRUE(status.has_value()) << status.error().message();
    EXPECT_EQ(next, wanted.size());
  }
}

TEST_F(DataFileTest, AMissingFileIsNotFoundAndATornOneCorrupt) {
  const SnapshotPtr snapshot = table_.create({.schema = sample_schema()}).value();
  const AddFile file =
      write_data_file(table_, *snapshot, {sample_rows(0, 100)}, {}, random_, clock_).value();
  const std::string path = object_path(table_, file).value();
  const std::string whole = store_->get(path).value();
  const auto visit = [](const auto&) -> Status { return {}; };
  ASSERT_TRUE(store_->put(path, as_bytes(whole.substr(0, whole.size() / 2))).has_value());
  EXPECT_EQ(read_data_file(table_, *snapshot, file, {}, visit).error().code(), ErrorCode::kCorrupt);
  ASSERT_TRUE(store_->remove(path).has_value());
  EXPECT_EQ(read_data_file(table_, *snapshot, file, {}, visit).error().code(),
            ErrorCode::kNotFound);
}

// Writes tables for another reader: test/conformance/test_delta.py names the folder.
TEST(Conformance, WritesTablesForOtherReaders) {
  const char* folder = std::getenv("FOZ_WRITE_TABLES");
  if (!folder) GTEST_SKIP() << "FOZ_WRITE_TABLES names no folder";
  const auto disk = store::make_posix_disk();
  const auto store = store::open_local_store(*disk, folder).value();
  const SystemClock clock;
  Random random(Random::system_seed());
  {
    Table table(*store, "every_type", clock, random);
    SnapshotPtr snapshot = table.create({.schema = every_type()}).value();
    const auto rows = every_value(snapshot->arrow_schema());
    CommitRequest request{
        .adds = {write_data_file(table, *snapshot, {rows}, {}, random, clock).value()}};
    ASSERT_TRUE(table.commit(snapshot, request).has_value());
  }
  Table table(*store, "sample", clock, random);
  SnapshotPtr snapshot = table.create({.schema = sample_schema(), .name = "sample"}).value();
  for (int64_t i = 0; i < 12; ++i) {
    CommitRequest request;
    WriteOptions options;
    options.tags = {{"offsets", "[]"}};
    request.adds = {
        write_data_file(table, *snapshot, {sample_rows(i * 1000, 1000)}, options, random, clock)
            .value()};
    request.positions = {{"flow-a", i ? std::optional(i) : std::nullopt, i + 1}};
    snapshot = std::get<Committed>(table.commit(snapshot, request).value()).snapshot;
    if (i != 9) continue;
    ASSERT_TRUE(table.checkpoint(snapshot).has_value());
  }
}

}  // namespace
}  // namespace foz::delta
