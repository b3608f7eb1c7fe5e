// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "kafka/server.h"

#include "kafka/session_internal.h"

namespace foz::kafka {

// What is last here stops first: connections, then the calls that they asked for.
struct Server::Impl {
  Impl(ServerOptions options, log::Log& log, const Clock& clock, Metrics& metrics)
      : blocking(make_blocking_thread()),
        broker{std::move(options), log, clock, metrics, *blocking, Counters(metrics), {}} {}
  ~Impl() {
    listener.reset();
    blocking.reset();
    subscription.reset();
  }

  std::unique_ptr<BlockingCalls> blocking;
  Broker broker;
  std::shared_ptr<void> subscription;
  std::unique_ptr<net::Listener> listener;
};

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, log::Log& log,
                                              const Clock& clock, Metrics& metrics) {
  net::ListenerOptions listen;
  listen.address = options.listen;
  auto impl = std::make_unique<Impl>(std::move(options), log, clock, metrics);
  Broker& broker = impl->broker;
  impl->subscription = log.subscribe([&broker](const std::vector<log::TopicPartition>& partitions) {
    broker.waiters.grown(partitions);
  });
  impl->listener =
      TRY(net::Listener::start(listen, [&broker](std::shared_ptr<net::Outbox> outbox, std::string) {
        return std::make_unique<KafkaSession>(broker, std::move(outbox));
      }));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
net::Address Server::address() const { return impl_->listener->address(); }

}  // namespace foz::kafka
