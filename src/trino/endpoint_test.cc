// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "trino/endpoint.h"

#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "trino/test_server_internal.h"

namespace foz::trino {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(TrinoEndpoint, GivesRowsPageByPage) {
  EndpointOptions options;
  options.page_bytes = 200;
  Served<FakeEngine> served(options, std::make_unique<FakeEngine>());
  Client client(served.base);
  Answer first = client.post("SELECT n");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.rows, 0);
  EXPECT_FALSE(first.next_uri.empty());
  Answer page = Client::get(first.next_uri);
  EXPECT_TRUE(page.has_columns);
  EXPECT_GT(page.rows, 0);
  EXPECT_LT(page.rows, 100);
  // The same token gives the same page; one that is gone or not there yet gives 410.
  EXPECT_EQ(Client::get(first.next_uri).body, page.body);
  Answer second = Client::get(page.next_uri);
  EXPECT_EQ(Client::get(first.next_uri).status, 410);
  int64_t rows = page.rows + second.rows;
  while (!second.next_uri.empty()) {
    second = Client::get(second.next_uri);
    rows += second.rows;
  }
  EXPECT_EQ(rows, 300);
  EXPECT_EQ(second.state, "FINISHED");
}

TEST(TrinoEndpoint, PullsRowsOnlyWhenAsked) {
  EndpointOptions options;
  options.page_bytes = 200;
  Served<FakeEngine> served(options, std::make_unique<FakeEngine>());
  Client client(served.base);
  Answer page = Client::get(client.post("SELECT n").next_uri);
  EXPECT_EQ(served.engine->query.given, 1);
}

TEST(TrinoEndpoint, AnswersWithoutRowsWhileTheQueryWorks) {
  EndpointOptions options;
  options.long_poll = std::chrono::milliseconds(0);
  Served<FakeEngine> served(options, std::make_unique<FakeEngine>());
  served.engine->query.open = false;
  Client client(served.base);
  Answer page = client.post("SELECT n");
  for (int i = 0; i < 3; ++i) {
    page = Client::get(page.next_uri);
    EXPECT_EQ(page.rows, 0);
    ASSERT_FALSE(page.next_uri.empty());
  }
  {
    std::lock_guard lock(served.engine->query.mutex);
    served.engine->query.open = true;
    served.engine->query.changed.notify_all();
  }
  int64_t rows = 0;
  while (!page.next_uri.empty()) {
    page = Client::get(page.next_uri);
    rows += page.rows;
  }
  EXPECT_EQ(rows, 300);
}

TEST(TrinoEndpoint, DeleteCancelsAndIsAlwaysAnswered) {
  EndpointOptions options;
  options.long_poll = std::chrono::milliseconds(0);
  Served<FakeEngine> served(options, std::make_unique<FakeEngine>());
  FakeQuery& query = served.engine->query;
  query.open = query.closing = false;
  Client client(served.base);
  Answer page = client.post("SELECT n");
  while (page.state == "QUEUED") page = Client::get(page.next_uri);
  EXPECT_EQ(Client::remove(page.next_uri), 204);
  EXPECT_FALSE(query.destroyed);  // nobody waited for that
  {
    std::lock_guard lock(query.mutex);
    query.closing = true;
    query.changed.notify_all();
  }
  while (!query.destroyed) std::this_thread::yield();
  EXPECT_EQ(Client::get(page.next_uri).error_name, "USER_CANCELED");
  EXPECT_EQ(Client::remove(page.next_uri), 204);
  EXPECT_EQ(Client::remove(served.base + "/v1/statement/executing/none/x/1"), 204);
  EXPECT_EQ(Client::get(served.base + "/v1/statement/executing/none/x/1").status, 404);
}

// More of them than there are threads that plan.
TEST(TrinoEndpoint, DeleteEndsPlanning) {
  Served<FakeEngine> served({}, std::make_unique<FakeEngine>());
  served.engine->query.planning = true;
  Client client(served.base);
  std::vector<Answer> stuck;
  for (int i = 0; i < 10; ++i) stuck.push_back(client.post("SELECT n"));
  for (const Answer& each : stuck) EXPECT_EQ(Client::remove(each.next_uri), 204);
  for (const Answer& each : stuck)
    EXPECT_EQ(Client::get(each.next_uri).error_name, "USER_CANCELED");
  {
    std::lock_guard lock(served.engine->query.mutex);
    served.engine->query.planning = false;
  }
  EXPECT_EQ(client.run("SELECT n").rows, 300);
}

