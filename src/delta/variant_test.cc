// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/variant_internal.h"

#include <arrow/api.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "delta/alter.h"
#include "delta/data_file.h"
#include "delta/features_internal.h"
#include "delta/variant_text_internal.h"
#include "store/object_store.h"

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
  EXPECT_EQ(check_variant(metadata, value).has_value(), status.has_value());
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
  EXPECT_EQ(text_of("\x44\x40\x42\x0f\x00\x00\x00\x00\x00"s), "\"00:00:01\"");
  EXPECT_EQ(text_of("\x44\xff\x5f\xd7\x1d\x14\x00\x00\x00"s), "\"23:59:59.999999\"");
  EXPECT_THAT(text_of("\x44\x00\x60\xd7\x1d\x14\x00\x00\x00"s), HasSubstr("none of a day"));
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
  const auto parts = variant_object(object).value();
  ASSERT_EQ(parts.fields.size(), 2u);
  EXPECT_EQ(parts.fields[1].name, 1u);
  EXPECT_EQ(text_of(std::string(parts.values.substr(parts.fields[1].at))), R"([true,"x"])");
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

// The text of the variant that a text makes, or why it makes none.
std::string again(std::string_view json) {
  const auto variant = parse_variant(json);
  return variant ? text_of(variant->value, variant->metadata) : variant.error().message();
}

// Values as the specification lays them out, of the types that parse_json of Spark gives:
// https://github.com/apache/spark/blob/master/common/variant/src/main/java/org/apache/spark/types/variant/VariantBuilder.java
TEST(Variant, TextIsParsed) {
  const auto bytes = [](std::string_view json) { return parse_variant(json).value().value; };
  EXPECT_EQ(bytes(" null "), "\x00"s);
  EXPECT_EQ(bytes("true"), "\x04"s);
  EXPECT_EQ(bytes("127"), "\x0c\x7f"s);
  EXPECT_EQ(bytes("-129"), "\x10\x7f\xff"s);
  EXPECT_EQ(bytes("32768"), "\x14\x00\x80\x00\x00"s);
  EXPECT_EQ(bytes("-2147483649"), "\x18\xff\xff\xff\x7f\xff\xff\xff\xff"s);
  EXPECT_EQ(bytes("-0.76"), "\x20\x02\xb4\xff\xff\xff"s);
  EXPECT_EQ(bytes("0.0000000001"), "\x24\x0a\x01\x00\x00\x00\x00\x00\x00\x00"s);
  EXPECT_EQ(bytes("-9223372036854775809"),
            "\x28\x00\xff\xff\xff\xff\xff\xff\xff\x7f\xff\xff\xff\xff\xff\xff\xff\xff"s);
  EXPECT_EQ(bytes("15e-1"), "\x1c\x00\x00\x00\x00\x00\x00\xf8\x3f"s);
  EXPECT_EQ(bytes("\"a\\u00e9\""), "\x0d"s + "a\xc3\xa9");
  EXPECT_EQ(bytes('"' + std::string(64, 'x') + '"'),
            "\x40\x40\x00\x00\x00"s + std::string(64, 'x'));
  EXPECT_EQ(bytes("[]"), "\x03\x00\x00"s);
  // The dictionary in the order of the text, the fields in that of their names.
  const Variant object = parse_variant(R"({"b":[true,"x"],"a":1})").value();
  EXPECT_EQ(object.metadata,
            "\x01\x02\x00\x01\x02"
            "ba"s);
  EXPECT_EQ(object.value, "\x02\x02\x01\x00\x08\x00\x0a\x03\x02\x00\x01\x03\x04\x05x\x0c\x01"s);
}

TEST(Variant, TextsAreKept) {
  for (const std::string json :
       {R"({"a":{"a":{}},"b":[[],[null]]})", R"([12345678901234567890123456789012345678,-0.5])",
        R"("\"\\\n")", "1.0E300"}) {
    EXPECT_EQ(again(json), json);
  }
  // More fields, names and bytes than one byte counts.
  std::string wide = "{";
  for (int i = 1000; i < 1300; ++i) wide += fmt::format("\"name {}\":[{}],", i, i);
  wide.back() = '}';
  EXPECT_EQ(again(wide), wide);
  EXPECT_EQ(again("123456789012345678901234567890123456789"), "1.2345678901234568E38");
}

