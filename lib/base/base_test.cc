// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/crc32c.h"
#include "base/json_writer.h"
#include "base/logging_internal.h"
#include "base/metrics.h"
#include "base/named_type.h"
#include "base/random.h"
#include "base/result.h"
#include "base/thread.h"
#include "base/workers.h"

namespace foz {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return invalid("odd");
  return value / 2;
}

Result<int> quarter(int value) { return TRY(half(TRY(half(value)))); }

TEST(Result, TryUnwrapsOrReturnsTheError) {
  EXPECT_EQ(quarter(8).value(), 2);
  ASSERT_FALSE(quarter(6).has_value());
  EXPECT_EQ(quarter(6).error().code(), ErrorCode::kInvalid);
}

TEST(Result, WithinPutsTheActivityFirst) {
  EXPECT_EQ(half(3).within("halving").error().message(), "halving: odd");
}

TEST(Crc32c, GivesTheVectorsOfRfc3720) {
  const std::string zeros(32, '\0');
  const std::string ones(32, '\xff');
  EXPECT_EQ(crc32c(as_bytes(zeros)), 0x8a9136aaU);
  EXPECT_EQ(crc32c(as_bytes(ones)), 0x62a8ab43U);
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283U);
}

TEST(Crc32c, ContinuesFromThePartBefore) {
  EXPECT_EQ(crc32c(as_bytes("6789"), crc32c(as_bytes("12345"))), 0xe3069283U);
}

TEST(Bytes, VarintsSurviveTheWayThere) {
  for (const int64_t value : {int64_t{0}, int64_t{-1}, int64_t{300}, INT64_MIN, INT64_MAX}) {
    ByteWriter writer;
    writer.varlong(value);
    ByteReader reader(as_bytes(writer.buffer()));
    EXPECT_EQ(reader.varlong(), value);
    EXPECT_TRUE(reader.ok());
    EXPECT_EQ(reader.remaining(), 0U);
  }
}

