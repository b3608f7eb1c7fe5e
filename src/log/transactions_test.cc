// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What committed readers see: exactly the records of committed transactions and of nobody's, up to
// the last stable offset, whatever restarts and crashes come between. FOZ_SEED=n runs one seed.
#include <gmock/gmock.h>

#include <cstdlib>
#include <map>

#include "base/logging.h"
#include "log/log_fixture.h"

namespace foz::log {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Values = std::vector<std::string>;

constexpr int16_t kTransactional = 16;

std::string data(int64_t producer_id, int32_t sequence, const Values& values, int16_t epoch = 0) {
  return LogFixture::batch(values, {.producer_id = producer_id,
                                    .producer_epoch = epoch,
                                    .base_sequence = sequence,
                                    .extra_attributes = kTransactional});
}

// What a committed reader finds from the log's start, in steps of at most about `max_bytes`.
Result<Values> committed(const Log& log, TopicPartition where, size_t max_bytes = 1) {
  const PartitionOffsets range = TRY(log.offsets(where));
  Values values;
  for (Offset next = range.log_start; next < range.last_stable;) {
    const ReadResult read = TRY(log.read(where, next, max_bytes, Isolation::kCommitted));
    if (read.next <= next) return Error(ErrorCode::kInternal, "a read gave nothing");
    if (read.next > range.last_stable) return Error(ErrorCode::kInternal, "beyond what is stable");
    AbortedBatches aborted(read.aborted);
    for (const BatchSlice& slice : read.slices) {
      for (Bytes rest = slice.bytes; !rest.empty();) {
        auto reader = TRY(RecordReader::open(rest));
        const BatchHeader header = reader.header();
        rest = rest.subspan(header.size());
        if (header.transactional() && aborted.contains(header)) continue;
        Record record;
        while (!header.control() && TRY(reader.next(record))) {
          if (record.offset >= next) values.emplace_back(as_text(record.value.value_or(Bytes())));
        }
      }
    }
    next = read.next;
  }
  return values;
}

class TransactionsTest : public testing::Test {
 protected:
  TransactionsTest() {
    CHECK(at.open());
    const Topic topic = at.log->create_topic("t", 2, {}).value();
    where = {topic.id, PartitionId(0)};
    other = {topic.id, PartitionId(1)};
  }
  void put(std::string batches) { ASSERT_TRUE(at.append(where, std::move(batches))); }
  void end(int64_t producer_id, bool commit, int16_t epoch = 0) {
    put(build_marker(producer_id, epoch, commit, 1000));
  }
  Offset stable() const { return at.log->offsets(where)->last_stable; }
  Values seen() const { return committed(*at.log, where).value(); }
  LogFixture at;
  TopicPartition where, other;
};

TEST_F(TransactionsTest, RecordsAreSeenWhenTheirTransactionIsCommitted) {
  put(data(7, 0, {"a", "b"}));
  EXPECT_EQ(stable(), Offset(0));
  EXPECT_THAT(seen(), IsEmpty());
  EXPECT_EQ(at.log->offsets(where)->durable_end, Offset(2)) << "others see them at once";
  end(7, true);
  EXPECT_EQ(stable(), Offset(3)) << "with the marker";
  EXPECT_THAT(seen(), ElementsAre("a", "b"));
  put(data(7, 2, {"c"}));
  end(7, false);
  EXPECT_THAT(seen(), ElementsAre("a", "b"));
  EXPECT_EQ(at.log->offsets(where)->aborted_transactions, 1u);
}

TEST_F(TransactionsTest, TheOldestOpenTransactionHoldsItsPartitionAlone) {
  put(data(7, 0, {"a"}));
  put(LogFixture::batch({"plain"}));
  put(data(8, 0, {"b"}));
  end(8, true);
  ASSERT_TRUE(at.append(other, LogFixture::batch({"elsewhere"})));
  EXPECT_THAT(seen(), IsEmpty());
  EXPECT_THAT(committed(*at.log, other).value(), ElementsAre("elsewhere"));
  end(7, false);
  EXPECT_THAT(seen(), ElementsAre("plain", "b"));
}

TEST_F(TransactionsTest, AnAbortedListNamesWhatTouchesTheRead) {
  put(data(7, 0, {"a0", "a1"}));  // 0, 1
  put(data(8, 0, {"b2"}));        // 2
  end(7, false);                  // 3
  put(data(8, 1, {"b4"}));        // 4
  put(data(7, 2, {"c5"}));        // 5
  end(8, false);                  // 6
  end(7, true);                   // 7
  const auto of = [&](int64_t from, size_t bytes) {
    std::vector<std::pair<int64_t, int64_t>> all;
    const auto read = at.log->read(where, Offset(from), bytes, Isolation::kCommitted).value();
    for (const auto& each : read.aborted) all.emplace_back(each.producer_id, each.first.value());
    return all;
  };
  using Pair = std::pair<int64_t, int64_t>;
  EXPECT_THAT(of(0, 1), ElementsAre(Pair(7, 0)));
  EXPECT_THAT(of(2, 1), ElementsAre(Pair(7, 0), Pair(8, 2)));
  EXPECT_THAT(of(4, 1), ElementsAre(Pair(8, 2)));
  EXPECT_THAT(of(0, 1 << 20), ElementsAre(Pair(7, 0), Pair(8, 2)));
  EXPECT_THAT(of(7, 1), IsEmpty());
  EXPECT_THAT(seen(), ElementsAre("c5"));
  EXPECT_THAT(at.log->read(where, Offset(0), 1 << 20)->aborted, IsEmpty()) << "nobody asked";
}

TEST_F(TransactionsTest, AMarkerIsTakenWhateverWasDoneWithItsProducersId) {
  put(data(7, 0, {"a"}));
  // Somebody claims the id with a greater epoch.
  put(LogFixture::batch({"b"}, {.producer_id = 7, .producer_epoch = 9, .base_sequence = 0}));
  end(7, true);
  EXPECT_THAT(seen(), ElementsAre("a", "b"));
  const auto fenced = at.append(where, data(7, 1, {"c"}));
  EXPECT_FALSE(fenced);
  EXPECT_EQ(stable(), at.log->offsets(where)->durable_end);
}

TEST_F(TransactionsTest, AMarkerWithARaisedEpochFencesItsProducer) {
  put(data(7, 0, {"a"}));
  end(7, false, 1);
  EXPECT_FALSE(at.append(where, data(7, 1, {"zombie"})));
  EXPECT_TRUE(at.append(where, data(7, 0, {"successor"}, 1)));
}

TEST_F(TransactionsTest, TransactionsNeedAProducer) {
  EXPECT_FALSE(at.append(where, LogFixture::batch({"a"}, {.extra_attributes = kTransactional})));
}

TEST_F(TransactionsTest, AMarkerFitsATopicThatTakesNothing) {
  put(data(7, 0, {"a"}));
  TopicConfig config = at.log->find_topic("t")->config;
  config.max_message_bytes = 0;
  ASSERT_TRUE(at.log->alter_topic(where.topic, config));
  end(7, true);
  EXPECT_THAT(seen(), ElementsAre("a"));
}

TEST_F(TransactionsTest, OfADeletedTopicWhatIsOpenCountsAsAborted) {
  put(data(7, 0, {"a"}));
  put(LogFixture::batch({"plain"}));
  ASSERT_TRUE(at.log->delete_topic(where.topic));
  EXPECT_EQ(stable(), Offset(2));
  EXPECT_THAT(seen(), ElementsAre("plain"));
  ASSERT_TRUE(at.open());
  EXPECT_THAT(seen(), ElementsAre("plain"));
}

TEST_F(TransactionsTest, StateComesBackFromCheckpointAndJournal) {
  put(data(7, 0, {"a"}));
  put(data(8, 0, {"b"}));
  end(8, false);
  put(data(9, 0, {"open"}));
  ASSERT_TRUE(at.open()) << "by the checkpoint";
  EXPECT_EQ(stable(), Offset(0));
  end(7, true);
  put(LogFixture::batch({"plain"}));
  at.crash();
  ASSERT_TRUE(at.open()) << "by the journal too";
  EXPECT_EQ(stable(), Offset(3));
  EXPECT_THAT(seen(), ElementsAre("a"));
  end(9, true);
  ASSERT_TRUE(at.open());
  EXPECT_THAT(seen(), ElementsAre("a", "open", "plain"));
}

TEST_F(TransactionsTest, RetentionForgetsAbortedTransactionsWithTheirRecords) {
  TopicConfig config;
  config.bronze = false;
  config.segment_bytes = 200;
  config.retention_bytes = 300;
  config.retention_ms = -1;
  where = {at.log->create_topic("short", 1, config)->id, PartitionId(0)};
  for (int32_t i = 0; i < 50; ++i) {
    put(data(7, i, {"x"}));
    end(7, i % 2 == 0);
  }
  EXPECT_EQ(at.log->offsets(where)->aborted_transactions, 25u);
  ASSERT_TRUE(at.log->enforce_retention());
  EXPECT_LT(at.log->offsets(where)->aborted_transactions, 5u);
  EXPECT_LT(seen().size(), 5u);
  ASSERT_TRUE(at.open());
  EXPECT_LT(at.log->offsets(where)->aborted_transactions, 5u);
}

// --- random transactions of several producers in several partitions, on a machine that may stop at
// any write

struct Model {
  struct Batch {
    std::string value;
    int transaction = -1;  // of nobody's: -1
  };
  std::map<TopicPartition, std::vector<Batch>> batches;  // acknowledged
  std::map<TopicPartition, Batch> sent;                  // may be there
  enum class End { kOpen, kCommitted, kAborted, kCommitting, kAborting };
  std::vector<End> ends;
};

class Scenario {
 public:
  Scenario(LogFixture& at, uint64_t seed) : at_(at), random_(seed * 31 + 7) {}
  void run() {
    if (!at_.open()) return;
    TopicConfig config;
    config.segment_bytes = 500;
    const auto topic = at_.log->create_topic("t", 3, config);
    if (!topic) return;
    for (int32_t i = 0; i < 3; ++i) where.push_back({topic->id, PartitionId(i)});
    for (int step = 0; step < 40; ++step) {
      if (!one_step()) return;
    }
    at_.log.reset();
  }
  Model model;
  std::vector<TopicPartition> where;

