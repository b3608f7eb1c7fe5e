// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/scan_plan.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "delta/column_mapping.h"
#include "delta/replay_internal.h"
#include "store/object_store.h"

namespace foz::delta {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

using Text = std::optional<std::string>;

class ScanPlan : public testing::Test {
 protected:
  static constexpr const char* kMapped = "delta.columnMapping.mode";

  // n LONG, s STRING, t TIMESTAMP, flag BOOLEAN, with partitions moment TIMESTAMP, part INTEGER and
  // word STRING.
  void create(std::map<std::string, std::string> properties = {}) {
    const auto field = [](const char* name, TypeKind kind) {
      return Field{name, {.kind = kind}, true, {}};
    };
    const Schema schema{{field("n", TypeKind::kLong), field("s", TypeKind::kString),
                         field("t", TypeKind::kTimestamp), field("flag", TypeKind::kBoolean),
                         field("moment", TypeKind::kTimestamp), field("part", TypeKind::kInteger),
                         field("word", TypeKind::kString)}};
    empty_ = table_
                 .create({.schema = schema,
                          .partition_columns = {"moment", "part", "word"},
                          .properties = std::move(properties)})
                 .value();
  }
  std::string physical(const char* column) const {
    return physical_name(*empty_->schema().find(column), column_mapping(*empty_).value());
  }
  // The table with these files, whatever a writer would say of them.
  LoadedSnapshot with(const std::vector<AddFile>& files) const {
    State state = state_of(*empty_).edit();
    state.apply(std::vector<Action>(files.begin(), files.end()));
    return LoadedSnapshot(std::move(state));
  }
  static std::vector<std::string> planned(const Snapshot& snapshot, const ScanFilter& filter) {
    std::vector<std::string> paths;
    const auto done = plan_scan(snapshot, filter, [&](int64_t, const auto& file) {
      paths.push_back(file->path);
      return true;
    });
    EXPECT_TRUE(done.has_value()) << done.error().message();
    return paths;
  }

