// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A TCP listener whose protocols are sans-io: a session is a state machine that is given bytes and
// answers with bytes, so that fuzzer, simulator and network run the same code.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace foz::net {

struct Address {
  std::string host;  // without brackets; empty is the loopback
  uint16_t port = 0;
  std::string to_string() const;  // as parse_address reads it
};
// "HOST:PORT", "[::1]:80", ":0"; kInvalid says what was expected.
Result<Address> parse_address(std::string_view text);

// Given to a session to answer with, from any thread, also after the peer is gone (then nothing
// happens).
class Outbox {
 public:
  virtual ~Outbox() = default;
  // Sent in call order. `owner` keeps `bytes` alive until they are sent (zero copy for fetches).
  virtual void send(std::string bytes) = 0;
  virtual void send(std::shared_ptr<const void> owner, Bytes bytes) = 0;
  // Closes after what was sent before; `reason` is logged.
  virtual void close(std::string reason) = 0;
  // Asks for Session::on_wake on the connection's thread, soon.
  virtual void wake() = 0;
  // The same at a time to come, or later; replaces the time set before. Only on the connection's
  // thread.
  virtual void wake_at(std::chrono::steady_clock::time_point when) = 0;
  // Where the peer reached us; once the connection is gone, what it was.
  virtual Address local_address() const = 0;
  // Bytes accepted by send and not yet given to the kernel.
  virtual size_t backlog() const = 0;
};

// One connection. All calls, its making and its destruction come from the connection's event loop
// thread, one at a time.
class Session {
 public:
  virtual ~Session() = default;
  // Takes from the front of `bytes` what it can use and returns how much that was; the rest is
  // offered again with what follows. An error closes the connection, and its message is logged with
  // the peer's address.
  virtual Result<size_t> on_bytes(Bytes bytes) = 0;
  // What was taken last ended inside a message: no progress for the idle limit.
  virtual bool midway() const { return false; }
  virtual void on_wake() {}
  // Reading pauses while this is true (back-pressure); wake() makes the loop look again.
  virtual bool paused() const { return false; }
  // An answer is still to come: a peer that ended its direction is kept for it. No more true once
  // the last one was sent.
  virtual bool owes() const { return paused(); }
};

using MakeSession =
    std::function<std::unique_ptr<Session>(std::shared_ptr<Outbox> outbox, std::string peer)>;

struct ListenerOptions {
  Address address;                           // port 0 picks a free one
  size_t max_connections = 10000;            // further ones are closed at once
  size_t max_unread_bytes = 104857600 + 16;  // of a message that is not complete yet
  size_t max_total_unread_bytes =
      512u << 20;  // of all connections: the one that asks for more is closed
  size_t max_backlog_bytes = 256u << 20;  // of a peer that does not read: closed
  // A peer that completes no message for so long is closed, unless the session is paused (it then
  // owes an answer); so is one that reads nothing of what waits for it.
  int64_t idle_ms = 600000;
};

// Owns its event loop thread. Stops, closing every connection, when destroyed.
class Listener {
 public:
  virtual ~Listener() = default;
  static Result<std::unique_ptr<Listener>> start(ListenerOptions options, MakeSession make_session);
  virtual Address address() const = 0;  // with the port that was picked
  virtual size_t connections() const = 0;
};

}  // namespace foz::net