 private:
  struct Producer {
    int transaction = -1;
    std::map<TopicPartition, int32_t> sequences;
    std::vector<TopicPartition> touched;
  };
  bool one_step() {
    if (random_.chance(1, 15)) return at_.open().has_value();
    const size_t who = random_.below(4);
    Producer& producer = producers_[who];
    if (producer.transaction >= 0 && random_.chance(1, 3)) return end(producer, who);
    const TopicPartition at = where[random_.below(where.size())];
    const std::string value =
        "v" + std::to_string(++counter_) + std::string(random_.below(80), '.');
    if (random_.chance(1, 5)) {
      return put(at, {value, -1}, LogFixture::batch({value}));
    }
    if (producer.transaction < 0) {
      producer.transaction = static_cast<int>(model.ends.size());
      model.ends.push_back(Model::End::kOpen);
    }
    int32_t& sequence = producer.sequences[at];
    const bool done = put(at, {value, producer.transaction},
                          data(static_cast<int64_t>(who) + 100, sequence, {value}));
    if (done) ++sequence;
    producer.touched.push_back(at);
    return done;
  }
  bool put(TopicPartition at, Model::Batch batch, std::string bytes) {
    model.sent[at] = batch;
    if (!at_.append(at, std::move(bytes))) return false;
    model.sent.erase(at);
    model.batches[at].push_back(std::move(batch));
    return true;
  }
  // Markers in all partitions are one append.
  bool end(Producer& producer, size_t who) {
    const bool commit = random_.chance(2, 3);
    auto& state = model.ends[static_cast<size_t>(producer.transaction)];
    state = commit ? Model::End::kCommitting : Model::End::kAborting;
    std::ranges::sort(producer.touched);
    producer.touched.erase(std::ranges::unique(producer.touched).begin(), producer.touched.end());
    std::vector<AppendPart> parts;
    for (const TopicPartition& each : producer.touched) {
      parts.push_back({each, build_marker(static_cast<int64_t>(who) + 100, 0, commit, 1000)});
    }
    if (!at_.log->append_and_wait(std::move(parts))) return false;
    state = commit ? Model::End::kCommitted : Model::End::kAborted;
    producer.transaction = -1;
    producer.touched.clear();
    return true;
  }

