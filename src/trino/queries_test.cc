// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Queries as others see them: /v1/query, system.runtime, what ends them.

#include <gmock/gmock.h>

#include <thread>

#include "trino/test_server_internal.h"

namespace foz::trino {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

net::HttpReply ask(const std::string& method, const std::string& uri,
                   const std::string& body = "") {
  return net::http_request(method, uri, {}, body, std::chrono::seconds(10)).value();
}

EndpointOptions small_pages() {
  EndpointOptions options;
  options.page_bytes = 1000;
  return options;
}

// A query that has sent rows and has more.
Answer running(Client& client, net::Headers headers = {}) {
  Answer page = client.post("SELECT n FROM UNNEST(sequence(1, 10000)) t(n)", std::move(headers));
  while (page.rows == 0) page = Client::get(page.next_uri);
  return page;
}

TEST(TrinoQueries, AreListedWhileTheyRunAndAfterwards) {
  RealServer served(small_pages());
  Client client(served.base);
  const Answer page = running(client, {{"X-Trino-Source", "dash<board"},
                                       {"X-Trino-Client-Tags", "a,b"},
                                       {"X-Trino-Client-Info", "chart 7"}});
  const Answer failed = client.run("SELECT 1/0");
  const std::string list = ask("GET", served.base + "/v1/query").body;
  EXPECT_THAT(list, AllOf(HasSubstr(page.id), HasSubstr("\"state\":\"RUNNING\""),
                          HasSubstr("\"user\":\"tester\""), HasSubstr("\"source\":\"dash<board\""),
                          HasSubstr("\"clientTags\":[\"a\",\"b\"]"),
                          HasSubstr("\"clientInfo\":\"chart 7\""),
                          HasSubstr("\"errorCode\":{\"code\":8,\"name\":\"DIVISION_BY_ZERO\"")));
  EXPECT_THAT(ask("GET", served.base + "/v1/query?state=FAILED").body,
              AllOf(HasSubstr(failed.id), Not(HasSubstr(page.id))));
  EXPECT_THAT(ask("GET", served.base + "/v1/query/" + page.id).body,
              HasSubstr("\"query\":\"SELECT n FROM UNNEST(sequence(1, 10000)) t(n)\""));
  EXPECT_EQ(ask("GET", served.base + "/v1/query/none").status, 410);
  // What a person finds under infoUri.
  const auto people = ask("GET", served.base + "/ui/query.html?" + page.id);
  EXPECT_THAT(people.body, AllOf(HasSubstr("dash&lt;board"), HasSubstr("RUNNING")));
  EXPECT_THAT(page.body, HasSubstr("\"infoUri\":\"" + served.base + "/ui/query.html?" + page.id));
  EXPECT_EQ(ask("GET", served.base + "/ui/query.html?none").status, 404);
}

TEST(TrinoQueries, AreRowsOfSystemTables) {
  RealServer served(small_pages());
  Client client(served.base);
  const Answer page = running(client, {{"X-Trino-Source", "board"}});
  const Answer others = client.run(
      "SELECT state, \"user\", source, started >= created, \"end\" IS NULL, error_code FROM "
      "system.runtime.queries WHERE query_id = '" +
      page.id + "'");
  EXPECT_THAT(others.body, HasSubstr("[[\"RUNNING\",\"tester\",\"board\",true,true,null]]"));
  const Answer failed = client.run("SELECT 1/0");
  EXPECT_THAT(client
                  .run("SELECT state, error_type, error_code FROM system.runtime.queries WHERE "
                       "query_id = '" +
                       failed.id + "'")
                  .body,
              HasSubstr("[[\"FAILED\",\"USER_ERROR\",\"DIVISION_BY_ZERO\"]]"));
  EXPECT_THAT(client
                  .run("SELECT node_version, coordinator, state, http_uri FROM "
                       "system.runtime.nodes")
                  .body,
              HasSubstr("[[\"476\",true,\"active\",\"" + served.base + "\"]]"));
  EXPECT_THAT(client
                  .run("SELECT state, running_splits FROM system.runtime.tasks WHERE query_id = '" +
                       page.id + "'")
                  .body,
              HasSubstr("[[\"RUNNING\",1]]"));
  // A query sees itself running.
  EXPECT_THAT(client
                  .run("SELECT q.state, t.state FROM system.runtime.queries q JOIN "
                       "system.runtime.tasks t USING (query_id) WHERE query LIKE 'SELECT q.state%'")
                  .body,
              HasSubstr("[[\"RUNNING\",\"RUNNING\"]]"));
  EXPECT_THAT(client.run("SELECT created FROM system.runtime.queries").body,
              HasSubstr("\"type\":\"timestamp(3) with time zone\""));
}

TEST(TrinoQueries, AreRememberedWhenTheirPagesAreNot) {
  EndpointOptions options;
  options.max_queries = 2;
  Served<FakeEngine> served(options, std::make_unique<FakeEngine>());
  Client client(served.base);
  const Answer first = client.run("SELECT first");
  for (int i = 0; i < 5; ++i) client.run("SELECT n");
  EXPECT_EQ(Client::get(served.base + "/v1/statement/executing/" + first.id + "/x/1").status, 404);
  EXPECT_THAT(ask("GET", served.base + "/v1/query").body, HasSubstr("SELECT first"));
  // Not for ever.
  for (int i = 0; i < 300; ++i) client.run("SELECT n");
  EXPECT_THAT(ask("GET", served.base + "/v1/query").body, Not(HasSubstr("SELECT first")));
}

TEST(TrinoQueries, KeepTheirLastPageForWhoLostItUntilNobodyAsks) {
  Served<FakeEngine> served({}, std::make_unique<FakeEngine>());
  Client client(served.base);
  Answer page = client.post("SELECT n");
  std::string last;
  while (!page.next_uri.empty()) {
    last = page.next_uri;
    page = Client::get(last);
  }
  for (int times = 0; times < 3; ++times) {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));  // the sweeper has looked
    served.clock.advance_ms(29000);
    EXPECT_EQ(Client::get(last).body, page.body);
  }
  served.clock.advance_ms(30001);
  const Gauge& held = served.metrics.gauge("foz_trino_statements", "");
  while (held.value() != 0) std::this_thread::yield();
  EXPECT_EQ(Client::get(last).status, 404);
}

