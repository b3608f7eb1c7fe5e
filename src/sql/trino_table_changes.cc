// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/trino_table_changes_internal.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "sql/trino_tokens_internal.h"

namespace foz::sql {

using ast::ExpressionKind;

namespace {

std::string upper_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

}  // namespace

ChangesArguments changes_arguments(const ast::Relation& relation, std::string_view source,
                                   const QuerySession& session) {
  static constexpr std::array<std::string_view, 3> kNames = {"schema_name", "table_name",
                                                             "since_version"};
  const auto& names = relation.names;
  const std::string catalog = lower_case(names.size() > 2 ? names[0].name : session.catalog);
  if (names.size() > 3 || catalog != kCatalog)
    throw error_at(source, names[0].offset, "FUNCTION_NOT_FOUND", 6,
                   "Table function 'table_changes' not registered");
  const auto refuse = [&](size_t offset, const std::string& message) {
    throw error_at(source, offset, "INVALID_FUNCTION_ARGUMENT", 7, message);
  };
  std::array<const ast::Expression*, 3> values{};
  for (size_t i = 0; i < relation.given.size(); ++i) {
    const ast::Argument& one = relation.given[i];
    if (one.name.has_value() != relation.given[0].name.has_value())
      refuse(relation.offset,
             "All arguments must be passed by name or all must be passed positionally");
    size_t at = i;
    if (one.name) {
      const std::string name = lower_case(one.name->name);
      for (at = 0; at < kNames.size() && kNames[at] != name;) ++at;
      if (at == kNames.size())
        refuse(one.name->offset, "Unexpected argument name: " + upper_case(name));
    }
    if (at >= kNames.size())
      refuse(relation.offset,
             fmt::format("Too many arguments. Expected at most {} arguments, got {}", kNames.size(),
                         relation.given.size()));
    if (values[at]) refuse(one.value->offset, "Duplicate argument name: " + upper_case(kNames[at]));
    values[at] = one.value.get();
  }
  ChangesArguments made;
  for (size_t i = 0; i < 2; ++i) {
    if (!values[i]) refuse(relation.offset, "Missing argument: " + upper_case(kNames[i]));
    if (values[i]->kind != ExpressionKind::kString)
      refuse(values[i]->offset, fmt::format("Argument {} is a text", upper_case(kNames[i])));
    (i == 0 ? made.schema : made.table) = values[i]->text;
  }
  const ast::Expression* since = values[2];
  if (!since || since->kind == ExpressionKind::kNull) return made;
  const bool typed = since->kind == ExpressionKind::kTyped &&
                     (since->type->name == "bigint" || since->type->name == "integer");
  const char* const end = since->text.data() + since->text.size();
  if ((since->kind != ExpressionKind::kInteger && !typed) ||
      std::from_chars(since->text.data(), end, made.since).ptr != end)
    refuse(since->offset, "Argument SINCE_VERSION is a version number");
  if (made.since < 0)
    refuse(since->offset,
           fmt::format("Invalid value of since_version: {}. It must not be negative.", made.since));
  return made;
}

}  // namespace foz::sql
