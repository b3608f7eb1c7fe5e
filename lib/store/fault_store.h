// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A store in front of another that behaves like a bad network day: for tests, simulations and
// `./dev bench`.
#pragma once

#include <functional>
#include <memory>

#include "base/random.h"
#include "store/object_store.h"

namespace foz::store {

struct Faults {
  // Chances in 1,000 per request; together at most 1,000. A read that is lost is kUnavailable.
  uint64_t fail_before = 0;   // kUnavailable, nothing happened
  uint64_t answer_lost = 0;   // the request took effect, and the caller is told kAmbiguous
  uint64_t request_lost = 0;  // nothing happened, and the caller is told kAmbiguous
  int64_t latency_ms = 0;     // of every request
};

// Faults may be changed while it runs; `outage(true)` fails every request with kUnavailable.
// The store behind and `random` must outlive it. Thread-safe.
class FaultStore final : public ObjectStore {
 public:
  FaultStore(ObjectStore& behind, Random& random);
  ~FaultStore() override;
  void set(Faults faults);
  void outage(bool on);
  // Fails puts under `prefix` with kDenied until cleared with "": a read-only or unwritable table.
  void deny_puts(std::string prefix);
  // Called before each request that changes something, with the path: a simulation counts and
  // crashes here.
  void before_change(std::function<void(std::string_view path)> hook);
  int64_t requests() const;

  Result<std::string> get(std::string_view path) const override;
  Result<size_t> get_range(std::string_view path, int64_t offset,
                           std::span<std::byte> out) const override;
  Result<ObjectMeta> head(std::string_view path) const override;
  Result<std::vector<ObjectMeta>> list(std::string_view prefix, std::string_view start_after,
                                       size_t limit) const override;
  Result<std::vector<std::string>> list_names(std::string_view prefix) const override;
  Status put(std::string_view path, Bytes bytes) override;
  Result<PutOutcome> put_if_absent(std::string_view path, Bytes bytes) override;
  Status remove(std::string_view path) override;
  std::string url() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace foz::store
