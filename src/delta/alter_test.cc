// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/alter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/changed_tables_internal.h"
#include "delta/column_mapping_internal.h"
#include "delta/maintenance.h"
#include "delta/properties_internal.h"

namespace foz::delta {
namespace {

using testing::Contains;
using testing::HasSubstr;

Field field(const char* name, TypeKind kind) { return {name, {.kind = kind}, true, {}}; }

DataType decimal(int precision, int scale) {
  return {.kind = TypeKind::kDecimal, .precision = precision, .scale = scale};
}

class AlterTest : public testing::Test {
 protected:
  void create(std::map<std::string, std::string> properties = {}, Schema schema = sample_schema(),
              std::vector<std::string> partitions = {}) {
    store_ = store::make_memory_store();
    maker_.emplace(*store_, "t");
    maker_->create(std::move(schema), std::move(properties), std::move(partitions));
  }
  const Snapshot& base() { return maker_->base(); }
  Result<CommitRequest> set(const std::map<std::string, std::string>& properties,
                            const std::vector<std::string>& unset = {}) {
    return set_properties(base(), maker_->random(), properties, unset);
  }
  std::string refusal(const Result<CommitRequest>& request) {
    EXPECT_FALSE(request.has_value());
    return request ? "" : request.error().message();
  }

  // Counts the rows, every column of them read.
  int64_t read() {
    int64_t rows = 0;
    base().each_file([&](const auto& file) {
      const auto done =
          read_data_file(maker_->table(), base(), *file, {}, [&](auto batch) -> Status {
            rows += batch->num_rows();
            return {};
          });
      EXPECT_TRUE(done.has_value()) << done.error().message();
      return true;
    });
    return rows;
  }