TEST(TrinoEndpoint, EndsWhoComesLeastWhenPagesTakeTooMuch) {
  EndpointOptions options;
  options.page_bytes = 10000;
  options.held_bytes = 100000;
  Served<FakeEngine> served(options, std::make_unique<FakeEngine>());
  served.engine->query.batches = 1000000;
  Client client(served.base);
  std::vector<Answer> open;
  for (int i = 0; i < 20; ++i) {
    open.push_back(Client::get(client.post("SELECT n").next_uri));
    served.clock.advance_ms(1);
  }
  const auto shown = [&](const Answer& page) {
    return net::http_request("GET", served.base + "/v1/query/" + page.id, {}, "",
                             std::chrono::seconds(10))
        .value()
        .body;
  };
  // What looks for them comes every 100 ms.
  for (int i = 0; i < 1000 && !shown(open.front()).contains("EXCEEDED_GLOBAL_MEMORY_LIMIT"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_THAT(shown(open.front()), HasSubstr("EXCEEDED_GLOBAL_MEMORY_LIMIT"));
}

TEST(TrinoEndpoint, StatementsThatAreOverMakeRoom) {
  EndpointOptions options;
  options.max_queries = 3;
  Served<FakeEngine> served(options, std::make_unique<FakeEngine>());
  Client client(served.base);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.run("SELECT n").state, "FINISHED");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Client::remove(client.post("SELECT n").next_uri), 204);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.post("SELECT n").error_name, "");
  EXPECT_EQ(client.post("SELECT n").error_name, "QUERY_QUEUE_FULL");
}

TEST(TrinoEndpoint, AnIdleStatementIsLetGo) {
  Served<FakeEngine> served({}, std::make_unique<FakeEngine>());
  Client client(served.base);
  Answer page = client.post("SELECT n");
  while (page.state == "QUEUED") page = Client::get(page.next_uri);
  ASSERT_FALSE(page.next_uri.empty() && page.rows == 0);
  Answer other = client.post("SELECT n");
  served.clock.advance_ms(300001);
  // The sweeper looks every 100 ms of real time.
  Answer late;
  for (int i = 0; i < 600 && late.error_name.empty(); ++i) {
    Answer probe = client.post("SELECT n");
    late = Client::get(other.next_uri);
    if (late.error_name.empty() && late.status == 200 && !late.next_uri.empty()) other = late;
    served.clock.advance_ms(300001);
    std::this_thread::yield();
  }
  EXPECT_TRUE(late.error_name == "ABANDONED_QUERY" || late.status == 404) << late.body;
}

TEST(TrinoEndpoint, TakesTheSessionFromHeaders) {
  Served<FakeEngine> served({}, std::make_unique<FakeEngine>());
  Client client(served.base);
  client.run("SELECT n", {{"X-Trino-Catalog", "lake"},
                          {"X-Trino-Schema", "silver"},
                          {"X-Trino-Time-Zone", "Asia/Tokyo"},
                          {"X-Trino-Session", ""}});
  EXPECT_EQ(served.engine->last_session.schema, "silver");
  EXPECT_EQ(served.engine->last_session.time_zone, "Asia/Tokyo");
  EXPECT_EQ(served.engine->last_session.user, "tester");
  client.run("SELECT n", {{"X-Trino-Session", "a=b, time_zone_id=Europe%2FBerlin"}});
  EXPECT_EQ(served.engine->last_session.time_zone, "Europe/Berlin");
}

TEST(TrinoEndpoint, TellsItsVersion) {
  Served<FakeEngine> served({}, std::make_unique<FakeEngine>());
  const auto reply =
      net::http_request("GET", served.base + "/v1/info", {}, "", std::chrono::seconds(10)).value();
  EXPECT_THAT(reply.body, HasSubstr("\"starting\":false"));
}

TEST(TrinoEndpoint, RefusesStatementsUntilReady) {
  std::atomic<bool> ready = false;
  EndpointOptions options;
  options.ready = [&] { return ready.load(); };
  Served<FakeEngine> served(options, std::make_unique<FakeEngine>());
  const auto info = [&] {
    return net::http_request("GET", served.base + "/v1/info", {}, "", std::chrono::seconds(10))
        .value()
        .body;
  };
  EXPECT_THAT(info(), HasSubstr("\"starting\":true"));
  EXPECT_EQ(Client(served.base).post("SELECT 1").error_name, "SERVER_STARTING_UP");
  ready = true;
  EXPECT_THAT(info(), HasSubstr("\"starting\":false"));
  EXPECT_EQ(Client(served.base).post("SELECT 1").error_name, "");
}

TEST(TrinoEndpoint, DecimalsHaveNoExponent) {
  RealServer served;
  const Answer answer = Client(served.base)
                            .run(
                                "SELECT DECIMAL '0.0000000000', DECIMAL '-0.0000000001', "
                                "DECIMAL '-12.5', DECIMAL '7', DECIMAL '0.05'");
  EXPECT_THAT(answer.body, HasSubstr(R"([["0.0000000000","-0.0000000001","-12.5","7","0.05"]])"));
}

