// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/variant_internal.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/variant_text_internal.h"

namespace foz::delta {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

// Names a and b.
const std::string kNames =
    "\x01\x02\x00\x01\x02"
    "ab"s;

std::string text_of(const std::string& value, const std::string& metadata = kNames) {
  std::string out;
  const Status status = append_variant(metadata, value, out);
  return status ? out : status.error().message();
}

// Values as the specification's section "Value encoding" lays them out.
TEST(Variant, ScalarsAreJson) {
  EXPECT_EQ(text_of("\x00"s), "null");
  EXPECT_EQ(text_of("\x04"s), "true");
  EXPECT_EQ(text_of("\x08"s), "false");
  EXPECT_EQ(text_of("\x0c\xff"s), "-1");
  EXPECT_EQ(text_of("\x10\x00\x80"s), "-32768");
  EXPECT_EQ(text_of("\x14\x00\x00\x00\x80"s), "-2147483648");
  EXPECT_EQ(text_of("\x18\xff\xff\xff\xff\xff\xff\xff\x7f"s), "9223372036854775807");
  EXPECT_EQ(text_of("\x1c\x00\x00\x00\x00\x00\x00\xf8\x3f"s), "1.5");
  EXPECT_EQ(text_of("\x38\x00\x00\xc0\x3f"s), "1.5");
  EXPECT_EQ(text_of("\x20\x02\xb4\xff\xff\xff"s), "-0.76");
  EXPECT_EQ(text_of("\x24\x01\x64\x00\x00\x00\x00\x00\x00\x00"s), "10");
  EXPECT_EQ(text_of("\x2c\xff\xff\xff\xff"s), "\"1969-12-31\"");
  EXPECT_EQ(text_of("\x30\xff\xff\xff\xff\xff\xff\xff\xff"s),
            "\"1969-12-31 23:59:59.999999+00:00\"");
  EXPECT_EQ(text_of("\x34\x20\xa1\x07\x00\x00\x00\x00\x00"s), "\"1970-01-01 00:00:00.5\"");
  EXPECT_EQ(text_of("\x3c\x03\x00\x00\x00\x00\x01\x02"s), "\"AAEC\"");
  EXPECT_EQ(text_of("\x0d"s + "abc"), "\"abc\"");
  EXPECT_EQ(text_of("\x40\x02\x00\x00\x00"s + "\"\n"), R"("\"\n")");
  EXPECT_EQ(text_of("\x50\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"s),
            "\"00112233-4455-6677-8899-aabbccddeeff\"");
}

TEST(Variant, ObjectsAndListsAreNested) {
  // {"a": 1, "b": [true, "x"]}
  const std::string list = "\x03\x02\x00\x01\x03\x04\x05x"s;
  const std::string object = "\x02\x02\x00\x01\x00\x02\x0a\x0c\x01"s + list;
  EXPECT_EQ(text_of(object), R"({"a":1,"b":[true,"x"]})");
  EXPECT_EQ(text_of("\x02\x00\x00"s), "{}");
  EXPECT_EQ(text_of("\x03\x00\x00"s), "[]");
  const auto fields = variant_fields(kNames, object).value();
  ASSERT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields[1].first, "b");
  EXPECT_EQ(text_of(std::string(fields[1].second)), R"([true,"x"])");
}

TEST(Variant, DamageIsNamed) {
  for (const std::string& value :
       {""s, "\x0c"s, "\x0d"s + "ab", "\x40\xff\xff\xff\x7f"s, "\x02\x01\x05\x00\x01\x00"s,
        "\x03\x01\x07\x08"s, "\x03\xff\x00"s, "\x20\x27\x00\x00\x00\x00"s}) {
    EXPECT_THAT(text_of(value), HasSubstr("variant: ")) << testing::PrintToString(value);
  }
  EXPECT_THAT(text_of("\x00"s, ""), HasSubstr("another version"));
  EXPECT_THAT(text_of("\x00"s, "\x02\x00\x00"s), HasSubstr("another version"));
  EXPECT_THAT(text_of("\x7c"s), HasSubstr("primitive type 31"));
}

// Lists whose entries all point at the next list: short, and endless when written out.
TEST(Variant, WhatUnfoldsWithoutEndIsRefused) {
  std::string value = "\x00"s;
  for (int depth = 0; depth < 40; ++depth) {
    std::string list = "\x0f\x04"s;  // offsets of 4 bytes
    for (int i = 0; i < 5; ++i) list += "\x00\x00\x00\x00"s;
    value = list + value;
  }
  EXPECT_THAT(text_of(value), HasSubstr("unfolds to too much"));
  std::string deep;
  for (int depth = 0; depth < 2'000; ++depth) deep += "\x0f\x01\x00\x00\x00\x00\x00\x00\x00\x00"s;
  EXPECT_THAT(text_of(deep + "\x00"s), HasSubstr("nested too deeply"));
}

// https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/lang/Double.html#toString(double)
TEST(Variant, NumbersAreSpeltAsInJava) {
  const auto text = [](auto number) {
    std::string out;
    append_java_number(number, out);
    return out;
  };
  EXPECT_EQ(text(0.0), "0.0");
  EXPECT_EQ(text(-0.0), "-0.0");
  EXPECT_EQ(text(100.0), "100.0");
  EXPECT_EQ(text(0.001), "0.001");
  EXPECT_EQ(text(0.0001), "1.0E-4");
  EXPECT_EQ(text(9999999.0), "9999999.0");
  EXPECT_EQ(text(1e7), "1.0E7");
  EXPECT_EQ(text(-1.25e100), "-1.25E100");
  EXPECT_EQ(text(0.1f), "0.1");
  EXPECT_EQ(text(HUGE_VAL), "\"Infinity\"");
}

std::shared_ptr<arrow::Array> binaries(const std::vector<std::optional<std::string>>& values) {
  arrow::BinaryBuilder builder;
  for (const auto& value : values)
    EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> group(const std::vector<std::string>& names,
                                    const arrow::ArrayVector& children) {
  return arrow::StructArray::Make(children, names).ValueOrDie();
}

// The table of the specification's section "Objects": an object partly in columns.
TEST(Variant, ShreddedObjectsArePutTogether) {
  arrow::Int64Builder numbers;
  ASSERT_TRUE(numbers.AppendValues({5, 0, 0}, {true, false, false}).ok());
  const auto a = group({"value", "typed_value"}, {binaries({std::nullopt,
                                                            "\x0d"
                                                            "abc",
                                                            std::nullopt}),
                                                  numbers.Finish().ValueOrDie()});
  auto typed = std::static_pointer_cast<arrow::StructArray>(group({"a"}, {a}));
  // Row 2 is no object: all of it is in value.
  const auto bits = arrow::Buffer::FromString("\x03");
  typed = std::make_shared<arrow::StructArray>(typed->type(), 3, typed->fields(), bits, 1);
  const auto column =
      group({"metadata", "value", "typed_value"},
            {binaries({kNames, kNames, kNames}),
             binaries({"\x02\x01\x01\x00\x01\x04"s, std::nullopt, "\x08"s}), typed});
  const auto text = variant_text(column).value();
  const auto& strings = static_cast<const arrow::StringArray&>(*text);
  EXPECT_EQ(strings.GetView(0), R"({"a":5,"b":true})");
  EXPECT_EQ(strings.GetView(1), R"({"a":"abc"})");
  EXPECT_EQ(strings.GetView(2), "false");
}

}  // namespace
}  // namespace foz::delta
