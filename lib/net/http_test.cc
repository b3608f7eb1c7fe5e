// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "net/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "net/http_parser_internal.h"
#include "net/test_client.h"

namespace foz::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

int status_of(std::string_view request) {
  HttpParser parser(2000, 1000);
  parser.take(as_bytes(request));
  if (parser.failure()) return parser.failure()->status;
  return parser.complete() ? 200 : 0;
}

TEST(HttpParser, RefusesWhatItMustNotGuess) {
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(status_of(get + "\r\n"), 200);
  EXPECT_EQ(status_of("\r\n" + get + "\r\n"), 200);
  EXPECT_EQ(status_of("GET http://x/y HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
  EXPECT_EQ(status_of(get), 0);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 200);
  EXPECT_EQ(status_of("GET / HTTP/1.1\nHost: x\n\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(status_of("GET /\r\n\r\n"), 400);
  EXPECT_EQ(status_of("G(T / HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(status_of(get + "Host: y\r\n\r\n"), 400);
  EXPECT_EQ(status_of(get + "A : b\r\n\r\n"), 400);
  EXPECT_EQ(status_of(get + "A: b\r\n folded\r\n\r\n"), 400);
  EXPECT_EQ(status_of(get + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400);
  EXPECT_EQ(status_of(get + "Content-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(status_of(get + "Content-Length: +1\r\n\r\n"), 400);
  EXPECT_EQ(status_of(get + "Content-Length: 99999999999999999999999\r\n\r\n"), 413);
  EXPECT_EQ(status_of(get + "Content-Length: 1001\r\n\r\n"), 413);
  EXPECT_EQ(status_of(get + "Transfer-Encoding: gzip\r\n\r\n"), 501);
  EXPECT_EQ(status_of(get + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"), 400);
  EXPECT_EQ(status_of(get + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"), 413);
  EXPECT_EQ(status_of(get + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n"), 413);
  EXPECT_EQ(status_of(get + "Transfer-Encoding: chunked\r\n\r\n-1\r\n"), 400);
  EXPECT_EQ(status_of(get + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"), 400);
  EXPECT_EQ(status_of(get + "X: " + std::string(2000, 'x') + "\r\n\r\n"), 431);
  EXPECT_EQ(status_of(get + "X: " + std::string(2000, 'x')), 431);
  EXPECT_EQ(status_of(get + "Expect: a miracle\r\n\r\n"), 417);
}

TEST(HttpParser, ALineBreakBeforeARequestMayArriveInPieces) {
  HttpParser parser(2000, 1000);
  const std::string request = "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_EQ(parser.take(as_bytes(std::string_view(request).substr(0, 1))), 0);
  EXPECT_EQ(parser.take(as_bytes(request)), request.size());
  EXPECT_TRUE(parser.complete());
}

TEST(HttpParser, TheLongestLineOfAChunkMayArriveInPieces) {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string rest = "0;" + std::string(254, 'x') + "\r\n\r\n";
  HttpParser parser(2000, 1000);
  EXPECT_EQ(parser.take(as_bytes(head)), head.size());
  EXPECT_EQ(parser.take(as_bytes(std::string_view(rest).substr(0, 257))), 0);
  EXPECT_EQ(parser.take(as_bytes(rest)), rest.size());
  EXPECT_TRUE(parser.complete());
}

TEST(HttpParser, AHeaderCannotEndItsLine) {
  HttpResponse response = text_response(200, "x");
  response.headers.emplace_back("Location", "a\r\nSet-Cookie: b");
  EXPECT_THAT(response_head(response, true, 0), testing::Not(HasSubstr("Set-Cookie")));
  EXPECT_THAT(response_head(response, true, 0),
              HasSubstr("Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"));
}

class HttpServerTest : public testing::Test {
 protected:
  void start(HttpOptions options = {}) {
    options.address = {"127.0.0.1", 0};
    server_ = HttpServer::make(options).value();
    server_->handle("GET", "/hello", [](HttpRequest request, Respond respond) {
      respond(text_response(200, "hello " + query_parameter(request, "name")));
    });
    server_->handle("GET", "/hello/*", [](HttpRequest request, Respond respond) {
      respond(text_response(200, "below " + request.path));
    });
    server_->handle("GET", "/*",
                    [](HttpRequest, Respond respond) { respond(text_response(200, "page")); });
    server_->handle("POST", "/echo", [](HttpRequest request, Respond respond) {
      respond(json_response(std::move(request.body), 201));
    });
    server_->handle("GET", "/large", [this](HttpRequest, Respond respond) {
      {
        std::lock_guard lock(mutex_);
        ++large_;
        changed_.notify_all();
      }
      respond(text_response(200, std::string(kLarge, 'x')));
    });
    server_->handle("GET", "/forgotten", [](HttpRequest, Respond) {});
    server_->handle("GET", "/kept", [this](HttpRequest, Respond respond) {
      std::lock_guard lock(mutex_);
      kept_.push_back(std::move(respond));
      changed_.notify_all();
    });
    server_->handle("GET", "/blocked", [this](HttpRequest, Respond respond) {
      std::unique_lock lock(mutex_);
      ++blocked_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return released_; });
      respond(text_response(200, "at last"));
    });
    ASSERT_TRUE(server_->start().has_value());
  }
  void TearDown() override {
    release();
    server_.reset();
  }
  void release() {
    std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  std::string url(std::string_view path) {
    return "http://" + server_->address().to_string() + std::string(path);
  }
  HttpReply get(std::string_view path, std::string_view method = "GET",
                std::string_view body = "") {
    return http_request(method, url(path), {}, body, std::chrono::seconds(10)).value();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Respond> kept_;
  static constexpr size_t kLarge = 8 << 20;
  int blocked_ = 0, large_ = 0;
  bool released_ = false;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, TheLongestMatchWins) {
  start();
  EXPECT_EQ(get("/hello?name=J%C3%BCrgen+B").body, "hello J\xc3\xbcrgen B");
  EXPECT_EQ(get("/hello/you").body, "below /hello/you");
  EXPECT_EQ(get("/hellos").body, "page");
  EXPECT_EQ(get("/").body, "page");
  EXPECT_EQ(find_header(get("/").headers, "content-TYPE"), "text/plain; charset=utf-8");
}

TEST_F(HttpServerTest, AnswersWhatHasNoHandler) {
  start();
  const HttpReply reply = get("/echo", "DELETE");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(find_header(reply.headers, "Allow"), "GET, POST");
  EXPECT_EQ(get("/nothing", "PUT", "x").status, 405);
  EXPECT_EQ(get("/forgotten").status, 500);
}

TEST_F(HttpServerTest, TakesLargeAndChunkedBodies) {
  HttpOptions options;
  options.max_body_bytes = 8 << 20;
  start(options);
  const std::string large(5 << 20, 'x');
  const HttpReply reply = get("/echo", "POST", large);
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body, large);
  TestClient client(server_->address());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
  client.send("3;name=value\r\nabc\r\nA\r\n0123456789\r\n");
  client.send("0\r\nTrailer: x\r\n\r\n");
  EXPECT_THAT(client.receive_all(), testing::EndsWith("\r\n\r\nabc0123456789"));
}

TEST_F(HttpServerTest, KeepsTheOrderOfPipelinedRequests) {
  start();
  TestClient client(server_->address());
  std::string requests;
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    requests += "GET /hello?name=" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
    expected += "hello " + std::to_string(i);
  }
  requests += "GET /hello?name=last HTTP/1.0\r\n\r\n";
  client.send(requests);
  std::string bodies;
  std::string all = client.receive_all();
  for (size_t at = all.find("hello "); at != std::string::npos; at = all.find("hello ", at + 1)) {
    bodies += all.substr(at, all.find("HTTP/1.1 ", at) - at);
  }
  EXPECT_EQ(bodies, expected + "hello last");
}

// The answers are 8 MB each; of those to requests that follow nothing is made until it reads.
TEST_F(HttpServerTest, AsksNothingMoreForWhoDoesNotRead) {
  start();
  TestClient client(server_->address(), 4096);
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET /large HTTP/1.1\r\nHost: x\r\n\r\n";
  requests += "GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  client.send(requests);
  {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(10), [&] { return large_ > 0; }));
  }
  for (int i = 0; i < 100; ++i) get("/hello");  // time for more, if there were any
  {
    std::lock_guard lock(mutex_);
    EXPECT_EQ(large_, 1);
  }
  EXPECT_GT(client.receive_all().size(), size_t{21} * kLarge);
  EXPECT_EQ(large_, 21);
}

// Head, body and end come from a worker while the loop writes.
TEST_F(HttpServerTest, AnswersWholeBeforeItCloses) {
  start();
  for (int i = 0; i < 300; ++i) {
    TestClient client(server_->address());
    client.send("GET /hello?name=x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    ASSERT_THAT(client.receive_all(), testing::EndsWith("hello x")) << i;
  }
}

TEST_F(HttpServerTest, HeadHasLengthAndNoBody) {
  start();
  TestClient client(server_->address());
  client.send(
      "HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\nConnection: "
      "close\r\n\r\n");
  const std::string head = client.receive_until("\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 6\r\n"));
  EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpServerTest, SaysContinueBeforeTheBody) {
  start();
  TestClient client(server_->address());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: "
      "close\r\n\r\n");
  EXPECT_EQ(client.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_THAT(client.receive_all(), testing::EndsWith("\r\n\r\nok"));
}

TEST_F(HttpServerTest, AnswersBadRequestsAndCloses) {
  HttpOptions options;
  options.max_body_bytes = 10;
  options.max_header_bytes = 1000;
  start(options);
  const std::pair<std::string, std::string> cases[] = {
      {"nonsense\r\n\r\n", "HTTP/1.1 400 "},
      {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n0123456789a", "HTTP/1.1 413 "},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(200000, 'a'), "HTTP/1.1 431 "},
  };
  for (const auto& [request, answer] : cases) {
    TestClient client(server_->address());
    client.send(request);
    EXPECT_THAT(client.receive_all(), StartsWith(answer));
  }
}

TEST_F(HttpServerTest, ClosesAHalfRequest) {
  HttpOptions options;
  options.idle_ms = 50;
  start(options);
  TestClient client(server_->address());
  client.send("GET / HTTP/1.1\r\nHos");
  EXPECT_EQ(client.receive_all(), "");
}

TEST_F(HttpServerTest, ClosesABodyThatComesTooSlowly) {
  HttpOptions options;
  options.idle_ms = 200;
  start(options);
  TestClient client(server_->address());
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n");
  bool open = true;
  for (int i = 0; i < 500 && open; ++i) {
    open = client.send("x");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_FALSE(open);
}

TEST_F(HttpServerTest, BodiesShareOneBudget) {
  HttpOptions options;
  options.max_total_body_bytes = 100;
  start(options);
  TestClient slow(server_->address());
  slow.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 81\r\nConnection: close\r\n\r\n");
  slow.send(std::string(80, 'x'));
  const std::string body(30, 'y');
  const auto wait_for = [&](int status) {
    for (int i = 0; i < 1000; ++i) {
      if (get("/echo", "POST", body).status == status) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  };
  EXPECT_TRUE(wait_for(503));
  EXPECT_EQ(get("/hello").status, 200);
  slow.send("x");
  EXPECT_THAT(slow.receive_all(), StartsWith("HTTP/1.1 201 "));
  EXPECT_TRUE(wait_for(201));
}

TEST_F(HttpServerTest, RefusesWhatWouldWaitTooLong) {
  HttpOptions options;
  options.workers = 1;
  options.max_waiting = 1;
  start(options);
  const std::string request = "GET /blocked HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  TestClient running(server_->address());
  running.send(request);
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return blocked_ == 1; });
  }
  // One of three waits, the others are refused; which ones is the kernel's choice.
  std::string answers[3];
  int refused = 0;
  std::vector<std::thread> clients;
  for (std::string& answer : answers) {
    clients.emplace_back([&] {
      TestClient client(server_->address());
      client.send(request);
      answer = client.receive_all();
      if (!answer.starts_with("HTTP/1.1 503 ")) return;
      EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
      std::lock_guard lock(mutex_);
      ++refused;
      changed_.notify_all();
    });
  }
  {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(10), [&] { return refused == 2; }));
  }
  release();
  for (std::thread& client : clients) client.join();
  EXPECT_THAT(running.receive_all(), testing::EndsWith("at last"));
  EXPECT_EQ(std::ranges::count_if(answers, [](const auto& a) { return a.ends_with("at last"); }),
            1);
}

TEST_F(HttpServerTest, AnAnswerMayComeLaterFromAnyThread) {
  start();
  TestClient client(server_->address());
  client.send("GET /kept HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  Respond respond;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !kept_.empty(); });
    respond = std::move(kept_.front());
    kept_.clear();
  }
  respond(text_response(200, "later"));
  EXPECT_THAT(client.receive_all(), testing::EndsWith("later"));
}

TEST_F(HttpServerTest, StoppingEndsWhatIsOpen) {
  start();
  TestClient client(server_->address());
  client.send("GET /kept HTTP/1.1\r\nHost: x\r\n\r\n");
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !kept_.empty(); });
  }
  server_->stop(std::chrono::milliseconds(1));
  EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 503 "));
  server_.reset();
  kept_.front()(text_response(200, "too late"));
  kept_.clear();
}

TEST(HttpClient, NamesTheServerThatItCannotReach) {
  const auto reply = http_request("GET", "http://127.0.0.1:1/", {}, "", std::chrono::seconds(5));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(reply.error().message(), HasSubstr("127.0.0.1:1"));
}

}  // namespace
}  // namespace foz::net
