// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "trino/endpoint.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <simdjson.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "table/view.h"

namespace foz::trino {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::shared_ptr<arrow::RecordBatch> numbers(int64_t first, int64_t count) {
  arrow::Int64Builder builder;
  for (int64_t i = first; i < first + count; ++i) CHECK(builder.Append(i).ok());
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("n", arrow::int64())}), count,
                                  {builder.Finish().ValueOrDie()});
}

// Gives `batches` batches of 100 numbers, the first when `open` says so.
struct FakeQuery {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = true;
  bool canceled = false;
  int batches = 3;
  int given = 0;
  bool closing = true;  // cursors are destroyed only then
  std::atomic<bool> destroyed = false;
};

class FakeCursor final : public sql::Cursor {
 public:
  explicit FakeCursor(FakeQuery& query) : query_(query) {}
  ~FakeCursor() override {
    std::unique_lock lock(query_.mutex);
    query_.changed.wait(lock, [&] { return query_.closing; });
    query_.destroyed = true;
  }
  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  const std::vector<std::string>& types() const override { return types_; }
  sql::QueryResult<std::shared_ptr<arrow::RecordBatch>> next() override {
    std::unique_lock lock(query_.mutex);
    query_.changed.wait(lock, [&] { return query_.open || query_.canceled; });
    if (query_.canceled) {
      sql::QueryError error;
      error.name = "USER_CANCELED";
      return std::unexpected(error);
    }
    if (query_.given == query_.batches) return nullptr;
    return numbers(100 * query_.given++, 100);
  }
  bool ready(std::chrono::milliseconds wait) override {
    std::unique_lock lock(query_.mutex);
    return query_.changed.wait_for(lock, wait, [&] { return query_.open || query_.canceled; });
  }
  void cancel() override {
    std::lock_guard lock(query_.mutex);
    query_.canceled = true;
    query_.changed.notify_all();
  }
  const sql::SessionUpdate& session_update() const override { return update_; }

 private:
  FakeQuery& query_;
  std::shared_ptr<arrow::Schema> schema_ = arrow::schema({arrow::field("n", arrow::int64())});
  std::vector<std::string> types_{"bigint"};
  sql::SessionUpdate update_;
};

class FakeEngine final : public sql::QueryEngine {
 public:
  sql::QueryResult<std::unique_ptr<sql::Cursor>> execute(
      std::string_view, const sql::QuerySession& session) override {
    last_session = session;
    return std::make_unique<FakeCursor>(query);
  }
  FakeQuery query;
  sql::QuerySession last_session;
};

// A page, read as a client does.
struct Answer {
  int status = 0;
  std::string body, id, next_uri, state, error_name;
  net::Headers headers;
  int64_t rows = 0;
  bool has_columns = false;
};

class Client {
 public:
  explicit Client(std::string base) : base_(std::move(base)) {}

  Answer post(const std::string& sql, net::Headers headers = {}) {
    headers.emplace_back("X-Trino-User", "tester");
    headers.emplace_back("X-Trino-Client-Capabilities", "PARAMETRIC_DATETIME");
    return read(net::http_request("POST", base_ + "/v1/statement", headers, sql, kTimeout).value());
  }
  static Answer get(const std::string& uri) {
    return read(net::http_request("GET", uri, {}, "", kTimeout).value());
  }
  static int remove(const std::string& uri) {
    return net::http_request("DELETE", uri, {}, "", kTimeout).value().status;
  }

  // Follows nextUri; the bodies of all pages, one behind the other.
  Answer run(const std::string& sql, net::Headers headers = {}) {
    Answer answer = post(sql, std::move(headers));
    std::string bodies = answer.body;
    int64_t rows = 0;
    while (!answer.next_uri.empty()) {
      answer = get(answer.next_uri);
      bodies += answer.body;
      rows += answer.rows;
    }
    answer.body = bodies;
    answer.rows = rows;
    return answer;
  }

 private:
  static constexpr std::chrono::milliseconds kTimeout{60000};

  static Answer read(net::HttpReply reply) {
    Answer answer;
    answer.status = reply.status;
    answer.headers = std::move(reply.headers);
    answer.body = std::move(reply.body);
    if (answer.status != 200) return answer;
    simdjson::dom::parser parser;
    simdjson::dom::element page = parser.parse(answer.body);
    answer.id = std::string(std::string_view(page["id"]));
    CHECK(!std::string_view(page["infoUri"]).empty());
    answer.state = std::string(std::string_view(page["stats"]["state"]));
    std::string_view text;
    if (page["nextUri"].get(text) == simdjson::SUCCESS) answer.next_uri = std::string(text);
    if (page["error"]["errorName"].get(text) == simdjson::SUCCESS)
      answer.error_name = std::string(text);
    simdjson::dom::array array;
    answer.has_columns = page["columns"].get(array) == simdjson::SUCCESS;
    if (page["data"].get(array) == simdjson::SUCCESS)
      answer.rows = static_cast<int64_t>(array.size());
    return answer;
  }

  std::string base_;
};

