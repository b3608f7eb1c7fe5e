// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "store/disk.h"
#include "store/object_store.h"
#include "store/simulated_disk.h"
#include "store/temporary_folder.h"

namespace foz::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> paths(const ObjectStore& store) {
  const std::vector<ObjectMeta> listed = store.list("").value();
  std::vector<std::string> found;
  for (const ObjectMeta& meta : listed) found.push_back(meta.path);
  return found;
}

std::vector<std::string> names(Disk& disk, const std::string& directory) {
  const std::vector<DirEntry> entries = disk.list(directory).value();
  std::vector<std::string> found;
  for (const DirEntry& entry : entries) found.push_back(entry.name);
  return found;
}

void touch(Disk& disk, const std::string& path) {
  ASSERT_TRUE(disk.open(path, OpenMode::kCreate)) << path;
}

// What a writer knows of a store whose machine may go at any time.
class CrashModel {
 public:
  // Opens the store and makes up to `count` random puts, until one fails.
  void run(Disk& disk, Random& random, int count) {
    const auto store = open_local_store(disk, "/srv/lake");
    for (int i = 0; store && i < count; ++i) {
      if (!put(**store, random)) return;
    }
  }

  // After a restart: everything acknowledged is there, nothing by half, and nothing else.
  void verify(Disk& disk) {
    const auto store = open_local_store(disk, "/srv/lake").value();
    std::vector<std::string> present;
    for (auto& [path, object] : objects_) {
      const Result<std::string> found = store->get(path);
      if (found) {
        present.push_back(path);
        EXPECT_TRUE(*found == object.acknowledged || object.unanswered.contains(*found))
            << path << " holds " << found->size() << " bytes that nobody put";
        object.acknowledged = *found;
      } else {
        EXPECT_EQ(found.error().code(), ErrorCode::kNotFound);
        EXPECT_EQ(object.acknowledged, std::nullopt) << path << " is lost";
      }
      object.unanswered.clear();
    }
    EXPECT_EQ(paths(*store), present);
  }

 private:
  struct Object {
    std::optional<std::string> acknowledged;
    std::set<std::string> unanswered;
  };

