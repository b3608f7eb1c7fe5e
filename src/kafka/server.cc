// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "kafka/server.h"

#include <thread>

#include "kafka/coordinator_internal.h"
#include "kafka/session_internal.h"

namespace foz::kafka {

// What is last here stops first: connections, then the calls that they asked for.
struct Server::Impl {
  Impl(ServerOptions options, log::Log& log, const Clock& clock, Metrics& metrics,
       std::shared_ptr<Coordinator> coordinator)
      : blocking(make_blocking_thread()),
        groups(std::move(coordinator)),
        broker{std::move(options), log, clock, metrics, *blocking, *groups, Counters(metrics), {}},
        group_timer([this](const std::stop_token& stop) { groups->run(stop); }) {}
  ~Impl() {
    listener.reset();
    blocking.reset();
    subscription.reset();
    groups->close();
  }

  std::unique_ptr<BlockingCalls> blocking;
  std::shared_ptr<Coordinator> groups;
  Broker broker;
  std::shared_ptr<void> subscription;
  std::unique_ptr<net::Listener> listener;
  std::jthread group_timer;
};

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, log::Log& log,
                                              const Clock& clock, Metrics& metrics) {
  net::ListenerOptions listen;
  listen.address = options.listen;
  auto groups = TRY(Coordinator::open({}, log, clock, metrics, Random::system_seed()));
  auto impl = std::make_unique<Impl>(std::move(options), log, clock, metrics, std::move(groups));
  Broker& broker = impl->broker;
  impl->subscription = log.subscribe([&broker](const std::vector<log::TopicPartition>& partitions) {
    broker.waiters.grown(partitions);
    if (partitions.empty()) broker.groups.topics_changed();
  });
  impl->listener = TRY(net::Listener::start(
      listen, [&broker](std::shared_ptr<net::Outbox> outbox, std::string peer) {
        return std::make_unique<KafkaSession>(broker, std::move(outbox), peer);
      }));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
net::Address Server::address() const { return impl_->listener->address(); }

}  // namespace foz::kafka
