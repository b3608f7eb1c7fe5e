// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "trino/type_signature_internal.h"

#include <gtest/gtest.h>

namespace foz::trino {
namespace {

TEST(TypeSignature, ReadsBackWhatItWrites) {
  for (const char* text :
       {"bigint", "decimal(38, 2)", "varchar", "timestamp(6) with time zone", "time(6)",
        "array(map(varchar, array(double)))",
        "row(\"a \"\"b\" bigint, c row(d timestamp(6)), \"select\" date)", "row(bigint, varchar)",
        "map(varchar, row(x timestamp(6) with time zone))"}) {
    const auto type = parse_type(text);
    ASSERT_TRUE(type.has_value()) << text;
    EXPECT_EQ(to_string(*type, true), text);
  }
  EXPECT_EQ(to_string(parse_type("row(\"x\" interval day to second)").value(), true),
            "row(x INTERVAL DAY TO SECOND)");
  EXPECT_EQ(to_string(parse_type("array(timestamp(6) with time zone)").value(), false),
            "array(timestamp with time zone)");
  for (const char* text : {"", "array(", "array(bigint", "row(a bigint", "decimal(x", "bigint)"})
    EXPECT_FALSE(parse_type(text).has_value()) << text;
  EXPECT_FALSE(parse_type(std::string(1000, '(')).has_value());
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "array(";
  EXPECT_FALSE(parse_type(deep).has_value());
}

}  // namespace
}  // namespace foz::trino
