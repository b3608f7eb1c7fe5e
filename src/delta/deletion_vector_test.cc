// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "delta/deletion_vector_internal.h"
#include "delta/statistics_internal.h"

namespace foz::delta {
namespace {

DeletedRows rows_of(int64_t size, const std::set<int64_t>& gone) {
  DeletedRows rows(size);
  for (const int64_t row : gone) CHECK(rows.add(static_cast<uint64_t>(row), 1));
  return rows;
}

bool same(const DeletedRows& a, const DeletedRows& b) {
  return std::ranges::equal(a.words(), b.words());
}

DeletedRows decoded(const std::string& bitmap, int64_t size) {
  DeletedRows rows(size);
  const auto status = decode_bitmap(as_bytes(bitmap), rows);
  EXPECT_TRUE(status.has_value()) << status.error().message();
  return rows;
}

std::string hex_of(const std::string& bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

// As delta-spark 4.4 wrote the same rows.
TEST(DeletionVectorWrite, BytesAreThoseOfSpark) {
  EXPECT_EQ(hex_of(encode_bitmap(rows_of(50, {7, 18, 29, 40}))),
            "d1d339640100000000000000000000003a300000010000000000030010000000070012001d002800");
  EXPECT_EQ(
      hex_of(encode_bitmap(rows_of(50, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 24, 35, 46}))),
      "d1d339640100000000000000000000003b3000000100000f00050000000b000d0000001800000023000000"
      "2e000000");
  EXPECT_EQ(hex_of(encode_bitmap(rows_of(12, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}))),
            "d1d339640100000000000000000000003b3000000100000b00010000000b00");
  EXPECT_EQ(hex_of(encode_bitmap(rows_of(3, {2}))),
            "d1d339640100000000000000000000003a3000000100000000000000100000000200");
}

// The example of RFC 32.
TEST(DeletionVectorWrite, Z85) {
  const std::string bytes("\x86\x4f\xd2\x6f\xb5\x59\xf7\x5b", 8);
  EXPECT_EQ(encode_z85(as_bytes(bytes)), "HelloWorld");
  EXPECT_EQ(decode_z85("HelloWorld").value(), bytes);
}

TEST(DeletionVectorWrite, EveryContainerComesBack) {
  constexpr int64_t kRows = 400'000;
  std::set<int64_t> array, bitmap, runs, all, last;
  for (int64_t row = 0; row < kRows; row += 97) array.insert(row);
  for (int64_t row = 0; row < kRows; row += 3) bitmap.insert(row);
  for (int64_t row = 1000; row < 300'000; ++row) runs.insert(row);
  for (int64_t row = 0; row < kRows; ++row) all.insert(row);
  last = {0, 63, 64, 65535, 65536, 131071, kRows - 1};
  for (const auto* gone : {&array, &bitmap, &runs, &all, &last}) {
    const DeletedRows rows = rows_of(kRows, *gone);
    const std::string text = encode_bitmap(rows);
    EXPECT_TRUE(same(decoded(text, kRows), rows));
    // Never much above the smallest of the three forms.
    EXPECT_LE(text.size(), std::min<size_t>(2 * gone->size(), kRows / 8 + 8192) + 120);
  }
  EXPECT_LT(encode_bitmap(rows_of(kRows, runs)).size(), 150u) << "long runs are written as runs";
}

TEST(DeletionVectorWrite, RandomRowsComeBackFromOneFile) {
  const uint64_t seed = Random::system_seed();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Random random(seed);
  const auto store = store::make_memory_store();
  VectorFile file(random);
  std::vector<DeletedRows> rows;
  std::vector<DeletionVector> vectors;
  for (int i = 0; i < 50; ++i) {
    const auto size = static_cast<int64_t>(1 + random.below(200'000));
    DeletedRows& each = rows.emplace_back(size);
    for (uint64_t n = random.below(300); n > 0; --n) {
      const uint64_t first = random.below(static_cast<uint64_t>(size));
      const uint64_t most = static_cast<uint64_t>(size) - first;
      CHECK(each.add(first, std::min(most, 1 + random.below(random.chance(1, 10) ? 20'000 : 2))));
    }
    vectors.push_back(file.add(each).value());
    EXPECT_EQ(vectors.back().cardinality, each.count());
  }
  ASSERT_TRUE(file.put(*store, "t").has_value());
  EXPECT_EQ(store->list("t/").value().size(), 1u);
  std::vector<VectorToLoad> wanted;
  for (size_t i = rows.size(); i-- > 0;) wanted.push_back({&vectors[i], rows[i].rows()});
  const auto loaded = load_deletion_vectors(*store, "t", wanted).value();
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_TRUE(same(loaded[rows.size() - 1 - i], rows[i]));
    EXPECT_TRUE(
        same(load_deletion_vector(*store, "t", vectors[i], rows[i].rows()).value(), rows[i]));
  }
}

TEST(DeletionVectorWrite, DamageIsNamed) {
  Random random(1);
  const auto store = store::make_memory_store();
  VectorFile file(random);
  const DeletionVector vector = file.add(rows_of(100, {1, 2, 50})).value();
  ASSERT_TRUE(file.put(*store, "t").has_value());
  const std::string path = store->list("t/").value().front().path;
  std::string bytes = store->get(path).value();
  bytes[bytes.size() - 6] ^= 1;
  ASSERT_TRUE(store->put(path, as_bytes(bytes)).has_value());
  const auto read = load_deletion_vector(*store, "t", vector, 100);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(read.error().message(), testing::HasSubstr("checksum"));
}

TEST(WideBounds, KeepEveryNumberAsItStands) {
  const std::string stats =
      R"({"numRecords":2,"minValues":{"d":12345678901234567890.123,"tightBounds":1},)"
      R"("maxValues":{"i":9007199254740993},"tightBounds":true})";
  EXPECT_EQ(with_wide_bounds(stats),
            R"({"numRecords":2,"minValues":{"d":12345678901234567890.123,"tightBounds":1},)"
            R"("maxValues":{"i":9007199254740993},"tightBounds":false})");
  EXPECT_EQ(with_wide_bounds(R"({"numRecords":2})"), R"({"numRecords":2,"tightBounds":false})");
}

TEST(DeletionVectorJson, OfNothingIsNone) {
  const auto parse = [](std::string_view vector) {
    return parse_commit(fmt::format(R"({{"add":{{"path":"f","deletionVector":{}}}}})", vector));
  };
  for (const char* none :
       {"null", "{}", R"({"storageType":null,"cardinality":null})",
        R"({"storageType":"","pathOrInlineDv":"","offset":0,"cardinality":0})"}) {
    const auto actions = parse(none);
    ASSERT_TRUE(actions.has_value()) << none << actions.error().message();
    EXPECT_FALSE(std::get<AddFile>(actions->front()).deletion_vector) << none;
  }
  for (const char* some : {R"({"pathOrInlineDv":"ab"})", R"({"cardinality":1})"})
    EXPECT_EQ(parse(some).error().code(), ErrorCode::kCorrupt) << some;
}

}  // namespace
}  // namespace foz::delta
