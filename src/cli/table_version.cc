// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "cli/table_version.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "delta/history.h"

namespace foz::cli {
namespace {

// Reads a number of exactly `digits` digits.
bool take(std::string_view& text, size_t digits, int64_t& out) {
  if (text.size() < digits) return false;
  const auto parsed = std::from_chars(text.data(), text.data() + digits, out);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + digits || out < 0) return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

// "12:00", "12:00:30", "12:00:30.5"
bool take_time(std::string_view& text, int64_t& ms) {
  int64_t hours = 0, minutes = 0, seconds = 0;
  if (!take(text, 2, hours) || !take(text, ':') || !take(text, 2, minutes)) return false;
  if (take(text, ':') && !take(text, 2, seconds)) return false;
  int64_t fraction = 0;
  if (take(text, '.')) {
    int64_t unit = 100;
    for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), unit /= 10) {
      fraction += unit * (text[0] - '0');
    }
  }
  if (hours > 23 || minutes > 59 || seconds > 59) return false;
  ms += ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction;
  return true;
}

bool take_zone(std::string_view& text, int64_t& ms) {
  if (text.empty() || take(text, 'Z')) return true;
  const bool east = text[0] == '+';
  if (!take(text, '+') && !take(text, '-')) return false;
  int64_t hours = 0, minutes = 0;
  if (!take(text, 2, hours)) return false;
  (void)take(text, ':');
  if (!text.empty() && !take(text, 2, minutes)) return false;
  ms += (east ? -1 : 1) * (hours * 60 + minutes) * 60'000;
  return true;
}

}  // namespace

Result<int64_t> parse_time_ms(std::string_view given) {
  std::string_view text = given;
  int64_t year = 0, month = 0, day = 0, ms = 0;
  bool good = take(text, 4, year) && take(text, '-') && take(text, 2, month) && take(text, '-') &&
              take(text, 2, day);
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  good = good && date.ok();
  if (good) {
    ms = std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::sys_days(date).time_since_epoch())
             .count();
  }
  if (good && !text.empty()) {
    good = (take(text, ' ') || take(text, 'T')) && take_time(text, ms) && take_zone(text, ms) &&
           text.empty();
  }
  if (good) return ms;
  return invalid(
      fmt::format("a time such as 2026-01-31, 2026-01-31 12:00:00 or 2026-01-31T12:00:00Z is "
                  "expected, not '{}'",
                  given));
}

std::string time_text(int64_t ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(ms)};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (time - seconds).count());
}

Result<delta::SnapshotPtr> snapshot_at(const delta::Table& table, const VersionOption& at) {
  if (at.version) return table.at(delta::Version(*at.version));
  if (at.timestamp.empty()) return table.latest();
  const int64_t ms = TRY(parse_time_ms(at.timestamp));
  return table.at(TRY(delta::version_at(table, ms, delta::AfterLast::kTakeLast)).version);
}

}  // namespace foz::cli
