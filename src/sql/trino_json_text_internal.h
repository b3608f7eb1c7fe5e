// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// JSON as text: https://www.rfc-editor.org/rfc/rfc8259, and the paths that point into it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace foz::sql {

enum class JsonKind { kNull, kBoolean, kNumber, kString, kArray, kObject };

// Of text that begins with a value.
JsonKind json_kind(std::string_view value);

// The characters of a string with its quotes.
std::string json_unquoted(std::string_view value);
std::string json_quoted(std::string_view characters);

// Without blanks, escapes only where they must be; nullopt for what is no value.
struct JsonStyle {
  bool sorted;         // members by name, the last one of each name
  bool plain_numbers;  // numbers with a fraction as those of a double; else as they are written
};
std::optional<std::string> json_normalized(std::string_view text, JsonStyle style);

// The number of members; nullopt for a scalar or what is no value.
std::optional<int64_t> json_size(std::string_view text);

// The text of element `index`, from the end when negative.
std::optional<std::string_view> json_element(std::string_view text, int64_t index);
// The texts of all elements; nullopt when it is no array.
std::optional<std::vector<std::string_view>> json_elements(std::string_view text);

// $.name["other name"][3]; with wildcards also [*] and .*.
class JsonSteps {
 public:
  // nullopt: no such path.
  static std::optional<JsonSteps> read(std::string_view path, bool wildcards);

  // The text of the value; nullopt when it is not there or the text before it is malformed.
  std::optional<std::string_view> find(std::string_view text) const;
  // Of all values; `lax`: members of an array's elements, and a value as an array of itself.
  std::vector<std::string_view> find_all(std::string_view text, bool lax) const;

 private:
  struct Any {};
  using Step = std::variant<std::string, int64_t, Any>;  // a member, an element, all of them
  std::vector<Step> steps_;
};

}  // namespace foz::sql