  ManualClock clock_{1'700'000'000'000'000};
  Random random_{1};
  std::unique_ptr<store::ObjectStore> store_ = store::make_memory_store();
  Table table_{*store_, "t", clock_, random_};
  SnapshotPtr empty_;
};

AddFile file_of(std::string path, std::string column, Text value) {
  AddFile file{.path = std::move(path)};
  file.partition_values.emplace(std::move(column), std::move(value));
  return file;
}

TEST_F(ScanPlan, ComparesValuesAndNotTexts) {
  create();
  const auto snapshot =
      with({file_of("zone", "moment", "2026-01-31 02:00:00+02:00"),
            file_of("utc", "moment", "2026-01-31T00:00:00.000000Z"),
            file_of("plain", "moment", "2026-01-31 00:00:00"),
            file_of("later", "moment", "2026-01-31 00:00:00.000001"),
            file_of("null", "moment", std::nullopt), file_of("empty", "moment", ""),
            AddFile{.path = "missing"}, file_of("unreadable", "moment", "yesterday")});
  const auto files = [&](const Text& wanted) {
    return planned(snapshot, scan_filter(snapshot, {{"moment", {wanted}}}).value());
  };
  EXPECT_THAT(files("2026-01-31"), UnorderedElementsAre("zone", "utc", "plain", "unreadable"));
  EXPECT_THAT(files(std::nullopt), UnorderedElementsAre("null", "empty", "missing", "unreadable"));
  EXPECT_THAT(planned(snapshot, {}), testing::SizeIs(8));
}

TEST_F(ScanPlan, RefusesWhatIsNoPartition) {
  create();
  EXPECT_EQ(scan_filter(*empty_, {{"n", {"1"}}}).error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(scan_filter(*empty_, {{"part", {"x"}}}).error().code(), ErrorCode::kInvalid);
  const ScanFilter filter{.partitions = {{"gone", [](const Text&) { return true; }}}};
  EXPECT_EQ(plan_scan(*empty_, filter, [](int64_t, const auto&) { return true; }).error().code(),
            ErrorCode::kInvalid);
  EXPECT_EQ(file_filter(*empty_, filter).error().code(), ErrorCode::kInvalid);
}

TEST_F(ScanPlan, AsksOnceForEachText) {
  create();
  std::vector<AddFile> files;
  for (int i = 0; i < 100; ++i)
    files.push_back(file_of(fmt::format("f{}", i), "part",
                            i % 4 == 3 ? Text() : Text(fmt::format("{}", i % 4))));
  const auto snapshot = with(files);
  std::vector<Text> asked;
  const ScanFilter filter{.partitions = {{"part", [&](const Text& text) {
                                            asked.push_back(text);
                                            return text == "2";
                                          }}}};
  EXPECT_EQ(planned(snapshot, filter).size(), 25u);
  EXPECT_THAT(asked, UnorderedElementsAre("0", "1", "2", std::nullopt));
}

TEST_F(ScanPlan, StopsWhereItIsTold) {
  create();
  const auto snapshot = with({AddFile{.path = "a"}, AddFile{.path = "b"}, AddFile{.path = "c"}});
  int seen = 0;
  ASSERT_TRUE(
      plan_scan(snapshot, {}, [&](int64_t, const auto&) { return ++seen < 2; }).has_value());
  EXPECT_EQ(seen, 2);
}

TEST_F(ScanPlan, FilesAreFoundByTheirNumbers) {
  create();
  std::vector<AddFile> files;
  for (int i = 0; i < 100; ++i) files.push_back(file_of(fmt::format("f{}", i), "part", "1"));
  const auto snapshot = with(files);
  std::vector<std::string> paths;
  snapshot.each_file([&](const auto& file) {
    paths.push_back(file->path);
    return true;
  });
  EXPECT_THAT(files_at(snapshot, {}), IsEmpty());
  const auto found = files_at(snapshot, {0, 17, 99, 100});
  ASSERT_EQ(found.size(), 3u);
  for (const auto& [number, file] : found)
    EXPECT_EQ(file->path, paths[static_cast<size_t>(number)]);
}

TEST_F(ScanPlan, OnlyStatisticsThatCanBeReadAreJudged) {
  create();
  const auto file = [](const char* stats) { return AddFile{.path = stats, .stats = stats}; };
  const auto snapshot = with({file(""), file("no JSON"), file("{\"numRecords\":"),
                              file(R"({"numRecords":1.5,"minValues":{"n":1},"maxValues":{"n":1}})"),
                              file("{}"), file(R"({"numRecords":1})"),
                              file(R"({"numRecords":1,"minValues":{"n":1},"maxValues":{"n":1}})")});
  std::vector<std::string> asked;
  const ScanFilter filter{
      .columns = {"n"}, .wants = [&](const FileStatistics& read) {
        const ColumnBounds& n = read.columns.at("n");
        asked.push_back(fmt::format("{} {} {}", read.rows.value_or(-1), n.min_json.value_or("-"),
                                    n.max_json.value_or("-")));
        return false;
      }};
  EXPECT_THAT(
      planned(snapshot, filter),
      UnorderedElementsAre("", "no JSON", "{\"numRecords\":",
                           R"({"numRecords":1.5,"minValues":{"n":1},"maxValues":{"n":1}})"));
  EXPECT_THAT(asked, UnorderedElementsAre("-1 - -", "1 - -", "1 1 1"));
}

std::string text_of(const FileStatistics& file, const std::vector<std::string>& columns) {
  std::string out = fmt::format("rows {}", file.rows.value_or(-1));
  for (const std::string& name : columns) {
    const auto found = file.columns.find(name);
    const ColumnBounds bounds = found == file.columns.end() ? ColumnBounds() : found->second;
    out += fmt::format("; {} {} {} {}", name, bounds.min_json.value_or("-"),
                       bounds.max_json.value_or("-"), bounds.null_count.value_or(-1));
  }
  return out;
}

// Whichever text came first and gave the others its form.
TEST_F(ScanPlan, ReadsStatisticsAsTheirTextIsParsed) {
  create();
  std::vector<std::string> texts = {
      R"({"numRecords":1,"minValues":{"n":1,"s":"a"},"maxValues":{"n":2,"s":"b"}})",
      R"({"numRecords":1,"minValues":{"n":null,"s":null},"maxValues":{"n":2,"s":"b"}})",
      R"({"numRecords":null,"minValues":{"n":-5,"s":"a\"b,}"},"maxValues":{"n":1e3,"s":"\\"}})",
      R"({"numRecords":"7","minValues":{"n":"1","s":1},"maxValues":{"n":true,"s":[]}})",
      R"({"numRecords":true,"minValues":{"n":[1],"s":{}},"maxValues":{"n":{"x":1},"s":"é"}})",
      R"({ "numRecords" : 3 , "minValues" : { "n" : 4 } , "nullCount" : { "n" : 0 , "s" : 2 } })",
      R"({"nullCount":{"s":"2","n":1},"maxValues":{"n":5 },"numRecords": 6})",
      R"({"minValues":{"t":"2026-01-01T00:00:00.123Z"},"maxValues":{"t":"2026-01-01T00:00:00.123Z"}})",
      R"({"minValues":{"t":"1850-06-01T12:00:00.000Z"},"maxValues":{"t":"then"}})",
      R"({"minValues":{"flag":false},"maxValues":{"flag":true},"nullCount":{"flag":0}})",
      R"({"minValues":{"n":{"n":3}},"maxValues":{"s":{"n":3},"n":9},"tightBounds":true})",
      R"({"minValues":{"n":1,"n":2},"minValues":{"s":"later"}})",
      R"({"minValues":{"other":1,"\u006e":4}})",
      R"({"minValues":3,"maxValues":[{"n":1}],"nullCount":null,"numRecords":2})"};
  const std::vector<std::vector<std::string>> asked = {{"n"}, {"s"}, {"n", "s", "t", "flag"}, {}};
  Random random(4);
  for (int round = 0; round < 20; ++round) {
    std::vector<AddFile> files;
    for (size_t i = 0; i < texts.size(); ++i)
      files.push_back({.path = fmt::format("f{}", i), .stats = texts[i]});
    const auto snapshot = with(files);
    for (const std::vector<std::string>& columns : asked) {
      std::string seen;
      const ScanFilter filter{.columns = columns, .wants = [&](const FileStatistics& file) {
                                seen = text_of(file, columns);
                                return true;
                              }};
      const auto done = plan_scan(snapshot, filter, [&](int64_t, const auto& file) {
        EXPECT_EQ(seen, text_of(parse_statistics(snapshot, *file).value(), columns)) << file->stats;
        return true;
      });
      ASSERT_TRUE(done.has_value());
    }
    for (size_t i = texts.size(); i > 1; --i) std::swap(texts[i - 1], texts[random.below(i)]);
  }
}

