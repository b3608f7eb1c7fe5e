// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "kafka/server.h"

#include <thread>

#include "base/thread.h"
#include "kafka/coordinator_internal.h"
#include "kafka/session_internal.h"
#include "kafka/transactions_internal.h"

namespace foz::kafka {

// What is last here stops first: connections, then the calls that they asked for.
struct Server::Impl {
  Impl(ServerOptions options, log::Log& log, const Clock& clock, Metrics& metrics,
       std::shared_ptr<Coordinator> of_groups,
       std::shared_ptr<TransactionCoordinator> of_transactions)
      : blocking(make_blocking_thread()),
        groups(std::move(of_groups)),
        transactions(std::move(of_transactions)),
        broker{std::move(options), log, clock, metrics, *blocking, *groups, *transactions,
               Counters(metrics),  {}},
        group_timer([this](const std::stop_token& stop) {
          name_thread("kafka-groups");
          groups->run(stop);
        }),
        transaction_timer([this](const std::stop_token& stop) {
          name_thread("kafka-txns");
          transactions->run(stop);
        }) {}
  ~Impl() {
    listener.reset();
    blocking.reset();
    subscription.reset();
    transactions->close();
    groups->close();
  }

  std::unique_ptr<BlockingCalls> blocking;
  std::shared_ptr<Coordinator> groups;
  std::shared_ptr<TransactionCoordinator> transactions;
  Broker broker;
  std::shared_ptr<void> subscription;
  std::unique_ptr<net::Listener> listener;
  std::jthread group_timer;
  std::jthread transaction_timer;
};

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, log::Log& log,
                                              const Clock& clock, Metrics& metrics) {
  net::ListenerOptions listen;
  listen.address = options.listen;
  auto groups = TRY(Coordinator::open({}, log, clock, metrics, Random::system_seed()));
  auto transactions = TRY(TransactionCoordinator::open({}, log, groups, clock, metrics));
  auto impl = std::make_unique<Impl>(std::move(options), log, clock, metrics, std::move(groups),
                                     std::move(transactions));
  Broker& broker = impl->broker;
  impl->subscription = log.subscribe([&broker](const std::vector<log::TopicPartition>& partitions) {
    broker.waiters.grown(partitions);
    if (!partitions.empty()) return;
    broker.groups.topics_changed();
    broker.transactions.topics_changed();
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
