// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Drives a session without a network, for tests and the fuzzer.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "kafka/coordinator_internal.h"
#include "kafka/session_internal.h"
#include "kafka/transactions_internal.h"
#include "log/record_batch.h"
#include "store/simulated_disk.h"

namespace foz::kafka {

class InlineCalls final : public BlockingCalls {
 public:
  bool run(Call call) override {
    ++count;
    call();
    return true;
  }
  bool stopping() const override { return false; }
  int count = 0;
};

// A log on a simulated disk, and the broker over it.
struct TestBroker {
  explicit TestBroker(uint64_t seed = 1, log::LogOptions options = {.directory = "/log",
                                                                    .journal_bytes = 64 << 20,
                                                                    .min_free_disk_bytes = 0})
      : random(seed), disk(random), log_options(std::move(options)) {
    CHECK(start().has_value());
  }
  ~TestBroker() { stop(); }

  // Clients are those of one start. Again after a crash of the disk.
  Status start() {
    log = TRY(log::Log::open(log_options, disk, clock, random, metrics));
    groups = TRY(Coordinator::open({}, *log, clock, metrics, 1));
    transactions =
        TRY(TransactionCoordinator::open(transaction_options, *log, groups, clock, metrics));
    broker.reset(new Broker{{.listen = {}, .advertised_host = "", .cluster_id = "test"},
                            *log,
                            clock,
                            metrics,
                            calls,
                            *groups,
                            *transactions,
                            Counters(metrics),
                            {}});
    subscription =
        log->subscribe([this](const auto& partitions) { broker->waiters.grown(partitions); });
    return {};
  }
  void stop() {
    subscription.reset();
    if (transactions) transactions->close();
    if (groups) groups->close();
    log.reset();  // finishes what was queued
    broker.reset();
    transactions.reset();
    groups.reset();
  }

  Random random;
  ManualClock clock{1'700'000'000'000'000};
  Metrics metrics;
  store::SimulatedDisk disk;
  log::LogOptions log_options;
  TransactionOptions transaction_options;
  InlineCalls calls;
  std::unique_ptr<log::Log> log;
  std::shared_ptr<Coordinator> groups;
  std::shared_ptr<TransactionCoordinator> transactions;
  std::unique_ptr<Broker> broker;
  std::shared_ptr<void> subscription;
};

// Keeps what a session sends. Thread-safe.
class TestOutbox final : public net::Outbox {
 public:
  void send(std::string bytes) override {
    const std::lock_guard lock(mutex_);
    sent_ += bytes;
    changed_.notify_all();
  }
  void send(std::shared_ptr<const void>, Bytes bytes) override {
    send(std::string(as_text(bytes)));
  }
  void close(std::string reason) override {
    const std::lock_guard lock(mutex_);
    closed_ = std::move(reason);
    changed_.notify_all();
  }
  void wake() override {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_all();
  }
  void wake_at(std::chrono::steady_clock::time_point when) override {
    const std::lock_guard lock(mutex_);
    timer_ = when;
  }
  net::Address local_address() const override { return {"broker.test", 9092}; }
  size_t backlog() const override { return 0; }

  enum class Event { kFrame, kWoken, kClosed, kNothing };
  // Waits for the first of them; kNothing after the limit, so that a test that hangs fails instead.
  Event wait(std::string& frame, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [&] { return has_frame() || woken_ || closed_; });
    if (has_frame()) {
      const size_t size = 4 + load_big<uint32_t>(as_bytes(sent_).data());
      frame = sent_.substr(4, size - 4);
      sent_.erase(0, size);
      return Event::kFrame;
    }
    if (std::exchange(woken_, false)) return Event::kWoken;
    return closed_ ? Event::kClosed : Event::kNothing;
  }
  std::optional<std::string> closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }
  std::optional<std::chrono::steady_clock::time_point> timer() const {
    const std::lock_guard lock(mutex_);
    return timer_;
  }
  std::string sent() const {
    const std::lock_guard lock(mutex_);
    return sent_;
  }

 private:
  bool has_frame() const {
    return sent_.size() >= 4 && sent_.size() - 4 >= load_big<uint32_t>(as_bytes(sent_).data());
  }
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string sent_;
  bool woken_ = false;
  std::optional<std::string> closed_;
  std::optional<std::chrono::steady_clock::time_point> timer_;
};

// One connection to the broker.
class TestClient {
 public:
  explicit TestClient(TestBroker& broker)
      : outbox(std::make_shared<TestOutbox>()), session(*broker.broker, outbox) {}

  template <class Request>
  std::string frame(const Request& request, int16_t version) {
    MessageWriter out;
    out.big(Request::kApiKey);
    out.big(version);
    out.big(++correlation_id);
    out.text(std::string_view("tester"), false);
    if (version >= Request::kFlexibleFrom) out.no_tags();
    request.encode(out, version);
    std::string bytes;
    for (const Piece& piece : out.take_frame()) bytes += as_text(piece.bytes);
    return bytes;
  }
  // Offers bytes as a connection does: again from where the session stopped.
  Status feed(std::string_view bytes) {
    pending += bytes;
    while (!pending.empty()) {
      const size_t taken = TRY(session.on_bytes(as_bytes(pending)));
      if (taken == 0) break;
      pending.erase(0, taken);
    }
    return {};
  }
  // The body of the next reply; "" when the connection was closed or nothing came.
  std::string next_reply() {
    std::string reply;
    while (true) {
      switch (outbox->wait(reply)) {
        case TestOutbox::Event::kFrame: return reply;
        case TestOutbox::Event::kWoken: session.on_wake(); break;
        default: return {};
      }
    }
  }
  template <class Response>
  Response read(const std::string& reply, int16_t version, int32_t* correlation = nullptr) {
    MessageReader in(as_bytes(reply));
    const auto given = in.big<int32_t>();
    if (correlation) *correlation = given;
    if (version >= Response::kFlexibleFrom && Response::kApiKey != 18) in.skip_tags();
    Response response;
    response.decode(in, version);
    CHECK(in.ok() && in.remaining() == 0);
    return response;
  }
  template <class Response, class Request>
  Response call(const Request& request, int16_t version) {
    CHECK(feed(frame(request, version)).has_value());
    return read<Response>(next_reply(), version);
  }

  std::shared_ptr<TestOutbox> outbox;
  KafkaSession session;
  int32_t correlation_id = 0;
  std::string pending;
};

}  // namespace foz::kafka
