// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "store/object_store.h"

#include "base/clock.h"
#include "base/random.h"
#include "store/disk.h"
#include "store/fault_store.h"
#include "store/object_store_contract.h"
#include "store/simulated_disk.h"
#include "store/temporary_folder.h"

namespace foz::store {
namespace {

// The store lives no longer than what it stands on.
std::shared_ptr<ObjectStore> with(std::unique_ptr<ObjectStore> store, auto... foundations) {
  return {store.release(), [... kept = std::move(foundations)](ObjectStore* done) { delete done; }};
}

std::shared_ptr<ObjectStore> memory() { return make_memory_store(); }

std::shared_ptr<ObjectStore> local_on_posix() {
  auto folder = std::make_shared<TemporaryFolder>();
  std::shared_ptr<Disk> disk = make_posix_disk();
  return with(open_local_store(*disk, folder->path() + "/new/lake").value(), disk, folder);
}

std::shared_ptr<ObjectStore> local_on_simulated_disk() {
  auto random = std::make_shared<Random>(1);
  auto disk = std::make_shared<SimulatedDisk>(*random);
  return with(open_local_store(*disk, "lake").value(), disk, random);
}

std::shared_ptr<ObjectStore> without_faults() {
  auto random = std::make_shared<Random>(1);
  std::shared_ptr<ObjectStore> behind = make_memory_store();
  return with(std::make_unique<FaultStore>(*behind, *random), behind, random);
}

INSTANTIATE_TEST_SUITE_P(Memory, ObjectStoreContract, testing::Values(memory));
INSTANTIATE_TEST_SUITE_P(LocalOnPosix, ObjectStoreContract, testing::Values(local_on_posix));
INSTANTIATE_TEST_SUITE_P(LocalOnSimulatedDisk, ObjectStoreContract,
                         testing::Values(local_on_simulated_disk));
INSTANTIATE_TEST_SUITE_P(WithoutFaults, ObjectStoreContract, testing::Values(without_faults));

TEST(MemoryStore, StampsObjectsByItsClock) {
  ManualClock clock(5'000'000);
  const auto store = make_memory_store(&clock);
  ASSERT_TRUE(store->put("a", {}));
  clock.advance_ms(1'000);
  ASSERT_TRUE(store->put("b", {}));
  EXPECT_EQ(store->head("a").value().modified_ms, 5'000);
  EXPECT_EQ(store->list("").value().at(1).modified_ms, 6'000);
}

TEST(LocalPath, UnderstandsFoldersAndFileUrls) {
  EXPECT_EQ(local_path("lake").value(), "lake");
  EXPECT_EQ(local_path("/srv/a%20b").value(), "/srv/a%20b");
  EXPECT_EQ(local_path("./odd:name").value(), "./odd:name");
  EXPECT_EQ(local_path("file:///srv/a%20b%").value(), "/srv/a b%");
  EXPECT_EQ(local_path("file:/srv/lake").value(), "/srv/lake");
  EXPECT_EQ(local_path("file://localhost/srv").value(), "/srv");
}

TEST(LocalPath, RefusesOthersByName) {
  const auto s3 = local_path("s3://bucket/lake");
  ASSERT_FALSE(s3);
  EXPECT_EQ(s3.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(s3.error().message(), testing::HasSubstr("'s3'"));
  EXPECT_EQ(local_path("gs://bucket").error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(local_path("file://host/x").error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(local_path("").error().code(), ErrorCode::kInvalid);
}

}  // namespace
}  // namespace foz::store
