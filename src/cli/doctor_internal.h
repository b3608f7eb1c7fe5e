// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The checks of `foz doctor`. Each adds what it found; none of them changes anything but trial
// files, which it removes.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "cli/config.h"

namespace foz::cli {

enum class Grade { kOk, kWarning, kProblem };

struct Finding {
  std::string check;
  Grade grade = Grade::kOk;
  std::string found;
  std::string advice;  // what to do; empty when fine
};
using Findings = std::vector<Finding>;

// What runs already, as far as it can be told from outside.
struct Running {
  std::optional<pid_t> pid;  // who holds the lock of the data folder
  bool answers = false;      // a foz answers at the HTTP address
  std::string overview;      // its /api/overview
};

// The machine.
void check_system(const Config& config, const Running& running, Findings& findings);
void check_clock(Findings& findings);
void check_memory(const Config& config, Findings& findings);
// Where data is put.
void check_folders(const Config& config, Findings& findings);
void check_sync_latency(const Config& config, Findings& findings);
void check_lock(const Config& config, Running& running, Findings& findings);
// What it is to do, and what is there.
void check_project(const Config& config, Findings& findings);
void check_lake(const Config& config, Findings& findings);
// The server.
void check_listeners(const Config& config, Running& running, Findings& findings);
void check_server(const Config& config, const Running& running, Findings& findings);

}  // namespace foz::cli
