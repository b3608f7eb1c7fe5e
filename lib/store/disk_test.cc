// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "store/disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "base/random.h"
#include "store/simulated_disk.h"
#include "store/temporary_folder.h"

namespace foz::store {
namespace {

std::string content(Disk& disk, const std::string& path) {
  const auto file = disk.open(path, OpenMode::kRead).value();
  std::string bytes(static_cast<size_t>(file->size().value()) + 10, '?');
  bytes.resize(file->read_at(0, std::as_writable_bytes(std::span(bytes))).value());
  return bytes;
}

Status write(Disk& disk, const std::string& path, std::string_view text, int64_t offset = 0) {
  const auto file = TRY(disk.open(path, OpenMode::kReadWrite));
  return file->write_at(offset, as_bytes(text));
}

// What both disks do alike.
class DiskContract : public testing::TestWithParam<bool> {
 protected:
  std::vector<std::string> names(const std::string& path) {
    const std::vector<DirEntry> entries = disk_->list(path).value();
    std::vector<std::string> found;
    for (const DirEntry& entry : entries) found.push_back(entry.name);
    std::ranges::sort(found);
    return found;
  }
  std::string at(const std::string& name) const { return folder_.path() + "/" + name; }

  TemporaryFolder folder_;
  Random random_{1};
  const std::unique_ptr<Disk> disk_ = [this]() -> std::unique_ptr<Disk> {
    if (GetParam()) return make_posix_disk();
    auto simulated = std::make_unique<SimulatedDisk>(random_);
    EXPECT_TRUE(simulated->make_directories(folder_.path()));
    return simulated;
  }();
};

TEST_P(DiskContract, WritesWholeBlocksDirectly) {
  const auto file = disk_->open(at("f"), OpenMode::kDirect).value();
  struct alignas(kDirectBlock) Blocks {
    char bytes[2 * kDirectBlock];
  };
  const auto blocks = std::make_unique<Blocks>();
  std::ranges::fill(blocks->bytes, 'a');
  const Bytes all = as_bytes({blocks->bytes, sizeof blocks->bytes});
  ASSERT_TRUE(file->write_at(0, all));
  std::ranges::fill(blocks->bytes, 'b');
  ASSERT_TRUE(file->write_at(kDirectBlock, all.first(kDirectBlock)));
  ASSERT_TRUE(file->sync());
  const std::string expected = std::string(kDirectBlock, 'a') + std::string(kDirectBlock, 'b');
  EXPECT_EQ(content(*disk_, at("f")), expected);
  std::byte across[2];
  EXPECT_EQ(file->read_at(kDirectBlock - 1, across).value(), 2u);
  EXPECT_EQ(as_text(across), "ab");
}

TEST_P(DiskContract, WritesAndReadsAnywhere) {
  const auto file = disk_->open(at("f"), OpenMode::kCreate).value();
  ASSERT_TRUE(file->write_at(3, as_bytes("def")));
  ASSERT_TRUE(file->write_at(0, as_bytes("ab")));
  ASSERT_TRUE(file->sync());
  EXPECT_EQ(content(*disk_, at("f")), std::string("ab\0def", 6));
  std::byte buffer[4];
  EXPECT_EQ(file->read_at(4, buffer).value(), 2u);
  EXPECT_EQ(file->read_at(6, buffer).value(), 0u);
  EXPECT_EQ(file->read_at(600, buffer).value(), 0u);
  ASSERT_TRUE(file->truncate(4));
  EXPECT_EQ(file->size().value(), 4);
  ASSERT_TRUE(file->truncate(6));
  EXPECT_EQ(content(*disk_, at("f")), std::string("ab\0d\0\0", 6));
  ASSERT_TRUE(file->allocate(100));
  EXPECT_GE(disk_->free_bytes(folder_.path()).value(), 1);
}

TEST_P(DiskContract, OpensAsAsked) {
  EXPECT_EQ(disk_->open(at("f"), OpenMode::kRead).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(disk_->open(at("no/f"), OpenMode::kCreate).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(write(*disk_, at("f"), "old"));
  ASSERT_TRUE(write(*disk_, at("f"), "OL"));
  EXPECT_EQ(content(*disk_, at("f")), "OLd");
  EXPECT_EQ(disk_->open(at("f"), OpenMode::kCreate).error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(disk_->open(folder_.path(), OpenMode::kRead).error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(disk_->open(at("g"), OpenMode::kRead).error().message(), testing::HasSubstr(at("g")));
}

TEST_P(DiskContract, KeepsDirectories) {
  ASSERT_TRUE(disk_->make_directories(at("a/b/c")));
  ASSERT_TRUE(disk_->make_directories(at("a/b")));
  ASSERT_TRUE(write(*disk_, at("a/f"), "four"));
  EXPECT_THAT(names(at("a")), testing::ElementsAre("b", "f"));
  const auto only_f = disk_->list(at("a"), [](std::string_view name) { return name == "f"; });
  EXPECT_EQ(only_f.value().size(), 1u);
  EXPECT_TRUE(disk_->stat(at("a/b")).value().is_directory);
  const DirEntry file = disk_->stat(at("a/f")).value();
  EXPECT_EQ(file.name, "f");
  EXPECT_FALSE(file.is_directory);
  EXPECT_EQ(file.size, 4);
  EXPECT_GT(file.modified_ms, 1'000'000'000'000);
  EXPECT_TRUE(disk_->sync_directory(at("a")));
  EXPECT_EQ(disk_->make_directories(at("a/f/x")).error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(disk_->make_directories(at("a/f")).error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(disk_->list(at("none")).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(disk_->list(at("a/f")).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(disk_->stat(at("none")).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(disk_->sync_directory(at("none")).error().code(), ErrorCode::kNotFound);
}

TEST_P(DiskContract, RenameReplacesAndLinkDoesNot) {
  ASSERT_TRUE(write(*disk_, at("a"), "a"));
  ASSERT_TRUE(write(*disk_, at("b"), "b"));
  EXPECT_EQ(disk_->link(at("a"), at("b")).error().code(), ErrorCode::kAlreadyExists);
  ASSERT_TRUE(disk_->link(at("a"), at("c")));
  ASSERT_TRUE(disk_->rename(at("a"), at("b")));
  EXPECT_THAT(names(folder_.path()), testing::ElementsAre("b", "c"));
  EXPECT_EQ(content(*disk_, at("b")), "a");
  ASSERT_TRUE(write(*disk_, at("b"), "A"));
  EXPECT_EQ(content(*disk_, at("c")), "A");
  EXPECT_EQ(disk_->rename(at("none"), at("x")).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(disk_->link(at("none"), at("x")).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(disk_->rename(at("b"), at("no/x")).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(disk_->make_directories(at("d/e")));
  EXPECT_EQ(disk_->rename(at("b"), at("d")).error().code(), ErrorCode::kInvalid);
  ASSERT_TRUE(disk_->rename(at("d"), at("moved")));
  EXPECT_THAT(names(at("moved")), testing::ElementsAre("e"));
}

TEST_P(DiskContract, Removes) {
  ASSERT_TRUE(disk_->make_directories(at("d/e")));
  ASSERT_TRUE(write(*disk_, at("d/e/f"), "x"));
  ASSERT_TRUE(write(*disk_, at("g"), "x"));
  EXPECT_EQ(disk_->remove(at("none")).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(disk_->remove(at("d")).error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(disk_->remove(at("g")));
  EXPECT_TRUE(disk_->remove_all(at("d")));
  EXPECT_TRUE(disk_->remove_all(at("d")));
  EXPECT_THAT(names(folder_.path()), testing::IsEmpty());
}

TEST_P(DiskContract, AnOpenFileOutlivesItsName) {
  const auto file = disk_->open(at("f"), OpenMode::kCreate).value();
  ASSERT_TRUE(disk_->remove(at("f")));
  EXPECT_TRUE(file->write_at(0, as_bytes("still")));
  EXPECT_EQ(file->size().value(), 5);
}

INSTANTIATE_TEST_SUITE_P(Posix, DiskContract, testing::Values(true));
INSTANTIATE_TEST_SUITE_P(Simulated, DiskContract, testing::Values(false));

TEST(PosixDisk, SaysWhenTheDeviceIsFull) {
  const auto disk = make_posix_disk();
  const Status status = write(*disk, "/dev/full", "x");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kOverloaded);
  EXPECT_THAT(status.error().message(), testing::HasSubstr("'/dev/full'"));
  EXPECT_THAT(status.error().message(), testing::HasSubstr("free space"));
}

TEST(PosixDisk, SaysWhenItMayNotWrite) {
  const auto disk = make_posix_disk();
  const ForbiddenFolder folder;
  const auto file = disk->open(folder.path() + "/f", OpenMode::kCreate);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code(), ErrorCode::kDenied);
  EXPECT_THAT(file.error().message(), testing::HasSubstr("choose another folder"));
}

}  // namespace
}  // namespace foz::store
