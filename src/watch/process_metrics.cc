// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "watch/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace foz::watch {

namespace {

// Seconds since the epoch, from proc(5): "btime" of /proc/stat and the 22nd field of
// /proc/self/stat. The second field is the program's name in brackets and may hold anything.
double start_time() {
  std::string word;
  double boot = 0, ticks = 0;
  std::ifstream machine("/proc/stat");
  while (machine >> word && word != "btime") machine.ignore(1 << 20, '\n');
  machine >> boot;
  std::ifstream self("/proc/self/stat");
  std::string line;
  std::getline(self, line);
  std::istringstream fields(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  for (int field = 3; field < 22; ++field) fields >> word;
  fields >> ticks;
  return boot + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

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
  metrics.gauge("process_cpu_seconds_total", "User and system time of the process.")
      .set(seconds(usage.ru_utime) + seconds(usage.ru_stime));
  metrics.gauge("process_start_time_seconds", "When the process started, since the epoch.")
      .set(start_time());

  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (!error) {
    metrics.gauge("process_open_fds", "Open file descriptors of the process.")
        .set(static_cast<double>(std::distance(begin(files), end(files))));
  }
}

}  // namespace foz::watch
