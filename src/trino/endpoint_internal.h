// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The endpoint inside: statements that are held, requests that wait for them, threads.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/thread.h"
#include "base/workers.h"
#include "sql/runtime.h"
#include "trino/endpoint.h"
#include "trino/query_list_internal.h"
#include "trino/session_headers_internal.h"
#include "trino/statement_internal.h"
#include "trino/transactions_internal.h"

namespace foz::trino {

inline constexpr int kBeginners = 4;       // threads that plan, or wait until they may
inline constexpr char kVersion[] = "476";  // of Trino, whose protocol and answers these are

// What the client called this server.
std::string base_uri(const net::HttpRequest& request);
sql::QueryError user_error(const char* name, int code, std::string message,
                           const char* type = "USER_ERROR");

struct Endpoint::Impl final : sql::Runtime {
  using Time = std::chrono::steady_clock::time_point;

  // A request for a page of a statement that has not begun.
  struct Parked {
    int64_t token;
    std::string base;
    net::Respond respond;
    Time until;
  };
  struct Entry {
    std::shared_ptr<Statement> statement;
    std::vector<Parked> parked = {};
    bool abandoned = false;
    size_t kept_bytes = 0;  // when it is over
  };
  using Entries = std::map<std::string, Entry>;
  Impl(EndpointOptions o, sql::QueryEngine& e, const Clock& c, Random& r, Metrics& m)
      : options(o),
        engine(e),
        clock(c),
        random(r),
        started(c.steady()),
        node_id(r.uuid().to_string()),
        transactions_(c, r),
        statements(m.counter("foz_trino_statements_total",
                             "Statements that clients of the Trino protocol sent.")),
        pages(m.counter("foz_trino_pages_total",
                        "Result pages that clients of the Trino protocol got.")),
        held(m.gauge("foz_trino_statements", "Statements of the Trino protocol that are held.")),
        reaper("trino", 1, run_promptly),
        beginners("trino", kBeginners, run_promptly),
        workers("trino", o.workers, run_promptly),
        sweeper([this] { sweep_forever(); }) {}

  void stop();

  // ---- Requests ---------------------------------------------------------------------------------
  void post(net::HttpRequest request, net::Respond respond);

  // What a statement asks of the server and not of the lake.
  Applied apply(const sql::SessionUpdate& update, const std::string& transaction);
  void get(net::HttpRequest request, net::Respond respond);
  // HEAD: a client that is busy with what it has keeps its query.
  void heartbeat(const net::HttpRequest& request, net::Respond respond);
  std::optional<sql::QueryError> kill(const std::string& id, std::string message);
  void cancel(const net::HttpRequest& request, net::Respond respond);
  void info(net::Respond respond) const;

  // ---- Queries, for those who look at them ------------------------------------------------------
  sql::NodeInfo node() const override;
  std::vector<sql::QueryInfo> queries() const override;
  std::vector<sql::TransactionInfo> transactions() const override;

  // Oldest first.
  std::vector<QueryRecord> records() const;
  std::optional<QueryRecord> record(const std::string& id) const;

  // Under the mutex.
  const QueryRecord* find_forgotten(const std::string& id) const;
  void list_queries(const net::HttpRequest& request, net::Respond respond) const;
  void show_query(const net::HttpRequest& request, net::Respond respond) const;
  void show_page(const net::HttpRequest& request, net::Respond respond) const;

  // DELETE /v1/query/{id}
  void delete_query(const net::HttpRequest& request, net::Respond respond);

  // PUT /v1/query/{id}/killed, the reason as the body.
  void put_killed(const net::HttpRequest& request, net::Respond respond);

  // ---- Pages ------------------------------------------------------------------------------------
  void make_page(std::shared_ptr<Statement> statement, int64_t token, std::string base,
                 net::Respond respond);
  static void answer(net::Respond& respond, Page page);

  // Those who wait for the statement to begin get their page.
  void unpark(const Statement& statement);

  // /v1/statement/{queued|executing}/{id}/{slug}/{token}
  std::shared_ptr<Statement> find_page(std::string_view path, int64_t& token);
  std::shared_ptr<Statement> find(const std::string& id);
  std::string next_id();

  // ---- Time -------------------------------------------------------------------------------------
  void sweep_forever();

  // Under the mutex.
  // Until when one that is over stays, for a client that lost the last answer.
  Time kept_until(const Entry& entry) const;
  void find_over();
  // Forgets statements that are over, in the order of kept_until(): all whose time has come, and
  // more until `most` are held and their pages take no more than they may.
  void forget_over(size_t most);

  void sweep();

  const EndpointOptions options;
  sql::QueryEngine& engine;
  const Clock& clock;
  Random& random;
  const Time started;
  const std::string node_id;
  Transactions transactions_;
  Counter& statements;
  Counter& pages;
  Gauge& held;

  mutable std::mutex mutex;
  std::condition_variable wake;
  bool stopped = false;
  int64_t count = 0;
  std::string uri = "http://localhost";  // as the last client called it
  Entries entries;
  // Every entry is in one of these. Many are over, and nothing goes through all of them.
  std::vector<Entries::iterator> open;
  std::multimap<Time, Entries::iterator> over;  // by kept_until(), as it was when they came
  size_t over_bytes = 0;
  QueryHistory history;

  Workers reaper, beginners, workers;  // the first destroys what the others let go of
  std::thread sweeper;                 // last: it uses the rest
};

}  // namespace foz::trino