  const SystemClock clock_;
  std::unique_ptr<store::ObjectStore> store_;
  std::optional<TableMaker> maker_;
};

TEST_F(AlterTest, PropertiesAreCheckedByNameAndValue) {
  create();
  EXPECT_THAT(refusal(set({{"delta.appendonly", "true"}})), HasSubstr("delta.appendOnly"));
  EXPECT_THAT(refusal(set({{"delta.noSuchThing", "1"}})), HasSubstr("delta.noSuchThing"));
  EXPECT_THAT(refusal(set({{"delta.appendOnly", "yes"}})), HasSubstr("true or false"));
  EXPECT_THAT(refusal(set({{"delta.checkpointInterval", "0"}})), HasSubstr("from 1"));
  EXPECT_THAT(refusal(set({{"delta.logRetentionDuration", "1 month"}})), HasSubstr("interval"));
  EXPECT_THAT(refusal(set({{"delta.columnMapping.mode", "names"}})), HasSubstr("none, name or id"));
  EXPECT_THAT(refusal(set({{"delta.enableIcebergCompatV3", "true"}})), HasSubstr("not supported"));
  EXPECT_THAT(refusal(set({{"delta.rowTracking.materializedRowIdColumnName", "x"}})),
              HasSubstr("itself"));
  EXPECT_THAT(refusal(set({{"delta.feature.zzFuture", "supported"}})), HasSubstr("zzFuture"));
  EXPECT_THAT(refusal(set({}, {"delta.columnMapping.mode"})), HasSubstr("column mapping"));
  maker_->commit(set({{"delta.logRetentionDuration", "interval 2 weeks"},
                      {"delta.targetFileSize", "128mb"},
                      {"delta.enableIcebergCompatV2", "false"},
                      {"mine", "anything"}}));
  EXPECT_EQ(base().property("mine"), "anything");
  EXPECT_EQ(base().protocol(), Protocol{});
  maker_->commit(set({}, {"mine"}));
  EXPECT_EQ(base().property("mine"), std::nullopt);
  EXPECT_EQ(base().property("delta.targetFileSize"), "128mb");
}

TEST_F(AlterTest, PropertiesBringTheirFeatures) {
  create();
  maker_->commit(set({{"delta.enableChangeDataFeed", "true"}}));
  EXPECT_EQ(base().protocol().min_reader_version, 1);
  EXPECT_THAT(base().protocol().writer_features,
              testing::ElementsAre("appendOnly", "invariants", "changeDataFeed"));
  maker_->commit(set({{"delta.enableDeletionVectors", "true"},
                      {"delta.enableTypeWidening", "true"},
                      {"delta.checkpointPolicy", "v2"},
                      {"delta.feature.vacuumProtocolCheck", "supported"}}));
  EXPECT_EQ(base().protocol().min_reader_version, 3);
  EXPECT_THAT(base().protocol().reader_features,
              testing::UnorderedElementsAre("deletionVectors", "typeWidening", "v2Checkpoint",
                                            "vacuumProtocolCheck"));
  EXPECT_EQ(base().property("delta.feature.vacuumProtocolCheck"), std::nullopt);
  maker_->commit(set({{"delta.enableDeletionVectors", "false"}}));
  EXPECT_THAT(base().protocol().reader_features, Contains("deletionVectors"));
}

// Column mapping is brought by versions (2, 5), and by neither of them alone.
TEST_F(AlterTest, AnOldProtocolIsNamedAsItIs) {
  for (const int reader : {1, 2}) {
    create();
    maker_->commit(
        CommitRequest{.protocol = Protocol{.min_reader_version = reader, .min_writer_version = 6}});
    maker_->commit(set({{"delta.enableRowTracking", "true"}}));
    const auto named = [&] { return base().protocol().writer_features; };
    EXPECT_THAT(named(), Contains("identityColumns"));
    EXPECT_THAT(named(), Contains("columnMapping").Times(reader - 1));
    maker_->commit(set({{"delta.columnMapping.mode", "name"}, {"delta.checkpointPolicy", "v2"}}));
    EXPECT_EQ(base().protocol().min_reader_version, 3);
    EXPECT_THAT(base().protocol().reader_features,
                testing::UnorderedElementsAre("columnMapping", "v2Checkpoint"));
    EXPECT_THAT(named(), Contains("columnMapping").Times(1));
  }
}

TEST_F(AlterTest, ColumnsWithStatisticsFollowTheirNames) {
  const char* property = "delta.dataSkippingStatsColumns";
  create({{"delta.columnMapping.mode", "name"}, {property, "id, `Name`,price"}});
  maker_->commit(rename_column(base(), {"name"}, "the.name"));
  EXPECT_EQ(base().property(property), "id,`the.name`,price");
  maker_->commit(drop_column(base(), {"price"}));
  EXPECT_EQ(base().property(property), "id,`the.name`");
  maker_->commit(drop_column(base(), {"id"}));
  maker_->commit(rename_column(base(), {"the.name"}, "x"));
  EXPECT_EQ(base().property(property), "x");
}

TEST_F(AlterTest, ColumnsWithStatisticsAreThere) {
  const char* property = "delta.dataSkippingStatsColumns";
  Schema nested = sample_schema();
  nested.fields.push_back(
      {"s", {.kind = TypeKind::kStruct, .fields = {field("a", TypeKind::kLong)}}, true, {}});
  create({}, nested);
  EXPECT_THAT(refusal(set({{property, "id,s.b"}})), HasSubstr("s.b"));
  EXPECT_THAT(refusal(set({{property, "id, idd"}})), HasSubstr("idd"));
  maker_->commit(set({{property, "ID,S.a"}}));
  Table table(*store_, "x", clock_, maker_->random());
  EXPECT_EQ(table.create({.schema = nested, .properties = {{property, "s.b"}}}).error().code(),
            ErrorCode::kInvalid);
}

TEST_F(AlterTest, NamesThatSparkRefusesAreOfMappedColumnsAlone) {
  for (const char* name : {"a b", "a,b", "a;b", "{a}", "a()", "a\nb", "a\tb", "a=b"}) {
    const Field odd = field(name, TypeKind::kLong);
    const Field inner{"s", {.kind = TypeKind::kStruct, .fields = {odd}}, true, {}};
    create();
    for (const Field& column : {odd, inner}) {
      EXPECT_THAT(refusal(add_column(base(), maker_->random(), {}, column)),
                  AllOf(HasSubstr(name), HasSubstr("delta.columnMapping.mode")));
    }
    // One that is there already is read, written and altered.
    Schema schema = sample_schema();
    schema.fields.push_back(odd);
    CommitRequest request{.metadata = base().metadata()};
    request.metadata->schema_string = to_json(schema);
    maker_->commit(request);
    const auto nulls = arrow::MakeArrayOfNull(arrow::int64(), 3).ValueOrDie();
    maker_->append(sample_rows(0, 3)->AddColumn(3, name, nulls).ValueOrDie());
    EXPECT_EQ(read(), 3);
    Table copy(*store_, "copy", clock_, maker_->random());
    EXPECT_THAT(clone(maker_->table(), maker_->table().latest().value(), copy, CloneKind::kShallow,
                      maker_->random(), clock_)
                    .error()
                    .message(),
                HasSubstr(name));
    maker_->commit(add_column(base(), maker_->random(), {}, field("plain", TypeKind::kLong)));
    maker_->commit(set({{"delta.columnMapping.mode", "name"}}));
    maker_->commit(add_column(base(), maker_->random(), {}, field("c d", TypeKind::kLong)));
    EXPECT_EQ(read(), 3);
    create({{"delta.columnMapping.mode", "name"}}, {{odd, inner}});
  }
}

TEST_F(AlterTest, SizesAreSparks) {
  EXPECT_EQ(byte_size("1024"), 1024);
  EXPECT_EQ(byte_size("64b"), 64);
  EXPECT_EQ(byte_size("1kb"), 1024);
  EXPECT_EQ(byte_size("128MB"), 128 << 20);
  EXPECT_EQ(byte_size("2G"), int64_t{2} << 30);
  EXPECT_EQ(byte_size("9999999p"), std::nullopt);
  EXPECT_EQ(byte_size("kb"), std::nullopt);
  EXPECT_EQ(byte_size("1x"), std::nullopt);
}

TEST_F(AlterTest, RowTrackingGivesIdsToFilesThatAreThere) {
  create();
  maker_->append(sample_rows(0, 10));
  maker_->append(sample_rows(10, 7));
  maker_->commit(set({{"delta.enableRowTracking", "true"}}));
  EXPECT_THAT(base().protocol().writer_features, Contains("rowTracking"));
  EXPECT_THAT(base().protocol().writer_features, Contains("domainMetadata"));
  int64_t sum = 0;
  base().each_file([&](const std::shared_ptr<const AddFile>& file) {
    EXPECT_TRUE(file->base_row_id.has_value());
    EXPECT_EQ(file->default_row_commit_version, 3);
    sum += file->base_row_id.value_or(1000);
    return true;
  });
  EXPECT_TRUE(sum == 10 || sum == 7) << sum;
  EXPECT_EQ(base().file_count(), 2u);
  EXPECT_EQ(base().row_count(), 17);
  EXPECT_TRUE(base().property("delta.rowTracking.materializedRowIdColumnName"));
  EXPECT_EQ(base().domains().at(0).configuration, "{\"rowIdHighWaterMark\":16}");
}

TEST_F(AlterTest, InCommitTimestampsSayWhenTheyBegan) {
  create();
  maker_->append(sample_rows(0, 1));
  maker_->commit(set({{"delta.enableInCommitTimestamps", "true"}}));
  EXPECT_EQ(base().property("delta.inCommitTimestampEnablementVersion"), "2");
  EXPECT_EQ(base().property("delta.inCommitTimestampEnablementTimestamp"),
            std::to_string(base().timestamp_ms()));
}

TEST_F(AlterTest, MappedColumnsAreRenamedAndDropped) {
  create();
  EXPECT_THAT(refusal(rename_column(base(), {"name"}, "title")), HasSubstr("columnMapping"));
  maker_->append(sample_rows(0, 10));
  maker_->commit(set({{"delta.columnMapping.mode", "name"}}));
  EXPECT_EQ(base().property("delta.columnMapping.maxColumnId"), "3");
  maker_->commit(rename_column(base(), {"NAME"}, "title"));
  EXPECT_EQ(physical_name(*base().schema().find("title"), ColumnMapping::kName), "name");
  maker_->commit(drop_column(base(), {"price"}));
  maker_->commit(add_column(base(), maker_->random(), {}, field("price", TypeKind::kString)));
  const Field& again = *base().schema().find("price");
  EXPECT_EQ(field_id(again), 4);
  EXPECT_NE(physical_name(again, ColumnMapping::kName), "price") << "old files have that name";
  EXPECT_EQ(places_of(maker_->table(), base()).size(), 10u);
  EXPECT_THAT(refusal(rename_column(base(), {"title"}, "Price")), HasSubstr("twice"));
  EXPECT_THAT(refusal(set({{"delta.columnMapping.mode", "id"}})), HasSubstr("none to name"));
}

TEST_F(AlterTest, WhatIcebergDoesNotHaveIsRefused) {
  const std::string v1 = "delta.enableIcebergCompatV1", v2 = "delta.enableIcebergCompatV2";
  const std::string vectors = "delta.enableDeletionVectors", mapping = "delta.columnMapping.mode";
  create();
  EXPECT_THAT(refusal(set({{v2, "true"}})), HasSubstr(mapping));
  EXPECT_THAT(refusal(set({{mapping, "name"}, {v2, "true"}, {v1, "true"}})), HasSubstr("not both"));
  maker_->append(sample_rows(0, 3));
  maker_->commit(set({{mapping, "name"}, {v2, "true"}, {"delta.enableTypeWidening", "true"}}));
  EXPECT_THAT(base().protocol().writer_features, Contains("icebergCompatV2"));
  EXPECT_THAT(refusal(set({{vectors, "true"}})), HasSubstr("deletion vectors"));
  const auto add = [&](const Field& column) {
    return add_column(base(), maker_->random(), {}, column);
  };
  EXPECT_THAT(refusal(add(field("nothing", TypeKind::kVoid))), HasSubstr("column nothing"));
  maker_->commit(add(field("i", TypeKind::kInteger)));
  EXPECT_THAT(refusal(change_type(base(), {"i"}, {.kind = TypeKind::kDouble})),
              HasSubstr("column i"));
  maker_->commit(change_type(base(), {"i"}, {.kind = TypeKind::kLong}));
  const AddFile unknown{.path = "x.parquet", .size = 1};
  EXPECT_THAT(maker_->table().commit(maker_->writer().base, {.adds = {unknown}}).error().message(),
              HasSubstr("numRecords"));
  maker_->commit(set({{v2, "false"}}));
  EXPECT_THAT(refusal(change_type(base(), {"id"}, {.kind = TypeKind::kDecimal, .precision = 20})),
              HasSubstr("Iceberg"));
  maker_->commit(add(field("nothing", TypeKind::kVoid)));
}

TEST_F(AlterTest, FilesThatIcebergCannotReadStayWhereTheyAre) {
  create({{"delta.columnMapping.mode", "name"}}, from_arrow(*rows_with_lists()->schema()).value());
  maker_->append(rows_with_lists());
  EXPECT_THAT(refusal(set({{"delta.enableIcebergCompatV2", "true"}})), HasSubstr("new table"));
  EXPECT_THAT(refusal(set({{"delta.enableIcebergCompatV1", "true"}})), HasSubstr("V1"));
}

TEST_F(AlterTest, RowsThatAreDeletedDoNotComeBackForIceberg) {
  create({{"delta.enableDeletionVectors", "true"}, {"delta.columnMapping.mode", "name"}});
  maker_->append(sample_rows(0, 10));
  maker_->change({4});
  EXPECT_THAT(refusal(set({{"delta.enableDeletionVectors", "false"},
                           {"delta.enableIcebergCompatV2", "true"}})),
              HasSubstr("optimize"));
}

TEST_F(AlterTest, AFileThatComesWhileIcebergBeginsIsInItsWay) {
  create({{"delta.columnMapping.mode", "name"}});
  const SnapshotPtr before = maker_->writer().base;
  const auto begins = set({{"delta.enableIcebergCompatV2", "true"}}).value();
  maker_->append(sample_rows(0, 10));
  EXPECT_TRUE(std::holds_alternative<Conflict>(maker_->table().commit(before, begins).value()));
}

TEST_F(AlterTest, BooleansAreWrittenAsEverybodyReadsThem) {
  create({{"delta.enableChangeDataFeed", "TRUE"}});
  EXPECT_EQ(base().property("delta.enableChangeDataFeed"), "true");
}

TEST_F(AlterTest, NestedColumnsHavePathsOfTheirOwn) {
  DataType inner{.kind = TypeKind::kStruct, .fields = {field("x", TypeKind::kInteger)}};
  DataType list{.kind = TypeKind::kArray, .element = std::make_shared<DataType>(inner)};
  Schema schema = sample_schema();
  schema.fields.push_back({"l", list, true, {}});
  create({{"delta.columnMapping.mode", "name"}, {"delta.enableTypeWidening", "true"}}, schema);
  EXPECT_EQ(base().property("delta.columnMapping.maxColumnId"), "5");
  maker_->commit(
      add_column(base(), maker_->random(), {"l", "element"}, field("y", TypeKind::kLong)));
  maker_->commit(rename_column(base(), {"l", "element", "x"}, "z"));
  maker_->commit(change_type(base(), {"l", "element", "z"}, {.kind = TypeKind::kLong}));
  const DataType& element = *base().schema().find("l")->type.element;
  ASSERT_EQ(element.fields.size(), 2u);
  EXPECT_EQ(element.fields[0].name, "z");
  EXPECT_EQ(element.fields[0].type.kind, TypeKind::kLong);
  EXPECT_EQ(element.fields[0].metadata.at("delta.typeChanges"),
            R"([{"toType":"long","fromType":"integer"}])");
  EXPECT_EQ(field_id(element.fields[1]), 6);
  EXPECT_THAT(refusal(drop_column(base(), {"l", "element", "no"})), HasSubstr("no column"));
}

TEST_F(AlterTest, UserDefinedTypesStayAsTheyAre) {
  const std::string point =
      R"({"type":"udt","class":"org.example.PointUDT","sqlType":{"type":"struct","fields":[)"
      R"({"name":"x","type":"integer","nullable":false,"metadata":{}}]}})";
  Schema schema = sample_schema();
  schema.fields[1].type =
      parse_schema(R"({"type":"struct","fields":[{"name":"p","type":)" + point + "}]}")
          .value()
          .fields[0]
          .type;
  EXPECT_EQ(schema.fields[1].type.kind, TypeKind::kStruct);
  create({{"delta.columnMapping.mode", "name"}}, schema);
  maker_->commit(add_column(base(), maker_->random(), {}, field("more", TypeKind::kString)));
  EXPECT_THAT(base().metadata().schema_string, HasSubstr("\"type\":" + point));
  EXPECT_THAT(refusal(drop_column(base(), {"name", "x"})), HasSubstr("user-defined"));
}

TEST_F(AlterTest, TypesOnlyWiden) {
  Schema schema = sample_schema();
  schema.fields.push_back(field("i", TypeKind::kInteger));
  schema.fields.push_back({"d", decimal(5, 2), true, {}});
  schema.fields.push_back(
      {"a",
       {.kind = TypeKind::kArray,
        .element = std::make_shared<DataType>(DataType{.kind = TypeKind::kByte})},
       true,
       {}});
  create({}, schema);
  EXPECT_THAT(refusal(change_type(base(), {"i"}, {.kind = TypeKind::kLong})),
              HasSubstr("delta.enableTypeWidening"));
  maker_->commit(set({{"delta.enableTypeWidening", "true"}}));
  EXPECT_THAT(refusal(change_type(base(), {"i"}, {.kind = TypeKind::kShort})),
              HasSubstr("integer and cannot become short"));
  EXPECT_FALSE(change_type(base(), {"i"}, decimal(9, 0)).has_value());
  EXPECT_TRUE(change_type(base(), {"i"}, decimal(12, 2)).has_value());
  EXPECT_TRUE(change_type(base(), {"i"}, {.kind = TypeKind::kDouble}).has_value());
  EXPECT_FALSE(change_type(base(), {"d"}, decimal(6, 4)).has_value());
  EXPECT_TRUE(change_type(base(), {"d"}, decimal(7, 4)).has_value());
  EXPECT_FALSE(change_type(base(), {"id"}, {.kind = TypeKind::kDouble}).has_value());
  maker_->commit(change_type(base(), {"a", "element"}, {.kind = TypeKind::kShort}));
  maker_->commit(change_type(base(), {"a", "element"}, {.kind = TypeKind::kLong}));
  EXPECT_EQ(base().schema().find("a")->metadata.at("delta.typeChanges"),
            R"([{"toType":"short","fromType":"byte","fieldPath":"element"},)"
            R"({"toType":"long","fromType":"short","fieldPath":"element"}])");
}

TEST_F(AlterTest, ColumnsThatRulesAreAboutStay) {
  create({{"delta.columnMapping.mode", "name"}, {"delta.enableTypeWidening", "true"}},
         ruled_schema());
  EXPECT_THAT(refusal(change_type(base(), {"nr"}, decimal(20, 0))), HasSubstr("identity"));
  EXPECT_THAT(refusal(drop_column(base(), {"id"})), HasSubstr("id"));
  EXPECT_THAT(refusal(rename_column(base(), {"id"}, "key")), HasSubstr("id"));
  EXPECT_TRUE(drop_column(base(), {"word"}).has_value());
  maker_->commit(set_default(base(), "word", std::nullopt));
  EXPECT_TRUE(row_rules(base().metadata(), base().schema()).value().defaults.empty());
  maker_->commit(cluster_by(base(), {{"word"}}));
  EXPECT_THAT(base().protocol().writer_features, Contains("clustering"));
  EXPECT_THAT(refusal(drop_column(base(), {"word"})), HasSubstr("clustered"));
}

TEST_F(AlterTest, NotNullIsSetWhereNoRowIsNull) {
  create();
  const SnapshotPtr empty = maker_->writer().base;
  const Field strict{"x", {.kind = TypeKind::kLong}, false, {}};
  const auto adds = add_column(base(), maker_->random(), {}, strict).value();
  maker_->append(sample_rows(0, 10));
  EXPECT_TRUE(std::holds_alternative<Conflict>(maker_->table().commit(empty, adds).value()));
  EXPECT_THAT(refusal(set_nullable(base(), {"name"}, false)), HasSubstr("may be null"));
  maker_->commit(set_nullable(base(), {"price"}, false));
  EXPECT_FALSE(base().schema().find("price")->nullable);
  maker_->commit(set_nullable(base(), {"price"}, true));
  EXPECT_TRUE(base().schema().find("price")->nullable);
  EXPECT_THAT(refusal(add_column(base(), maker_->random(), {}, strict)), HasSubstr("NOT NULL"));
}

TEST_F(AlterTest, TablesThatMakeNoSenseAreNotMade) {
  const auto store = store::make_memory_store();
  const SystemClock clock;
  Random random(1);
  Table table(*store, "x", clock, random);
  Schema twice = sample_schema();
  twice.fields.push_back(field("NAME", TypeKind::kLong));
  EXPECT_FALSE(table.create({.schema = twice}).has_value());
  EXPECT_FALSE(table.create({.schema = {{field("a", TypeKind::kLong)}}, .partition_columns = {"a"}})
                   .has_value());
  Schema own = sample_schema();
  own.fields.push_back(field("_change_type", TypeKind::kString));
  EXPECT_FALSE(table.create({.schema = own, .properties = {{"delta.enableChangeDataFeed", "true"}}})
                   .has_value());
  EXPECT_FALSE(
      table.create({.schema = sample_schema(), .properties = {{"delta.foo", "1"}}}).has_value());
  EXPECT_FALSE(table.create({.schema = {{field("a b", TypeKind::kLong)}}}).has_value());
  EXPECT_TRUE(table.create({.schema = own}).has_value());
}

}  // namespace
}  // namespace foz::delta
