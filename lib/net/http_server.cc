// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/logging.h"
#include "base/thread.h"
#include "net/http.h"
#include "net/http_parser_internal.h"

namespace foz::net {
namespace {

constexpr size_t kMostUnread = 64 << 10;  // of answers, until the next request is taken

void send_response(Outbox& outbox, HttpResponse response, bool keep_alive, bool head_only) {
  outbox.send(response_head(response, keep_alive, SystemClock().now_ms()));
  const bool bodiless = head_only || response.status == 204 || response.status == 304;
  if (!bodiless && !response.body.empty()) outbox.send(std::move(response.body));
  if (!keep_alive) outbox.close("");
}

// One request on its way: answered exactly once, by the handler, by its destruction or by stop().
class Exchange {
 public:
  Exchange(std::shared_ptr<Outbox> outbox, bool keep_alive, bool head_only)
      : outbox_(std::move(outbox)), keep_alive_(keep_alive), head_only_(head_only) {}

  bool open() const { return !answered_; }
  void answer(HttpResponse response) {
    if (claimed_.exchange(true)) return;
    send_response(*outbox_, std::move(response), keep_alive_, head_only_);
    answered_ = true;
    outbox_->wake();  // the connection's next request
  }
  void end_connection() { keep_alive_ = false; }

 private:
  const std::shared_ptr<Outbox> outbox_;
  std::atomic<bool> keep_alive_;
  const bool head_only_;
  std::atomic<bool> claimed_{false};
  std::atomic<bool> answered_{false};
};

// Counts the body of one request among those of all.
class BodyBytes {
 public:
  BodyBytes() = default;
  explicit BodyBytes(std::atomic<size_t>& all) : all_(&all) {}
  BodyBytes(BodyBytes&& other) noexcept
      : all_(other.all_), bytes_(std::exchange(other.bytes_, 0)) {}
  BodyBytes& operator=(BodyBytes&& other) noexcept {
    std::swap(all_, other.all_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~BodyBytes() {
    if (all_) *all_ -= bytes_;
  }
  void grow(size_t to) { *all_ += to - std::exchange(bytes_, to); }

 private:
  std::atomic<size_t>* all_ = nullptr;
  size_t bytes_ = 0;
};

struct Job {
  HttpHandler* handler = nullptr;
  HttpRequest request;
  std::shared_ptr<Exchange> exchange;
  BodyBytes body;
};

HttpResponse busy(std::string why) {
  HttpResponse response = text_response(503, std::move(why));
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

// The requests that wait for a worker, and those that were not answered yet.
class Desk : public std::enable_shared_from_this<Desk> {
 public:
  explicit Desk(size_t max_waiting) : max_waiting_(max_waiting) {}

  std::atomic<size_t> body_bytes{0};  // of requests that come or wait

  void start(int workers) {
    for (int i = 0; i < workers; ++i) {
      threads_.emplace_back([this] { work(); });
    }
  }

  void take(Job job) {
    bool refused = false;
    {
      std::lock_guard lock(mutex_);
      if (open_.size() >= next_tidying_) {
        std::erase_if(open_, [](const auto& each) { return !each->open(); });
        next_tidying_ = 2 * open_.size() + 64;
      }
      refused = stopping_ || jobs_.size() >= max_waiting_;
      if (!refused) {
        open_.push_back(job.exchange);
        jobs_.push_back(std::move(job));
      }
    }
    if (!refused) return changed_.notify_one();
    job.exchange->answer(busy("too many requests are waiting\n"));
  }

  void stop(std::chrono::milliseconds grace) {
    std::vector<std::shared_ptr<Exchange>> late;
    {
      std::unique_lock lock(mutex_);
      stopping_ = true;
      for (const auto& each : open_) each->end_connection();
      changed_.notify_all();
      answered_.wait_for(lock, grace, [&] {
        return std::ranges::none_of(open_, [](const auto& each) { return each->open(); });
      });
      late.swap(open_);
      jobs_.clear();
    }
    for (const auto& each : late) each->answer(text_response(503, "the server stops\n"));
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  // What a Respond holds. Dropped unused it answers 500.
  class Answer {
   public:
    Answer(std::shared_ptr<Exchange> exchange, std::weak_ptr<Desk> desk)
        : exchange_(std::move(exchange)), desk_(std::move(desk)) {}
    Answer(Answer&&) = default;
    ~Answer() {
      if (exchange_) finish(text_response(500, "no answer was given\n"));
    }
    void operator()(HttpResponse response) { finish(std::move(response)); }

   private:
    void finish(HttpResponse response) {
      exchange_->answer(std::move(response));
      if (const auto desk = desk_.lock()) desk->answered();
    }
    std::shared_ptr<Exchange> exchange_;
    std::weak_ptr<Desk> desk_;
  };

  // stop() may wait for this one.
  void answered() {
    {
      std::lock_guard lock(mutex_);
    }
    answered_.notify_all();
  }

  void work() {
    name_thread("http");
    run_promptly();
    while (true) {
      Job job;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !jobs_.empty() || stopping_; });
        if (jobs_.empty()) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      const std::string path = job.request.path;
      try {
        (*job.handler)(std::move(job.request),
                       Respond(Answer(std::move(job.exchange), weak_from_this())));
      } catch (const std::exception& thrown) {
        log_error("net", "a handler threw", {{"path", path}, {"reason", thrown.what()}});
      }
    }
  }

  const size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable answered_;
  std::deque<Job> jobs_;
  std::vector<std::shared_ptr<Exchange>> open_;
  size_t next_tidying_ = 64;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

// Read-only once the server has started.
class Routes {
 public:
  void add(std::string method, std::string path, HttpHandler handler) {
    const bool prefix = path.ends_with('*');
    if (prefix) path.pop_back();
    routes_.push_back({std::move(method), std::move(path), prefix, std::move(handler)});
  }

  struct Found {
    HttpHandler* handler = nullptr;
    std::string allowed;  // the methods of the path, when the method has no handler
  };
  Found find(const HttpRequest& request) {
    Found found;
    size_t best = 0;
    for (Route& route : routes_) {
      const bool matches =
          route.prefix ? request.path.starts_with(route.path) : request.path == route.path;
      if (!matches) continue;
      const bool method =
          route.method == request.method || (request.method == "HEAD" && route.method == "GET");
      if (!method) {
        found.allowed += (found.allowed.empty() ? "" : ", ") + route.method;
        continue;
      }
      // A handler of its own for HEAD goes before that of GET.
      const size_t rank = route.path.size() * 4 + (route.prefix ? 0 : 2) +
                          (route.method == request.method ? 1 : 0) + 1;
      if (rank > best) found.handler = &route.handler;
      best = std::max(best, rank);
    }
    return found;
  }

 private:
  struct Route {
    std::string method;
    std::string path;
    bool prefix;
    HttpHandler handler;
  };
  std::vector<Route> routes_;
};

// One connection: one request at a time, so that answers keep the order of pipelined requests.
class HttpSession final : public Session {
 public:
  HttpSession(const HttpOptions& options, Routes& routes, Desk& desk,
              std::shared_ptr<Outbox> outbox, std::string peer)
      : routes_(routes),
        desk_(desk),
        outbox_(std::move(outbox)),
        peer_(std::move(peer)),
        max_total_body_bytes_(options.max_total_body_bytes),
        parser_(options.max_header_bytes, options.max_body_bytes),
        body_(desk.body_bytes) {}

  Result<size_t> on_bytes(Bytes bytes) override {
    const size_t taken = parser_.take(bytes);
    body_.grow(parser_.body_bytes());
    if (parser_.body_bytes() > 0 && desk_.body_bytes > max_total_body_bytes_) {
      send_response(*outbox_, busy("too much is being sent\n"), false, false);
      return taken;
    }
    if (parser_.take_continue() && !parser_.failure() && !parser_.complete()) {
      outbox_->send("HTTP/1.1 100 Continue\r\n\r\n");
    }
    if (const auto& failure = parser_.failure()) {
      send_response(*outbox_, text_response(failure->status, failure->message + "\n"), false,
                    false);
    } else if (parser_.complete()) {
      dispatch();
    }
    return taken;
  }
  bool midway() const override { return parser_.midway(); }
  // Who does not read what it asked for asks for nothing more.
  bool paused() const override {
    return (exchange_ && exchange_->open()) || outbox_->backlog() > kMostUnread;
  }

 private:
  void dispatch() {
    const bool keep_alive = parser_.keep_alive();
    HttpRequest request = parser_.take_request();
    BodyBytes body = std::move(body_);
    request.peer = peer_;
    exchange_ = std::make_shared<Exchange>(outbox_, keep_alive, request.method == "HEAD");
    Routes::Found found = routes_.find(request);
    if (found.handler) {
      desk_.take({found.handler, std::move(request), exchange_, std::move(body)});
    } else if (!found.allowed.empty()) {
      HttpResponse refusal = text_response(405, "allowed: " + found.allowed + "\n");
      refusal.headers.emplace_back("Allow", found.allowed);
      exchange_->answer(std::move(refusal));
    } else {
      exchange_->answer(text_response(404, "nothing is served at " + request.path + "\n"));
    }
  }

  Routes& routes_;
  Desk& desk_;
  const std::shared_ptr<Outbox> outbox_;
  const std::string peer_;
  const size_t max_total_body_bytes_;
  HttpParser parser_;
  BodyBytes body_;
  std::shared_ptr<Exchange> exchange_;
};

class TcpHttpServer final : public HttpServer {
 public:
  explicit TcpHttpServer(HttpOptions options)
      : options_(std::move(options)), desk_(std::make_shared<Desk>(options_.max_waiting)) {}
  ~TcpHttpServer() override { stop(std::chrono::milliseconds(0)); }

  void handle(std::string method, std::string path, HttpHandler handler) override {
    CHECK(!listener_);
    routes_.add(std::move(method), std::move(path), std::move(handler));
  }

  Status start() override {
    ListenerOptions listen;
    listen.address = options_.address;
    listen.max_connections = options_.max_connections;
    listen.max_unread_bytes =
        options_.max_header_bytes + (64 << 10);  // bodies are taken as they come
    listen.idle_ms = options_.idle_ms;
    listener_ =
        TRY(Listener::start(listen, [this](std::shared_ptr<Outbox> outbox, std::string peer) {
          return std::make_unique<HttpSession>(options_, routes_, *desk_, std::move(outbox),
                                               std::move(peer));
        }));
    address_ = listener_->address();
    desk_->start(options_.workers);
    return {};
  }

  Address address() const override { return address_; }

  void stop(std::chrono::milliseconds grace) override {
    if (!listener_) return;
    desk_->stop(grace);
    listener_.reset();
  }

 private:
  const HttpOptions options_;
  Address address_;
  Routes routes_;
  const std::shared_ptr<Desk> desk_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::make(HttpOptions options) {
  if (options.workers < 1) return invalid("an HTTP server needs at least one worker");
  return std::unique_ptr<HttpServer>(std::make_unique<TcpHttpServer>(std::move(options)));
}

}  // namespace foz::net
