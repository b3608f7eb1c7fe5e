// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The machine: open files, memory, clock, kernel.
#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>

#include "cli/doctor_internal.h"

namespace foz::cli {
namespace {

constexpr int64_t kPartitionFiles = 4;  // segments that are read or written at a time
constexpr int64_t kOtherFiles = 4096;   // connections, data files of queries, libraries

// The soft limit of a process, from proc(5).
std::optional<int64_t> open_file_limit(const std::string& process) {
  std::ifstream limits("/proc/" + process + "/limits");
  std::string line;
  while (std::getline(limits, line)) {
    constexpr std::string_view kName = "Max open files";
    if (!line.starts_with(kName)) continue;
    std::istringstream fields(line.substr(kName.size()));
    int64_t soft = 0;
    if (fields >> soft) return soft;
  }
  return std::nullopt;
}

}  // namespace

void check_system(const Config& config, const Running& running, Findings& findings) {
  utsname kernel{};
  uname(&kernel);
  findings.push_back({"system", Grade::kOk,
                      fmt::format("Linux {}, glibc {}, {}", kernel.release, gnu_get_libc_version(),
                                  kernel.machine),
                      ""});
  int64_t partitions = 0;
  for (const auto& [name, topic] : config.topics) partitions += topic.partitions;
  const int64_t wanted = kOtherFiles + kPartitionFiles * partitions;
  const std::string who = running.pid ? std::to_string(*running.pid) : "self";
  const std::optional<int64_t> limit = open_file_limit(who);
  if (!limit) return;
  const bool enough = *limit >= wanted;
  findings.push_back(
      {"open files", enough ? Grade::kOk : Grade::kWarning,
       fmt::format("limit {} {}; {} are advised for {} configured partitions", *limit,
                   running.pid ? "of the server" : "here", wanted, partitions),
       enough ? "" : "raise it: ulimit -n 65536, or LimitNOFILE= of the service"});
}

void check_memory(const Config& config, Findings& findings) {
  const int64_t machine = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGE_SIZE);
  const int64_t available = available_memory();
  const int64_t budget = config.memory_bytes > 0 ? config.memory_bytes : available;
  const bool limited = available != machine / 2;
  const int64_t most = limited ? available : machine;
  Finding finding{"memory", Grade::kOk,
                  fmt::format("budget {:.1f} GB of {:.1f} GB ({})",
                              static_cast<double>(budget) / 1e9, static_cast<double>(most) / 1e9,
                              limited ? "the cgroup's limit" : "the machine's"),
                  ""};
  if (budget > most) {
    finding.grade = Grade::kProblem;
    finding.advice = "lower limits.memory: the kernel would end foz before the budget is used";
  } else if (limited && config.memory_bytes > 0 && budget > most / 10 * 9) {
    finding.grade = Grade::kWarning;
    finding.advice = "leave a tenth of the cgroup's limit free for what is not in the budget";
  } else if (budget < 512'000'000) {
    finding.grade = Grade::kWarning;
    finding.advice = "give foz 512 MB or more: queries of any size spill, tails commit early";
  }
  findings.push_back(std::move(finding));
}

void check_clock(Findings& findings) {
  constexpr std::chrono::sys_days kBuilt = std::chrono::year{2026} / 1 / 1;
  timex state{};
  const int answer = adjtimex(&state);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(now)};
  Finding finding{"clock", Grade::kOk, "synchronized", ""};
  if (now < kBuilt) {
    finding = {"clock", Grade::kProblem,
               fmt::format("the clock says {}-{:02}-{:02}", static_cast<int>(day.year()),
                           static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day())),
               "set it: retention and timestamps of records go by it"};
  } else if (answer == TIME_ERROR || (state.status & STA_UNSYNC) != 0) {
    finding = {
        "clock", Grade::kWarning, "the kernel does not know it to be synchronized",
        "run an NTP client on the host: timestamps of records and retention go by the clock"};
  }
  findings.push_back(std::move(finding));
}

}  // namespace foz::cli
