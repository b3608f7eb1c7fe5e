// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "pipeline/engine.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/thread.h"
#include "pipeline/ticker_internal.h"

namespace foz::pipeline {

struct Engine::Impl {
  Impl(table::LiveTables& t, const Clock& c) : tables(t), clock(c) {}

  // Until stop is asked for; then commits everything when a limit is given.
  void run();

  table::LiveTables& tables;
  const Clock& clock;
  // Shared with the committer, which may be about to wake us when we end.
  const std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>();
  std::unique_ptr<Ticker> ticker;
  std::shared_ptr<void> subscription;

  std::mutex mutex;
  std::condition_variable changed;
  bool ready = false;
  bool ended = false;
  std::optional<std::chrono::milliseconds> drain_limit;
  Status drained;
  std::thread thread;
};

void Engine::Impl::run() {
  name_thread("tick");
  run_promptly();
  bool more = true;
  for (;;) {
    if (!more) {
      const auto due = ticker->next_due();
      const auto now = clock.steady();
      if (due == std::chrono::steady_clock::time_point::max()) {
        inbox->wait(std::nullopt);
      } else if (due > now) {
        inbox->wait(due - now);
      }
    }
    const Inbox::News news = inbox->take();
    if (news.stop) break;
    more = ticker->tick(news);
    if (ticker->ready()) {
      std::lock_guard lock(mutex);
      if (!ready) changed.notify_all();
      ready = true;
    }
  }
  std::unique_lock lock(mutex);
  const auto limit = drain_limit;
  lock.unlock();
  Status done;
  if (limit) done = tables.drain(*limit);
  tables.on_work([] {});
  lock.lock();
  drained = std::move(done);
  ended = true;
  changed.notify_all();
}

Result<std::unique_ptr<Engine>> Engine::start(EngineOptions options, Project project, log::Log& log,
                                              table::LiveTables& tables, sql::FlowEngine& flows,
                                              const Clock& clock, Metrics& metrics) {
  auto impl = std::make_unique<Impl>(tables, clock);
  const auto inbox = impl->inbox;
  // Before the topics are listed: none is missed.
  impl->subscription =
      log.subscribe([inbox, &clock](const std::vector<log::TopicPartition>& partitions) {
        inbox->moved(partitions, clock.now_us());
      });
  impl->ticker =
      TRY(Ticker::start(options, std::move(project), log, tables, flows, clock, metrics));
  tables.on_work([inbox] { inbox->work(); });
  impl->ready = impl->ticker->ready();
  impl->thread = std::thread([run = impl.get()] { run->run(); });
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() {
  impl_->subscription.reset();
  impl_->inbox->stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

bool Engine::ready() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->ready;
}

Status Engine::wait_ready(std::chrono::milliseconds limit) {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait_for(lock, limit, [&] { return impl_->ready || impl_->ended; });
  if (impl_->ready) return {};
  lock.unlock();
  std::string behind;
  for (const FlowStatus& flow : flows()) {
    // A flow may also wait for a topic that nobody has made yet; then nothing is behind.
    if (flow.state != "catching up" && (flow.state != "waiting" || flow.lag_records == 0)) continue;
    behind += fmt::format("{}{} ({}, {} records behind)", behind.empty() ? "" : ", ", flow.name,
                          flow.state, flow.lag_records);
  }
  return Error(ErrorCode::kUnavailable, behind.empty() ? "no flow is behind" : behind);
}

Status Engine::stop(std::chrono::milliseconds limit) {
  impl_->subscription.reset();
  {
    std::lock_guard lock(impl_->mutex);
    if (!impl_->ended) impl_->drain_limit = limit;
  }
  impl_->inbox->stop();
  if (impl_->thread.joinable()) impl_->thread.join();
  std::lock_guard lock(impl_->mutex);
  return impl_->drained;
}

std::vector<FlowStatus> Engine::flows() const { return impl_->ticker->status(); }

void Engine::sample(Metrics& metrics) const {
  for (const FlowStatus& flow : flows()) {
    const auto set = [&](const char* name, const char* help, int64_t value, Labels labels = {}) {
      labels.insert(labels.begin(), {"flow", flow.name});
      metrics.gauge(name, help, labels).set(static_cast<double>(value));
    };
    set("foz_flow_lag_records", "Durable input records that the flow has not read.",
        flow.lag_records);
    set("foz_flow_failed", "1 while the flow has stopped for good.", flow.state == "failed");
    set("foz_flow_blocked", "1 while the flow's tables cannot be written.",
        flow.state == "blocked");
    set("foz_flow_input_records_total", "Records that the flow has read.", flow.counts.input);
    const std::pair<const char*, int64_t> outcomes[] = {{"written", flow.counts.written},
                                                        {"filtered", flow.counts.filtered},
                                                        {"dropped", flow.counts.dropped},
                                                        {"duplicate", flow.counts.duplicates},
                                                        {"quarantined", flow.counts.quarantined}};
    for (const auto& [outcome, records] : outcomes) {
      set("foz_flow_records_total", "What became of the records that the flow has read.", records,
          {{"outcome", outcome}});
    }
  }
}

}  // namespace foz::pipeline
