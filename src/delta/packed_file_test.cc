// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/packed_file_internal.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace foz::delta {
namespace {

template <class File>
void expect_same(const File& file, StatisticsForms& forms) {
  const PackedFile<File> packed(file, forms);
  EXPECT_EQ(to_json(*packed.file(forms)), to_json(file));
  EXPECT_TRUE(packed.key() == key_of(file));
}

DeletionVector vector_at(std::optional<int32_t> offset) {
  return {.storage_type = "u",
          .path_or_inline = "ab^-aqEH.-t@S}K{vb[*k^",
          .offset = offset,
          .size_bytes = 36,
          .cardinality = INT64_MAX};
}

TEST(PackedFile, IsTheActionThatItWasMadeOf) {
  StatisticsForms forms;
  AddFile add{.path = "day=a%20b/f.parquet", .size = -1, .modification_time_ms = INT64_MIN};
  expect_same(add, forms);
  add.partition_values = {{"", ""}, {"day", "a b"}, {"none", std::nullopt}};
  add.tags = {{"k", std::string(1000, 'x')}};
  add.stats = R"({"numRecords":3})";
  add.data_change = false;
  expect_same(add, forms);
  add.deletion_vector = vector_at(std::nullopt);
  expect_same(add, forms);
  add.deletion_vector = vector_at(-5);
  add.base_row_id = 0;
  add.default_row_commit_version = INT64_MAX;
  add.clustering_provider = "";
  expect_same(add, forms);
  RemoveFile remove{.path = "f"};
  expect_same(remove, forms);
  remove.extended_file_metadata = false;
  expect_same(remove, forms);
  remove = {.path = "f",
            .deletion_timestamp_ms = 1,
            .extended_file_metadata = true,
            .partition_values = add.partition_values,
            .size = 0,
            .tags = add.tags,
            .deletion_vector = vector_at(7),
            .base_row_id = -1,
            .default_row_commit_version = 2};
  expect_same(remove, forms);
}

TEST(PackedFile, KeepsStatisticsToTheByte) {
  StatisticsForms forms;
  const std::vector<std::string> texts = {"",
                                          "{}",
                                          "no JSON",
                                          "\"",
                                          "{\"a\":",
                                          R"({"a":1})",
                                          R"({"a":"1"})",
                                          R"({"a":""})",
                                          R"({ "a" : 1 , "b" : { "c" : "x\"y\\" } })",
                                          R"({"a":"\\"})",
                                          R"({"a":"\"})",
                                          R"({"a":null})",
                                          R"({"a":[1,"b",{"c":2}],"d":true})",
                                          "{\"a\":\"\x01\"}",
                                          "\x01",
                                          R"({"a":"b:c,d}e"})",
                                          R"({"minValues":{"s":"a,b"},"maxValues":{"s":"}"}})",
                                          "{\"a\":1}\r\n",
                                          R"({"a":1e5,"b":-0.0})"};
  for (int round = 0; round < 2; ++round) {
    for (const std::string& text : texts) expect_same(AddFile{.path = "f", .stats = text}, forms);
  }
  // The first writer's form fits the next text too, where a value could be a member more.
  expect_same(AddFile{.path = "f", .stats = R"({"numRecords":1,"x":2})"}, forms);
  Random random(3);
  for (int i = 0; i < 5000; ++i) {
    constexpr std::string_view kAlphabet = "{}[]:,\"\\ a1\x01";
    std::string text;
    for (uint64_t left = random.below(20); left > 0; --left)
      text.push_back(kAlphabet[random.below(kAlphabet.size())]);
    expect_same(AddFile{.path = "f", .stats = text}, forms);
  }
}

TEST(PackedFile, FormsOfACopyAreItsOwn) {
  StatisticsForms forms;
  const PackedFile<AddFile> first({.path = "f", .stats = R"({"a":1})"}, forms);
  StatisticsForms one = forms, other = forms;
  const PackedFile<AddFile> second({.path = "f", .stats = R"({"b":2})"}, one);
  const PackedFile<AddFile> third({.path = "f", .stats = R"({"c":3})"}, other);
  EXPECT_EQ(second.file(one)->stats, R"({"b":2})");
  EXPECT_EQ(third.file(other)->stats, R"({"c":3})");
  EXPECT_EQ(first.file(one)->stats, R"({"a":1})");
  // However many writers there are, each with statistics of its own form.
  for (int i = 0; i < 200; ++i) {
    expect_same(AddFile{.path = "f", .stats = fmt::format(R"({{"k{}":{}}})", i, i)}, forms);
  }
}

}  // namespace
}  // namespace foz::delta
