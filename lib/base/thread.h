// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What the kernel is told of a thread: its name and how urgent it is. These are wishes: where the
// kernel cannot grant one, only timing differs.
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include <chrono>

namespace foz {

// The calling thread's, of at most 15 characters, as `top -H`, `perf` and debuggers show it.
void name_thread(const char* name);

// For threads whose works are short and waited for: once awake, the calling one runs before threads
// that are busy for long, without a greater share of the processor (EEVDF's request size,
// Linux 6.12 and later).
void run_promptly();

// Gives way to others for good, as nice(2) does: without privileges there is no way back.
void stand_back(int nice);

// A thread for another one to look after, while it runs.
class ThreadRef {
 public:
  static ThreadRef current();
  // The processor's time that it has used.
  std::chrono::nanoseconds cpu_time() const;
  void stand_back(int nice) const;

 private:
  pthread_t handle_;
  pid_t id_;
};

}  // namespace foz
