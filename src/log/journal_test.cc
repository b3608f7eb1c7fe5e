// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Damaged files are refused by name, never read; a disk that fails or fills is said so.
#include "log/journal_internal.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "base/logging.h"
#include "log/log_fixture.h"

namespace foz::log {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DamageTest : public testing::Test {
 protected:
  void SetUp() override {
    set_log_format(LogLevel{99}, false);
    ASSERT_TRUE(at.open());
    TopicConfig config;
    config.segment_bytes = 150;
    const auto topic = at.log->create_topic("orders", 1, config);
    ASSERT_TRUE(topic);
    where = {topic->id, PartitionId(0)};
    for (const char* value : {"a", "b", "c", "d"}) ASSERT_TRUE(at.put(where, {value}));
  }
  std::string content(const std::string& path) {
    const auto file = at.disk.open(path, store::OpenMode::kRead).value();
    std::string bytes(static_cast<size_t>(file->size().value()), '\0');
    EXPECT_TRUE(file->read_at(0, std::as_writable_bytes(std::span(bytes))));
    return bytes;
  }
  std::vector<std::string> segments() {
    std::vector<std::string> paths;
    const auto entries = at.disk.list("/data/log/segments").value();
    for (const auto& entry : entries) {
      paths.push_back("/data/log/segments/" + entry.name);
    }
    std::ranges::sort(paths);
    return paths;
  }
  // Where frames begin in the first journal file.
  std::vector<size_t> frames() {
    const std::string bytes = content(kJournal);
    std::vector<size_t> starts;
    for (size_t hit = bytes.find("fozJ"); hit != std::string::npos;
         hit = bytes.find("fozJ", hit + 1)) {
      starts.push_back(hit);
    }
    return starts;
  }
  static constexpr const char* kJournal = "/data/log/journal/0.journal";
  LogFixture at;
  TopicPartition where;
};

TEST_F(DamageTest, AnyFlippedBitInsideTheJournalIsRefused) {
  at.crash();
  const auto starts = frames();
  ASSERT_EQ(starts.size(), 5u);  // the topic and four appends
  for (size_t byte = 0; byte < starts[4]; ++byte) {
    const int bit = static_cast<int>(byte % 8);
    ASSERT_TRUE(at.disk.flip_bit(kJournal, static_cast<int64_t>(byte), bit));
    const Status opened = at.open();
    ASSERT_FALSE(opened) << byte;
    EXPECT_EQ(opened.error().code(), ErrorCode::kCorrupt);
    const auto frame = std::prev(std::ranges::upper_bound(starts, byte));
    EXPECT_THAT(opened.error().message(),
                HasSubstr(std::string(kJournal) + " at byte " + std::to_string(*frame)));
    ASSERT_TRUE(at.disk.flip_bit(kJournal, static_cast<int64_t>(byte), bit));
  }
  ASSERT_TRUE(at.open());
  EXPECT_THAT(at.values(where).value(), ElementsAre("a", "b", "c", "d"));
}

TEST_F(DamageTest, ATornLastFrameIsCutAndItsPlaceUsedAgain) {
  at.crash();
  ASSERT_TRUE(at.disk.flip_bit(kJournal, static_cast<int64_t>(frames()[4] + 40), 0));
  ASSERT_TRUE(at.open());
  EXPECT_THAT(at.values(where).value(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(at.put(where, {"e"})->base_offset, Offset(3));
  at.crash();
  ASSERT_TRUE(at.open());
  EXPECT_THAT(at.values(where).value(), ElementsAre("a", "b", "c", "e"));
}

// A producer writes what looks like a frame; without the salt it is only bytes.
TEST_F(DamageTest, AFrameInsideARecordIsNoFrame) {
  at.crash();
  std::string forged = content(kJournal).substr(frames()[3], frames()[4] - frames()[3]);
  forged[8] = static_cast<char>(forged[8] + 1);    // another salt
  forged[16] = static_cast<char>(forged[16] + 9);  // a later sequence
  ASSERT_TRUE(at.open());
  ASSERT_TRUE(at.put(where, {forged}));
  at.crash();
  ASSERT_TRUE(at.disk.flip_bit(kJournal, static_cast<int64_t>(frames()[5]), 0));
  EXPECT_TRUE(at.open());
}

TEST_F(DamageTest, AnyFlippedBitOfASegmentIsSeenByItsReader) {
  ASSERT_TRUE(at.open());  // a clean stop: the journal is not needed any more
  at.log.reset();
  const auto paths = segments();
  ASSERT_EQ(paths.size(), 2u);
  for (size_t byte = 0; byte < content(paths[0]).size(); ++byte) {
    if (byte % 69 >= 12 && byte % 69 < 16) continue;  // leader epochs are nobody's truth
    ASSERT_TRUE(at.disk.flip_bit(paths[0], static_cast<int64_t>(byte), static_cast<int>(byte % 8)));
    ASSERT_TRUE(at.open());
    const auto read = at.values(where);
    ASSERT_FALSE(read) << byte;
    EXPECT_EQ(read.error().code(), ErrorCode::kCorrupt) << byte << read.error().message();
    EXPECT_THAT(read.error().message(), HasSubstr(paths[0] + " is damaged at byte ")) << byte;
    at.log.reset();
    ASSERT_TRUE(at.disk.flip_bit(paths[0], static_cast<int64_t>(byte), static_cast<int>(byte % 8)));
  }
}

TEST_F(DamageTest, MissingOrDamagedFilesAreRefusedByName) {
  at.log.reset();
  const std::string checkpoint = "/data/log/checkpoint";
  for (size_t byte = 0; byte < content(checkpoint).size(); byte += 3) {
    ASSERT_TRUE(at.disk.flip_bit(checkpoint, static_cast<int64_t>(byte), 1));
    const Status opened = at.open();
    ASSERT_FALSE(opened) << byte;
    EXPECT_THAT(opened.error().message(), HasSubstr(checkpoint));
    ASSERT_TRUE(at.disk.flip_bit(checkpoint, static_cast<int64_t>(byte), 1));
  }
  const auto paths = segments();
  ASSERT_TRUE(at.disk.open(paths[0], store::OpenMode::kReadWrite).value()->truncate(100));
  Status opened = at.open();
  EXPECT_EQ(opened.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(opened.error().message(), HasSubstr(paths[0] + " ends at byte 100"));
  ASSERT_TRUE(at.disk.remove(paths[0]));
  EXPECT_THAT(at.open().error().message(), HasSubstr(paths[0] + " ends at byte 0"));
  ASSERT_TRUE(at.disk.remove(checkpoint));
  EXPECT_THAT(at.open().error().message(), HasSubstr("checkpoint is missing"));
}

// --- a disk that fails one call

class FailingDisk final : public store::Disk {
 public:
  explicit FailingDisk(store::Disk& under) : under_(under) {}
  std::atomic<bool> fail_sync = false;
  bool fail_write = false;
  ErrorCode failure = ErrorCode::kIo;
  std::string failing;  // only files whose path ends so

  class FailingFile final : public store::File {
   public:
    FailingFile(std::unique_ptr<store::File> under, const FailingDisk& disk, bool may_fail)
        : under_(std::move(under)), disk_(disk), may_fail_(may_fail) {}
    Status write_at(int64_t offset, Bytes bytes) override {
      if (may_fail_ && disk_.fail_write) return Error(ErrorCode::kOverloaded, "no room");
      return under_->write_at(offset, bytes);
    }
    Result<size_t> read_at(int64_t offset, std::span<std::byte> out) const override {
      return under_->read_at(offset, out);
    }
    Result<int64_t> size() const override { return under_->size(); }
    Status truncate(int64_t size) override { return under_->truncate(size); }
    Status sync() override {
      if (may_fail_ && disk_.fail_sync) return Error(disk_.failure, "the medium is worn out");
      return under_->sync();
    }
    Status allocate(int64_t size) override { return under_->allocate(size); }

   private:
    std::unique_ptr<store::File> under_;
    const FailingDisk& disk_;
    const bool may_fail_;
  };

  Result<std::unique_ptr<store::File>> open(const std::string& path,
                                            store::OpenMode mode) override {
    return std::make_unique<FailingFile>(TRY(under_.open(path, mode)), *this,
                                         path.ends_with(failing));
  }
  Status make_directories(const std::string& path) override {
    return under_.make_directories(path);
  }
  Status sync_directory(const std::string& path) override { return under_.sync_directory(path); }
  Status rename(const std::string& from, const std::string& to) override {
    return under_.rename(from, to);
  }
  Status link(const std::string& from, const std::string& to) override {
    return under_.link(from, to);
  }
  Status remove(const std::string& path) override { return under_.remove(path); }
  Status remove_all(const std::string& path) override { return under_.remove_all(path); }
  Result<std::vector<store::DirEntry>> list(const std::string& path,
                                            const store::NameFilter& filter) override {
    return under_.list(path, filter);
  }
  Result<store::DirEntry> stat(const std::string& path) override { return under_.stat(path); }
  Result<int64_t> free_bytes(const std::string& path) override { return under_.free_bytes(path); }

 private:
  store::Disk& under_;
};

TEST_F(DamageTest, AfterAFailedSyncNothingIsTakenAnyMore) {
  at.log.reset();
  FailingDisk disk(at.disk);
  Metrics metrics;
  at.log = Log::open(at.options, disk, at.clock, at.random, metrics).value();
  EXPECT_FALSE(at.log->failure());
  disk.fail_sync = true;
  const auto lost = at.put(where, {"e"});
  EXPECT_EQ(lost.error().code(), ErrorCode::kAmbiguous);
  disk.fail_sync = false;  // as the kernel does: the next sync succeeds, and lies
  const auto refused = at.put(where, {"f"});
  EXPECT_EQ(refused.error().code(), ErrorCode::kIo);
  EXPECT_THAT(refused.error().message(), HasSubstr("the medium is worn out"));
  EXPECT_FALSE(at.log->create_topic("more", 1, {}));
  ASSERT_TRUE(at.log->failure());
  EXPECT_THAT(at.log->failure()->message(), HasSubstr("the medium is worn out"));
  EXPECT_THAT(at.values(where).value(), ElementsAre("a", "b", "c", "d"));
  ASSERT_TRUE(at.open());
  EXPECT_TRUE(at.put(where, {"g"}));
}

// A file opened again would sync well, without the pages that the kernel gave up.
TEST_F(DamageTest, AFailedSyncOfASegmentIsFinalWhateverTheReason) {
  at.log.reset();
  FailingDisk disk(at.disk);
  disk.failing = ".segment";
  disk.failure = ErrorCode::kOverloaded;
  at.options.checkpoint_interval = std::chrono::milliseconds(0);
  Metrics metrics;
  at.log = Log::open(at.options, disk, at.clock, at.random, metrics).value();
  disk.fail_sync = true;
  ASSERT_TRUE(at.put(where, {"e"}));
  Result<AppendOutcome> answer = at.put(where, {"f"});
  for (int i = 0; i < 1000 && answer; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    answer = at.put(where, {"f"});
  }
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message(), HasSubstr("the medium is worn out"));
  disk.fail_sync = false;
  EXPECT_FALSE(at.put(where, {"g"}));
  ASSERT_TRUE(at.open());
  EXPECT_GE(at.values(where)->size(), 5u);
}

// The journal waits for segments that cannot be written.
TEST_F(DamageTest, ALogWhoseDiskIsFullCanBeClosed) {
  at.log.reset();
  FailingDisk disk(at.disk);
  disk.failing = ".segment";
  disk.fail_write = true;
  at.options.journal_bytes = 1 << 18;
  Metrics metrics;
  at.log = Log::open(at.options, disk, at.clock, at.random, metrics).value();
  std::future<bool> answer;
  size_t stored = 4;
  while (true) {
    const auto promise = std::make_shared<std::promise<bool>>();
    answer = promise->get_future();
    std::vector<AppendPart> parts;
    parts.push_back({where, LogFixture::batch({std::string(5000, 'y')})});
    ASSERT_TRUE(at.log->append(std::move(parts), [promise](const auto& outcome) {
      promise->set_value(outcome.has_value());
    }));
    if (answer.wait_for(std::chrono::seconds(2)) == std::future_status::timeout) break;
    ASSERT_TRUE(answer.get());
    ASSERT_LT(++stored, 1000u);
  }
  at.log.reset();
  EXPECT_FALSE(answer.get());
  ASSERT_TRUE(at.open());
  EXPECT_EQ(at.values(where)->size(), stored);
}

TEST_F(DamageTest, AFullDiskIsSaidAndOvercome) {
  at.options.min_free_disk_bytes = 100'000;
  ASSERT_TRUE(at.open());
  at.disk.set_capacity(1);
  at.clock.advance_ms(1000);
  const auto refused = at.put(where, {"e"});
  EXPECT_EQ(refused.error().code(), ErrorCode::kOverloaded);
  EXPECT_THAT(refused.error().message(), HasSubstr("below the mark"));
  at.disk.set_capacity(1LL << 40);
  EXPECT_TRUE(at.put(where, {"f"}));
  EXPECT_THAT(at.values(where).value(), ElementsAre("a", "b", "c", "d", "f"));
}

// Below the mark's watch: the journal cannot grow, the frame is taken back, sequences with it.
TEST_F(DamageTest, AFrameThatDoesNotFitIsTakenBack) {
  at.disk.set_capacity(1);
  const auto sent = [&] {
    return LogFixture::batch({std::string(300'000, 'x')},
                             {.producer_id = 5, .producer_epoch = 0, .base_sequence = 0});
  };
  EXPECT_EQ(at.append(where, sent()).error().code(), ErrorCode::kOverloaded);
  EXPECT_EQ(at.append(where, sent()).error().code(), ErrorCode::kOverloaded);
  at.disk.set_capacity(1LL << 40);
  const auto behind =
      LogFixture::batch({"y"}, {.producer_id = 5, .producer_epoch = 0, .base_sequence = 1});
  EXPECT_EQ(at.append(where, behind).error().code(), ErrorCode::kConflict);
  const auto taken = at.append(where, sent());
  ASSERT_TRUE(taken) << taken.error().message();
  EXPECT_EQ(taken->sequence, SequenceOutcome::kAccepted);
  EXPECT_EQ(taken->base_offset, Offset(4));
  at.crash();
  ASSERT_TRUE(at.open());
  EXPECT_EQ(at.values(where)->size(), 5u);
  EXPECT_EQ(at.append(where, sent())->sequence, SequenceOutcome::kDuplicate);
}

TEST_F(DamageTest, TheNextJournalFileIsMadeBeforeItIsNeeded) {
  const auto files = [&] { return at.disk.list("/data/log/journal")->size(); };
  for (int i = 0; i < 1000 && files() < 2; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(files(), 2u);
  EXPECT_LT(frames().back(), 1000u);
}

TEST_F(DamageTest, TheJournalGoesRoundItsFiles) {
  at.options.journal_bytes = 1 << 18;
  ASSERT_TRUE(at.open());
  std::vector<std::string> sent = {"a", "b", "c", "d"};
  for (int i = 0; i < 300; ++i) {
    sent.push_back(std::to_string(i) + std::string(5000, 'x'));
    ASSERT_TRUE(at.put(where, {sent.back()}));
    if (i % 100 == 50) {
      at.crash();
      ASSERT_TRUE(at.open());
    }
  }
  EXPECT_EQ(at.values(where).value(), sent);
  EXPECT_LE(at.disk.list("/data/log/journal")->size(), 5u);
  ASSERT_TRUE(at.open());
  EXPECT_EQ(at.values(where).value(), sent);
}

}  // namespace
}  // namespace foz::log
