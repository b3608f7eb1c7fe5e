// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/json_path_internal.h"

#include <charconv>
#include <cstring>

#include "sql/spark_text.h"

namespace foz::sql {

namespace {

using simdjson::ondemand::json_type;

std::string minified(std::string_view json) {
  std::string out(json.size(), '\0');
  size_t size = 0;
  if (simdjson::minify(json.data(), json.size(), out.data(), size) != simdjson::SUCCESS)
    return std::string(json);
  out.resize(size);
  return out;
}

std::optional<std::string> text_of(simdjson::ondemand::value value) {
  switch (value.type()) {
    case json_type::null: return std::nullopt;
    case json_type::string: return std::string(std::string_view(value.get_string()));
    case json_type::object:
      return minified(simdjson::ondemand::object(value.get_object()).raw_json());
    case json_type::array: return minified(simdjson::ondemand::array(value.get_array()).raw_json());
    case json_type::boolean: return bool(value.get_bool()) ? "true" : "false";
    default: {
      const std::string_view text = spark::trim(value.raw_json_token());
      (void)double(value.get_double());
      return std::string(text);
    }
  }
}

}  // namespace

std::optional<JsonPath> JsonPath::compile(std::string_view path) {
  JsonPath result;
  if (!path.starts_with('$')) return std::nullopt;
  path.remove_prefix(1);
  while (!path.empty()) {
    if (path.starts_with("['")) {
      const size_t end = path.find("']");
      if (end == std::string_view::npos || end == 2) return std::nullopt;
      result.steps_.emplace_back(std::string(path.substr(2, end - 2)));
      path.remove_prefix(end + 2);
    } else if (path.front() == '[') {
      size_t index = 0;
      const auto [at, error] = std::from_chars(path.data() + 1, path.data() + path.size(), index);
      if (error != std::errc() || at == path.data() + path.size() || *at != ']')
        return std::nullopt;
      result.steps_.emplace_back(index);
      path.remove_prefix(static_cast<size_t>(at - path.data()) + 1);
    } else if (path.front() == '.') {
      const size_t end = std::min(path.find_first_of(".[", 1), path.size());
      const std::string_view name = path.substr(1, end - 1);
      if (name.empty() || name == "*") return std::nullopt;
      result.steps_.emplace_back(std::string(name));
      path.remove_prefix(end);
    } else {
      return std::nullopt;
    }
  }
  return result;
}

std::optional<std::string> JsonPath::find(std::string_view json) {
  if (buffer_.size() < json.size() + simdjson::SIMDJSON_PADDING)
    buffer_.resize(2 * json.size() + simdjson::SIMDJSON_PADDING);
  std::memcpy(buffer_.data(), json.data(), json.size());
  try {
    simdjson::ondemand::document document =
        parser_->iterate(buffer_.data(), json.size(), buffer_.size());
    if (document.is_scalar()) {
      if (!steps_.empty() || document.type() != json_type::string) return std::nullopt;
      return std::string(std::string_view(document.get_string()));
    }
    simdjson::ondemand::value value = document.get_value();
    for (const Step& step : steps_) {
      if (const auto* name = std::get_if<std::string>(&step)) {
        if (value.type() != json_type::object) return std::nullopt;
        value = value.find_field_unordered(*name);
      } else {
        if (value.type() != json_type::array) return std::nullopt;
        value = simdjson::ondemand::array(value.get_array()).at(std::get<size_t>(step));
      }
    }
    return text_of(value);
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
}

}  // namespace foz::sql