  LogFixture& at_;
  Random random_;
  std::map<size_t, Producer> producers_;
  int counter_ = 0;
};

// What committed readers may see, given what became of the end that was cut short.
Values expected(const Model& model, TopicPartition where, bool ended, bool with_sent) {
  std::vector<Model::Batch> batches;
  if (const auto found = model.batches.find(where); found != model.batches.end())
    batches = found->second;
  if (const auto sent = model.sent.find(where); with_sent && sent != model.sent.end())
    batches.push_back(sent->second);
  Values values;
  for (const Model::Batch& each : batches) {
    using End = Model::End;
    const End end =
        each.transaction < 0 ? End::kCommitted : model.ends[static_cast<size_t>(each.transaction)];
    const bool open = end == End::kOpen || (!ended && end >= End::kCommitting);
    if (open) break;
    if (end == End::kCommitted || end == End::kCommitting) values.push_back(each.value);
  }
  return values;
}

void verify(const LogFixture& at, const Scenario& scenario) {
  std::map<TopicPartition, Values> found;
  for (const TopicPartition& where : scenario.where) {
    const auto values = committed(*at.log, where, 200);
    if (!values && values.error().code() == ErrorCode::kNotFound) return;  // the topic was not made
    ASSERT_TRUE(values) << values.error().message();
    found[where] = *values;
  }
  // One outcome for all partitions: an end is there wholly or not at all.
  bool some = false;
  for (const bool ended : {false, true}) {
    for (const bool with_sent : {false, true}) {
      bool all = true;
      for (const auto& [where, values] : found) {
        all &= values == expected(scenario.model, where, ended, with_sent);
      }
      some |= all;
    }
  }
  EXPECT_TRUE(some);
}

TEST(LogTransactions, ACrashAtAnyOperationLeavesNoHalfTransaction) {
  set_log_format(LogLevel{99}, false);  // every crash would complain
  for (const uint64_t seed : seeds()) {
    int64_t operations = 0;
    {
      SmallLog at(seed);
      Scenario scenario(at, seed);
      scenario.run();
      operations = at.disk.operations();
      ASSERT_TRUE(at.open());
      verify(at, scenario);
    }
    for (int64_t crash = 1; crash <= operations + 2 && !testing::Test::HasFailure(); ++crash) {
      SCOPED_TRACE("FOZ_SEED=" + std::to_string(seed) + " crash at " + std::to_string(crash));
      SmallLog at(seed * 1000 + static_cast<uint64_t>(crash));
      Scenario scenario(at, seed);
      at.disk.crash_after(crash);
      scenario.run();
      at.log.reset();
      at.disk.restart();
      at.disk.crash_after(1 + static_cast<int64_t>(at.random.below(12)));
      (void)at.open();  // the first recovery may be cut short too
      at.log.reset();
      at.disk.restart();
      at.disk.crash_after(0);
      const Status opened = at.open();
      ASSERT_TRUE(opened) << opened.error().message();
      verify(at, scenario);
    }
  }
}

}  // namespace
}  // namespace foz::log
