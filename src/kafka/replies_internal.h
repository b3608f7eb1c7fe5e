// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The replies of one connection: Kafka sends them in the order of the requests, whatever order they
// become ready in.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "kafka/wire_internal.h"
#include "net/tcp.h"

namespace foz::kafka {

// Thread-safe; outlives its session in the hands of those who still owe a reply.
class Replies {
 public:
  explicit Replies(std::shared_ptr<net::Outbox> outbox) : outbox_(std::move(outbox)) {}

  // The place of a reply to come. `held_bytes` of the request stay in memory until then.
  uint64_t reserve(size_t held_bytes);
  // Each place once.
  void fill(uint64_t place, std::vector<Piece> frame);
  // Too much is owed or unread by the peer: the session takes no further request for now.
  bool full() const;
  bool empty() const;  // nothing is owed
  void close(std::string reason) { outbox_->close(std::move(reason)); }

 private:
  struct Place {
    size_t held_bytes = 0;
    std::optional<std::vector<Piece>> frame;
  };
  bool crowded() const;

  const std::shared_ptr<net::Outbox> outbox_;
  mutable std::mutex mutex_;
  std::deque<Place> places_;
  uint64_t first_ = 0;  // the number of places_.front()
  size_t held_bytes_ = 0;
};

}  // namespace foz::kafka