TEST(TrinoEndpoint, WritesEveryTypeAsTrinoDoes) {
  RealServer served;
  Client client(served.base);
  const std::string sql =
      "SELECT true, TINYINT '1', SMALLINT '2', 3, BIGINT '4', REAL '1.5', 2.5e0, DECIMAL '1.20', "
      "'a\"b', X'0102ff', DATE '2013-01-02', "
      "TIME '01:02:03.5', TIMESTAMP '2013-01-02 03:04:05.678', TIMESTAMP '2013-01-02 03:04:05 "
      "UTC', INTERVAL '1' DAY + INTERVAL '2' HOUR, "
      "ARRAY[1, NULL], MAP(ARRAY['k'], ARRAY[7]), CAST(ROW(1, 'x') AS ROW(a integer, b varchar)), "
      "NULL, nan(), infinity(), JSON '{\"a\":1}', -0e0, ARRAY[REAL '2', 1e20]";
  const Answer answer = client.run(sql);
  EXPECT_THAT(answer.body,
              HasSubstr("[[true,1,2,3,4,1.5,2.5,\"1.20\",\"a\\\"b\",\"AQL/"
                        "\",\"2013-01-02\",\"01:02:03.5\",\"2013-01-02 03:04:05.678\","
                        "\"2013-01-02 03:04:05 UTC\",\"1 "
                        "02:00:00.000\",[1,null],{\"k\":7},[1,\"x\"],null,\"NaN\",\"Infinity\",\"{"
                        "\\\"a\\\":1}\",-0.0,[2.0,1e+20]]]"));
  for (
      const char* part :
      {R"x("type":"decimal(3, 2)","typeSignature":{"rawType":"decimal","arguments":[{"kind":"LONG","value":3},{"kind":"LONG","value":2}]})x",
       R"x("type":"varchar(3)","typeSignature":{"rawType":"varchar","arguments":[{"kind":"LONG","value":3}]})x",
       R"x("type":"timestamp(0) with time zone","typeSignature":{"rawType":"timestamp with time zone","arguments":[{"kind":"LONG","value":0}]})x",
       R"x("type":"array(integer)")x", R"x("type":"map(varchar(1), integer)")x",
       R"x("type":"row(a integer, b varchar)")x",
       R"x({"kind":"NAMED_TYPE","value":{"fieldName":{"name":"a"},"typeSignature":{"rawType":"integer","arguments":[]}}})x",
       R"x("type":"varbinary")x", R"x("type":"json")x"})
    EXPECT_THAT(answer.body, HasSubstr(part));
}

TEST(TrinoEndpoint, OldClientsGetMilliseconds) {
  RealServer served;
  const auto reply =
      net::http_request("POST", served.base + "/v1/statement", {{"X-Trino-User", "u"}},
                        "SELECT TIMESTAMP '2013-01-02 03:04:05.678901', TIME '23:59:59.9999'",
                        std::chrono::seconds(10))
          .value();
  simdjson::dom::parser parser;
  std::string next(std::string_view(simdjson::dom::element(parser.parse(reply.body))["nextUri"]));
  Answer page;
  std::string bodies;
  while (!next.empty()) {
    page = Client::get(next);
    bodies += page.body;
    next = page.next_uri;
  }
  EXPECT_THAT(bodies, HasSubstr("\"2013-01-02 03:04:05.679\""));
  EXPECT_THAT(bodies, HasSubstr("\"00:00:00.000\""));
  EXPECT_THAT(
      bodies,
      HasSubstr(
          "\"type\":\"timestamp\",\"typeSignature\":{\"rawType\":\"timestamp\",\"arguments\":[]}"));
}

TEST(TrinoEndpoint, TellsErrorsAndSessionChanges) {
  RealServer served;
  Client client(served.base);
  Answer failed = client.run("SELECT\n  * FROM lake.bronze.x");
  EXPECT_EQ(failed.error_name, "SCHEMA_NOT_FOUND");
  EXPECT_EQ(failed.state, "FAILED");
  EXPECT_THAT(failed.body, HasSubstr("\"errorLocation\":{\"lineNumber\":2,\"columnNumber\":10}"));
  EXPECT_THAT(failed.body, HasSubstr("\"errorCode\":45"));
  Answer use = client.run("USE lake.information_schema");
  EXPECT_EQ(net::find_header(use.headers, "X-Trino-Set-Schema"), "information_schema");
  EXPECT_EQ(net::find_header(use.headers, "X-Trino-Set-Catalog"), "lake");
  EXPECT_THAT(use.body, HasSubstr("\"columns\":[]"));
  EXPECT_THAT(use.body, HasSubstr("\"updateType\":\"USE\""));
  Answer prepared = client.run("PREPARE p FROM SELECT ?");
  EXPECT_EQ(net::find_header(prepared.headers, "X-Trino-Added-Prepare"), "p=SELECT%20%3F");
  EXPECT_EQ(client.run("EXECUTE p USING 7", {{"X-Trino-Prepared-Statement", "p=SELECT+%3F"}}).rows,
            1);
  Answer zone = client.run("SET TIME ZONE 'Europe/Berlin'");
  EXPECT_EQ(net::find_header(zone.headers, "X-Trino-Set-Session"), "time_zone_id=Europe%2FBerlin");
}

TEST(TrinoEndpoint, ServesManyClientsAtOnce) {
  RealServer served;
  std::vector<std::thread> clients;
  std::atomic<int> right{0};
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back([&, i] {
      Client client(served.base);
      if (client.run("SELECT * FROM UNNEST(sequence(1, " + std::to_string(1000 + i) + ")) t(n)")
              .rows == 1000 + i)
        ++right;
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(right, 20);
}

}  // namespace
}  // namespace foz::trino
