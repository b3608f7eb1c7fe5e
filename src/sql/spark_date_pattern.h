// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Spark's datetime patterns: https://spark.apache.org/docs/latest/sql-ref-datetime-pattern.html
// Letters: y M d D E H k K h m s S a Q X x Z V(as an offset), quoted and other text; English names.
// Optional sections are refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foz::sql::spark {

class DatePattern {
 public:
  // nullopt and why in `error`, for a letter that is not supported.
  static std::optional<DatePattern> compile(std::string_view pattern, std::string& error);

  // Microseconds since the epoch; the whole text must match. Without a zone, UTC.
  bool parse(std::string_view text, int64_t& micros) const;
  std::string format(int64_t micros) const;

 private:
  struct Part {
    char letter = 0;  // 0: `text` as it stands
    int count = 0;
    std::string text;
  };
  std::vector<Part> parts_;
};

}  // namespace foz::sql::spark