TEST(Variant, WhatIsNoJsonIsRefused) {
  for (const char* json :
       {"",    " ",     "nul",      "truex", "01",  "1.",      ".5",         "-",
        "1e",  "+1",    "[1 2]",    "[1,]",  "[1",  "{\"a\"}", "{\"a\":1,}", "{a:1}",
        "1 2", "{} {}", "\"\xff\"", "\"a",   "NaN", "[nulll]", "[1]]"}) {
    EXPECT_THAT(again(json), HasSubstr("no JSON that a variant can hold")) << json;
  }
  EXPECT_THAT(again("1e999"), HasSubstr("out of range"));
  EXPECT_EQ(again("[1e-400,-0." + std::string(400, '0') + "1]"), "[0.0,-0.0]");
  EXPECT_THAT(again(R"({"a":1,"b":{"a":1},"a":2})"), HasSubstr("name a is there twice"));
  EXPECT_THAT(again(std::string(600, '[') + std::string(600, ']')), HasSubstr("nested too deeply"));
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

std::string text_at(const arrow::Array& variants, int64_t row) {
  const auto& rows = static_cast<const arrow::StructArray&>(variants);
  const auto bytes = [&](int i) {
    return std::string(static_cast<const arrow::BinaryArray&>(*rows.field(i)).GetView(row));
  };
  return text_of(bytes(1), bytes(0));
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
  const auto whole = variant_column(column).value();
  ASSERT_TRUE(whole->type()->Equals(variant_arrow_type()));
  ASSERT_TRUE(whole->ValidateFull().ok());
  EXPECT_EQ(text_at(*whole, 0), R"({"a":5,"b":true})");
  EXPECT_EQ(text_at(*whole, 1), R"({"a":"abc"})");
  EXPECT_EQ(text_at(*whole, 2), "false");
}

// A name that is in columns and in the binary, and rows whose binaries are damaged.
TEST(Variant, DamagedColumnsAreRefused) {
  arrow::Int64Builder number;
  ASSERT_TRUE(number.Append(5).ok());
  const auto a = group({"typed_value"}, {number.Finish().ValueOrDie()});
  const auto twice =
      group({"metadata", "value", "typed_value"},
            {binaries({kNames}), binaries({"\x02\x01\x00\x00\x01\x04"s}), group({"a"}, {a})});
  EXPECT_THAT(variant_column(twice).error().message(), HasSubstr("there twice"));
  const auto unnamed =
      group({"metadata", "value", "typed_value"},
            {binaries({kNames}), binaries({"\x02\x01\x09\x00\x01\x04"s}), group({"a"}, {a})});
  EXPECT_THAT(variant_column(unnamed).error().message(), HasSubstr("a key that is not there"));
  const auto cut = group({"metadata", "value"}, {binaries({kNames}), binaries({"\x0c"s})});
  EXPECT_THAT(variant_column(cut).error().message(), HasSubstr("cut short"));
}

DataType of(TypeKind kind) { return {.kind = kind}; }

// Variants at every place that a schema has, with the row's number and nulls between them.
Schema variant_schema() {
  const auto variant = std::make_shared<DataType>(of(TypeKind::kVariant));
  const auto key = std::make_shared<DataType>(of(TypeKind::kString));
  return Schema{
      {{"v", *variant, true, {}},
       {"st", {.kind = TypeKind::kStruct, .fields = {{"v", *variant, true, {}}}}, true, {}},
       {"l", {.kind = TypeKind::kArray, .element = variant}, true, {}},
       {"m", {.kind = TypeKind::kMap, .element = variant, .key = key}, true, {}}}};
}

std::shared_ptr<arrow::RecordBatch> variant_rows(const std::shared_ptr<arrow::Schema>& schema) {
  const auto variants = [](const std::vector<const char*>& texts) {
    std::vector<std::optional<std::string>> metadata, value;
    std::vector<bool> valid;
    for (const char* text : texts) {
      const Variant variant = parse_variant(text ? text : "null").value();
      metadata.emplace_back(variant.metadata);
      value.emplace_back(variant.value);
      valid.push_back(text != nullptr);
    }
    arrow::TypedBufferBuilder<bool> bits;
    for (const bool bit : valid) EXPECT_TRUE(bits.Append(bit).ok());
    return std::make_shared<arrow::StructArray>(
        variant_arrow_type(), std::ssize(texts),
        arrow::ArrayVector{binaries(metadata), binaries(value)}, bits.Finish().ValueOrDie());
  };
  const auto v = variants({R"({"a":[1,"x",null]})", nullptr, "1.5"});
  const auto& st = schema->field(1)->type();
  arrow::Int32Builder ends;
  EXPECT_TRUE(ends.AppendValues({0, 2, 2, 3}).ok());
  const auto offsets = ends.Finish().ValueOrDie();
  arrow::StringBuilder keys;
  EXPECT_TRUE(keys.AppendValues({"a", "b", "c"}).ok());
  return arrow::RecordBatch::Make(
      schema, 3,
      {v, std::make_shared<arrow::StructArray>(st, 3, arrow::ArrayVector{v}),
       arrow::ListArray::FromArrays(schema->field(2)->type(), *offsets, *v).ValueOrDie(),
       arrow::MapArray::FromArrays(schema->field(3)->type(), offsets, keys.Finish().ValueOrDie(), v)
           .ValueOrDie()});
}

TEST(Variant, RowsAreWritten) {
  ManualClock clock{1'700'000'000'000'000};
  Random random{1};
  const auto store = store::make_memory_store();
  Table table{*store, "t", clock, random};
  const SnapshotPtr snapshot = table.create({.schema = variant_schema()}).value();
  EXPECT_THAT(snapshot->protocol().reader_features, testing::ElementsAre("variantType"));
  EXPECT_THAT(snapshot->protocol().writer_features, testing::Contains("variantType"));
  const auto rows = variant_rows(snapshot->arrow_schema());
  const AddFile file = write_data_file(table, *snapshot, {rows}, {}, random, clock).value();
  EXPECT_EQ(file.stats,
            R"({"numRecords":3,"minValues":{},"maxValues":{},"nullCount":{"v":1,"l":0,"m":0}})");
  const Status read = read_data_file(table, *snapshot, file, {}, [&](auto batch) -> Status {
    EXPECT_TRUE(batch->ValidateFull().ok());
    EXPECT_TRUE(batch->Equals(*rows)) << batch->ToString();
    const auto texts = TRY(with_variant_text(batch, snapshot->schema()));
    EXPECT_TRUE(texts->ValidateFull().ok());
    EXPECT_TRUE(texts->schema()->Equals(*to_arrow(with_variant_text(snapshot->schema())).value()));
    const auto whole = TRY(with_variant_text(batch, snapshot->schema(), VariantText::kWhole));
    EXPECT_TRUE(TRY(with_variants(whole, snapshot->schema()))->Equals(*rows));
    EXPECT_TRUE(TRY(with_variants(texts, snapshot->schema()))->Equals(*rows));
    const auto& st = static_cast<const arrow::StructArray&>(*texts->GetColumnByName("st"));
    const auto& inner = static_cast<const arrow::StringArray&>(*st.field(0));
    EXPECT_EQ(inner.GetView(0), R"({"a":[1,"x",null]})");
    EXPECT_TRUE(inner.IsNull(1));
    return {};
  });
  EXPECT_TRUE(read.has_value()) << read.error().message();
}

// Lists are not looked into before they are written: a null there may not become a value.
TEST(NotNull, InAListIsRefused) {
  ManualClock clock{1'700'000'000'000'000};
  Random random{1};
  const auto store = store::make_memory_store();
  Table table{*store, "t", clock, random};
  const auto x = arrow::field("x", arrow::int32(), false);
  const auto list = arrow::list(arrow::field("element", arrow::struct_({x})));
  const auto schema = arrow::schema({arrow::field("l", list)});
  const SnapshotPtr snapshot = table.create({.schema = from_arrow(*schema).value()}).value();
  const auto write = [&](bool null_struct) {
    auto number = std::make_shared<arrow::Int32Builder>();
    const auto pool = arrow::default_memory_pool();
    auto element = std::make_shared<arrow::StructBuilder>(
        arrow::struct_({x}), pool, std::vector<std::shared_ptr<arrow::ArrayBuilder>>{number});
    arrow::ListBuilder lists(pool, element, list);
    EXPECT_TRUE(lists.Append().ok() && element->Append(!null_struct).ok());
    EXPECT_TRUE(number->AppendNull().ok());
    const auto rows = arrow::RecordBatch::Make(schema, 1, {lists.Finish().ValueOrDie()});
    return write_data_file(table, *snapshot, {rows}, {}, random, clock).has_value();
  };
  EXPECT_TRUE(write(true));
  EXPECT_FALSE(write(false));
}

// Writers of shredded files give bounds, which are variants as text: no order of ours.
TEST(Variant, BoundsAreNoTexts) {
  ManualClock clock{1'700'000'000'000'000};
  Random random{1};
  const auto store = store::make_memory_store();
  Table table{*store, "t", clock, random};
  const SnapshotPtr snapshot = table.create({.schema = variant_schema()}).value();
  const AddFile file{
      .path = "f",
      .stats = R"({"numRecords":1,"minValues":{"v":"0S&u501fwI"},"maxValues":{"v":"0S&u501fwI"},)"
               R"("nullCount":{"v":0}})"};
  const ColumnBounds bounds = parse_statistics(*snapshot, file).value().columns.at("v");
  EXPECT_FALSE(bounds.min_json || bounds.max_json);
  EXPECT_EQ(bounds.null_count, 0);
}

TEST(Variant, NoTableIsOrderedByVariants) {
  ManualClock clock{1'700'000'000'000'000};
  Random random{1};
  const auto store = store::make_memory_store();
  Table table{*store, "t", clock, random};
  CreateOptions options{.schema = variant_schema(), .partition_columns = {"v"}};
  EXPECT_FALSE(table.create(options).has_value());
  options.partition_columns.clear();
  const SnapshotPtr snapshot = table.create(options).value();
  EXPECT_FALSE(cluster_by(*snapshot, {{"v"}}).has_value());
}

// A preview's name stays; files of others may be shredded.
TEST(Variant, FeaturesOfOthersAreKept) {
  Protocol protocol{.min_reader_version = 3, .min_writer_version = 7};
  protocol.reader_features = protocol.writer_features = {"variantType-preview", "variantShredding"};
  EXPECT_TRUE(check_writable(protocol, {}, variant_schema()).has_value());
  EXPECT_EQ(raised(protocol, features_asked_for({}, variant_schema())).value(), protocol);
}

}  // namespace
}  // namespace foz::delta
