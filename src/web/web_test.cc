// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What /api answers to honest and to hostile requests, over a whole foz in memory.

#include <gmock/gmock.h>
#include <simdjson.h>

#include <thread>

#include "base/random.h"
#include "log/record_batch.h"
#include "net/http.h"
#include "pipeline/engine.h"
#include "store/object_store.h"
#include "store/simulated_disk.h"
#include "web/events.h"
#include "web/page.h"
#include "web/table_json.h"

namespace foz::web {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kPipeline[] =
    "CREATE STREAMING TABLE orders (CONSTRAINT small EXPECT (n < 10) ON VIOLATION QUARANTINE)\n"
    "COMMENT 'what was ordered' AS SELECT CAST(CAST(value AS STRING) AS BIGINT) AS n\n"
    "FROM STREAM bronze.numbers";

class WebTest : public testing::Test {
 protected:
  void SetUp() override {
    log::LogOptions options;
    options.directory = "log";
    log_ = log::Log::open(options, disk_, clock_, random_, metrics_).value();
    tables_ = table::LiveTables::open({}, *store_, clock_, random_, metrics_).value();
    flows_ = sql::FlowEngine::make(256 << 20).value();
    auto parsed = pipeline::parse_pipeline_file("pipelines/a.sql", kPipeline);
    ASSERT_TRUE(parsed.diagnostics.empty());
    engine_ = pipeline::Engine::start({}, pipeline::Project{parsed.tables}, *log_, *tables_,
                                      *flows_, clock_, metrics_)
                  .value();
    ASSERT_TRUE(engine_->wait_ready(std::chrono::seconds(20)).has_value());
    page_ = std::make_unique<Page>(Sources{.log = log_.get(),
                                           .tables = tables_.get(),
                                           .engine = engine_.get(),
                                           .clock = &clock_,
                                           .metrics = &metrics_,
                                           .pipelines = parsed.tables,
                                           .project = "shop",
                                           .version = "1",
                                           .kafka = "0.0.0.0:9092",
                                           .lake_url = store_->url()});
    net::HttpOptions http;
    http.address = net::parse_address("127.0.0.1:0").value();
    server_ = net::HttpServer::make(http).value();
    page_->attach(*server_);
    ASSERT_TRUE(server_->start().has_value());
  }
  void TearDown() override {
    server_.reset();
    page_.reset();
    engine_.reset();
  }

  void produce(const std::string& topic, std::vector<log::NewRecord> records,
               log::Compression compression = log::Compression::kNone) {
    auto found = log_->find_topic(topic);
    if (!found) found = log_->create_topic(topic, 1, {}).value();
    std::vector<log::AppendPart> parts;
    parts.push_back({{found->id, log::PartitionId(0)},
                     log::build_batch(records, {.compression = compression}).value()});
    const auto outcomes = log_->append_and_wait(std::move(parts));
    ASSERT_TRUE(outcomes.has_value() && !(*outcomes)[0].error);
  }
  void produce_numbers(int64_t first, int64_t last) {
    std::vector<log::NewRecord> records;
    for (int64_t n = first; n <= last; ++n)
      records.push_back({.timestamp_ms = 1000 * n, .value = std::to_string(n)});
    produce("numbers", std::move(records), log::Compression::kZstd);
  }
  net::HttpReply get(const std::string& path, const net::Headers& headers = {}) {
    return net::http_request("GET", "http://" + server_->address().to_string() + path, headers, "",
                             std::chrono::seconds(60))
        .value();
  }
  // The answer as JSON, which lives until the next.
  simdjson::dom::element json(const std::string& path, int status = 200) {
    reply_ = get(path);
    EXPECT_EQ(reply_.status, status) << path << ": " << reply_.body;
    return parser_.parse(reply_.body);
  }
  std::vector<int64_t> offsets(const std::string& query) {
    std::vector<int64_t> all;
    for (const auto record : json("/api/topics/numbers/records" + query)["records"].get_array())
      all.push_back(record["offset"]);
    return all;
  }
  // Waits until the flow has read `rows`.
  void wait_for_input(int64_t rows) {
    const auto until = clock_.steady() + std::chrono::seconds(20);
    const auto input = [&] {
      for (const auto& flow : engine_->flows())
        if (flow.name == "silver.orders") return flow.counts.input;
      return int64_t{0};
    };
    while (input() < rows) {
      ASSERT_LT(clock_.steady(), until);
      std::this_thread::yield();
    }
  }

