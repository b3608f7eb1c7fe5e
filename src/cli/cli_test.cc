// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "cli/aligned_table.h"
#include "cli/config.h"
#include "cli/row_text.h"

namespace foz::cli {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

TEST(Config, ReadsDurationsAndSizes) {
  EXPECT_EQ(parse_duration("250ms").value(), milliseconds(250));
  EXPECT_EQ(parse_duration("5 min").value(), milliseconds(300000));
  EXPECT_EQ(parse_duration("7d").value(), milliseconds(604800000));
  EXPECT_EQ(parse_bytes("512MB").value(), 512000000);
  EXPECT_EQ(parse_bytes("4GiB").value(), 4294967296);
  for (const char* wrong : {"", "s", "-1s", "10", "1 fortnight", "1e400s", "nan s"}) {
    EXPECT_FALSE(parse_duration(wrong).has_value()) << wrong;
  }
}

class ProjectFolder : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  Result<Config> with_yaml(const std::string& text) {
    std::ofstream(folder_ / "foz.yaml") << text;
    return load_config(folder_);
  }
  std::filesystem::path folder_;
};

TEST_F(ProjectFolder, DefaultsStandWithoutAFile) {
  const auto config = load_config(folder_);
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->kafka, "127.0.0.1:9092");
  EXPECT_EQ(config->lake, (folder_ / "lake").string());
}

TEST_F(ProjectFolder, IsCalledAsItsFolder) {
  EXPECT_EQ(folder_name("/srv/shop"), "shop");
  EXPECT_EQ(folder_name("/srv/shop/"), "shop");
  EXPECT_EQ(folder_name("/srv/shop/."), "shop");
  EXPECT_EQ(folder_name("/"), "foz");
  EXPECT_EQ(folder_name("."), std::filesystem::current_path().filename().string());
}

TEST_F(ProjectFolder, SettingsAreTaken) {
  const auto config = with_yaml(
      "name: shop\nlake: /var/lake\nkafka: {listen: '0.0.0.0:9', partitions: 3}\n"
      "commits: {interval: 2s}\nlog: {level: warn, format: json}\ntopics:\n  orders: {partitions: "
      "4, retention.ms: 3600000, "
      "foz.bronze: false}\n  kept: {retention.ms: -1}\n");
  ASSERT_TRUE(config.has_value()) << config.error().message();
  EXPECT_EQ(config->name, "shop");
  EXPECT_EQ(config->kafka, "0.0.0.0:9");
  EXPECT_EQ(config->default_partitions, 3);
  EXPECT_EQ(config->commit_interval, milliseconds(2000));
  EXPECT_EQ(config->log_level, "warn");
  EXPECT_EQ(config->log_format, "json");
  EXPECT_EQ(config->topics.at("orders").partitions, 4);
  EXPECT_EQ(config->topics.at("orders").config.retention_ms, 3600000);
  EXPECT_FALSE(config->topics.at("orders").config.bronze);
  EXPECT_EQ(config->topics.at("kept").config.retention_ms, -1);
}

TEST_F(ProjectFolder, MistakesNameFileLineAndWhatIsExpected) {
  EXPECT_THAT(with_yaml("name: a\nlimits:\n  memory: much\n").error().message(),
              HasSubstr("foz.yaml:3: memory: 'much' is not a size"));
  EXPECT_THAT(with_yaml("nmae: a\n").error().message(),
              HasSubstr("foz.yaml:1: unknown setting 'nmae'; did you mean 'name'?"));
  EXPECT_THAT(with_yaml("kafka: {protocol: 9}\n").error().message(),
              HasSubstr("known are: listen, advertised_host, auto_create_topics, partitions"));
  EXPECT_THAT(with_yaml("a: [\n").error().message(), HasSubstr("foz.yaml:"));
  EXPECT_THAT(with_yaml("kafka: {partitions: 0}\n").error().message(),
              HasSubstr("from 1 to 10000"));
  EXPECT_THAT(with_yaml("kafka: yes\n").error().message(), HasSubstr("foz.yaml:1:"));
  EXPECT_THAT(with_yaml("topics:\n  a: {retention.m: 1}\n").error().message(),
              AllOf(HasSubstr("foz.yaml:2: topic a"), HasSubstr("did you mean retention.ms?")));
  EXPECT_THAT(with_yaml("topics:\n  a: {partitions: 0}\n").error().message(),
              HasSubstr("foz.yaml:2: topic a: partitions: a number from 1 to 10000"));
  for (const char* wrong :
       {"commits: {refresh_interval: 0s}", "limits: {memory: 4}", "limits: {memory: 4B}",
        "topics: orders", "topics: {orders: 3}", "lake:", "lake: ''", "name: [a]",
        "log: {level: loud}", "log: {format: [json]}", "log.level: info"}) {
    EXPECT_THAT(with_yaml(wrong).error().message(), HasSubstr("foz.yaml:1: ")) << wrong;
  }
  EXPECT_THAT(load_config(folder_ / "none").error().message(),
              HasSubstr("there is no project folder"));
}

