// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "base/logging.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <ctime>

#include "base/json_writer.h"

namespace foz {
namespace {

LogLevel g_least = LogLevel::kInfo;
bool g_json = false;

constexpr std::string_view kNames[] = {"debug", "info", "warn", "error"};

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

}  // namespace

void set_log_format(LogLevel least, bool json) {
  g_least = least;
  g_json = json;
}

void log_line(LogLevel level, std::string_view room, std::string_view message,
              std::initializer_list<LogField> fields) {
  if (level < g_least) return;
  const std::string_view name = kNames[static_cast<size_t>(level)];
  std::string line;
  if (g_json) {
    JsonWriter json;
    json.begin_object();
    json.field("time", now_text()).field("level", name).field("room", room);
    json.field("message", message);
    for (const LogField& each : fields) json.field(each.name, each.value);
    json.end_object();
    line = json.take();
  } else {
    line = fmt::format("{} {:5} {}: {}", now_text(), name, room, message);
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
  line.push_back('\n');
  // A log that cannot be written has nobody left to tell.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace foz
