// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The Kafka endpoint: real clients of the Kafka wire protocol over our log.
// https://kafka.apache.org/protocol — sans-io: codec (generated), session (state machine), `net`
// moves the bytes.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "log/log.h"
#include "net/tcp.h"

namespace foz::kafka {

struct ServerOptions {
  net::Address listen;
  // What clients are told to connect to; empty: the address that each client reached us at.
  std::string advertised_host;
  bool auto_create_topics = true;
  int32_t default_partitions = 1;
  std::string cluster_id;
};

// Owns its threads; stops when destroyed. Log, clock and metrics must outlive it.
class Server {
 public:
  static Result<std::unique_ptr<Server>> start(ServerOptions options, log::Log& log,
                                               const Clock& clock, Metrics& metrics);
  ~Server();
  net::Address address() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace foz::kafka