TEST(Settings, SayTheirDefaults) {
  const auto all = describe_settings();
  const auto standard = [&](std::string_view name) {
    return std::ranges::find(all, name, &SettingText::name)->standard;
  };
  EXPECT_EQ(standard("commits.interval"), "10s");
  EXPECT_EQ(standard("limits.free_disk"), "1GB");
  EXPECT_EQ(standard("kafka.listen"), "127.0.0.1:9092");
  EXPECT_EQ(standard("kafka.auto_create_topics"), "true");
}

TEST_F(ProjectFolder, MemoryIsTheLeastOnTheWayToTheGroup) {
  std::filesystem::create_directories(folder_ / "a" / "b");
  EXPECT_EQ(cgroup_memory_limit(folder_, "/a/b"), std::nullopt);
  std::ofstream(folder_ / "memory.max") << "max\n";
  std::ofstream(folder_ / "a" / "memory.max") << "1000\n";
  std::ofstream(folder_ / "a" / "b" / "memory.max") << "2000\n";
  EXPECT_EQ(cgroup_memory_limit(folder_, "/a/b"), 1000);
  EXPECT_EQ(cgroup_memory_limit(folder_, "/"), std::nullopt);
  std::ofstream(folder_ / "a/b/memory.limit_in_bytes") << "800\n";
  EXPECT_EQ(cgroup_memory_limit(folder_, "/a/b"), 800);
}

TEST(CheckConfig, FindsWhatUpWouldTripOver) {
  const auto problem = [](auto&& change) {
    Config config;
    change(config);
    const Status checked = check_config(config);
    return checked ? std::string() : checked.error().message();
  };
  EXPECT_EQ(problem([](Config&) {}), "");
  EXPECT_THAT(problem([](Config& c) { c.kafka = "nonsense"; }), HasSubstr("--kafka"));
  EXPECT_THAT(problem([](Config& c) { c.http = "127.0.0.1:99999"; }), HasSubstr("--http"));
  EXPECT_THAT(problem([](Config& c) { c.lake = "s3://bucket/lake"; }), HasSubstr("s3"));
  EXPECT_THAT(problem([](Config& c) { c.topics["a b"]; }), HasSubstr("topic 'a b'"));
  EXPECT_THAT(problem([](Config& c) { c.topics["a.b"], c.topics["A-b"]; }),
              HasSubstr("'A-b' and 'a.b' are one table, bronze.a_b"));
}

TEST(CheckConfig, ListensBeyondThisMachineOnlyWhenToldSo) {
  for (const char* wide : {"0.0.0.0:9092", "[::]:9092", "192.168.1.2:9092", "example.org:9092"}) {
    Config config;
    config.kafka = wide;
    const Status refused = check_config(config);
    ASSERT_FALSE(refused.has_value()) << wide;
    EXPECT_THAT(refused.error().message(), HasSubstr("--insecure-listen"));
    config.insecure_listen = true;
    EXPECT_TRUE(check_config(config).has_value());
  }
  for (const char* own : {"127.0.0.1:1", "localhost:1", "[::1]:1", ":1"}) {
    Config config;
    config.http = own;
    EXPECT_TRUE(check_config(config).has_value()) << own;
  }
}

TEST(AlignedTable, CountsCharactersAndEscapesControls) {
  const std::string text =
      aligned_table({{"name", false}, {"n", true}}, {{"é", "1"}, {"a\nb", "22"}}, 60);
  EXPECT_EQ(text, " name   │  n\n────────┼────\n é      │  1\n a\\x0ab │ 22\n");
}

TEST(RowText, WritesScalarsNullsAndQuotes) {
  arrow::StringBuilder strings;
  arrow::TimestampBuilder times(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                                arrow::default_memory_pool());
  arrow::DoubleBuilder doubles;
  ASSERT_TRUE(strings.AppendValues({"a,\"b\"", ""}).ok());
  ASSERT_TRUE(times.Append(-1).ok());
  ASSERT_TRUE(times.AppendNull().ok());
  ASSERT_TRUE(doubles.AppendValues({0.5, NAN}).ok());
  const auto schema =
      arrow::schema({arrow::field("s", arrow::utf8()), arrow::field("t", times.type()),
                     arrow::field("d", arrow::float64())});
  const auto batch = arrow::RecordBatch::Make(
      schema, 2,
      {strings.Finish().ValueOrDie(), times.Finish().ValueOrDie(), doubles.Finish().ValueOrDie()});
  std::string json, csv;
  append_json_rows(json, *batch);
  append_csv_header(csv, *schema);
  append_csv_rows(csv, *batch);
  EXPECT_EQ(json,
            "{\"s\":\"a,\\\"b\\\"\",\"t\":\"1969-12-31T23:59:59.999999Z\",\"d\":0.5}\n"
            "{\"s\":\"\",\"t\":null,\"d\":\"NaN\"}\n");
  EXPECT_EQ(csv, "s,t,d\r\n\"a,\"\"b\"\"\",1969-12-31T23:59:59.999999Z,0.5\r\n\"\",,NaN\r\n");
}

}  // namespace
}  // namespace foz::cli