template <class Engine>
struct Served {
  Served(EndpointOptions options, std::unique_ptr<Engine> e) : engine(std::move(e)) {
    endpoint = std::make_unique<Endpoint>(options, *engine, clock, random, metrics);
    net::HttpOptions http;
    http.address = {"127.0.0.1", 0};
    server = net::HttpServer::make(http).value();
    endpoint->attach(*server);
    CHECK(server->start().has_value());
    base = "http://" + server->address().to_string();
  }
  ~Served() {
    server->stop(std::chrono::milliseconds(0));
    endpoint.reset();
  }

  ManualClock clock{1767225600000000};
  Random random{1};
  Metrics metrics;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Endpoint> endpoint;
  std::unique_ptr<net::HttpServer> server;
  std::string base;
};

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

struct RealServer : Served<sql::QueryEngine> {
  explicit RealServer(EndpointOptions options = {}) : Served(options, make()) {}
  static std::unique_ptr<sql::QueryEngine> make() {
    static SystemClock clock;
    static Metrics metrics;
    sql::QueryEngineOptions options;
    options.memory_bytes = 256 << 20;
    return sql::QueryEngine::make(
               options, [] { return std::make_shared<table::Root>(); }, clock, metrics)
        .value();
  }
};

TEST(TrinoEndpoint, WritesEveryTypeAsTrinoDoes) {
  RealServer served;
  Client client(served.base);
  const std::string sql =
      "SELECT true, TINYINT '1', SMALLINT '2', 3, BIGINT '4', REAL '1.5', 2.5e0, DECIMAL '1.20', "
      "'a\"b', X'0102ff', DATE '2013-01-02', "
      "TIME '01:02:03.5', TIMESTAMP '2013-01-02 03:04:05.678', TIMESTAMP '2013-01-02 03:04:05 "
      "UTC', INTERVAL '1' DAY + INTERVAL '2' HOUR, "
      "ARRAY[1, NULL], MAP(ARRAY['k'], ARRAY[7]), CAST(ROW(1, 'x') AS ROW(a integer, b varchar)), "
      "NULL, nan(), infinity(), JSON '{\"a\":1}'";
  const Answer answer = client.run(sql);
  EXPECT_THAT(answer.body,
              HasSubstr("[[true,1,2,3,4,1.5,2.5,\"1.20\",\"a\\\"b\",\"AQL/"
                        "\",\"2013-01-02\",\"01:02:03.500000\",\"2013-01-02 03:04:05.678000\","
                        "\"2013-01-02 03:04:05.000000 UTC\",\"1 "
                        "02:00:00.000\",[1,null],{\"k\":7},[1,\"x\"],null,\"NaN\",\"Infinity\",\"{"
                        "\\\"a\\\":1}\"]]"));
  for (
      const char* part :
      {R"x("type":"decimal(3,2)","typeSignature":{"rawType":"decimal","arguments":[{"kind":"LONG","value":3},{"kind":"LONG","value":2}]})x",
       R"x("type":"varchar","typeSignature":{"rawType":"varchar","arguments":[{"kind":"LONG","value":2147483647}]})x",
       R"x("type":"timestamp(6) with time zone","typeSignature":{"rawType":"timestamp with time zone","arguments":[{"kind":"LONG","value":6}]})x",
       R"x("type":"array(integer)")x", R"x("type":"map(varchar, integer)")x",
       R"x("type":"row(\"a\" integer, \"b\" varchar)")x",
       R"x({"kind":"NAMED_TYPE","value":{"fieldName":{"name":"a"},"typeSignature":{"rawType":"integer","arguments":[]}}})x",
       R"x("type":"varbinary")x", R"x("type":"json")x"})
    EXPECT_THAT(answer.body, HasSubstr(part));
}

TEST(TrinoEndpoint, KillQueryEndsAnotherStatement) {
  EndpointOptions options;
  options.page_bytes = 1000;
  RealServer served(options);
  Client client(served.base);
  Answer page = client.post("SELECT n FROM UNNEST(sequence(1, 100000)) t(n)");
  while (page.rows == 0) page = Client::get(page.next_uri);
  Answer call =
      client.run("CALL system.runtime.kill_query(query_id => '" + page.id + "', message => 'x')");
  EXPECT_EQ(call.state, "FINISHED");
  EXPECT_THAT(call.body, HasSubstr("\"updateType\":\"CALL\""));
  EXPECT_THAT(call.body, HasSubstr("\"columns\":[]"));
  EXPECT_EQ(Client::get(page.next_uri).error_name, "ADMINISTRATIVELY_KILLED");
}

TEST(TrinoEndpoint, OldClientsGetMilliseconds) {
  RealServer served;
  const auto reply =
      net::http_request("POST", served.base + "/v1/statement", {{"X-Trino-User", "u"}},
                        "SELECT TIMESTAMP '2013-01-02 03:04:05.678901'", std::chrono::seconds(10))
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
  EXPECT_THAT(bodies, HasSubstr("\"2013-01-02 03:04:05.678\""));
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
