// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <utility>

#include "base/thread.h"
#include "web/json_internal.h"
#include "web/reader_internal.h"

namespace foz::web {
namespace {

constexpr size_t kWaiting = 64;

}  // namespace

void Reader::answer(net::Respond respond, Read read) {
  {
    std::lock_guard lock(mutex_);
    if (jobs_.size() < kWaiting) {
      jobs_.push_back({std::move(respond), std::move(read)});
      changed_.notify_one();
      return;
    }
  }
  auto refused = refusal(503, "too many requests wait for the disk; try again in a second");
  refused.headers.emplace_back("Retry-After", "1");
  respond(std::move(refused));
}

Reader::~Reader() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

void Reader::run() {
  name_thread("page-reader");
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopped_ || !jobs_.empty(); });
      if (stopped_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job.respond(job.read());
  }
}

}  // namespace foz::web
