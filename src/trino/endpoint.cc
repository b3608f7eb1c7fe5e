// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "trino/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/logging.h"
#include "trino/statement_internal.h"

namespace foz::trino {

namespace {

constexpr char kVersion[] = "476";  // of Trino, whose protocol and answers these are
constexpr std::chrono::milliseconds kSweep{100};
constexpr int kBeginners = 4;            // threads that plan, or wait until they may
constexpr size_t kOverBytes = 64 << 20;  // of pages kept for clients that lost their last answer

// Tasks in order, done by a fixed number of threads. Their number is bounded by the requests that
// are open.
class Workers {
 public:
  explicit Workers(int threads) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  }
  ~Workers() { stop(); }

  void add(std::function<void()> task) {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_one();
  }
  void stop() {
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
      changed_.notify_all();
    }
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    tasks_.clear();  // requests that nobody answers any more get 500
  }

 private:
  void run() {
    while (true) {
      std::function<void()> task;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopped_ || !tasks_.empty(); });
        if (stopped_) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr ==
            text.data() + i + 3) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// "k=v,k=v", keys and values percent-encoded; a header may come more than once.
std::map<std::string, std::string> read_map(const net::Headers& headers, std::string_view wanted) {
  std::map<std::string, std::string> map;
  for (const auto& header : headers) {
    if (net::find_header({header}, wanted).empty()) continue;
    std::string_view rest = header.second;
    while (!rest.empty()) {
      std::string_view entry = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
      while (entry.starts_with(' ')) entry.remove_prefix(1);
      const size_t equals = entry.find('=');
      if (equals == std::string_view::npos) continue;
      map[percent_decoded(entry.substr(0, equals))] = percent_decoded(entry.substr(equals + 1));
    }
  }
  return map;
}

std::string base_uri(const net::HttpRequest& request) {
  std::string_view scheme = net::find_header(request.headers, "X-Forwarded-Proto");
  std::string_view host = net::find_header(request.headers, "X-Forwarded-Host");
  if (host.empty()) host = net::find_header(request.headers, "Host");
  return fmt::format("{}://{}", scheme == "https" ? "https" : "http",
                     host.empty() ? "localhost" : host);
}

sql::QuerySession read_session(const net::Headers& headers) {
  sql::QuerySession session;
  const auto take = [&](std::string& into, const char* name) {
    if (const auto value = net::find_header(headers, name); !value.empty())
      into = std::string(value);
  };
  take(session.user, "X-Trino-User");
  take(session.catalog, "X-Trino-Catalog");
  take(session.schema, "X-Trino-Schema");
  take(session.time_zone, "X-Trino-Time-Zone");
  const auto properties = read_map(headers, "X-Trino-Session");
  if (const auto zone = properties.find("time_zone_id"); zone != properties.end())
    session.time_zone = zone->second;
  session.prepared = read_map(headers, "X-Trino-Prepared-Statement");
  for (const char* utc : {"Etc/UTC", "Etc/GMT", "GMT", "Z", "Zulu", "Etc/Zulu", "Etc/UCT", "UCT"}) {
    if (session.time_zone == utc) session.time_zone = "UTC";
  }
  return session;
}

sql::QueryError user_error(const char* name, int code, std::string message,
                           const char* type = "USER_ERROR") {
  sql::QueryError error;
  error.name = name;
  error.code = code;
  error.type = type;
  error.message = std::move(message);
  return error;
}

}  // namespace

