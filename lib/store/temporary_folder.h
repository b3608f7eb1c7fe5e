// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// For tests on the real disk: an empty folder that goes with its object, and one that refuses.
#pragma once

#include <sys/fsuid.h>

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

// A folder in which this thread may write nothing while the object lives. As permissions do not
// bind root, the thread takes another file system identity for that time; see setfsuid(2).
class ForbiddenFolder {
 public:
  ForbiddenFolder() {
    std::filesystem::permissions(folder_.path(), std::filesystem::perms::owner_read);
    own_ = setfsuid(kNobody);
  }
  ~ForbiddenFolder() {
    setfsuid(own_);
    std::filesystem::permissions(folder_.path(), std::filesystem::perms::owner_all);
  }
  ForbiddenFolder(const ForbiddenFolder&) = delete;
  ForbiddenFolder& operator=(const ForbiddenFolder&) = delete;

  const std::string& path() const { return folder_.path(); }

 private:
  static constexpr uid_t kNobody = 65534;

  const TemporaryFolder folder_;
  uid_t own_ = 0;
};

}  // namespace foz::store
