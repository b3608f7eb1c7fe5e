// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The whole river on one simulated machine: producers, log, bronze, silver over silver with
// quarantine, lake; the power fails at a write, sync or name change, the machine comes back, the
// scenario goes on. Whatever was acknowledged is then in bronze once, in every silver table once,
// in order, and every input row is in a target or a quarantine. FOZ_SEED chooses the scenario;
// FOZ_SIM_EVERY=1 fails the power at every operation instead of at a sample of them.
#include <cstdlib>
#include <set>

#include "base/logging.h"
#include "pipeline/pipeline_fixture.h"

namespace foz::pipeline {
namespace {

constexpr int kPartitions = 2;
constexpr int kSteps = 26;
constexpr int kSampledCrashes = 60;

constexpr char kRiver[] =
    "CREATE STREAMING TABLE a AS SELECT * FROM STREAM bronze.t;"
    "CREATE STREAMING TABLE b (CONSTRAINT even EXPECT (n < 1040) ON VIOLATION QUARANTINE) AS "
    "SELECT * FROM STREAM silver.a;"
    "CREATE STREAMING TABLE c AS SELECT * FROM STREAM silver.b;"
    "CREATE STREAMING TABLE d (CONSTRAINT low EXPECT (n < 20) ON VIOLATION QUARANTINE,"
    " CONSTRAINT lower EXPECT (n < 10) ON VIOLATION DROP ROW) AS SELECT * FROM STREAM bronze.t;";

class River {
 public:
  explicit River(uint64_t seed) : lab_(Lab::Closed{}, kRiver, seed), random_(seed) {
    lab_.log_options.journal_bytes = 1 << 20;
    lab_.table_options.checkpoint_every = 5;
  }

  // Plays the scenario; the power fails at operation `crash_at` (0: never). Returns the operations
  // of the whole.
  int64_t play(int64_t crash_at) {
    auto opened = store::open_local_store(lab_.disk, "/lake");
    CHECK(opened.has_value());
    lab_.lake = *std::move(opened);
    lab_.store = std::make_unique<store::FaultStore>(*lab_.lake, lab_.random);
    lab_.store->set({.fail_before = 10, .answer_lost = 10, .request_lost = 5});
    lab_.disk.crash_after(crash_at);
    reopen();
    for (int step = 0; step < kSteps; ++step) {
      play_step();
      if (lab_.disk.crashed()) reopen();
    }
    lab_.store->set({});
    settle();
    reopen();  // once more, from what is on the disk
    settle();
    return lab_.disk.operations();
  }

  void expect_all() {
    // Bronze says what the log holds: everything acknowledged, once.
    const auto values = lab_.column("bronze.t", "value");
    std::multiset<std::string> in_bronze(values.begin(), values.end());
    for (const std::string& value : acknowledged_) EXPECT_EQ(in_bronze.count(value), 1u) << value;
    for (const std::string& value : in_bronze) {
      EXPECT_EQ(in_bronze.count(value), 1u) << value;
      EXPECT_TRUE(sent_.contains(value)) << value;
    }
    std::map<std::string, std::vector<int64_t>> offsets;
    const auto partitions = lab_.column("bronze.t", "partition");
    const auto all_offsets = lab_.column("bronze.t", "offset");
    for (size_t i = 0; i < partitions.size(); ++i)
      offsets[partitions[i]].push_back(std::stoll(all_offsets[i]));
    for (auto& [partition, list] : offsets) {
      std::ranges::sort(list);
      for (size_t i = 0; i < list.size(); ++i)
        EXPECT_EQ(list[i], static_cast<int64_t>(i)) << partition;
    }
    std::set<int64_t> numbers;
    size_t bad = 0;
    for (const std::string& value : values) {
      if (value.ends_with("x")) {
        ++bad;
      } else {
        numbers.insert(std::stoll(value.substr(3)));
      }
    }
    const auto up_to = [&](int64_t limit) {
      return std::set<int64_t>(numbers.begin(), numbers.lower_bound(limit));
    };
    expect_table("silver.a", 0, numbers);
    expect_table("silver.b", 1000, up_to(40));
    expect_table("silver.c", 2000, up_to(40));
    expect_table("silver.d", 0, up_to(10));
    EXPECT_EQ(lab_.column("silver.a__quarantine", "value").size(), bad);
    EXPECT_EQ(lab_.column("silver.b__quarantine", "input").size(),
              numbers.size() - up_to(40).size());
    EXPECT_EQ(lab_.column("silver.c__quarantine", "input").size(), 0u);
    EXPECT_EQ(lab_.column("silver.d__quarantine", "value").size(),
              bad + numbers.size() - up_to(20).size());
    for (const FlowStatus& flow : lab_.ticker->status()) {
      EXPECT_EQ(flow.state, "running") << flow.name << ": " << flow.error;
      EXPECT_EQ(flow.lag_records, 0) << flow.name;
    }
  }