TEST(TrinoQueries, KillQueryEndsAnotherStatement) {
  RealServer served(small_pages());
  Client client(served.base);
  Answer page = running(client);
  Answer call =
      client.run("CALL system.runtime.kill_query(query_id => '" + page.id + "', message => 'x')");
  EXPECT_EQ(call.state, "FINISHED");
  EXPECT_THAT(call.body, HasSubstr("\"updateType\":\"CALL\""));
  EXPECT_THAT(call.body, HasSubstr("\"columns\":[]"));
  const Answer killed = Client::get(page.next_uri);
  EXPECT_EQ(killed.error_name, "ADMINISTRATIVELY_KILLED");
  EXPECT_THAT(killed.body, HasSubstr("Query killed. Message: x"));
  // Once is enough, and only what there is.
  call = client.run("CALL system.runtime.kill_query('" + page.id + "')");
  EXPECT_EQ(call.error_name, "NOT_SUPPORTED");
  call = client.run("CALL system.runtime.kill_query(query_id => '20200101_000000_00000_aaaaa')");
  EXPECT_EQ(call.error_name, "NOT_FOUND");
}

TEST(TrinoQueries, EndByTheirId) {
  RealServer served(small_pages());
  Client client(served.base);
  Answer page = running(client);
  EXPECT_EQ(ask("DELETE", served.base + "/v1/query/" + page.id).status, 204);
  EXPECT_EQ(Client::get(page.next_uri).error_name, "USER_CANCELED");
  page = running(client);
  EXPECT_EQ(ask("PUT", served.base + "/v1/query/" + page.id + "/killed", "too long").status, 202);
  EXPECT_THAT(Client::get(page.next_uri).body, HasSubstr("Query killed. Message: too long"));
  EXPECT_EQ(ask("PUT", served.base + "/v1/query/" + page.id + "/killed").status, 409);
  EXPECT_EQ(ask("PUT", served.base + "/v1/query/none/killed").status, 410);
}

TEST(TrinoQueries, LiveWhileTheirClientSaysThatItDoes) {
  Served<FakeEngine> served({}, std::make_unique<FakeEngine>());
  Client client(served.base);
  Answer page = client.post("SELECT n");
  for (int minutes = 0; minutes < 20; minutes += 4) {
    served.clock.advance_ms(240000);
    EXPECT_EQ(ask("HEAD", page.next_uri).status, 200);
    std::this_thread::sleep_for(std::chrono::milliseconds(150));  // the sweeper has looked
  }
  while (!page.next_uri.empty()) page = Client::get(page.next_uri);
  EXPECT_EQ(page.error_name, "");
  EXPECT_EQ(ask("HEAD", served.base + "/v1/statement/executing/none/x/1").status, 404);
}

TEST(TrinoQueries, EndWhenTheirTimeIsOver) {
  EndpointOptions options;
  options.long_poll = std::chrono::milliseconds(0);
  Served<FakeEngine> served(options, std::make_unique<FakeEngine>());
  served.engine->query.open = false;
  Client client(served.base);
  Answer page = client.post("SELECT n", {{"X-Trino-Session", "query_max_run_time=10s"}});
  served.clock.advance_ms(10001);
  while (!page.next_uri.empty()) page = Client::get(page.next_uri);
  EXPECT_EQ(page.error_name, "EXCEEDED_TIME_LIMIT");
  EXPECT_THAT(page.body, HasSubstr("Query exceeded maximum time limit of 10s"));
}

}  // namespace
}  // namespace foz::trino
