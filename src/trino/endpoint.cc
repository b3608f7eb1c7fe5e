// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "trino/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/logging.h"
#include "base/thread.h"
#include "trino/endpoint_internal.h"

namespace foz::trino {

namespace {

constexpr std::chrono::milliseconds kSweep{100};
constexpr size_t kOverBytes = 64 << 20;  // of pages kept for clients that lost their last answer

// What a statement takes, and since when nobody has asked for it.
struct Held {
  std::chrono::steady_clock::time_point asked;
  size_t bytes;
  std::shared_ptr<Statement> statement;
};
Held held_by(const std::shared_ptr<Statement>& statement) {
  return {statement->last_asked(), statement->held_bytes(), statement};
}

}  // namespace

std::string base_uri(const net::HttpRequest& request) {
  std::string_view scheme = net::find_header(request.headers, "X-Forwarded-Proto");
  std::string_view host = net::find_header(request.headers, "X-Forwarded-Host");
  if (host.empty()) host = net::find_header(request.headers, "Host");
  return fmt::format("{}://{}", scheme == "https" ? "https" : "http",
                     host.empty() ? "localhost" : host);
}

sql::QueryError user_error(const char* name, int code, std::string message, const char* type) {
  sql::QueryError error;
  error.name = name;
  error.code = code;
  error.type = type;
  error.message = std::move(message);
  return error;
}

void Endpoint::Impl::stop() {
  {
    std::lock_guard lock(mutex);
    stopped = true;
    wake.notify_all();
  }
  sweeper.join();
  Entries all;
  {
    std::lock_guard lock(mutex);
    open.clear();
    over.clear();
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

void Endpoint::Impl::post(net::HttpRequest request, net::Respond respond) {
  auto client = read_client(request);
  if (!client.has_value()) return respond(net::text_response(400, client.error().message()));
  if (request.body.empty()) return respond(net::text_response(400, "SQL statement is empty"));
  statements.add();
  const std::string base = base_uri(request);
  StatementRequest make;
  make.id = next_id();
  make.slug = fmt::format("x{:016x}{:016x}", random.next(), random.next());
  make.sql = std::move(request.body);
  make.session = std::move(client->session);
  make.session.runtime = this;
  make.session.query_id = make.id;
  make.client = std::move(client->client);
  make.parametric_datetime = client->parametric_datetime;
  const std::string transaction = make.session.transaction;
  if (transaction.empty()) {
    make.transaction = random.uuid().to_string();
  } else {
    make.transaction = transaction;
    make.session.transaction_state = transactions_.use(transaction);
    make.on_failure = [this, transaction] { transactions_.abort(transaction); };
  }
  auto statement = std::make_shared<Statement>(std::move(make), clock);
  {
    std::lock_guard lock(mutex);
    uri = base;
    if (entries.size() >= options.max_queries) {
      find_over();
      forget_over(options.max_queries * 9 / 10);
    }
    if (!options.ready()) {
      statement->end(user_error("SERVER_STARTING_UP", 65548,
                                "foz is replaying its log; SQL is not ready yet",
                                "INTERNAL_ERROR"));
    } else if (entries.size() >= options.max_queries) {
      statement->end(user_error("QUERY_QUEUE_FULL", 131074,
                                fmt::format("{} statements are open already", entries.size()),
                                "INSUFFICIENT_RESOURCES"));
    } else {
      open.push_back(entries.emplace(statement->id(), Entry{statement}).first);
      held.set(static_cast<double>(entries.size()));
    }
  }
  answer(respond, statement->queued_page(base));
  if (statement->begun()) return;  // refused
  // One that is over, and forgotten, before its turn leaves nothing behind.
  beginners.submit([this, id = statement->id(), transaction] {
    const auto waiting = find(id);
    if (!waiting) return;
    waiting->begin(
        engine,
        [this](std::unique_ptr<sql::Cursor> cursor) {
          reaper.submit([held = std::move(cursor)] {});
        },
        [&](const sql::SessionUpdate& update) { return apply(update, transaction); });
    unpark(*waiting);
  });
}

Applied Endpoint::Impl::apply(const sql::SessionUpdate& update, const std::string& transaction) {
  Applied done;
  if (!update.killed_query.empty())
    done.error =
        kill(update.killed_query,
             "Query killed. " + (update.kill_message.empty() ? std::string("No message provided.")
                                                             : "Message: " + update.kill_message));
  if (update.starts_transaction) {
    auto id = transactions_.begin(update.isolation_level, update.read_only);
    if (id) done.started_transaction = std::move(*id);
    if (!id)
      done.error = user_error("GENERIC_INSUFFICIENT_RESOURCES", 131072,
                              "too many transactions are open", "INSUFFICIENT_RESOURCES");
  }
  if (update.ends_transaction) {
    const auto was = transactions_.end(transaction);
    // To roll back what is no more is no failure.
    if (update.update_type != "ROLLBACK" && was == sql::TransactionState::kAborted)
      done.error = user_error("TRANSACTION_ALREADY_ABORTED", 22,
                              "Current transaction has already been aborted");
    if (update.update_type != "ROLLBACK" && was == sql::TransactionState::kUnknown)
      done.error = user_error("UNKNOWN_TRANSACTION", 20,
                              fmt::format("Unknown transaction ID: {}", transaction));
  }
  return done;
}

void Endpoint::Impl::get(net::HttpRequest request, net::Respond respond) {
  int64_t token = 0;
  auto statement = find_page(request.path, token);
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

void Endpoint::Impl::heartbeat(const net::HttpRequest& request, net::Respond respond) {
  int64_t token = 0;
  const auto statement = find_page(request.path, token);
  if (!statement) return respond(net::text_response(404, "no such statement"));
  statement->touch();
  respond(net::HttpResponse{});
}

std::optional<sql::QueryError> Endpoint::Impl::kill(const std::string& id, std::string message) {
  std::shared_ptr<Statement> statement;
  {
    std::lock_guard lock(mutex);
    const auto entry = entries.find(id);
    if (entry != entries.end()) {
      statement = entry->second.statement;
    } else if (find_forgotten(id)) {
      return user_error("NOT_SUPPORTED", 13, "Target query is not running: " + id);
    }
  }
  if (!statement) return user_error("NOT_FOUND", 5, "Target query not found: " + id);
  if (statement->over())
    return user_error("NOT_SUPPORTED", 13, "Target query is not running: " + id);
  statement->end(user_error("ADMINISTRATIVELY_KILLED", 38, std::move(message)));
  unpark(*statement);
  return std::nullopt;
}

void Endpoint::Impl::cancel(const net::HttpRequest& request, net::Respond respond) {
  int64_t token = 0;
  if (auto statement = find_page(request.path, token)) {
    statement->end(user_error("USER_CANCELED", 3, "Query was canceled"));
    unpark(*statement);
  }
  respond(net::HttpResponse{204, {}, ""});
}

void Endpoint::Impl::info(net::Respond respond) const {
  const auto minutes = std::chrono::duration<double, std::ratio<60>>(clock.steady() - started);
  respond(net::json_response(fmt::format(
      R"({{"nodeVersion":{{"version":"{}"}},"environment":"foz","coordinator":true,"starting":{},"uptime":"{:.2f}m"}})",
      kVersion, !options.ready(), minutes.count())));
}

void Endpoint::Impl::make_page(std::shared_ptr<Statement> statement, int64_t token,
                               std::string base, net::Respond respond) {
  workers.submit([this, statement = std::move(statement), token, base = std::move(base),
                  respond = std::move(respond)] mutable {
    pages.add();
    answer(respond, statement->page(token, base, options.page_bytes, options.long_poll));
  });
}

void Endpoint::Impl::answer(net::Respond& respond, Page page) {
  if (page.status != 200) return respond(net::text_response(page.status, "this page is gone"));
  auto response = net::json_response(std::move(page.body));
  add_update_headers(page.update, page.started_transaction, response.headers);
  respond(std::move(response));
}

void Endpoint::Impl::unpark(const Statement& statement) {
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

std::shared_ptr<Statement> Endpoint::Impl::find_page(std::string_view path, int64_t& token) {
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

std::shared_ptr<Statement> Endpoint::Impl::find(const std::string& id) {
  std::lock_guard lock(mutex);
  const auto entry = entries.find(id);
  return entry == entries.end() ? nullptr : entry->second.statement;
}

std::string Endpoint::Impl::next_id() {
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

void Endpoint::Impl::sweep_forever() {
  name_thread("trino-sweep");
  std::unique_lock lock(mutex);
  while (!wake.wait_for(lock, kSweep, [&] { return stopped; })) {
    lock.unlock();
    sweep();
    lock.lock();
  }
}

Endpoint::Impl::Time Endpoint::Impl::kept_until(const Entry& entry) const {
  return entry.statement->last_asked() +
         (entry.abandoned ? options.idle_limit * 2 : options.idle_limit / 10);
}

void Endpoint::Impl::find_over() {
  std::erase_if(open, [&](Entries::iterator at) {
    Entry& entry = at->second;
    if (!entry.statement->over() || !entry.parked.empty()) return false;
    entry.kept_bytes = entry.statement->held_bytes();
    over_bytes += entry.kept_bytes;
    over.emplace(kept_until(entry), at);
    return true;
  });
}

void Endpoint::Impl::forget_over(size_t most) {
  const Time now = clock.steady();
  while (!over.empty()) {
    const auto [until, at] = *over.begin();
    const bool needed = entries.size() > most || over_bytes > kOverBytes;
    if (until > now && !needed) break;
    over.erase(over.begin());
    if (const Time later = kept_until(at->second); later > now && !needed) {
      over.emplace(later, at);  // it was asked for again
      continue;
    }
    over_bytes -= at->second.kept_bytes;
    history.add(at->second.statement->record());
    entries.erase(at);
  }
}

void Endpoint::Impl::sweep() {
  const Time now = clock.steady();
  std::vector<std::pair<std::shared_ptr<Statement>, Parked>> overdue;
  std::vector<std::shared_ptr<Statement>> idle;
  std::vector<std::pair<std::shared_ptr<Statement>, sql::QueryError>> late;
  std::vector<Held> unread;
  transactions_.forget_idle();
  {
    std::lock_guard lock(mutex);
    find_over();
    forget_over(options.max_queries);
    for (const auto at : open) {
      Entry& entry = at->second;
      for (size_t i = 0; i < entry.parked.size();) {
        if (entry.parked[i].until > now) {
          ++i;
          continue;
        }
        overdue.emplace_back(entry.statement, std::move(entry.parked[i]));
        entry.parked.erase(entry.parked.begin() + static_cast<ptrdiff_t>(i));
      }
      if (!entry.abandoned && now - entry.statement->last_asked() > options.idle_limit) {
        entry.abandoned = true;
        idle.push_back(entry.statement);
      }
      if (auto error = entry.statement->overdue())
        late.emplace_back(entry.statement, std::move(*error));
      unread.push_back(held_by(entry.statement));
    }
    held.set(static_cast<double>(entries.size()));
  }
  for (auto& [statement, parked] : overdue)
    answer(parked.respond, statement->queued_page(parked.base));
  // Texts, and pages that clients have not come for.
  std::ranges::sort(unread, {}, &Held::asked);
  size_t bytes = 0;
  for (const Held& one : unread) bytes += one.bytes;
  for (const Held& one : unread) {
    if (bytes <= options.held_bytes) break;
    bytes -= one.bytes;
    late.emplace_back(one.statement, user_error("EXCEEDED_GLOBAL_MEMORY_LIMIT", 131073,
                                                "open statements take too much memory, and nobody "
                                                "asked for the rows of this one for longest",
                                                "INSUFFICIENT_RESOURCES"));
  }
  for (auto& [statement, error] : late) {
    statement->end(std::move(error));
    unpark(*statement);
  }
  for (const auto& statement : idle) {
    log_info("trino", "a statement was abandoned", {{"id", statement->id()}});
    statement->end(user_error(
        "ABANDONED_QUERY", 2,
        fmt::format("Query {} was abandoned by the client: nobody asked for its rows for {} s",
                    statement->id(),
                    std::chrono::duration_cast<std::chrono::seconds>(options.idle_limit).count())));
  }
}

Endpoint::Endpoint(EndpointOptions options, sql::QueryEngine& engine, const Clock& clock,
                   Random& random, Metrics& metrics)
    : impl_(std::make_shared<Impl>(options, engine, clock, random, metrics)) {}

Endpoint::~Endpoint() { impl_->stop(); }

void Endpoint::attach(net::HttpServer& server) {
  const auto handle = [&](const char* method, const char* path, auto serve) {
    server.handle(method, path,
                  [impl = impl_, serve](net::HttpRequest request, net::Respond respond) {
                    serve(*impl, std::move(request), std::move(respond));
                  });
  };
  using Request = net::HttpRequest;
  using Respond = net::Respond;
  handle("POST", "/v1/statement", [](Impl& impl, Request request, Respond respond) {
    impl.post(std::move(request), std::move(respond));
  });
  handle("GET", "/v1/statement/*", [](Impl& impl, Request request, Respond respond) {
    impl.get(std::move(request), std::move(respond));
  });
  handle("HEAD", "/v1/statement/*", [](Impl& impl, const Request& request, Respond respond) {
    impl.heartbeat(request, std::move(respond));
  });
  handle("DELETE", "/v1/statement/*", [](Impl& impl, const Request& request, Respond respond) {
    impl.cancel(request, std::move(respond));
  });
  for (const char* method : {"GET", "HEAD"}) {
    handle(method, "/v1/info",
           [](Impl& impl, const Request&, Respond respond) { impl.info(std::move(respond)); });
  }
  handle("GET", "/v1/query", [](Impl& impl, const Request& request, Respond respond) {
    impl.list_queries(request, std::move(respond));
  });
  handle("GET", "/v1/query/*", [](Impl& impl, const Request& request, Respond respond) {
    impl.show_query(request, std::move(respond));
  });
  handle("DELETE", "/v1/query/*", [](Impl& impl, const Request& request, Respond respond) {
    impl.delete_query(request, std::move(respond));
  });
  handle("PUT", "/v1/query/*", [](Impl& impl, const Request& request, Respond respond) {
    impl.put_killed(request, std::move(respond));
  });
  handle("GET", "/ui/query.html", [](Impl& impl, const Request& request, Respond respond) {
    impl.show_page(request, std::move(respond));
  });
}

}  // namespace foz::trino
