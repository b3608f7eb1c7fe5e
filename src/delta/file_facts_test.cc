// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/file_facts.h"

#include <gmock/gmock.h>

#include "delta/maintenance_test_internal.h"

namespace foz::delta {
namespace {

using testing::Each;
using testing::HasSubstr;

class FileFactsTest : public MaintainedTable {
 protected:
  std::vector<std::byte> bytes_of(const AddFile& file) {
    const std::string text = store_->get(object_path(table_, file).value()).value();
    const auto bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
  }
};

TEST_F(FileFactsTest, OfAFileOfOursEverythingIsPlain) {
  const SnapshotPtr snapshot = append(create(), 0, 1000);
  const auto file = files(*snapshot).front();
  const FileFacts facts = file_facts(table_, *snapshot, *file).value();
  EXPECT_EQ(facts.rows, 1000);
  EXPECT_EQ(facts.plain.size(), snapshot->schema().fields.size());
  EXPECT_THAT(facts.plain, Each(true));
  EXPECT_EQ(facts.chunks.size(), snapshot->schema().fields.size());
}

TEST_F(FileFactsTest, WhatTheLogSaysOfOtherRowsIsDamage) {
  const SnapshotPtr snapshot = append(create(), 0, 10);
  AddFile file = *files(*snapshot).front();
  file.stats = R"({"numRecords":11})";
  EXPECT_THAT(file_facts(table_, *snapshot, file).error().message(), HasSubstr("has 10 rows"));
}

TEST_F(FileFactsTest, AChangedByteOfAPageIsSeen) {
  const SnapshotPtr snapshot = append(create(), 0, 500);
  const auto file = files(*snapshot).front();
  const auto bytes = bytes_of(*file);
  const FileFacts facts = file_facts(table_, *snapshot, *file).value();
  for (const auto& chunk : facts.chunks) {
    std::vector<std::byte> pages(bytes.begin() + chunk.begin, bytes.begin() + chunk.end);
    EXPECT_TRUE(check_pages(pages, chunk.values).has_value());
    // The last page's end is its data, whatever its header's length.
    pages.back() ^= std::byte{1};
    EXPECT_FALSE(check_pages(pages, chunk.values).has_value());
    pages.back() ^= std::byte{1};
    // Any other byte at least does no harm.
    for (size_t at = 0; at < pages.size(); at += 7) {
      pages[at] ^= std::byte{0x10};
      (void)check_pages(pages, chunk.values);
      pages[at] ^= std::byte{0x10};
    }
  }
}

}  // namespace
}  // namespace foz::delta
