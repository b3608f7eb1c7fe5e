// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Trino's types and how they become each other.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sql/trino_ast_internal.h"

namespace foz::sql {

using ast::Type;
// Nothing: it is not known here.
using MaybeType = std::optional<Type>;

// The types of expressions whose text depends on them: arguments of UNNEST and typeof; and those
// that parameters without a value are wanted in by what is around them.
using TypeHints = std::unordered_map<const ast::Expression*, Type>;

Type type_of(std::string_view name, std::initializer_list<int64_t> numbers = {});
Type array_of(Type element);
Type map_of(Type key, Type value);

// With the parameters that Trino gives a type written without them: timestamp is timestamp(3).
Type with_defaults(Type type);

size_t parts_of(const Type& type);  // types in it, with itself

bool same_type(const Type& a, const Type& b);
bool is_text(const Type& type);     // varchar, char
bool is_integer(const Type& type);  // tinyint … bigint
bool is_numeric(const Type& type);
bool is_time(const Type& type);  // date, time, timestamp with and without zones
bool is_interval(const Type& type);
// What arithmetic takes an integer for.
Type as_decimal(const Type& type);

// The type to which both can be coerced; nullopt: there is none.
MaybeType common_type(const Type& a, const Type& b);
// Whether CAST converts values.
bool can_cast(const Type& from, const Type& to);
// The result of an operator; nullopt: it does not take these types.
MaybeType arithmetic_type(std::string_view operation, const Type& a, const Type& b);

// As typeof() tells it: "decimal(10,2)", "row(a bigint, varchar(3))".
std::string display_text(const Type& type);
// "row(\"a\" bigint, varchar(3))", as parse_type() of the endpoint reads it.
std::string signature_text(const Type& type);

}  // namespace foz::sql
