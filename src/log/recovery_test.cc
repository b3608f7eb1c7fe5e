// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A machine that loses power at any write, sync or name change: what was acknowledged is there
// exactly once and in order, what was not is there wholly or not at all. FOZ_SEED=n runs one seed.
#include <gmock/gmock.h>

#include <cstdlib>
#include <future>
#include <map>
#include <set>

#include "base/logging.h"
#include "log/log_fixture.h"

namespace foz::log {
namespace {

using Contents = std::map<TopicPartition, std::vector<std::string>>;

// What the client knows.
struct Model {
  Contents acknowledged;
  std::vector<std::map<TopicPartition, std::vector<std::string>>>
      pending;  // in the order they were sent
  std::map<TopicPartition, Offset> least_start;
  std::map<TopicPartition, Offset> deleted_before;
  std::map<TopicPartition, Offset> being_deleted_before;
  std::set<TopicId> deleted;
  std::optional<TopicId> being_deleted;
  std::optional<TopicId> let_go;
  // What each topic was last said to have, and what may have come of a change that was cut short.
  std::map<TopicId, std::pair<int32_t, int64_t>> shape, next_shape;
  std::map<std::string, TopicId> topics;
  int64_t greatest_producer_id = -1;
};

class Scenario {
 public:
  Scenario(LogFixture& at, uint64_t seed) : at_(at), random_(seed * 977 + 5) {}

  // Runs until the machine stops or all is done.
  void run() {
    if (!at_.open() || !make_topics()) return;
    for (int step = 0; step < 24; ++step) {
      if (!one_step(step)) return;
    }
    at_.log.reset();
  }
  Model model;

 private:
  bool make_topic(const std::string& name, int32_t partitions, TopicConfig config) {
    const auto topic = at_.log->create_topic(name, partitions, std::move(config));
    if (!topic) return false;
    model.topics[name] = topic->id;
    model.shape[topic->id] = {partitions, topic->config.retention_ms};
    model.next_shape[topic->id] = model.shape[topic->id];
    for (int32_t i = 0; i < partitions; ++i) {
      model.acknowledged[{topic->id, PartitionId(i)}];
      where_.push_back({topic->id, PartitionId(i)});
    }
    return true;
  }
  bool make_topics() {
    TopicConfig kept;
    kept.segment_bytes = 700;
    TopicConfig short_lived;
    short_lived.bronze = false;
    short_lived.segment_bytes = 300;
    short_lived.retention_bytes = 600;
    short_lived.retention_ms = -1;
    return make_topic("kept", 2, kept) && make_topic("short", 1, short_lived) &&
           make_topic("gone", 1, kept);
  }

  std::vector<AppendPart> next_parts() {
    std::map<TopicPartition, std::vector<std::string>> values;
    std::vector<AppendPart> parts;
    // Never nothing: that is acknowledged even when the frame before it failed.
    const size_t always = random_.below(where_.size());
    for (size_t at = 0; at < where_.size(); ++at) {
      const TopicPartition& where = where_[at];
      if (at != always && !random_.chance(1, 2)) continue;
      std::vector<std::string> records;
      for (uint64_t i = 0; i <= random_.below(3); ++i) {
        records.push_back(std::to_string(++counter_) + std::string(random_.below(120), '.'));
      }
      parts.push_back({where, LogFixture::batch(records)});
      values[where] = std::move(records);
    }
    model.pending.push_back(std::move(values));
    return parts;
  }

  // Several appends at once, so that frames hold more than one.
  bool burst(uint64_t count) {
    std::vector<std::future<bool>> answers;
    for (uint64_t i = 0; i < count; ++i) {
      auto promise = std::make_shared<std::promise<bool>>();
      answers.push_back(promise->get_future());
      const Status taken = at_.log->append(next_parts(), [promise](const auto& outcomes) {
        promise->set_value(outcomes.has_value());
      });
      if (!taken) promise->set_value(false);
    }
    bool all = true;
    for (auto& answer : answers) {
      if (!answer.get()) {
        all = false;
        continue;
      }
      EXPECT_TRUE(all) << "acknowledged after one that was not";
      for (auto& [where, values] : model.pending.front()) {
        auto& known = model.acknowledged[where];
        known.insert(known.end(), values.begin(), values.end());
      }
      model.pending.erase(model.pending.begin());
    }
    return all;
  }

  bool one_step(int step) {
    if (step == 9) return at_.open().has_value();  // a clean stop between
    if (step == 14) {
      model.being_deleted = model.topics["gone"];
      if (!at_.log->delete_topic(*model.being_deleted)) return false;
      model.deleted.insert(*std::exchange(model.being_deleted, std::nullopt));
      std::erase_if(where_, [&](const auto& where) { return model.deleted.contains(where.topic); });
      return true;
    }
    if (step == 20) {
      model.let_go = model.topics["gone"];
      at_.log->let_go(*model.let_go);
      return true;
    }
    if (step == 6 || step == 16) return alter(step);
    if (step == 7 || step == 18) return delete_records();
    if (step % 8 == 3) {
      const auto id = at_.log->next_producer_id();
      if (!id) return false;
      EXPECT_GT(*id, model.greatest_producer_id);
      model.greatest_producer_id = *id;
      return true;
    }
    if (step % 6 == 5) {
      if (!at_.log->enforce_retention()) return false;
      for (const TopicPartition& where : where_) {
        const auto range = at_.log->offsets(where);
        if (!range) return false;
        model.least_start[where] = range->log_start;
      }
      return true;
    }
    return burst(1 + random_.below(4));
  }

