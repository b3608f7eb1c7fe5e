// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The command line of `foz table`.
#pragma once

#include <memory>
#include <optional>

#include "base/result.h"

namespace CLI {
class App;
}

namespace foz::cli {

class TableArguments {
 public:
  explicit TableArguments(CLI::App& app);
  ~TableArguments();
  // Runs the command that was given; nullopt: another than `foz table`.
  std::optional<Status> run() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace foz::cli
