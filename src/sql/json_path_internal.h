// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// get_json_object: one value of a JSON text, by a path such as $.a.b[0]['c d'].
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace foz::sql {

class JsonPath {
 public:
  // nullopt: not a path, or one with wildcards.
  static std::optional<JsonPath> compile(std::string_view path);

  // Strings without quotes and escapes, other values as their text without blanks; nullopt: not
  // there, null, malformed.
  std::optional<std::string> find(std::string_view json);

 private:
  using Step = std::variant<std::string, size_t>;
  std::vector<Step> steps_;
  std::unique_ptr<simdjson::ondemand::parser> parser_ =
      std::make_unique<simdjson::ondemand::parser>();
  std::string buffer_;
};

}  // namespace foz::sql
