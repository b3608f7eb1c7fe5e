// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// An endpoint behind a port for tests, over an engine of one's choice, and a client of it.
#pragma once

#include <arrow/api.h>
#include <simdjson.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "net/http.h"
#include "table/view.h"
#include "trino/endpoint.h"

namespace foz::trino {

inline std::shared_ptr<arrow::RecordBatch> numbers(int64_t first, int64_t count) {
  arrow::Int64Builder builder;
  for (int64_t i = first; i < first + count; ++i) CHECK(builder.Append(i).ok());
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("n", arrow::int64())}), count,
                                  {builder.Finish().ValueOrDie()});
}

// Gives `batches` batches of 100 numbers, the first when `open` says so.
struct FakeQuery {
  std::mutex mutex;
  std::condition_variable_any changed;
  bool open = true;
  bool planning = false;  // until it is stopped
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
  sql::QueryResult<std::unique_ptr<sql::Cursor>> execute(std::string_view,
                                                         const sql::QuerySession& session,
                                                         std::stop_token stop) override {
    std::unique_lock lock(query.mutex);
    last_session = session;
    query.changed.wait(lock, stop, [&] { return !query.planning; });
    lock.unlock();
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

}  // namespace foz::trino
