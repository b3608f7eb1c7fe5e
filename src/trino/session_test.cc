// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What a client keeps for the server, from request to request: its session and its transaction.

#include <gmock/gmock.h>

#include <thread>

#include "trino/session_headers_internal.h"
#include "trino/test_server_internal.h"

namespace foz::trino {
namespace {

using testing::HasSubstr;

net::HttpReply post(const std::string& base, const net::Headers& headers, const std::string& sql) {
  return net::http_request("POST", base + "/v1/statement", headers, sql, std::chrono::seconds(10))
      .value();
}

TEST(TrinoSession, SendsTheClientWhatToKeep) {
  RealServer served;
  Client client(served.base);
  const auto told = [&](const std::string& sql, std::string_view header,
                        const net::Headers& headers = {}) {
    return std::string(net::find_header(client.run(sql, headers).headers, header));
  };
  EXPECT_EQ(told("SET SESSION query_max_run_time = '10m'", "X-Trino-Set-Session"),
            "query_max_run_time=10m");
  EXPECT_EQ(told("RESET SESSION query_max_run_time", "X-Trino-Clear-Session"),
            "query_max_run_time");
  EXPECT_EQ(told("SET SESSION max_recursion_depth = 20", "X-Trino-Set-Session"),
            "max_recursion_depth=20");
  EXPECT_EQ(told("RESET SESSION max_recursion_depth", "X-Trino-Clear-Session"),
            "max_recursion_depth");
  EXPECT_EQ(told("DEALLOCATE PREPARE p", "X-Trino-Deallocated-Prepare",
                 {{"X-Trino-Prepared-Statement", "p=SELECT+1"}}),
            "p");
  EXPECT_EQ(told("SET ROLE NONE", "X-Trino-Set-Role"), "system=NONE");
  // The catalog stays when only a schema is named.
  const Answer use = client.run("USE information_schema", {{"X-Trino-Catalog", "lake"}});
  EXPECT_EQ(net::find_header(use.headers, "X-Trino-Set-Schema"), "information_schema");
  EXPECT_EQ(net::find_header(use.headers, "X-Trino-Set-Catalog"), "");
}

TEST(TrinoSession, KnowsItsProperties) {
  RealServer served;
  Client client(served.base);
  EXPECT_THAT(client
                  .run("SHOW SESSION LIKE 'query_max_run%'",
                       {{"X-Trino-Session", "query_max_run_time=10m"}})
                  .body,
              HasSubstr("[\"query_max_run_time\",\"10m\",\"100.00d\",\"varchar\""));
  for (const char* sql :
       {"SET SESSION nope = 1", "SET SESSION lake.nope = 'x'", "SET SESSION query_max_run_time = 5",
        "SET SESSION query_max_run_time = 'soon'", "RESET SESSION nope"})
    EXPECT_EQ(client.run(sql).error_name, "INVALID_SESSION_PROPERTY") << sql;
  EXPECT_EQ(client.run("SELECT 1", {{"X-Trino-Session", "nope=1"}}).error_name,
            "INVALID_SESSION_PROPERTY");
  EXPECT_EQ(client.run("SELECT 1", {{"X-Trino-Session", "query_max_run_time=soon"}}).error_name,
            "INVALID_SESSION_PROPERTY");
  EXPECT_EQ(client.run("SELECT 1", {{"X-Trino-Session", "max_recursion_depth=deep"}}).error_name,
            "INVALID_SESSION_PROPERTY");
}

TEST(TrinoSession, RunsTransactions) {
  RealServer served;
  Client client(served.base);
  const net::Headers none{{"X-Trino-Transaction-Id", "NONE"}};
  EXPECT_EQ(client.run("START TRANSACTION").error_name, "INCOMPATIBLE_CLIENT");
  EXPECT_EQ(client.run("COMMIT", none).error_name, "NOT_IN_TRANSACTION");
  const Answer started =
      client.run("START TRANSACTION ISOLATION LEVEL READ UNCOMMITTED, READ ONLY", none);
  const std::string id(net::find_header(started.headers, "X-Trino-Started-Transaction-Id"));
  ASSERT_FALSE(id.empty()) << started.body;
  const net::Headers inside{{"X-Trino-Transaction-Id", id}};
  EXPECT_EQ(client.run("SELECT 1", inside).rows, 1);
  EXPECT_EQ(client.run("START TRANSACTION", inside).error_name, "NOT_SUPPORTED");
  EXPECT_THAT(client.run("SELECT 1", inside).error_name, "TRANSACTION_ALREADY_ABORTED");
  const Answer rolled = client.run("ROLLBACK", inside);
  EXPECT_EQ(rolled.error_name, "");
  EXPECT_EQ(net::find_header(rolled.headers, "X-Trino-Clear-Transaction-Id"), "true");
  EXPECT_EQ(client.run("SELECT 1", inside).error_name, "UNKNOWN_TRANSACTION");
}

TEST(TrinoSession, ListsTransactionsAndForgetsIdleOnes) {
  RealServer served;
  Client client(served.base);
  const Answer started =
      client.run("START TRANSACTION READ ONLY", {{"X-Trino-Transaction-Id", "NONE"}});
  const std::string id(net::find_header(started.headers, "X-Trino-Started-Transaction-Id"));
  const std::string listed =
      "SELECT isolation_level, read_only, auto_commit_context FROM "
      "system.runtime.transactions WHERE transaction_id = '" +
      id + "'";
  EXPECT_THAT(client.run(listed).body, HasSubstr("[[\"READ UNCOMMITTED\",true,false]]"));
  EXPECT_GT(client.run("SELECT 1 FROM system.runtime.transactions WHERE auto_commit_context").rows,
            0);
  served.clock.advance_ms(301000);
  for (int i = 0; i < 100 && client.run(listed).rows > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(client.run(listed).rows, 0);
}

TEST(TrinoSession, CommittingWhatFailedSaysSo) {
  RealServer served;
  Client client(served.base);
  const Answer started = client.run("START TRANSACTION", {{"X-Trino-Transaction-Id", "NONE"}});
  const net::Headers inside{
      {"X-Trino-Transaction-Id",
       std::string(net::find_header(started.headers, "X-Trino-Started-Transaction-Id"))}};
  EXPECT_EQ(client.run("SELECT 1/0", inside).error_name, "DIVISION_BY_ZERO");
  const Answer committed = client.run("COMMIT", inside);
  EXPECT_EQ(committed.error_name, "TRANSACTION_ALREADY_ABORTED");
  EXPECT_EQ(net::find_header(committed.headers, "X-Trino-Clear-Transaction-Id"), "true");
}

TEST(TrinoSession, RefusesWhatItCannotRead) {
  Served<FakeEngine> served({}, std::make_unique<FakeEngine>());
  const std::pair<net::Headers, const char*> wrong[] = {
      {{{"X-Trino-Session", "x"}}, "Invalid X-Trino-Session header"},
      {{{"X-Trino-Session", "=1"}}, "Invalid X-Trino-Session header"},
      {{{"X-Trino-Session", "a=%4"}}, "Invalid X-Trino-Session header"},
      {{{"X-Trino-Prepared-Statement", "p"}}, "Invalid X-Trino-Prepared-Statement header"},
      {{{"X-Trino-Schema", "s"}}, "X-Trino-Schema is set but X-Trino-Catalog is not"},
  };
  for (const auto& [headers, message] : wrong) {
    const auto reply = post(served.base, headers, "SELECT n");
    EXPECT_EQ(reply.status, 400) << message;
    EXPECT_THAT(reply.body, HasSubstr(message));
  }
  EXPECT_EQ(post(served.base, {}, "").status, 400);
  EXPECT_EQ(post(served.base, {}, std::string(2 << 20, 'x')).status, 413);
  EXPECT_EQ(post(served.base, {{"X-Trino-Session", ""}}, "SELECT n").status, 200);
  // Tokens and slugs that were never given.
  const Answer page = Client(served.base).post("SELECT n");
  const std::string before = page.next_uri.substr(0, page.next_uri.rfind('/') + 1);
  for (const char* token : {"9", "-1", "x", "99999999999999999999", "1x", ""})
    EXPECT_THAT(Client::get(before + token).status, testing::AnyOf(404, 410)) << token;
  EXPECT_EQ(Client::get(served.base + "/v1/statement/executing/" + page.id + "/guessed/1").status,
            404);
}

TEST(TrinoSession, HeadersAreReadAsJavaWritesThem) {
  net::HttpRequest request;
  request.headers = {{"X-Trino-Prepared-Statement", "a=SELECT+1%0A, b=x%2By"},
                     {"X-Trino-Prepared-Statement", "c=%C3%A4"}};
  const auto client = read_client(request);
  ASSERT_TRUE(client.has_value());
  EXPECT_EQ(client->session.prepared.at("a"), "SELECT 1\n");
  EXPECT_EQ(client->session.prepared.at("b"), "x+y");
  EXPECT_EQ(client->session.prepared.at("c"), "ä");
  EXPECT_FALSE(client->session.transactions);
}

}  // namespace
}  // namespace foz::trino
