// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// For tests on the real disk: an empty folder that goes with its object.
#pragma once

#include <filesystem>
#include <string>

#include "base/random.h"

namespace foz::store {

class TemporaryFolder {
 public:
  TemporaryFolder() { std::filesystem::create_directories(path_); }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  const std::string path_ = std::filesystem::temp_directory_path() /
                            ("foz-" + Random(Random::system_seed()).uuid().to_string());
};

}  // namespace foz::store
