// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "net/tcp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "net/test_client.h"

namespace foz::net {
namespace {

// Lines: "ping" is echoed, "big N" answered with N bytes, "bye" closes, "bad" is an error, "later"
// is answered on a wake from another thread, "timer" by the clock, "block" pauses until another
// thread wakes, "hiccup…" pauses for one look, "owed" is answered later without a pause.
class LineSession final : public Session {
 public:
  LineSession(std::shared_ptr<Outbox> outbox, std::atomic<int>& alive)
      : outbox_(std::move(outbox)), alive_(alive) {
    ++alive_;
  }
  ~LineSession() override {
    --alive_;
    if (thread_.joinable()) thread_.join();
  }

  Result<size_t> on_bytes(Bytes bytes) override {
    const std::string_view text = as_text(bytes);
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return 0;
    const std::string line(text.substr(0, end));
    if (line == "bad") return invalid("bad line");
    if (line == "bye") {
      outbox_->send("good");
      outbox_->send("bye\n");
      outbox_->close("asked to");
    } else if (line.starts_with("big ")) {
      const auto owner = std::make_shared<std::string>(std::stoul(line.substr(4)), 'x');
      outbox_->send(owner, as_bytes(*owner));
    } else if (line == "timer") {
      outbox_->wake_at(std::chrono::steady_clock::now() + std::chrono::milliseconds(20));
    } else if (line == "block") {
      paused_ = true;
      thread_ = std::thread([this] {
        outbox_->send("blocked\n");
        paused_ = false;
        outbox_->wake();
      });
    } else if (line == "owed") {
      owes_ = true;
      thread_ = std::thread([this] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        const std::lock_guard lock(mutex_);
        outbox_->send("paid\n");
        owes_ = false;
      });
    } else if (line.starts_with("hiccup")) {
      looks_ = 1;
      outbox_->wake();
    } else {
      outbox_->send(line + "\n");
    }
    return end + 1;
  }
  void on_wake() override { outbox_->send("woken\n"); }
  bool paused() const override { return paused_ || std::exchange(looks_, 0) > 0; }
  bool owes() const override {
    const std::lock_guard lock(mutex_);
    return owes_ || paused_;
  }

 private:
  const std::shared_ptr<Outbox> outbox_;
  std::atomic<int>& alive_;
  std::atomic<bool> paused_{false};
  mutable std::mutex mutex_;
  bool owes_ = false;
  mutable int looks_ = 0;
  std::thread thread_;
};

class ListenerTest : public testing::Test {
 protected:
  void start(ListenerOptions options = {}) {
    options.address = {"127.0.0.1", 0};
    auto started =
        Listener::start(options, [this](std::shared_ptr<Outbox> outbox, std::string peer) {
          EXPECT_THAT(peer, testing::StartsWith("127.0.0.1:"));
          {
            std::lock_guard lock(mutex_);
            outboxes_.push_back(outbox);
          }
          return std::make_unique<LineSession>(std::move(outbox), alive_);
        });
    ASSERT_TRUE(started.has_value()) << started.error().message();
    listener_ = std::move(*started);
  }

