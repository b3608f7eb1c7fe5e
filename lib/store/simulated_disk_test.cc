// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "store/simulated_disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/clock.h"

namespace foz::store {
namespace {

Result<std::string> content(Disk& disk, const std::string& path) {
  const auto file = TRY(disk.open(path, OpenMode::kRead));
  std::string bytes(static_cast<size_t>(TRY(file->size())), '?');
  TRY(file->read_at(0, std::as_writable_bytes(std::span(bytes))));
  return bytes;
}

// "none" when there is no such file.
std::string after_crash(SimulatedDisk& disk, const std::string& path) {
  disk.restart();
  return content(disk, path).value_or("none");
}

// Every outcome of a crash over many seeds.
std::set<std::string> outcomes(const std::function<void(SimulatedDisk&)>& before,
                               const std::string& path) {
  std::set<std::string> seen;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    SimulatedDisk disk(random);
    before(disk);
    seen.insert(after_crash(disk, path));
  }
  return seen;
}

std::unique_ptr<File> synced_file(SimulatedDisk& disk, std::string_view text) {
  auto file = disk.open("/f", OpenMode::kReadWrite).value();
  EXPECT_TRUE(file->write_at(0, as_bytes(text)));
  EXPECT_TRUE(file->sync());
  EXPECT_TRUE(disk.sync_directory("/"));
  return file;
}

using testing::ElementsAre;
using testing::UnorderedElementsAre;

TEST(SimulatedDisk, KeepsWhatWasSynced) {
  EXPECT_THAT(outcomes([](SimulatedDisk& disk) { synced_file(disk, "text"); }, "/f"),
              ElementsAre("text"));
}

TEST(SimulatedDisk, LosesOrTearsAnUnsyncedWrite) {
  const auto seen = outcomes(
      [](SimulatedDisk& disk) {
        const auto file = synced_file(disk, "....");
        EXPECT_TRUE(file->write_at(1, as_bytes("ab")));
      },
      "/f");
  EXPECT_THAT(seen, UnorderedElementsAre("....", ".ab.", ".a..", "..b."));
}

TEST(SimulatedDisk, KeepsASubsetOfUnsyncedWritesAndSizes) {
  const auto seen = outcomes(
      [](SimulatedDisk& disk) {
        const auto file = synced_file(disk, "..");
        EXPECT_TRUE(file->write_at(0, as_bytes("a")));
        EXPECT_TRUE(file->write_at(1, as_bytes("b")));
        EXPECT_TRUE(file->truncate(1));
      },
      "/f");
  EXPECT_THAT(seen, UnorderedElementsAre("..", "a.", ".b", "ab", ".", "a"));
}

TEST(SimulatedDisk, KeepsANameOnlyOnceItsDirectoryIsSynced) {
  const auto make = [](SimulatedDisk& disk) {
    const auto file = disk.open("/f", OpenMode::kCreate).value();
    EXPECT_TRUE(file->write_at(0, as_bytes("text")));
    EXPECT_TRUE(file->sync());
  };
  EXPECT_THAT(outcomes(make, "/f"), UnorderedElementsAre("none", "text"));
  const auto in_new_directory = [](SimulatedDisk& disk) {
    EXPECT_TRUE(disk.make_directories("/d"));
    EXPECT_TRUE(disk.open("/d/f", OpenMode::kCreate));
    EXPECT_TRUE(disk.sync_directory("/d"));
  };
  EXPECT_THAT(outcomes(in_new_directory, "/d/f"), UnorderedElementsAre("none", ""));
}

TEST(SimulatedDisk, RenamesWhollyOrNotAtAll) {
  for (const bool synced : {false, true}) {
    for (uint64_t seed = 1; seed <= 50; ++seed) {
      Random random(seed);
      SimulatedDisk disk(random);
      synced_file(disk, "new");
      EXPECT_TRUE(disk.make_directories("/d"));
      EXPECT_TRUE(disk.open("/d/g", OpenMode::kCreate));
      EXPECT_TRUE(disk.sync_directory("/d"));
      EXPECT_TRUE(disk.sync_directory("/"));
      EXPECT_TRUE(disk.rename("/f", "/d/g"));
      if (synced) {
        EXPECT_TRUE(disk.sync_directory("/d"));
      }
      disk.restart();
      const bool moved = content(disk, "/d/g").value() == "new";
      EXPECT_NE(moved, content(disk, "/f").has_value()) << "seed " << seed;
      EXPECT_TRUE(moved || !synced);
    }
  }
}

TEST(SimulatedDisk, MayBringBackWhatWasRemoved) {
  const auto remove = [](SimulatedDisk& disk) {
    synced_file(disk, "text");
    EXPECT_TRUE(disk.remove("/f"));
  };
  EXPECT_THAT(outcomes(remove, "/f"), UnorderedElementsAre("none", "text"));
  const auto remove_and_sync = [&](SimulatedDisk& disk) {
    remove(disk);
    EXPECT_TRUE(disk.sync_directory("/"));
  };
  EXPECT_THAT(outcomes(remove_and_sync, "/f"), ElementsAre("none"));
}

TEST(SimulatedDisk, FailsEveryCallFromTheCrashOn) {
  Random random(1);
  SimulatedDisk disk(random);
  const auto file = synced_file(disk, "text");
  const int64_t before = disk.operations();
  disk.crash_after(2);
  EXPECT_TRUE(file->write_at(0, as_bytes("T")));
  EXPECT_FALSE(disk.crashed());
  EXPECT_EQ(file->sync().error().code(), ErrorCode::kIo);
  EXPECT_TRUE(disk.crashed());
  EXPECT_EQ(disk.operations(), before + 2);
  EXPECT_EQ(file->size().error().code(), ErrorCode::kIo);
  EXPECT_EQ(disk.list("/").error().code(), ErrorCode::kIo);
  disk.restart();
  EXPECT_FALSE(disk.crashed());
  EXPECT_EQ(file->size().error().code(), ErrorCode::kIo);
  EXPECT_EQ(content(disk, "/f").value().substr(1), "ext");
}

TEST(SimulatedDisk, TakesWhatFits) {
  Random random(1);
  SimulatedDisk disk(random);
  disk.set_capacity(10);
  const auto file = disk.open("/f", OpenMode::kCreate).value();
  ASSERT_TRUE(file->write_at(0, as_bytes("12345678")));
  EXPECT_EQ(disk.free_bytes("/").value(), 2);
  EXPECT_EQ(file->write_at(8, as_bytes("9abc")).error().code(), ErrorCode::kOverloaded);
  EXPECT_EQ(content(disk, "/f").value(), "123456789a");
  EXPECT_TRUE(file->write_at(0, as_bytes("over")));
  EXPECT_EQ(file->allocate(11).error().code(), ErrorCode::kOverloaded);
  ASSERT_TRUE(disk.remove("/f"));
  EXPECT_EQ(disk.free_bytes("/").value(), 10);
}

TEST(SimulatedDisk, FlipsABit) {
  Random random(1);
  SimulatedDisk disk(random);
  synced_file(disk, "abc");
  ASSERT_TRUE(disk.flip_bit("/f", 1, 0));
  EXPECT_EQ(content(disk, "/f").value(), "acc");
  EXPECT_EQ(after_crash(disk, "/f"), "acc");
  EXPECT_EQ(disk.flip_bit("/f", 3, 0).error().code(), ErrorCode::kInvalid);
}

TEST(SimulatedDisk, StampsFilesByItsClock) {
  Random random(1);
  ManualClock clock(7'000'000);
  SimulatedDisk disk(random, &clock);
  synced_file(disk, "abc");
  EXPECT_EQ(disk.stat("/f").value().modified_ms, 7'000);
}

}  // namespace
}  // namespace foz::store