struct Endpoint::Impl {
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
    std::vector<Parked> parked;
    bool ended = false;
  };

  Impl(EndpointOptions o, sql::QueryEngine& e, const Clock& c, Random& r, Metrics& m)
      : options(o),
        engine(e),
        clock(c),
        random(r),
        statements(m.counter("foz_trino_statements_total",
                             "Statements that clients of the Trino protocol sent.")),
        pages(m.counter("foz_trino_pages_total",
                        "Result pages that clients of the Trino protocol got.")),
        held(m.gauge("foz_trino_statements", "Statements of the Trino protocol that are held.")),
        reaper(1),
        beginners(kBeginners),
        workers(o.workers),
        sweeper([this] { sweep_forever(); }) {}

  void stop() {
    {
      std::lock_guard lock(mutex);
      stopped = true;
      wake.notify_all();
    }
    sweeper.join();
    std::map<std::string, Entry> all;
    {
      std::lock_guard lock(mutex);
      all.swap(entries);
    }
    for (auto& [id, entry] : all)
      entry.statement->end(
          user_error("SERVER_SHUTTING_DOWN", 65540, "foz is shutting down", "INTERNAL_ERROR"));
    all.clear();
    beginners.stop();
    workers.stop();
    reaper.stop();  // last: the others give it their cursors
  }

  // ---- Requests ---------------------------------------------------------------------------------

  void post(net::HttpRequest request, net::Respond respond) {
    statements.add();
    StatementRequest make;
    make.id = next_id();
    make.slug = fmt::format("x{:016x}{:016x}", random.next(), random.next());
    make.sql = std::move(request.body);
    make.session = read_session(request.headers);
    make.parametric_datetime = net::find_header(request.headers, "X-Trino-Client-Capabilities")
                                   .find("PARAMETRIC_DATETIME") != std::string_view::npos;
    auto statement = std::make_shared<Statement>(std::move(make), clock);
    const std::string base = base_uri(request);
    {
      std::lock_guard lock(mutex);
      if (entries.size() >= options.max_queries) forget_over(options.max_queries * 9 / 10);
      if (!options.ready()) {
        statement->end(user_error("SERVER_STARTING_UP", 65548,
                                  "foz is replaying its log; SQL is not ready yet",
                                  "INTERNAL_ERROR"));
      } else if (entries.size() >= options.max_queries) {
        statement->end(user_error("QUERY_QUEUE_FULL", 131074,
                                  fmt::format("{} statements are open already", entries.size()),
                                  "INSUFFICIENT_RESOURCES"));
      } else {
        entries[statement->id()].statement = statement;
        held.set(static_cast<double>(entries.size()));
      }
    }
    answer(respond, statement->queued_page(base));
    if (statement->begun()) return;  // refused
    beginners.add([this, statement] {
      statement->begin(engine, [this](std::unique_ptr<sql::Cursor> cursor) {
        reaper.add([held = std::shared_ptr<sql::Cursor>(std::move(cursor))] {});
      });
      if (const auto id = statement->killed_query(); !id.empty()) kill(id);
      unpark(*statement);
    });
  }

  void get(net::HttpRequest request, net::Respond respond) {
    int64_t token = 0;
    auto statement = find(request.path, token);
    if (!statement) return respond(net::text_response(404, "no such statement"));
    std::string base = base_uri(request);
    if (!statement->begun()) {
      std::lock_guard lock(mutex);
      const auto entry = entries.find(statement->id());
      if (entry != entries.end() && !statement->begun()) {
        entry->second.parked.push_back(
            {token, std::move(base), std::move(respond), clock.steady() + options.long_poll});
        return;
      }
    }
    make_page(std::move(statement), token, std::move(base), std::move(respond));
  }

  void kill(const std::string& id) {
    std::shared_ptr<Statement> statement;
    {
      std::lock_guard lock(mutex);
      const auto entry = entries.find(id);
      if (entry == entries.end()) return;
      statement = entry->second.statement;
    }
    statement->end(user_error("ADMINISTRATIVELY_KILLED", 38, "Query killed"));
    unpark(*statement);
  }

  void cancel(const net::HttpRequest& request, net::Respond respond) {
    int64_t token = 0;
    if (auto statement = find(request.path, token)) {
      statement->end(user_error("USER_CANCELED", 3, "Query was canceled"));
      unpark(*statement);
    }
    respond(net::HttpResponse{204, {}, ""});
  }

  void info(net::Respond respond) const {
    respond(net::json_response(fmt::format(
        R"({{"nodeVersion":{{"version":"{}"}},"environment":"foz","coordinator":true,"starting":{},"uptime":"1.00m"}})",
        kVersion, !options.ready())));
  }

  // ---- Pages ------------------------------------------------------------------------------------

  void make_page(std::shared_ptr<Statement> statement, int64_t token, std::string base,
                 net::Respond respond) {
    // std::function wants what it holds to be copyable.
    auto shared = std::make_shared<net::Respond>(std::move(respond));
    workers.add([this, statement = std::move(statement), token, base = std::move(base), shared] {
      pages.add();
      answer(*shared, statement->page(token, base, options.page_bytes, options.long_poll));
    });
  }

  static void answer(net::Respond& respond, Page page) {
    if (page.status != 200) return respond(net::text_response(page.status, "this page is gone"));
    auto response = net::json_response(std::move(page.body));
    const auto& update = page.update;
    if (!update.set_catalog.empty())
      response.headers.emplace_back("X-Trino-Set-Catalog", percent_encoded(update.set_catalog));
    if (!update.set_schema.empty())
      response.headers.emplace_back("X-Trino-Set-Schema", percent_encoded(update.set_schema));
    if (!update.set_time_zone.empty())
      response.headers.emplace_back("X-Trino-Set-Session",
                                    "time_zone_id=" + percent_encoded(update.set_time_zone));
    if (!update.prepared_name.empty())
      response.headers.emplace_back(
          "X-Trino-Added-Prepare",
          percent_encoded(update.prepared_name) + "=" + percent_encoded(update.prepared_sql));
    if (!update.deallocated_name.empty())
      response.headers.emplace_back("X-Trino-Deallocated-Prepare",
                                    percent_encoded(update.deallocated_name));
    respond(std::move(response));
  }

  // Those who wait for the statement to begin get their page.
  void unpark(const Statement& statement) {
    std::vector<Parked> parked;
    std::shared_ptr<Statement> shared;
    {
      std::lock_guard lock(mutex);
      const auto entry = entries.find(statement.id());
      if (entry == entries.end()) return;
      parked.swap(entry->second.parked);
      shared = entry->second.statement;
    }
    for (auto& waiting : parked)
      make_page(shared, waiting.token, std::move(waiting.base), std::move(waiting.respond));
  }

  // /v1/statement/{queued|executing}/{id}/{slug}/{token}
  std::shared_ptr<Statement> find(std::string_view path, int64_t& token) {
    std::vector<std::string_view> parts;
    while (!path.empty()) {
      path.remove_prefix(1);
      parts.push_back(path.substr(0, path.find('/')));
      path.remove_prefix(parts.back().size());
    }
    if (parts.size() != 6) return nullptr;
    const auto [end, error] =
        std::from_chars(parts[5].data(), parts[5].data() + parts[5].size(), token);
    if (error != std::errc() || end != parts[5].data() + parts[5].size()) return nullptr;
    std::lock_guard lock(mutex);
    const auto entry = entries.find(std::string(parts[3]));
    if (entry == entries.end() || entry->second.statement->slug() != parts[4]) return nullptr;
    return entry->second.statement;
  }

  std::string next_id() {
    const int64_t seconds = clock.now_ms() / 1000;
    const std::chrono::sys_seconds now{std::chrono::seconds(seconds)};
    const auto day = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{now - day};
    std::lock_guard lock(mutex);
    return fmt::format("{:04}{:02}{:02}_{:02}{:02}{:02}_{:05}_{}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       time.hours().count(), time.minutes().count(), time.seconds().count(),
                       ++count % 100000, fmt::format("{:05x}", random.next() & 0xfffff));
  }

  // ---- Time -------------------------------------------------------------------------------------

  void sweep_forever() {
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, kSweep, [&] { return stopped; })) {
      lock.unlock();
      sweep();
      lock.lock();
    }
  }

  // Under the mutex: forgets statements that are over, from those asked for longest ago, until
  // `most` are held and their pages take no more than they may.
  void forget_over(size_t most) {
    struct Over {
      Time asked;
      size_t bytes;
      std::map<std::string, Entry>::iterator at;
    };
    std::vector<Over> over;
    size_t bytes = 0;
    for (auto at = entries.begin(); at != entries.end(); ++at) {
      const Statement& statement = *at->second.statement;
      if (!statement.over() || !at->second.parked.empty()) continue;
      over.push_back({statement.last_asked(), statement.held_bytes(), at});
      bytes += over.back().bytes;
    }
    std::ranges::sort(over, {}, &Over::asked);
    for (const Over& oldest : over) {
      if (entries.size() <= most && bytes <= kOverBytes) break;
      bytes -= oldest.bytes;
      entries.erase(oldest.at);
    }
  }

  void sweep() {
    const Time now = clock.steady();
    std::vector<std::pair<std::shared_ptr<Statement>, Parked>> overdue;
    std::vector<std::shared_ptr<Statement>> idle;
    {
      std::lock_guard lock(mutex);
      for (auto at = entries.begin(); at != entries.end();) {
        Entry& entry = at->second;
        for (size_t i = 0; i < entry.parked.size();) {
          if (entry.parked[i].until > now) {
            ++i;
            continue;
          }
          overdue.emplace_back(entry.statement, std::move(entry.parked[i]));
          entry.parked.erase(entry.parked.begin() + static_cast<ptrdiff_t>(i));
        }
        const auto quiet = now - entry.statement->last_asked();
        const bool over = entry.statement->over() && !entry.ended;
        // A statement that is over stays a while for a client that lost the answer.
        const bool forget = quiet > (over ? options.idle_limit / 10 : options.idle_limit * 2);
        if (!entry.ended && !over && quiet > options.idle_limit) {
          entry.ended = true;
          idle.push_back(entry.statement);
        }
        at = forget && entry.parked.empty() ? entries.erase(at) : std::next(at);
      }
      forget_over(options.max_queries);
      held.set(static_cast<double>(entries.size()));
    }
    for (auto& [statement, parked] : overdue)
      answer(parked.respond, statement->queued_page(parked.base));
    for (const auto& statement : idle) {
      log_info("trino", "a statement was abandoned", {{"id", statement->id()}});
      statement->end(user_error(
          "ABANDONED_QUERY", 2,
          fmt::format(
              "Query {} was abandoned by the client: nobody asked for its rows for {} s",
              statement->id(),
              std::chrono::duration_cast<std::chrono::seconds>(options.idle_limit).count())));
    }
  }

  const EndpointOptions options;
  sql::QueryEngine& engine;
  const Clock& clock;
  Random& random;
  Counter& statements;
  Counter& pages;
  Gauge& held;

  std::mutex mutex;
  std::condition_variable wake;
  bool stopped = false;
  int64_t count = 0;
  std::map<std::string, Entry> entries;

  Workers reaper, beginners, workers;  // the first destroys what the others let go of
  std::thread sweeper;                 // last: it uses the rest
};

Endpoint::Endpoint(EndpointOptions options, sql::QueryEngine& engine, const Clock& clock,
                   Random& random, Metrics& metrics)
    : impl_(std::make_shared<Impl>(options, engine, clock, random, metrics)) {}

Endpoint::~Endpoint() { impl_->stop(); }

void Endpoint::attach(net::HttpServer& server) {
  server.handle("POST", "/v1/statement",
                [impl = impl_](net::HttpRequest request, net::Respond respond) {
                  impl->post(std::move(request), std::move(respond));
                });
  server.handle("GET", "/v1/statement/*",
                [impl = impl_](net::HttpRequest request, net::Respond respond) {
                  impl->get(std::move(request), std::move(respond));
                });
  server.handle("DELETE", "/v1/statement/*",
                [impl = impl_](net::HttpRequest request, net::Respond respond) {
                  impl->cancel(request, std::move(respond));
                });
  for (const char* method : {"GET", "HEAD"}) {
    server.handle(method, "/v1/info", [impl = impl_](net::HttpRequest, net::Respond respond) {
      impl->info(std::move(respond));
    });
  }
}

}  // namespace foz::trino