  std::atomic<int> alive_{0};
  std::mutex mutex_;
  std::vector<std::shared_ptr<Outbox>> outboxes_;
  std::unique_ptr<Listener> listener_;
};

TEST(ParseAddress, ReadsHostAndPort) {
  EXPECT_EQ(parse_address("localhost:80").value().host, "localhost");
  EXPECT_EQ(parse_address("[::1]:443").value().host, "::1");
  EXPECT_EQ(parse_address("[::1]:443").value().to_string(), "[::1]:443");
  EXPECT_EQ(parse_address(":0").value().to_string(), ":0");
  for (const char* wrong :
       {"", "80", "a:", "a:x", "a:65536", "a:-1", "::1:80", "[]:1", "http://a:1", "a b:1"}) {
    EXPECT_FALSE(parse_address(wrong).has_value()) << wrong;
  }
}

TEST_F(ListenerTest, AnswersInOrderWhateverThePortions) {
  start();
  TestClient client(listener_->address());
  std::string sent;
  for (int i = 0; i < 1000; ++i) sent += "line " + std::to_string(i) + "\n";
  std::thread writer([&] {
    for (size_t at = 0; at < sent.size(); at += 7) client.send(sent.substr(at, 7));
  });
  EXPECT_EQ(client.receive(sent.size()), sent);
  writer.join();
}

TEST_F(ListenerTest, GrowsForALongMessageAndRefusesATooLongOne) {
  ListenerOptions options;
  options.max_unread_bytes = 1 << 20;
  start(options);
  TestClient client(listener_->address());
  const std::string line = std::string(700000, 'a') + "\n";
  client.send(line);
  EXPECT_EQ(client.receive(line.size()), line);
  TestClient hostile(listener_->address());
  hostile.send(std::string(4 << 20, 'a'));
  EXPECT_EQ(hostile.receive_all(), "");
}

TEST_F(ListenerTest, RefusesWhatWouldExceedTheMemoryOfAllConnections) {
  ListenerOptions options;
  options.max_total_unread_bytes = 300 << 10;
  start(options);
  TestClient first(listener_->address());
  first.send("ping\n");
  EXPECT_EQ(first.receive(5), "ping\n");
  TestClient second(listener_->address());
  second.send(std::string(1 << 20, 'a'));
  EXPECT_EQ(second.receive_all(), "");
  first.send("ping\n");
  EXPECT_EQ(first.receive(5), "ping\n");
}

TEST_F(ListenerTest, ClosesBehindWhatWasSent) {
  start();
  TestClient client(listener_->address());
  client.send("ping\nbye\nnever answered\n");
  EXPECT_EQ(client.receive_all(), "ping\ngoodbye\n");
}

TEST_F(ListenerTest, AnErrorClosesBehindTheAnswers) {
  start();
  TestClient client(listener_->address());
  client.send("ping\nbad\nping\n");
  EXPECT_EQ(client.receive_all(), "ping\n");
}

TEST_F(ListenerTest, AnswersAPeerThatEndedItsDirection) {
  start();
  TestClient client(listener_->address());
  client.send("big 3000000\nping\n");
  client.end_sending();
  EXPECT_EQ(client.receive_all().size(), 3000005U);
}

TEST_F(ListenerTest, OwesAnAnswerToAPeerThatEndedItsDirection) {
  start();
  TestClient client(listener_->address());
  client.send("owed\n");
  client.end_sending();
  EXPECT_EQ(client.receive_all(), "paid\n");
}

TEST_F(ListenerTest, WakesFromThreadsAndByTheClock) {
  start();
  TestClient client(listener_->address());
  client.send("timer\n");
  EXPECT_EQ(client.receive(6), "woken\n");
  client.send("block\nping\n");
  EXPECT_THAT(client.receive(19),
              testing::AnyOf("blocked\nwoken\nping\n", "blocked\nping\nwoken\n"));
}

// The session pauses and goes on by itself, so that a read is under way when what came before it is
// taken on the wake.
TEST_F(ListenerTest, TakesWhatIsLeftWhileAReadIsUnderWay) {
  start();
  for (const size_t length : {size_t{10}, size_t{3} << 20}) {  // beyond what is kept, too
    TestClient client(listener_->address());
    client.send("hiccup" + std::string(length, '.') + "\nping\n");
    EXPECT_EQ(client.receive(11), "woken\nping\n");
    client.send("pong\n");
    EXPECT_EQ(client.receive(5), "pong\n");
  }
}

TEST_F(ListenerTest, ClosesAPeerThatDoesNotRead) {
  ListenerOptions options;
  options.max_backlog_bytes = 10 << 20;
  start(options);
  TestClient client(listener_->address(), 4096);
  client.send("big 50000000\n");
  TestClient other(listener_->address());
  other.send("ping\n");
  EXPECT_EQ(other.receive(5), "ping\n");
  EXPECT_LT(client.receive_all().size(), 50000000U);
}

TEST_F(ListenerTest, ClosesWhoReadsLeastWhenAnswersTakeTooMuch) {
  start();
  std::vector<std::unique_ptr<TestClient>> silent;
  for (int i = 0; i < 10; ++i) {
    silent.push_back(std::make_unique<TestClient>(listener_->address(), 4096));
    silent.back()->send("big 50000000\n");
  }
  TestClient reader(listener_->address());
  for (int i = 0; i < 10; ++i) {
    reader.send("big 8000000\nping\n");
    EXPECT_EQ(reader.receive(8000005).size(), 8000005U);
  }
  size_t whole = 0;
  for (const auto& each : silent) whole += each->receive(50000000).size() == 50000000;
  EXPECT_LT(whole, 10U);
}

TEST_F(ListenerTest, ASlowReaderGetsAll) {
  ListenerOptions options;
  options.max_backlog_bytes = 100 << 20;
  start(options);
  TestClient client(listener_->address(), 4096);
  client.send("big 8000000\nping\n");
  EXPECT_EQ(client.receive(8000005).size(), 8000005U);
}

TEST_F(ListenerTest, ClosesIdlePeersAndHalfMessages) {
  ListenerOptions options;
  options.idle_ms = 50;
  start(options);
  TestClient silent(listener_->address());
  TestClient half(listener_->address());
  half.send("pin");
  EXPECT_EQ(silent.receive_all(), "");
  EXPECT_EQ(half.receive_all(), "");
}

TEST_F(ListenerTest, ClosesConnectionsOverTheLimit) {
  ListenerOptions options;
  options.max_connections = 2;
  start(options);
  TestClient first(listener_->address());
  TestClient second(listener_->address());
  first.send("a\n");
  second.send("b\n");
  EXPECT_EQ(first.receive(2) + second.receive(2), "a\nb\n");
  TestClient third(listener_->address());
  EXPECT_EQ(third.receive_all(), "");
  EXPECT_EQ(listener_->connections(), 2U);
}

TEST_F(ListenerTest, AnOutboxOutlivesItsConnectionAndItsListener) {
  start();
  {
    TestClient client(listener_->address());
    client.send("ping\n");
    EXPECT_EQ(client.receive(5), "ping\n");
  }
  TestClient open(listener_->address());
  open.send("ping\n");
  EXPECT_EQ(open.receive(5), "ping\n");
  listener_.reset();
  EXPECT_EQ(open.receive_all(), "");
  EXPECT_EQ(alive_, 0);
  for (const auto& outbox : outboxes_) {
    outbox->send("nobody");
    outbox->wake();
    outbox->close("again");
    EXPECT_EQ(outbox->backlog(), 0U);
  }
}

TEST_F(ListenerTest, ThreadsMayAnswerWhilePeersComeAndGo) {
  start();
  std::atomic<bool> done{false};
  std::thread answering([&] {
    while (!done) {
      std::vector<std::shared_ptr<Outbox>> all;
      {
        std::lock_guard lock(mutex_);
        all = outboxes_;
      }
      for (const auto& each : all) {
        each->send("x");
        each->wake();
      }
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < 50; ++i) {
    TestClient client(listener_->address());
    client.send("ping\n");
    EXPECT_EQ(client.receive(20).size(), 20U);
  }
  listener_.reset();
  done = true;
  answering.join();
  EXPECT_EQ(alive_, 0);
}

TEST_F(ListenerTest, SaysWhyItCannotListen) {
  start();
  ListenerOptions options;
  options.address = listener_->address();
  const auto second = Listener::start(options, [](auto, auto) { return nullptr; });
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error().message(), testing::HasSubstr(options.address.to_string()));
}

}  // namespace
}  // namespace foz::net