// What is known of a file that was made at random; what the log says of it, it says in some way.
struct MadeFile {
  AddFile file;
  bool moment_readable = true, part_readable = true;
  std::optional<int> day, part;  // nullopt: null
  Text word;
  std::optional<std::pair<int, int>> n;  // nullopt: no bounds
};

class RandomScanPlan : public ScanPlan {
 protected:
  int below(int limit) { return static_cast<int>(random_.below(static_cast<uint64_t>(limit))); }
  bool sometimes() { return below(4) == 0; }

  void put(MadeFile& made, const char* column, bool null, std::string text) {
    if (null && sometimes()) return;
    const std::string key = sometimes() ? column : physical(column);
    Text value = std::move(text);
    if (null) value = sometimes() ? Text("") : std::nullopt;
    made.file.partition_values.emplace(key, std::move(value));
  }

  void give_partition(MadeFile& made) {
    if (!sometimes()) made.day = 1 + below(5);
    const int day = made.day.value_or(0);
    const std::string spellings[] = {fmt::format("2026-01-0{}", day),
                                     fmt::format("2026-01-0{} 00:00:00", day),
                                     fmt::format("2026-01-0{}T00:00:00.000000Z", day),
                                     fmt::format("2026-01-0{} 02:00:00+02:00", day)};
    made.moment_readable = !made.day || below(20) > 0;
    put(made, "moment", !made.day, made.moment_readable ? spellings[below(4)] : "once");
    if (!sometimes()) made.part = below(6) - 2;
    made.part_readable = !made.part || below(20) > 0;
    put(made, "part", !made.part,
        made.part_readable ? fmt::format("{}", made.part.value_or(0)) : "1.0.0");
    if (!sometimes()) made.word = std::string(1, static_cast<char>('a' + below(4)));
    put(made, "word", !made.word, made.word.value_or(""));
  }