  bool alter(int step) {
    const TopicId id = model.topics["kept"];
    auto& next = model.next_shape[id] = model.shape[id];
    if (step == 6) {
      next.first = 3;
      if (!at_.log->add_partitions(id, 3)) return false;
      where_.push_back({id, PartitionId(2)});
      model.acknowledged[where_.back()];
    } else {
      TopicConfig config = at_.log->find_topic(id)->config;
      config.retention_ms = next.second = 86'400'000;
      if (!at_.log->alter_topic(id, config)) return false;
    }
    model.shape[id] = next;
    return true;
  }
  bool delete_records() {
    const TopicPartition where{model.topics["kept"], PartitionId(0)};
    const auto range = at_.log->offsets(where);
    if (!range) return false;
    const Offset before = model.being_deleted_before[where] = range->durable_end;
    if (!at_.log->delete_records(where, before)) return false;
    model.deleted_before[where] = before;
    return true;
  }

  LogFixture& at_;
  Random random_;
  std::vector<TopicPartition> where_;
  int counter_ = 0;
};

// How many of the pending appends are there; -1 when the state is none that may be.
int found_pending(const Contents& found, const std::map<TopicPartition, Offset>& starts,
                  const Model& model) {
  Contents expected = model.acknowledged;
  for (size_t count = 0; true; ++count) {
    bool same = true;
    for (const auto& [where, values] : found) {
      const auto& all = expected[where];
      const auto start = static_cast<size_t>(starts.at(where).value());
      same = same && start <= all.size() &&
             std::equal(values.begin(), values.end(), all.begin() + static_cast<ptrdiff_t>(start),
                        all.end());
    }
    if (same) return static_cast<int>(count);
    if (count == model.pending.size()) return -1;
    for (const auto& [where, values] : model.pending[count]) {
      expected[where].insert(expected[where].end(), values.begin(), values.end());
    }
  }
}

void verify(LogFixture& at, const Model& model) {
  for (const auto& [name, id] : model.topics) {
    const auto topic = at.log->find_topic(name);
    if (model.deleted.contains(id)) {
      EXPECT_FALSE(topic) << name;
    } else if (model.being_deleted != id) {
      ASSERT_TRUE(topic) << name;
      EXPECT_EQ(topic->id, id);
    }
    if (topic) {
      const std::pair shape{topic->partitions, topic->config.retention_ms};
      EXPECT_TRUE(shape == model.shape.at(id) || shape == model.next_shape.at(id)) << name;
    }
  }
  // Once and now, or the background would move log starts while we look.
  ASSERT_TRUE(at.log->enforce_retention());
  Contents found;
  std::map<TopicPartition, Offset> starts;
  for (const auto& [where, values] : model.acknowledged) {
    if (model.let_go == where.topic && !at.log->offsets(where)) continue;
    const auto all = at.values(where);
    ASSERT_TRUE(all) << all.error().message();
    found[where] = *all;
    starts[where] = at.log->offsets(where)->log_start;
    const auto least = model.least_start.find(where);
    if (least != model.least_start.end()) {
      EXPECT_GE(starts[where], least->second);
    }
    const Offset visible = at.log->offsets(where)->visible_start;
    const auto offset_in = [&](const auto& offsets) {
      const auto found_at = offsets.find(where);
      return found_at == offsets.end() ? Offset() : found_at->second;
    };
    EXPECT_GE(visible, offset_in(model.deleted_before));
    EXPECT_LE(visible, std::max(starts[where], offset_in(model.being_deleted_before)));
  }
  EXPECT_GE(found_pending(found, starts, model), 0);
  const auto id = at.log->next_producer_id();
  ASSERT_TRUE(id);
  EXPECT_GT(*id, model.greatest_producer_id);
  for (const auto& [where, values] : found) {
    if (!at.log->find_topic(where.topic)) continue;
    const auto outcome = at.put(where, {"after"});
    ASSERT_TRUE(outcome) << outcome.error().message();
    EXPECT_EQ(outcome->base_offset, starts[where] + static_cast<int64_t>(values.size()));
  }
}

TEST(LogRecovery, ACrashAtAnyOperationLosesNothingAcknowledged) {
  set_log_format(LogLevel{99}, false);  // every crash would complain
  for (const uint64_t seed : seeds()) {
    int64_t operations = 0;
    {
      SmallLog at(seed);
      Scenario scenario(at, seed);
      scenario.run();
      ASSERT_TRUE(scenario.model.pending.empty());
      operations = at.disk.operations();
    }
    for (int64_t crash = 1; crash <= operations + 2 && !testing::Test::HasFailure(); ++crash) {
      SCOPED_TRACE("FOZ_SEED=" + std::to_string(seed) + " crash at " + std::to_string(crash));
      SmallLog at(seed * 1000 + static_cast<uint64_t>(crash));
      Scenario scenario(at, seed);
      at.disk.crash_after(crash);
      scenario.run();
      at.log.reset();
      at.disk.restart();
      // The first recoveries may be cut short too.
      for (int again = 0; again < 2; ++again) {
        at.disk.crash_after(1 + static_cast<int64_t>(at.random.below(12)));
        (void)at.open();
        at.log.reset();
        at.disk.restart();
      }
      at.disk.crash_after(0);
      const Status opened = at.open();
      ASSERT_TRUE(opened) << opened.error().message();
      verify(at, scenario.model);
    }
    std::printf("seed %llu: %lld crashes\n", static_cast<unsigned long long>(seed),
                static_cast<long long>(operations));
  }
}

}  // namespace
}  // namespace foz::log