 private:
  // The table holds these numbers once, and those of one partition in order.
  void expect_table(const std::string& table, int64_t shift, const std::set<int64_t>& expected) {
    std::set<int64_t> seen;
    std::map<std::string, int64_t> last;
    for (const std::string& row : lab_.rows(table)) {
      const std::string partition = row.substr(0, 2);
      const int64_t n = std::stoll(row.substr(3)) - shift;
      EXPECT_TRUE(seen.insert(n).second) << table << " holds " << row << " twice";
      EXPECT_TRUE(!last.contains(partition) || last[partition] < n)
          << table << ": " << row << " behind " << last[partition];
      last[partition] = n;
    }
    EXPECT_EQ(seen, expected) << table;
  }

  void play_step() {
    const auto id = lab_.log->find_topic("t");
    if (!id && !lab_.log->create_topic("t", kPartitions, {})) return;
    switch (random_.below(6)) {
      case 0: lab_.tables->at_border(true); break;
      case 1: lab_.clock.advance_ms(6'000); break;
      case 2:
        if (random_.chance(1, 3)) return reopen();
        break;
      default: produce();
    }
    for (uint64_t ticks = random_.below(3); ticks > 0; --ticks)
      lab_.ticker->tick(lab_.inbox.take());
  }

  // "pP:N", N growing; now and then one that is no number.
  void produce() {
    const auto partition = static_cast<int32_t>(random_.below(kPartitions));
    std::vector<std::string> values;
    for (uint64_t i = 0; i <= random_.below(3); ++i) {
      values.push_back("p" + std::to_string(partition) + ":" + std::to_string(next_));
      if (random_.chance(1, 8)) values.back() += "x";
      ++next_;
    }
    sent_.insert(values.begin(), values.end());
    if (lab_.try_produce("t", values, partition))
      acknowledged_.insert(values.begin(), values.end());
  }

  // The process ends and another begins, on a machine that has power again.
  void reopen() {
    for (int attempt = 0;; ++attempt) {
      CHECK(attempt < 200);
      lab_.close();
      if (lab_.disk.crashed()) {
        lab_.disk.restart();
        lab_.disk.crash_after(0);
      }
      const Status opened = lab_.try_open();
      if (!opened || lab_.disk.crashed()) continue;
      // A flow whose table could not be reached just then waits for the next start.
      const auto status = lab_.ticker->status();
      if (std::ranges::none_of(status,
                               [](const FlowStatus& flow) { return flow.state == "failed"; }))
        return;
    }
  }

  // Until everything is in Delta.
  void settle() {
    for (int i = 0; i < 100; ++i) {
      lab_.clock.advance_ms(11'000);
      lab_.run();
      if (lab_.disk.crashed()) reopen();
      const Status drained = lab_.tables->drain(std::chrono::milliseconds(100));
      if (lab_.disk.crashed()) reopen();
      lab_.run();
      if (drained && !lab_.disk.crashed()) return;
    }
    ADD_FAILURE() << "it never settles";
  }

  Lab lab_;
  Random random_;
  int next_ = 0;
  std::set<std::string> sent_, acknowledged_;
};

void play_and_check(uint64_t seed, int64_t crash_at) {
  SCOPED_TRACE("FOZ_SEED=" + std::to_string(seed) + " crash at operation " +
               std::to_string(crash_at));
  River river(seed);
  river.play(crash_at);
  river.expect_all();
}

TEST(RiverSim, APowerCutAnywhereLosesAndRepeatsNothing) {
  const char* given = std::getenv("FOZ_SEED");
  const uint64_t seed =
      given ? std::strtoull(given, nullptr, 10) : Random::system_seed() % 1'000'000;
  std::printf("FOZ_SEED=%llu\n", static_cast<unsigned long long>(seed));
  set_log_format(LogLevel::kError, false);
  River whole(seed);
  const int64_t operations = whole.play(0);
  whole.expect_all();
  ASSERT_FALSE(testing::Test::HasFailure());
  const bool every = std::getenv("FOZ_SIM_EVERY") != nullptr;
  const int64_t stride = every ? 1 : std::max<int64_t>(1, operations / kSampledCrashes);
  std::printf("%lld operations, a power cut at every %lld\n", static_cast<long long>(operations),
              static_cast<long long>(stride));
  for (int64_t at = 1 + static_cast<int64_t>(seed) % stride; at <= operations; at += stride) {
    play_and_check(seed, at);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace foz::pipeline
