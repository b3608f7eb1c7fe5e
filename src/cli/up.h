// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// `foz up`: wires the rooms together, serves until a signal, commits and ends.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/config.h"

namespace foz::cli {

// Blocks until SIGTERM or SIGINT, which are heeded while the log is replayed too. Prints one line
// on standard output when ready; with `addresses_file` it also writes the addresses there as JSON,
// whole or not at all.
Status run_up(const Config& config, const std::string& addresses_file);

}  // namespace foz::cli