  Random random_{7};
  SystemClock clock_;
  Metrics metrics_;
  store::SimulatedDisk disk_{random_};
  std::unique_ptr<store::ObjectStore> store_ = store::make_memory_store();
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<table::LiveTables> tables_;
  std::unique_ptr<sql::FlowEngine> flows_;
  std::unique_ptr<pipeline::Engine> engine_;
  std::unique_ptr<Page> page_;
  std::unique_ptr<net::HttpServer> server_;
  net::HttpReply reply_;
  simdjson::dom::parser parser_;
};

TEST_F(WebTest, RecordsAreReadFromAnyOffsetOrTime) {
  produce_numbers(0, 99);
  produce_numbers(100, 119);
  EXPECT_THAT(offsets("?limit=3"), ElementsAre(117, 118, 119));
  EXPECT_THAT(offsets("?from=98&limit=4"), ElementsAre(98, 99, 100, 101));
  EXPECT_EQ(int64_t(json("/api/topics/numbers/records?from=98&limit=4")["next"]), 102);
  EXPECT_THAT(offsets("?time=101000&limit=2"), ElementsAre(101, 102));
  EXPECT_THAT(offsets("?time=101001&limit=1"), ElementsAre(102));
  EXPECT_THAT(offsets("?time=999999999"), ElementsAre());
  EXPECT_THAT(offsets("?from=120"), ElementsAre());
  EXPECT_THAT(offsets("?limit=0"), ElementsAre());
  EXPECT_EQ(offsets("?from=0&limit=9223372036854775807").size(), 120u);
  const auto first = json("/api/topics/numbers/records?from=7&limit=1")["records"].at(0);
  EXPECT_EQ(std::string_view(first["value"]["text"]), "7");
  EXPECT_EQ(int64_t(first["timestamp_ms"]), 7000);
  EXPECT_TRUE(first["key"].is_null());
}

TEST_F(WebTest, KeysValuesAndHeadersAreTextHexOrNull) {
  produce("raw", {{.timestamp_ms = 5,
                   .key = "</script>\x01",
                   .value = "\xff\xfe",
                   .headers = {{"h", "v"}, {"none", std::nullopt}}},
                  {.timestamp_ms = 6, .key = "", .value = "12345\xc3\xa4"}});
  const auto records = json("/api/topics/raw/records?bytes=6")["records"];
  EXPECT_EQ(std::string_view(records.at(0)["key"]["text"]), "</scri");
  EXPECT_EQ(int64_t(records.at(0)["key"]["size"]), 10);
  EXPECT_EQ(std::string_view(records.at(0)["value"]["hex"]), "fffe");
  EXPECT_EQ(std::string_view(records.at(0)["headers"].at(0)["value"]["text"]), "v");
  EXPECT_TRUE(records.at(0)["headers"].at(1)["value"].is_null());
  EXPECT_EQ(std::string_view(records.at(1)["key"]["text"]), "");
  EXPECT_EQ(std::string_view(records.at(1)["value"]["text"]), "12345");  // half a letter is none
  EXPECT_EQ(int64_t(records.at(1)["value"]["size"]), 7);
}

TEST_F(WebTest, AnAnswerOfLargeRecordsEndsEarlyAndSaysWhereToGoOn) {
  for (int i = 0; i < 8; ++i)
    produce("large", {{.timestamp_ms = i, .value = std::string(1 << 20, 'x')}});
  const auto answer = json("/api/topics/large/records?from=0&limit=8&bytes=99999999");
  const auto given = answer["records"].get_array().size();
  EXPECT_LT(given, 8u);
  EXPECT_EQ(int64_t(answer["next"]), static_cast<int64_t>(given));
}

TEST_F(WebTest, HostileRequestsAreRefusedWithAReason) {
  produce_numbers(0, 9);
  for (const char* query :
       {"partition=-1", "partition=x", "partition=99999999999999999999", "from=-5", "from=11",
        "from=1x", "limit=-1", "limit=1e3", "time=now", "bytes=-1", "from=9223372036854775807"}) {
    const auto answer = json(std::string("/api/topics/numbers/records?") + query, 400);
    EXPECT_NE(std::string_view(answer["error"]), "") << query;
  }
  for (const char* path : {"/api/topics/", "/api/topics/nope", "/api/topics/numbers/nothing",
                           "/api/topics/nope/records", "/api/topics/numbers/records?partition=1",
                           "/api/topics/numbers/records?partition=5000000000",
                           "/api/topics/numbers/records/x", "/api/tables/", "/api/tables/silver",
                           "/api/tables/silver/nope", "/api/tables/..%2f..%2fetc/passwd",
                           "/api/tables/silver/a/b/c", "/api/topics/%3Cscript%3E"}) {
    EXPECT_NE(std::string_view(json(path, 404)["error"]), "") << path;
  }
  json("/api/overview?since=x", 400);
  json("/api/events?after=-1", 400);
  json("/api/tables/bronze/numbers?before=x", 400);
}

TEST_F(WebTest, ATopicShowsItsPartitionsAndSettings) {
  log_->create_topic("t", 3, {.raw = {{"cleanup.policy", "delete"}}}).value();
  const auto topic = json("/api/topics/t");
  EXPECT_EQ(topic["partitions"].get_array().size(), 3u);
  EXPECT_EQ(std::string_view(topic["config"]["cleanup.policy"]), "delete");
  EXPECT_EQ(std::string_view(topic["config"]["retention.ms"]), "604800000");
  EXPECT_EQ(std::string_view(topic["table"]), "bronze.t");
}

TEST_F(WebTest, ATableShowsItsSchemaPipelineFilesAndVersions) {
  produce_numbers(0, 14);
  wait_for_input(15);
  // A flow counts its input before the table shows the rows.
  const auto tail = [&] { return int64_t(json("/api/tables/silver/orders")["tail"]["rows"]); };
  for (const auto until = clock_.steady() + std::chrono::seconds(20); tail() == 0;)
    ASSERT_LT(clock_.steady(), until);
  EXPECT_EQ(tail(), 10);
  ASSERT_TRUE(engine_->stop(std::chrono::seconds(20)).has_value());  // everything is in Delta
  const auto table = json("/api/tables/silver/orders");
  EXPECT_EQ(std::string_view(table["role"]), "silver");
  EXPECT_EQ(int64_t(table["rows"]), 10);
  EXPECT_EQ(int64_t(table["tail"]["rows"]), 0);
  EXPECT_EQ(std::string_view(table["columns"].at(0)["name"]), "n");
  EXPECT_EQ(std::string_view(table["columns"].at(0)["type"]), "BIGINT");
  EXPECT_EQ(std::string_view(table["pipeline"]["file"]), "pipelines/a.sql");
  EXPECT_THAT(std::string(std::string_view(table["pipeline"]["expectations"].at(0)["condition"])),
              HasSubstr("n < 10"));
  EXPECT_EQ(int64_t(table["files"]["count"]), 1);
  const auto versions = table["versions"];
  EXPECT_EQ(int64_t(versions.at(0)["version"]), int64_t(table["version"]));
  EXPECT_EQ(int64_t(versions.at(0)["rows_added"]), 10);
  EXPECT_EQ(int64_t(versions.at(0)["files_added"]), 1);
  EXPECT_GT(int64_t(versions.at(0)["timestamp_ms"]), 1'600'000'000'000);
  EXPECT_EQ(int64_t(json("/api/tables/silver/orders?before=1")["versions"].at(0)["version"]), 0);
  EXPECT_EQ(json("/api/tables/silver/orders?before=0")["versions"].get_array().size(), 0u);
  EXPECT_EQ(int64_t(json("/api/tables/silver/orders__quarantine")["rows"]), 5);
}

TEST_F(WebTest, FollowersOfTheOverviewGetWhatChanged) {
  produce_numbers(0, 3);
  wait_for_input(4);
  const auto first = json("/api/overview");
  EXPECT_TRUE(bool(first["whole"]));
  EXPECT_EQ(std::string_view(first["topics"].at(0)["name"]), "numbers");
  EXPECT_GE(first["tables"].get_array().size(), 3u);
  const int64_t since = first["now_ms"];

  // At the next look, a second later at most, there is the second topic and not the first.
  log_->create_topic("quiet", 1, {}).value();
  const auto until = clock_.steady() + std::chrono::seconds(20);
  std::string_view name;
  while (json("/api/overview?since=" + std::to_string(since))["topics"].at(0)["name"].get(name) !=
         simdjson::SUCCESS)
    ASSERT_LT(clock_.steady(), until);
  EXPECT_EQ(name, "quiet");
  EXPECT_THAT(reply_.body, Not(HasSubstr("\"numbers\",\"id\"")));
  EXPECT_THAT(reply_.body, HasSubstr("\"whole\":false"));

  for (const char* other : {"0", "1", "9223372036854775807"})
    EXPECT_TRUE(bool(json(std::string("/api/overview?since=") + other)["whole"]));
  const int64_t later = json("/api/overview")["now_ms"];
  ASSERT_TRUE(log_->delete_topic(log_->find_topic("quiet")->id).has_value());
  json("/api/overview");
  EXPECT_TRUE(bool(json("/api/overview?since=" + std::to_string(later))["whole"]));
}

TEST_F(WebTest, EventsTellWhatHappened) {
  produce_numbers(0, 14);
  wait_for_input(15);
  ASSERT_TRUE(engine_->stop(std::chrono::seconds(20)).has_value());
  json("/api/overview");
  std::vector<std::string> seen;
  int64_t last = 0;
  for (const auto event : json("/api/events")["events"].get_array()) {
    seen.push_back(std::string(std::string_view(event["kind"])) + " " +
                   std::string(std::string_view(event["about"])) + " " +
                   std::to_string(int64_t(event["count"])));
    last = event["id"];
  }
  for (const char* wanted : {"started shop 1", "ready shop 1", "topic made numbers 1",
                             "committed silver.orders 1", "quarantined silver.orders 5"})
    EXPECT_THAT(seen, testing::Contains(wanted));
  EXPECT_EQ(json("/api/events?after=" + std::to_string(last))["events"].get_array().size(), 0u);
  EXPECT_EQ(int64_t(json("/api/overview")["last_event"]), last);
}

TEST_F(WebTest, ThePageRunsNothingButItself) {
  for (const char* path : {"/", "/page.js", "/page.css"}) {
    const auto reply = get(path);
    EXPECT_EQ(reply.status, 200);
    EXPECT_FALSE(reply.body.empty());
    const std::string policy(net::find_header(reply.headers, "Content-Security-Policy"));
    EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
    EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
    const std::string tag(net::find_header(reply.headers, "ETag"));
    const auto again = get(path, {{"If-None-Match", tag}});
    EXPECT_EQ(again.status, 304);
    EXPECT_EQ(again.body, "");
  }
}

TEST(EventsTest, WhatRepeatsWithinAMinuteIsOneAndTheOldestGo) {
  Events events(1);
  events.add(1000, "quarantined", "a", "", 3);
  events.add(2000, "blocked", "a", "full");
  events.add(3000, "quarantined", "a", "", 4);
  EXPECT_THAT(events.json(0), HasSubstr(R"("first_ms":1000,"at_ms":3000,"count":7)"));
  EXPECT_THAT(events.json(2), HasSubstr("quarantined"));
  EXPECT_THAT(events.json(2), Not(HasSubstr("blocked")));
  events.add(62000, "quarantined", "a", "", 1);
  EXPECT_THAT(events.json(3), HasSubstr(R"("first_ms":62000,"at_ms":62000,"count":1)"));
  for (int i = 0; i < 5000; ++i) events.add(70000, "committed", "t" + std::to_string(i), "v");
  EXPECT_THAT(events.json(0), HasSubstr("full"));
  EXPECT_LT(events.json(0).size(), 100'000u);
}

TEST(TypeTextTest, IsThatOfPipelineFiles) {
  using delta::TypeKind;
  const auto text = std::make_shared<delta::DataType>(delta::DataType{TypeKind::kString});
  const delta::DataType list{.kind = TypeKind::kArray, .element = text};
  const delta::DataType pairs{
      .kind = TypeKind::kMap, .element = std::make_shared<delta::DataType>(list), .key = text};
  const delta::DataType all{
      .kind = TypeKind::kStruct,
      .fields = {{"a", {.kind = TypeKind::kDecimal, .precision = 10, .scale = 2}, true, {}},
                 {"b", pairs, true, {}}}};
  EXPECT_EQ(type_text(all), "STRUCT<a: DECIMAL(10,2), b: MAP<STRING, ARRAY<STRING>>>");
}

}  // namespace
}  // namespace foz::web
