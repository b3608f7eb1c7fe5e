// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <fstream>

#include "pipeline/pipeline_fixture.h"
#include "store/temporary_folder.h"

namespace foz::pipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

CheckedProject check(const std::map<std::string, std::string>& files) {
  const store::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() + "/pipelines");
  for (const auto& [name, text] : files)
    std::ofstream(folder.path() + "/pipelines/" + name) << text;
  ToyEngine engine;
  auto checked = check_project(folder.path(), engine);
  CHECK(checked.has_value());
  return *std::move(checked);
}

std::vector<std::string> problems(const std::map<std::string, std::string>& files) {
  std::vector<std::string> out;
  for (const FileDiagnostic& d : check(files).diagnostics) {
    out.push_back(to_string(d).substr(0, to_string(d).find('\n')));
  }
  return out;
}

TEST(ProjectCheck, UpstreamComesFirstWhateverTheFilesAreCalled) {
  const CheckedProject checked =
      check({{"1.sql", "CREATE STREAMING TABLE c AS SELECT 1 FROM STREAM silver.b"},
             {"2.sql",
              "CREATE STREAMING TABLE b AS SELECT 1 FROM STREAM Silver.A;"
              "CREATE STREAMING TABLE a AS SELECT 1 FROM STREAM bronze.t"},
             {"notes.txt", "no SQL"}});
  EXPECT_THAT(checked.diagnostics, IsEmpty());
  std::vector<std::string> names;
  for (const StreamingTable& table : checked.project.tables) names.push_back(table.name);
  EXPECT_THAT(names, ElementsAre("a", "b", "c"));
}

TEST(ProjectCheck, AFolderWithoutPipelinesIsAProject) {
  const store::TemporaryFolder folder;
  ToyEngine engine;
  const auto checked = check_project(folder.path(), engine);
  ASSERT_TRUE(checked.has_value());
  EXPECT_THAT(checked->project.tables, IsEmpty());
}

TEST(ProjectCheck, CyclesClashesAndUnknownSourcesAreNamed) {
  EXPECT_THAT(
      problems({{"a.sql",
                 "CREATE STREAMING TABLE a AS SELECT 1 FROM STREAM silver.b;\n"
                 "CREATE STREAMING TABLE b AS SELECT 1 FROM STREAM silver.a;\n"
                 "CREATE STREAMING TABLE waits AS SELECT 1 FROM STREAM silver.a"}}),
      ElementsAre("pipelines/a.sql:1:24: error: silver.a reads itself, by way of silver.b",
                  "pipelines/a.sql:2:24: error: silver.b reads itself, by way of silver.a"));
  EXPECT_THAT(
      problems({{"a.sql", "CREATE STREAMING TABLE a AS SELECT 1 FROM STREAM bronze.t"},
                {"b.sql", "\nCREATE STREAMING TABLE SILVER.A AS SELECT 1 FROM STREAM bronze.t"}}),
      ElementsAre("pipelines/b.sql:2:24: error: silver.a is made by pipelines/a.sql:1 already"));
  EXPECT_THAT(
      problems({{"a.sql", "CREATE STREAMING TABLE a AS SELECT 1 FROM STREAM silver.nowhere"}}),
      ElementsAre("pipelines/a.sql:1:29: error: unknown table silver.nowhere"));
}

TEST(ProjectCheck, OurOwnNamesAreTaken) {
  EXPECT_THAT(
      problems({{"a.sql",
                 "CREATE STREAMING TABLE Bronze.a AS SELECT 1 FROM STREAM bronze.t;\n"
                 "CREATE STREAMING TABLE system.a AS SELECT 1 FROM STREAM bronze.t;\n"
                 "CREATE STREAMING TABLE a__Quarantine AS SELECT 1 FROM STREAM bronze.t"}}),
      ElementsAre(HasSubstr("schema Bronze is foz's own"), HasSubstr("schema system is foz's own"),
                  HasSubstr("names that end in __quarantine")));
}

TEST(ProjectCheck, ATopicsTableIsNamedAsItIs) {
  EXPECT_THAT(problems({{"a.sql",
                         "CREATE STREAMING TABLE a AS\n"
                         "SELECT 1 FROM STREAM bronze.`orders-eu`"}}),
              ElementsAre(AllOf(HasSubstr("pipelines/a.sql:2:29: error: no topic is"),
                                HasSubstr("did you mean bronze.orders_eu?"))));
}

TEST(ProjectCheck, PropertiesThatDeltaRefusesAreFound) {
  EXPECT_THAT(
      problems({{"a.sql",
                 "CREATE STREAMING TABLE a TBLPROPERTIES ('delta.enableIcebergCompatV3'='true')"
                 " AS SELECT 1 FROM STREAM bronze.t"}}),
      ElementsAre(HasSubstr("delta.enableIcebergCompatV3 = true is not supported")));
}

TEST(ProjectCheck, DedupeKeysAreColumns) {
  const std::string head =
      "CREATE STREAMING TABLE a TBLPROPERTIES ('foz.dedupe.horizon'='1 hour', 'foz.dedupe.keys'='";
  const std::string tail = "') AS SELECT 1 FROM STREAM bronze.t";
  EXPECT_THAT(problems({{"a.sql", head + "id, x" + tail}}),
              ElementsAre(HasSubstr("names x, which is no column")));
  const CheckedProject checked = check({{"a.sql", head + "ID,N" + tail}});
  ASSERT_THAT(checked.project.tables, SizeIs(1));
  EXPECT_THAT(checked.project.tables[0].dedupe_keys, ElementsAre("id", "n"));
}

}  // namespace
}  // namespace foz::pipeline
