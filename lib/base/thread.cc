// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "base/thread.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>

namespace foz {

namespace {

constexpr uint64_t kPromptNs = 200'000;

// sched_setattr(2); the C library has no name for it yet.
struct SchedulingAttributes {
  uint32_t size = sizeof(SchedulingAttributes);
  uint32_t policy = SCHED_OTHER;
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime_ns = 0;  // of SCHED_OTHER: how long it asks to run at once; 0: as others
  uint64_t deadline_ns = 0;
  uint64_t period_ns = 0;
};

void set_attributes(pid_t thread, int nice, uint64_t runtime_ns) {
  SchedulingAttributes attributes;
  attributes.nice = nice;
  attributes.runtime_ns = runtime_ns;
  (void)syscall(SYS_sched_setattr, thread, &attributes, 0);
}

}  // namespace

void name_thread(const char* name) { (void)pthread_setname_np(pthread_self(), name); }

void run_promptly() { set_attributes(0, getpriority(PRIO_PROCESS, 0), kPromptNs); }

void stand_back(int nice) { set_attributes(0, nice, 0); }

ThreadRef ThreadRef::current() {
  ThreadRef thread;
  thread.handle_ = pthread_self();
  thread.id_ = gettid();
  return thread;
}

void ThreadRef::stand_back(int nice) const { set_attributes(id_, nice, 0); }

std::chrono::nanoseconds ThreadRef::cpu_time() const {
  clockid_t clock{};
  timespec used{};
  if (pthread_getcpuclockid(handle_, &clock) == 0) (void)clock_gettime(clock, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace foz
