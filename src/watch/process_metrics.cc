// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "watch/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace foz::watch {

void sample_process(Metrics& metrics) {
  long total_pages = 0, resident_pages = 0;
  std::ifstream("/proc/self/statm") >> total_pages >> resident_pages;
  const double page = static_cast<double>(sysconf(_SC_PAGESIZE));
  metrics.gauge("process_resident_memory_bytes", "Resident memory of the process.")
      .set(static_cast<double>(resident_pages) * page);

  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  metrics.gauge("foz_process_cpu_seconds", "User and system time of the process since its start.")
      .set(seconds(usage.ru_utime) + seconds(usage.ru_stime));

  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (!error) {
    metrics.gauge("process_open_fds", "Open file descriptors of the process.")
        .set(static_cast<double>(std::distance(begin(files), end(files))));
  }
}

}  // namespace foz::watch
