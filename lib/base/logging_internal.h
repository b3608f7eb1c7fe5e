// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What one line looks like and how often it comes, apart from the clock and from standard error.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/logging.h"

namespace foz {

struct LogFormat {
  bool json = false;
  bool journal = false;
};

// With the newline.
std::string format_log_line(LogFormat format, std::string_view time, LogLevel level,
                            std::string_view room, std::string_view message,
                            std::span<const LogField> fields);

// At most kBurst of one message in each window.
class RepeatLimit {
 public:
  static constexpr int kBurst = 20;
  static constexpr std::chrono::seconds kWindow{10};
  static constexpr size_t kMaxMessages = 1000;  // others are not limited

  // How many were withheld before this one; nullopt when it is to be withheld too.
  std::optional<int64_t> admit(std::string_view room, std::string_view message,
                               std::chrono::steady_clock::time_point now);

 private:
  struct Seen {
    std::chrono::steady_clock::time_point begun;
    int written = 0;
    int64_t withheld = 0;
  };
  std::map<std::string, Seen, std::less<>> seen_;
};

}  // namespace foz
