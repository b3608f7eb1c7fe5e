// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "base/logging.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "base/logging_internal.h"

namespace foz {
namespace {

LogLevel g_least = LogLevel::kInfo;
LogFormat g_format;
std::mutex g_limit_mutex;
RepeatLimit g_limit;

constexpr std::string_view kNames[] = {"debug", "info", "warn", "error"};
constexpr std::string_view kPriorities[] = {"<7>", "<6>", "<4>", "<3>"};

std::string now_text() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  const std::time_t seconds = us / 1000000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  return fmt::format("{}.{:06}Z", text, us % 1000000);
}

// JOURNAL_STREAM is inherited by whoever a service starts, so it is compared: "device:inode".
bool is_journal(int descriptor) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat file{};
  return stream && fstat(descriptor, &file) == 0 &&
         fmt::format("{}:{}", file.st_dev, file.st_ino) == stream;
}

void append_text(std::string& line, std::string_view room, std::string_view message,
                 std::span<const LogField> fields) {
  fmt::format_to(std::back_inserter(line), "{}: {}", room, message);
  for (const LogField& each : fields) {
    fmt::format_to(std::back_inserter(line), " {}=", each.name);
    const bool plain = each.value.find_first_of(" \"\n\r\t=") == std::string::npos;
    if (plain && !each.value.empty()) {
      line.append(each.value);
    } else {
      append_json_string(line, each.value);
    }
  }
}

}  // namespace

std::string format_log_line(LogFormat format, std::string_view time, LogLevel level,
                            std::string_view room, std::string_view message,
                            std::span<const LogField> fields) {
  const std::string_view name = kNames[static_cast<size_t>(level)];
  std::string line(format.journal ? kPriorities[static_cast<size_t>(level)] : "");
  if (format.json) {
    JsonWriter json;
    json.begin_object();
    json.field("time", time).field("level", name).field("room", room).field("message", message);
    for (const LogField& each : fields) json.field(each.name, each.value);
    json.end_object();
    line += json.take();
  } else {
    if (!format.journal) line += fmt::format("{} {:5} ", time, name);
    append_text(line, room, message, fields);
  }
  line.push_back('\n');
  return line;
}

std::optional<int64_t> RepeatLimit::admit(std::string_view room, std::string_view message,
                                          std::chrono::steady_clock::time_point now) {
  const std::string key = fmt::format("{}: {}", room, message);
  if (seen_.size() >= kMaxMessages && !seen_.contains(key)) return 0;
  const auto [found, fresh] = seen_.try_emplace(key);
  Seen& seen = found->second;
  if (fresh || now - seen.begun >= kWindow) {
    seen.begun = now;
    seen.written = 0;
  }
  if (seen.written == kBurst) {
    ++seen.withheld;
    return std::nullopt;
  }
  ++seen.written;
  return std::exchange(seen.withheld, 0);
}

std::optional<LogLevel> parse_log_level(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<LogLevel>(found - std::begin(kNames));
}

void set_log_format(LogLevel least, bool json) {
  g_least = least;
  g_format = {.json = json, .journal = is_journal(STDERR_FILENO)};
}

void log_line(LogLevel level, std::string_view room, std::string_view message,
              std::initializer_list<LogField> fields) {
  if (level < g_least) return;
  std::optional<int64_t> withheld;
  {
    const std::lock_guard lock(g_limit_mutex);
    withheld = g_limit.admit(room, message, std::chrono::steady_clock::now());
  }
  if (!withheld) return;
  std::vector<LogField> all(fields);
  if (*withheld > 0) all.push_back({"withheld", std::to_string(*withheld)});
  const std::string line = format_log_line(g_format, now_text(), level, room, message, all);
  // A log that cannot be written has nobody left to tell.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace foz
