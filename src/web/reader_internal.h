// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Answers that need the disk: one after the other, on one thread, so that a slow disk costs the
// page its answers and nobody else theirs, and that at most one batch of records is unpacked.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "net/http.h"

namespace foz::web {

class Reader {
 public:
  using Read = std::function<net::HttpResponse()>;

  Reader() : thread_([this] { run(); }) {}
  // What waits gets no answer but the server's.
  ~Reader();

  // 503 when too many wait already.
  void answer(net::Respond respond, Read read);

 private:
  struct Job {
    net::Respond respond;
    Read read;
  };
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool stopped_ = false;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace foz::web