TEST(Bytes, AReaderNeverPassesTheEnd) {
  ByteReader reader(as_bytes("abc"));
  EXPECT_EQ(reader.big<uint32_t>(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.bytes(1).size(), 0U);

  ByteReader endless(as_bytes("\xff\xff\xff\xff\xff\xff"));
  EXPECT_EQ(endless.unsigned_varint(), 0U);
  EXPECT_FALSE(endless.ok());
}

TEST(Json, EscapesAndReplacesInvalidUtf8) {
  JsonWriter json;
  json.begin_object().field("a\"b", "x\n\x01\xff\xc3\xa9").key("n").begin_array();
  json.number(int64_t{1}).number(0.5).null().boolean(true).end_array().end_object();
  EXPECT_EQ(json.text(), "{\"a\\\"b\":\"x\\n\\u0001\xef\xbf\xbdé\",\"n\":[1,0.5,null,true]}");
}

TEST(Uuid, TextSurvivesTheWayThere) {
  Random random(1);
  const Uuid uuid = random.uuid();
  EXPECT_EQ(Uuid::parse(uuid.to_string()).value(), uuid);
  EXPECT_EQ(uuid.to_string()[14], '4');
  EXPECT_FALSE(Uuid::parse("g" + uuid.to_string().substr(1)).has_value());
  EXPECT_FALSE(Uuid::parse("").has_value());
}

TEST(Metrics, AHistogramKnowsItsQuantiles) {
  Metrics metrics;
  Histogram& histogram = metrics.histogram("foz_test_seconds", "test");
  histogram.observe(0.001, 99);
  histogram.observe(1.0, 1);
  EXPECT_LT(histogram.quantile(0.5), 0.002);
  EXPECT_GE(histogram.quantile(0.999), 1.0);
  EXPECT_EQ(&histogram, &metrics.histogram("foz_test_seconds", "test"));
}

// Priorities as in syslog(3).
TEST(Logging, WritesForTerminalsCollectorsAndTheJournal) {
  const LogField fields[] = {{"table", "silver.a"}, {"reason", "no \"room\""}};
  const auto line = [&](LogFormat format) {
    return format_log_line(format, "2026-01-02T03:04:05.000006Z", LogLevel::kWarn, "table",
                           "blocked", fields);
  };
  EXPECT_EQ(line({}),
            "2026-01-02T03:04:05.000006Z warn  table: blocked table=silver.a "
            "reason=\"no \\\"room\\\"\"\n");
  EXPECT_EQ(line({.journal = true}),
            "<4>table: blocked table=silver.a reason=\"no \\\"room\\\"\"\n");
  EXPECT_EQ(line({.json = true}),
            "{\"time\":\"2026-01-02T03:04:05.000006Z\",\"level\":\"warn\",\"room\":\"table\","
            "\"message\":\"blocked\",\"table\":\"silver.a\",\"reason\":\"no \\\"room\\\"\"}\n");
  EXPECT_TRUE(line({.json = true, .journal = true}).starts_with("<4>{"));
  EXPECT_EQ(parse_log_level("warn"), LogLevel::kWarn);
  EXPECT_EQ(parse_log_level("loud"), std::nullopt);
}

TEST(Thread, IsNamedAndStandsBackAlone) {
  const int before = getpriority(PRIO_PROCESS, 0);
  std::thread([&] {
    name_thread("a-test");
    run_promptly();
    EXPECT_EQ(getpriority(PRIO_PROCESS, 0), before);
    stand_back(before + 3);
    EXPECT_EQ(getpriority(PRIO_PROCESS, 0), before + 3);
    std::string name;
    std::ifstream("/proc/thread-self/comm") >> name;
    EXPECT_EQ(name, "a-test");
  }).join();
  EXPECT_EQ(getpriority(PRIO_PROCESS, 0), before);
}

TEST(Workers, BeginInOrderAndDropTheRestWhenStopped) {
  std::vector<int> done;
  std::promise<void> begun;
  std::promise<void> go_on;
  const auto kept = std::make_shared<int>(0);
  Workers workers("a-worker", 1);
  for (int i = 0; i < 3; ++i) workers.submit([&done, i] { done.push_back(i); });
  workers.submit([&] {
    begun.set_value();
    go_on.get_future().wait();
    done.push_back(3);
  });
  begun.get_future().wait();
  workers.submit([&done, kept] { done.push_back(4); });
  EXPECT_EQ(workers.waiting(), 1u);
  std::jthread stopping([&] { workers.stop(); });
  go_on.set_value();
  stopping.join();
  // Whether it was taken before the stop is chance.
  if (done.size() == 5) done.pop_back();
  EXPECT_EQ(done, (std::vector{0, 1, 2, 3}));
  EXPECT_EQ(kept.use_count(), 1);
}

TEST(Workers, WithoutThreadsWaitToBeRunHere) {
  int done = 0;
  Workers workers("a-worker", 0);
  workers.submit([&] {
    ++done;
    workers.submit([&] { ++done; });
  });
  EXPECT_EQ(done, 0);
  workers.run_here();
  EXPECT_EQ(done, 1);
  workers.run_here();
  EXPECT_EQ(done, 2);
}

TEST(Logging, CountsWhatRepeatsInsteadOfWritingIt) {
  RepeatLimit limit;
  std::chrono::steady_clock::time_point now{};
  for (int i = 0; i < RepeatLimit::kBurst; ++i) EXPECT_EQ(limit.admit("net", "closed", now), 0);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(limit.admit("net", "closed", now), std::nullopt);
  EXPECT_EQ(limit.admit("net", "opened", now), 0);
  now += RepeatLimit::kWindow;
  EXPECT_EQ(limit.admit("net", "closed", now), 7);
  EXPECT_EQ(limit.admit("net", "closed", now), 0);
  for (size_t i = 0; i < 2 * RepeatLimit::kMaxMessages; ++i)
    EXPECT_EQ(limit.admit("net", std::to_string(i), now), 0);
}

}  // namespace
}  // namespace foz
