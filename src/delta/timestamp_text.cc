// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/timestamp_text_internal.h"

#include <fmt/format.h>

#include <chrono>

namespace foz::delta {
namespace {

constexpr int32_t kFirstDay = -719162;  // 0001-01-01
constexpr int32_t kLastDay = 2932896;   // 9999-12-31

}  // namespace

std::optional<std::string> date_text(int32_t days) {
  if (days < kFirstDay || days > kLastDay) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::optional<std::string> timestamp_text(int64_t us, bool zoned) {
  constexpr int64_t kDayUs = 86'400'000'000;
  const int64_t day = us / kDayUs - (us % kDayUs < 0 ? 1 : 0);
  const auto date = date_text(static_cast<int32_t>(day));
  if (!date) return std::nullopt;
  const int64_t rest = us - day * kDayUs;
  const int64_t seconds = rest / 1'000'000, fraction = rest % 1'000'000;
  std::string text =
      fmt::format("{}T{:02}:{:02}:{:02}.", *date, seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (fraction % 1000 == 0) {
    fmt::format_to(std::back_inserter(text), "{:03}", fraction / 1000);
  } else {
    fmt::format_to(std::back_inserter(text), "{:06}", fraction);
  }
  if (zoned) text.push_back('Z');
  return text;
}

}  // namespace foz::delta