  void give_statistics(MadeFile& made) {
    const int low = below(100), high = low + below(20);
    const auto bounds = [&](const char* which, const std::string& n) {
      return fmt::format(R"("{}":{{"{}":"x{}","{}":{}}})", which, physical("s"), below(100),
                         physical("n"), n);
    };
    const std::string min = bounds("minValues", fmt::format("{}", low)),
                      max = bounds("maxValues", fmt::format("{}", high));
    std::string& stats = made.file.stats;
    switch (below(8)) {
      case 0: return;
      case 1: stats = fmt::format(R"({{"numRecords":{}}})", below(9)); return;
      case 2: stats = fmt::format(R"({{{}}})", min); return;
      case 3: stats = fmt::format(R"({{{},{}}})", bounds("minValues", "null"), max); return;
      case 4: stats = fmt::format(R"({{{},{})", min, max); return;  // cut off
      case 5: stats = fmt::format(R"({{"numRecords":1,{},{}}})", min, max); break;
      case 6: stats = fmt::format(R"({{ {} , {}, "tightBounds":false}})", max, min); break;
      case 7: stats = fmt::format(R"({{{},{},"o":[1,{{"a":"}}"}}]}})", min, max); break;
    }
    made.n = {low, high};
  }

  MadeFile make(int i) {
    MadeFile made;
    made.file.path = fmt::format("f{}", i);
    give_partition(made);
    give_statistics(made);
    if (sometimes()) made.file.tags = {{"key", "value"}, {"other", std::string(200, 'x')}};
    if (sometimes()) made.file.base_row_id = below(1000);
    if (sometimes()) made.file.default_row_commit_version = below(1000);
    if (sometimes()) made.file.clustering_provider = "liquid";
    if (sometimes())
      made.file.deletion_vector = {.storage_type = "u",
                                   .path_or_inline = "ab^-aqEH.-t@S}K{vb[*k^",
                                   .offset = sometimes() ? std::optional(below(300)) : std::nullopt,
                                   .size_bytes = 36,
                                   .cardinality = 2};
    made.file.size = below(1 << 30);
    made.file.modification_time_ms = -below(1 << 30);
    return made;
  }

  void check() {
    std::vector<MadeFile> made;
    std::vector<AddFile> files;
    for (int i = 0; i < 300; ++i) {
      made.push_back(make(i));
      files.push_back(made.back().file);
    }
    const auto snapshot = with(files);
    for (int query = 0; query < 20; ++query) {
      const std::optional<int> day = sometimes() ? std::nullopt : std::optional(1 + below(5)),
                               part = sometimes() ? std::nullopt : std::optional(below(6) - 2);
      const Text word = sometimes() ? std::nullopt : Text(std::string(1, 'b'));
      const bool by_moment = sometimes(), by_part = sometimes(), by_word = sometimes();
      const int from = below(100), to = from + below(10);
      PartitionFilter wanted;
      if (by_moment)
        wanted["moment"] = {day ? Text(fmt::format("2026-01-0{}T00:00:00Z", *day)) : std::nullopt};
      if (by_part) wanted["PART"] = {part ? Text(fmt::format("{}", *part)) : std::nullopt, "3"};
      if (by_word) wanted["word"] = {word};
      ScanFilter filter = scan_filter(snapshot, wanted).value();
      const bool by_n = below(2) == 0;
      if (by_n) {
        filter.columns = {"n"};
        filter.wants = [&](const FileStatistics& file) {
          const ColumnBounds& n = file.columns.at("n");
          return !n.min_json || !n.max_json ||
                 (std::stoi(*n.min_json) <= to && std::stoi(*n.max_json) >= from);
        };
      }
      std::vector<std::pair<int64_t, std::string>> expected, found;
      const FileFilter whole = file_filter(snapshot, filter).value();
      int64_t number = 0;
      snapshot.each_file([&](const std::shared_ptr<const AddFile>& file) {
        const MadeFile& it = made[std::stoul(file->path.substr(1))];
        bool in = !by_moment || !it.moment_readable || it.day == day;
        in &= !by_part || !it.part_readable || it.part == part || it.part == 3;
        in &= !by_word || it.word == word;
        EXPECT_EQ(whole(*file), in) << to_json(*file);
        in &= !by_n || !it.n || (it.n->first <= to && it.n->second >= from);
        if (in) expected.emplace_back(number, to_json(*file));
        ++number;
        return true;
      });
      ASSERT_TRUE(plan_scan(snapshot, filter, [&](int64_t at, const auto& file) {
                    found.emplace_back(at, to_json(*file));
                    return true;
                  }).has_value());
      EXPECT_EQ(found, expected);
    }
  }
};

TEST_F(RandomScanPlan, FindsWhatAFilterOfAllFilesFinds) {
  create();
  for (int round = 0; round < 8; ++round) check();
}

TEST_F(RandomScanPlan, FindsItUnderPhysicalNames) {
  create({{kMapped, "name"}});
  ASSERT_NE(physical("part"), "part");
  for (int round = 0; round < 8; ++round) check();
}

}  // namespace
}  // namespace foz::delta
