// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Structured log lines on standard error: time, level, room, message, fields.
//   log_warn("kafka", "connection closed", {{"client", id}, {"reason", why}});
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace foz {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

struct LogField {
  std::string_view name;
  std::string value;
};

// Thread-safe; one write(2) a line, so that lines never mix. The message is a literal: after 20 of
// one in ten seconds more are only counted, and the next that is written has the field "withheld".
void log_line(LogLevel level, std::string_view room, std::string_view message,
              std::initializer_list<LogField> fields = {});

inline void log_debug(std::string_view room, std::string_view message,
                      std::initializer_list<LogField> fields = {}) {
  log_line(LogLevel::kDebug, room, message, fields);
}
inline void log_info(std::string_view room, std::string_view message,
                     std::initializer_list<LogField> fields = {}) {
  log_line(LogLevel::kInfo, room, message, fields);
}
inline void log_warn(std::string_view room, std::string_view message,
                     std::initializer_list<LogField> fields = {}) {
  log_line(LogLevel::kWarn, room, message, fields);
}
inline void log_error(std::string_view room, std::string_view message,
                      std::initializer_list<LogField> fields = {}) {
  log_line(LogLevel::kError, room, message, fields);
}

// "debug", "info", "warn", "error".
std::optional<LogLevel> parse_log_level(std::string_view name);

// Process-wide, set once by main before threads start. Text for people, JSON for collectors. When
// standard error is systemd's journal (JOURNAL_STREAM), each line begins with the priority that it
// understands, and text leaves out the time and level that it keeps itself.
// https://www.freedesktop.org/software/systemd/man/latest/sd-daemon.html
void set_log_format(LogLevel least, bool json);

}  // namespace foz
