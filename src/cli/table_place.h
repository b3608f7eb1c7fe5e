// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A Delta table on this machine, opened without a server.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "delta/table.h"
#include "store/disk.h"
#include "store/object_store.h"

namespace foz::cli {

struct TablePlace {
  std::unique_ptr<store::Disk> disk;
  std::unique_ptr<store::ObjectStore> store;
  SystemClock clock;
  Random random{Random::system_seed()};
  std::unique_ptr<delta::Table> table;
  // Another table of the same machine; `path` as a person gives it.
  Result<delta::Table> other(const std::string& path);
};

// `path`: a folder or file:// URL. kNotFound unless the folder is there: a typing error makes none.
Result<std::unique_ptr<TablePlace>> open_place(const std::string& path);

// One line on standard error that says how far the work has come, where that is a terminal.
class ProgressLine {
 public:
  explicit ProgressLine(const Clock& clock) : clock_(clock) {}
  ~ProgressLine();
  void show(int64_t files, int64_t files_total, int64_t bytes, int64_t bytes_total);

 private:
  const Clock& clock_;
  std::chrono::steady_clock::time_point next_;
  bool shown_ = false;
};

// "1.2 GB"
std::string bytes_text(int64_t bytes);

}  // namespace foz::cli
