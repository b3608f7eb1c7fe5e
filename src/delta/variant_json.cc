// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// JSON text as variants.
#include <arrow/util/decimal.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "delta/variant_builder_internal.h"

namespace foz::delta {
namespace {

namespace json = simdjson::ondemand;

Error refused(std::string_view why) {
  return invalid(fmt::format("the text is no JSON that a variant can hold: {}", why));
}

template <class T>
Result<T> checked(simdjson::simdjson_result<T>&& result) {
  T value{};
  const auto error = std::move(result).get(value);
  if (error != simdjson::SUCCESS) return refused(simdjson::error_message(error));
  return Result<T>(std::move(value));
}

// Takes digits from the front and returns how many.
size_t take_digits(std::string_view& text) {
  const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(count);
  return count;
}

struct Number {
  size_t scale = 0;
  bool exponent = false;
};

// https://www.rfc-editor.org/rfc/rfc8259#section-6
std::optional<Number> number_syntax(std::string_view text) {
  Number out;
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const size_t whole = take_digits(text);
  if (whole == 0 || (zero && whole > 1)) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if ((out.scale = take_digits(text)) == 0) return std::nullopt;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    out.exponent = true;
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (take_digits(text) == 0) return std::nullopt;
  }
  return text.empty() ? std::optional(out) : std::nullopt;
}

Status add_number(VariantBuilder& out, std::string_view text) {
  while (!text.empty() && std::string_view(" \t\r\n").find(text.back()) != text.npos)
    text.remove_suffix(1);
  const auto syntax = number_syntax(text);
  if (!syntax) return refused(fmt::format("{} is no number", text.substr(0, 40)));
  const char *begin = text.data(), *end = begin + text.size();
  if (syntax->scale == 0 && !syntax->exponent) {
    int64_t value = 0;
    if (std::from_chars(begin, end, value).ec == std::errc()) {
      out.integer(value);
      return {};
    }
  }
  if (!syntax->exponent && syntax->scale <= 38) {
    std::string digits(text);
    std::erase(digits, '.');
    // The sign and zeros in front count for nothing.
    const size_t first = std::min(digits.find_first_not_of("-0"), digits.size());
    if (digits.size() - first <= 38) {
      arrow::Decimal128 value(digits.substr(first).empty() ? "0" : digits.substr(first));
      if (text.front() == '-') value.Negate();
      out.decimal(value, static_cast<int>(syntax->scale));
      return {};
    }
  }
  // What is too small becomes zero, as everywhere.
  const double value = std::strtod(std::string(text).c_str(), nullptr);
  if (!std::isfinite(value)) {
    return refused(fmt::format("the number {} is out of range", text.substr(0, 40)));
  }
  out.number(value);
  return {};
}

Status add(VariantBuilder& out, json::value& value, int depth) {
  if (depth > kMaxVariantDepth) return refused("it is nested too deeply");
  const size_t begin = out.at();
  switch (TRY(checked(value.type()))) {
    case json::json_type::object: {
      std::vector<VariantObject::Field> fields;
      for (auto each : TRY(checked(value.get_object()))) {
        json::field field = TRY(checked(std::move(each)));
        const size_t name = out.name(TRY(checked(field.unescaped_key())));
        fields.push_back({name, out.at() - begin});
        TRY(add(out, field.value(), depth + 1));
      }
      return out.close_object(begin, std::move(fields));
    }
    case json::json_type::array: {
      std::vector<size_t> elements;
      for (auto each : TRY(checked(value.get_array()))) {
        json::value element = TRY(checked(std::move(each)));
        elements.push_back(out.at());
        TRY(add(out, element, depth + 1));
      }
      out.close_array(begin, elements);
      return {};
    }
    case json::json_type::string: out.text(TRY(checked(value.get_string()))); return {};
    case json::json_type::boolean: out.boolean(TRY(checked(value.get_bool()))); return {};
    case json::json_type::null:
      if (!TRY(checked(value.is_null()))) return refused("a word is not null");
      out.null();
      return {};
    case json::json_type::number: return add_number(out, value.raw_json_token());
    default: return refused("a word is none that JSON knows");
  }
}

}  // namespace

Result<Variant> parse_variant(std::string_view text) {
  if (text.size() > kMostVariantBytes) return refused("it is longer than 16 MiB");
  json::parser parser;
  // In a list, so that a scalar is a value like others.
  const simdjson::padded_string padded(fmt::format("[{}]", text));
  json::document document = TRY(checked(parser.iterate(padded)));
  VariantBuilder builder;
  int values = 0;
  for (auto each : TRY(checked(document.get_array()))) {
    json::value value = TRY(checked(std::move(each)));
    if (++values > 1) break;
    TRY(add(builder, value, 0));
  }
  const bool more = document.current_location().error() != simdjson::OUT_OF_BOUNDS;
  if (values != 1 || more) return refused("it is not one value");
  Variant out = builder.finish();
  if (std::max(out.metadata.size(), out.value.size()) > kMostVariantBytes) {
    return refused("it is bigger than 16 MiB");
  }
  return out;
}

}  // namespace foz::delta