  bool put(ObjectStore& store, Random& random) {
    static constexpr const char* kPaths[] = {"t/_delta_log/0.json", "t/_delta_log/1.json",
                                             "t/part-0.parquet",    "t/d=1/h=2/part-0.parquet",
                                             "u/_delta_log/0.json", "readme"};
    const std::string path = kPaths[random.below(std::size(kPaths))];
    Object& object = objects_[path];
    std::string bytes = fmt::format("{} of {}|", ++puts_, path);
    bytes.append(random.chance(1, 4) ? 20'000 : random.below(30), 'x');
    bool answered = false;
    if (random.chance(1, 2)) {
      const auto outcome = store.put_if_absent(path, as_bytes(bytes));
      answered = outcome.has_value();
      if (outcome && *outcome == PutOutcome::kExists) {
        EXPECT_TRUE(object.acknowledged) << path;
        return true;
      }
      EXPECT_FALSE(answered && object.acknowledged) << path << " was taken";
    } else {
      answered = store.put(path, as_bytes(bytes)).has_value();
    }
    if (answered) {
      object.acknowledged = bytes;
    } else {
      object.unanswered.insert(bytes);
    }
    return answered;
  }

  std::map<std::string, Object> objects_;
  int puts_ = 0;
};

// FOZ_SEED repeats a failure.
uint64_t first_seed() {
  const char* given = std::getenv("FOZ_SEED");
  return given ? std::strtoull(given, nullptr, 10) : Random::system_seed() % 1'000'000;
}

TEST(LocalStoreCrash, LosesNothingAtAnyOperation) {
  const uint64_t begin = first_seed();
  for (uint64_t seed = begin; seed < begin + 10; ++seed) {
    SCOPED_TRACE(fmt::format("FOZ_SEED={}", seed));
    bool crashed = true;
    for (int at = 1; crashed; ++at) {
      Random random(seed);
      SimulatedDisk disk(random);
      CrashModel model;
      disk.crash_after(at);
      model.run(disk, random, 10);
      crashed = disk.crashed();
      disk.restart();
      model.verify(disk);
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(LocalStoreCrash, LosesNothingInManyLives) {
  const uint64_t begin = first_seed();
  for (uint64_t seed = begin; seed < begin + 10; ++seed) {
    SCOPED_TRACE(fmt::format("FOZ_SEED={}", seed));
    Random random(seed);
    SimulatedDisk disk(random);
    CrashModel model;
    for (int life = 0; life < 50; ++life) {
      disk.crash_after(1 + static_cast<int64_t>(random.below(60)));
      model.run(disk, random, 10);
      disk.restart();
      model.verify(disk);
      if (testing::Test::HasFailure()) return;
    }
  }
}

// As a process leaves them that dies between making directories and syncing them.
TEST(LocalStoreCrash, SyncsDirectoriesThatOthersMade) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    SimulatedDisk disk(random);
    ASSERT_TRUE(disk.make_directories("/lake/a/b"));
    const auto store = open_local_store(disk, "/lake").value();
    ASSERT_TRUE(store->put("a/b/c", {}));
    disk.restart();
    EXPECT_THAT(paths(*store), ElementsAre("a/b/c")) << "seed " << seed;
  }
}

class LocalStoreOnSimulatedDisk : public testing::Test {
 protected:
  Random random_{1};
  ManualClock clock_{1'700'000'000'000'000};
  SimulatedDisk disk_{random_, &clock_};
  const std::unique_ptr<ObjectStore> store_ = open_local_store(disk_, "/lake/").value();
};

TEST_F(LocalStoreOnSimulatedDisk, SurvivesDirectoriesThatOthersRemove) {
  ASSERT_TRUE(store_->put("a/b/1", {}));
  ASSERT_TRUE(disk_.remove_all("/lake/a"));
  ASSERT_TRUE(store_->put("a/b/2", {}));
  EXPECT_THAT(paths(*store_), ElementsAre("a/b/2"));
  ASSERT_TRUE(disk_.remove_all("/lake"));
  EXPECT_EQ(store_->put_if_absent("a/b/3", {}).value(), PutOutcome::kCreated);
  disk_.restart();
  EXPECT_THAT(paths(*store_), ElementsAre("a/b/3"));
}

TEST_F(LocalStoreOnSimulatedDisk, LeavesNoTemporaryFiles) {
  ASSERT_TRUE(store_->put("a", {}));
  ASSERT_TRUE(store_->put("a", {}));
  ASSERT_TRUE(store_->put_if_absent("a", {}));
  ASSERT_TRUE(store_->put_if_absent("b", {}));
  EXPECT_THAT(names(disk_, "/lake"), ElementsAre("a", "b"));
}

TEST_F(LocalStoreOnSimulatedDisk, HidesTemporaryFilesAndRemovesThemAfterADay) {
  touch(disk_, "/lake/.tmp-1");
  clock_.advance_ms(20 * 3600 * 1000);
  touch(disk_, "/lake/.tmp-2");
  clock_.advance_ms(5 * 3600 * 1000);
  ASSERT_TRUE(store_->put("a", {}));
  EXPECT_THAT(paths(*store_), ElementsAre("a"));
  EXPECT_THAT(store_->list_names("").value(), ElementsAre("a"));
  EXPECT_THAT(names(disk_, "/lake"), ElementsAre(".tmp-1", ".tmp-2", "a"));
  open_local_store(disk_, "/lake").value();
  EXPECT_THAT(names(disk_, "/lake"), ElementsAre(".tmp-2", "a"));
}

TEST_F(LocalStoreOnSimulatedDisk, SaysThatTheDiskIsFullAndLeavesNothing) {
  ASSERT_TRUE(store_->put("a", as_bytes("12345")));
  disk_.set_capacity(12);
  EXPECT_EQ(store_->put("a", as_bytes("12345678")).error().code(), ErrorCode::kOverloaded);
  EXPECT_EQ(store_->put_if_absent("b", as_bytes("12345678")).error().code(),
            ErrorCode::kOverloaded);
  EXPECT_EQ(store_->get("a").value(), "12345");
  EXPECT_THAT(names(disk_, "/lake"), ElementsAre("a"));
  EXPECT_EQ(store_->put_if_absent("b", as_bytes("1234567")).value(), PutOutcome::kCreated);
}

// The name is there, and nobody knows whether it stays.
TEST_F(LocalStoreOnSimulatedDisk, AnUnsyncedNameIsAmbiguous) {
  const int64_t before = disk_.operations();
  ASSERT_TRUE(store_->put("a", {}));
  const int64_t put = disk_.operations() - before;
  ASSERT_TRUE(store_->put_if_absent("b", {}));
  const int64_t put_if_absent = disk_.operations() - before - put;
  disk_.crash_after(put_if_absent);  // the sync of the folder comes last
  EXPECT_EQ(store_->put_if_absent("c", {}).error().code(), ErrorCode::kAmbiguous);
  disk_.restart();
  disk_.crash_after(put);
  EXPECT_EQ(store_->put("d", {}).error().code(), ErrorCode::kAmbiguous);
  disk_.restart();
  disk_.crash_after(1);
  EXPECT_EQ(store_->put("e", {}).error().code(), ErrorCode::kIo);
}

TEST_F(LocalStoreOnSimulatedDisk, RefusesAnObjectWhereAFolderStandsAndBelowAnObject) {
  ASSERT_TRUE(store_->put("folder/object", {}));
  EXPECT_EQ(store_->put("folder", {}).error().code(), ErrorCode::kInvalid);
  const Status below = store_->put("folder/object/x", {});
  EXPECT_EQ(below.error().code(), ErrorCode::kInvalid);
  EXPECT_THAT(below.error().message(), HasSubstr("folder/object"));
  EXPECT_THAT(paths(*store_), ElementsAre("folder/object"));
}

TEST(LocalStore, OfTwoProcessesOneCreates) {
  const TemporaryFolder folder;
  const auto disk = make_posix_disk();
  for (int round = 0; round < 50; ++round) {
    const std::string path = fmt::format("t/{}", round);
    std::atomic<int> winners = 0;
    const auto create = [&] {
      const auto store = open_local_store(*disk, folder.path()).value();
      winners += store->put_if_absent(path, as_bytes(path)).value() == PutOutcome::kCreated;
    };
    std::jthread(create).join();
    std::jthread first(create), second(create);
    first.join();
    second.join();
    EXPECT_EQ(winners, 1);
  }
}

TEST(LocalStore, TellsItsUrl) {
  const TemporaryFolder folder;
  const auto disk = make_posix_disk();
  const std::string root = folder.path() + "/my lake 100%";
  const auto store = open_local_store(*disk, root + "/").value();
  EXPECT_EQ(store->url(), "file://" + folder.path() + "/my%20lake%20100%25");
  EXPECT_EQ(local_path(store->url()).value(), root);
}

TEST(LocalStore, SaysWhyItDoesNotOpen) {
  const auto disk = make_posix_disk();
  EXPECT_EQ(open_local_store(*disk, "").error().code(), ErrorCode::kInvalid);
  const auto below_a_file = open_local_store(*disk, "/dev/null/lake");
  EXPECT_EQ(below_a_file.error().code(), ErrorCode::kInvalid);
  const ForbiddenFolder folder;
  const auto forbidden = open_local_store(*disk, folder.path() + "/lake");
  EXPECT_EQ(forbidden.error().code(), ErrorCode::kDenied);
  EXPECT_THAT(forbidden.error().message(), HasSubstr(folder.path()));
}

}  // namespace
}  // namespace foz::store
