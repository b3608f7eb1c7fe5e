// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A connection that sends anything. The first byte says in what portions.
#include <algorithm>
#include <cstdint>

#include "kafka/test_client.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foz::kafka;
  // One log for many inputs: making one costs far more than an input. Topics are bounded by
  // starting afresh.
  static auto broker = std::make_unique<TestBroker>();
  static int inputs = 0;
  if (size < 1) return 0;
  if (++inputs % 500 == 0) {
    broker.reset();
    broker = std::make_unique<TestBroker>();
  }
  if (!broker->log->find_topic("t")) (void)broker->log->create_topic("t", 2, {});
  if (!broker->groups->ready()) (void)broker->groups->make_topic();
  if (!broker->transactions->ready()) (void)broker->transactions->make_topic();
  TestClient client(*broker);
  const size_t portion = size_t{data[0]} * 16 + 1;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  while (!rest.empty()) {
    const auto part = rest.substr(0, portion);
    if (!client.feed(part).has_value()) break;
    rest.remove_prefix(part.size());
  }
  broker->clock.advance_ms(400000);  // every fetch that waits is due
  client.session.on_wake();
  broker->groups->tick();
  broker->transactions->tick();
  return 0;
}
