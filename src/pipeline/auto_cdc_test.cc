// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// AUTO CDC with the real flow engine: changes as Debezium writes them, from topic to keyed table.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "pipeline/pipeline_fixture.h"
#include "store/temporary_folder.h"

namespace foz::pipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kCustomers[] = R"(
CREATE STREAMING TABLE changes AS
  SELECT coalesce(e.after.id, e.before.id) AS id, e.after.n AS n, e.op AS op, e.ts_ms AS ts
  FROM (SELECT from_json(CAST(value AS STRING),
                 'before STRUCT<id: STRING, n: BIGINT>, after STRUCT<id: STRING, n: BIGINT>,
                  op STRING, ts_ms BIGINT') AS e
        FROM STREAM bronze.t);
CREATE STREAMING TABLE customers (
  CONSTRAINT sane EXPECT (n < 1000) ON VIOLATION QUARANTINE
) FLOW AUTO CDC FROM STREAM changes KEYS (id)
  APPLY AS DELETE WHEN op = 'd' SEQUENCE BY ts COLUMNS * EXCEPT (op, ts) STORED AS SCD TYPE 1;
)";

std::string put(const std::string& id, int64_t n, int64_t ts) {
  return fmt::format(R"({{"before":null,"after":{{"id":"{}","n":{}}},"op":"u","ts_ms":{}}})", id, n,
                     ts);
}
std::string erase(const std::string& id, int64_t ts) {
  return fmt::format(R"({{"before":{{"id":"{}"}},"after":null,"op":"d","ts_ms":{}}})", id, ts);
}

struct CdcLab : Lab {
  explicit CdcLab(const std::string& sql, uint64_t seed = 1) : Lab(Closed{}, sql, seed) {
    engine = sql::FlowEngine::make(256 << 20).value();
    open();
  }
  // "id:n" of what is seen of a keyed table, in order.
  std::vector<std::string> seen(const std::string& name, const char* key = "id",
                                const char* value = "n") const {
    std::vector<std::string> out;
    const auto take = [&](const arrow::RecordBatch& rows, int64_t row) {
      const auto text = [&](const char* column) {
        const auto scalar = rows.GetColumnByName(column)->GetScalar(row).ValueOrDie();
        return arrow::is_base_binary_like(scalar->type->id()) && scalar->is_valid
                   ? static_cast<const arrow::BaseBinaryScalar&>(*scalar).value->ToString()
                   : scalar->ToString();
      };
      out.push_back(text(key) + ":" + text(value));
    };
    const auto at = view(name);
    at->snapshot->each_file([&](const auto& file) {
      const auto hidden =
          at->hidden ? table::hidden_rows(*at->hidden, file->path) : std::vector<int64_t>();
      const Status read = delta::read_data_file(
          *at->table, *at->snapshot, *file, {key, value, delta::kRowIndex},
          [&](Batch rows) -> Status {
            const auto& numbers = static_cast<const arrow::Int64Array&>(*rows->column(2));
            for (int64_t row = 0; row < rows->num_rows(); ++row) {
              if (!std::ranges::binary_search(hidden, numbers.Value(row))) take(*rows, row);
            }
            return {};
          });
      EXPECT_TRUE(read.has_value());
      return true;
    });
    for (const auto& tail : {at->sealed, at->open}) {
      if (!tail) continue;
      for (const auto& batch : tail->batches) {
        for (int64_t row = 0; row < batch.rows->num_rows(); ++row) {
          if (!batch.gone || !(*batch.gone)[static_cast<size_t>(row)]) take(*batch.rows, row);
        }
      }
    }
    std::ranges::sort(out);
    return out;
  }
};

TEST(AutoCdc, TheNewestChangeOfEachKeyCounts) {
  CdcLab lab(kCustomers);
  lab.produce("t", {put("a", 1, 10), put("b", 2, 10), put("a", 3, 12), put("a", 4, 11),
                    put("c", 5, 10), erase("b", 13), put("b", 6, 12), put("d", 5000, 10)});
  lab.run();
  for (const FlowStatus& flow : lab.ticker->status()) EXPECT_EQ(flow.error, "") << flow.name;
  EXPECT_THAT(lab.seen("silver.customers"), ElementsAre("a:3", "c:5"));
  EXPECT_THAT(lab.column("silver.customers__quarantine", "reason"),
              ElementsAre(HasSubstr("expectation sane")));
  lab.expect_balanced("silver.customers");
  lab.commit();
  EXPECT_THAT(lab.seen("silver.customers"), ElementsAre("a:3", "c:5"));

  // What comes late is older than what is stored, also than a deletion, also after a restart.
  lab.restart();
  lab.produce("t", {put("a", 7, 12), put("b", 8, 12), put("c", 9, 9), put("e", 1, 1)});
  lab.run();
  EXPECT_THAT(lab.seen("silver.customers"), ElementsAre("a:7", "c:5", "e:1"));
  lab.produce("t", {erase("a", 20), put("b", 9, 14), erase("nobody", 1), put("c", 10, 11)});
  lab.commit();
  EXPECT_THAT(lab.seen("silver.customers"), ElementsAre("b:9", "c:10", "e:1"));
  lab.restart();
  lab.run();
  EXPECT_THAT(lab.seen("silver.customers"), ElementsAre("b:9", "c:10", "e:1"));
  const auto committed = lab.view("silver.customers")->snapshot;
  EXPECT_EQ(committed->row_count(), 3);
}

// What was in the topic in time is read in time, however late that is.
TEST(AutoCdc, RemembersDeletionsForTheTimeThatIsSet) {
  std::string sql = kCustomers;
  sql.replace(sql.find(") FLOW AUTO"), 1,
              ") TBLPROPERTIES ('pipelines.cdc.tombstoneGCThresholdInSeconds' = '3600')");
  CdcLab lab(sql);
  const auto remembered = [&] {
    return lab.view("system.state_silver_customers")->snapshot->row_count();
  };
  constexpr int64_t kHour = 3'600'000;
  lab.produce("t", {put("a", 1, 10), put("b", 1, 10), erase("a", 20), erase("b", 20)});
  lab.commit();
  EXPECT_EQ(remembered(), 2);
  lab.produce("t", {put("a", 2, 15)});
  lab.clock.advance_ms(5 * kHour);
  lab.restart();
  lab.commit();
  EXPECT_THAT(lab.seen("silver.customers"), IsEmpty());
  for (int i = 0; i < 5; ++i) {
    lab.clock.advance_ms(kHour / 4);
    lab.produce("t", {put("c", i, 10 + i)});
    lab.commit();
  }
  EXPECT_EQ(remembered(), 0);
  lab.produce("t", {put("b", 2, 15)});
  lab.commit();
  EXPECT_THAT(lab.seen("silver.customers"), ElementsAre("b:2", "c:4"));
}

TEST(AutoCdc, ATopicIsATableOfItsKeys) {
  CdcLab lab(R"(CREATE STREAMING TABLE newest FLOW AUTO CDC FROM STREAM bronze.t KEYS (partition)
                APPLY AS DELETE WHEN CAST(value AS STRING) = 'gone' SEQUENCE BY timestamp
                COLUMNS (partition, value))");
  lab.topic("t", 3);
  lab.produce("t", {"a", "b"}, 0);
  lab.produce("t", {"c"}, 1);
  lab.produce("t", {"d", "gone"}, 2);
  lab.run();
  EXPECT_THAT(lab.seen("silver.newest", "partition", "value"), ElementsAre("0:b", "1:c"));
  lab.commit();
  lab.produce("t", {"gone", "e"}, 0);
  lab.produce("t", {"late"}, 1, 5);
  lab.restart();
  lab.commit();
  EXPECT_THAT(lab.seen("silver.newest", "partition", "value"), ElementsAre("0:e", "1:c"));
}

TEST(AutoCdc, RowsWithoutKeyOrOrderAreQuarantined) {
  CdcLab lab(kCustomers);
  lab.produce("t", {put("a", 1, 10), R"({"after":{"n":1},"op":"u","ts_ms":1})",
                    R"({"after":{"id":"x","n":1},"op":"u"})"});
  lab.commit();
  EXPECT_THAT(lab.seen("silver.customers"), ElementsAre("a:1"));
  EXPECT_THAT(lab.column("silver.customers__quarantine", "reason"),
              ElementsAre("key id is NULL", "SEQUENCE BY is NULL"));
  lab.expect_balanced("silver.customers");
}

// Crashes, at any moment, against a plain map.
TEST(AutoCdc, CrashesChangeNothing) {
  const uint64_t seed = Random::system_seed();
  SCOPED_TRACE(seed);
  CdcLab lab(kCustomers, seed);
  std::map<std::string, std::pair<std::pair<int64_t, int>, std::optional<int64_t>>> newest;
  int made = 0;
  for (int round = 0; round < 30; ++round) {
    std::vector<std::string> records;
    for (uint64_t i = 0; i < 20; ++i) {
      const std::string id = "k" + std::to_string(lab.random.below(12));
      const int64_t ts = made / 3 + static_cast<int64_t>(lab.random.below(6));
      const bool deletes = lab.random.chance(1, 4);
      const auto n = static_cast<int64_t>(lab.random.below(900));
      records.push_back(deletes ? erase(id, ts) : put(id, n, ts));
      auto& known = newest[id];
      if (known.first <= std::pair(ts, ++made)) {
        known = {{ts, made}, deletes ? std::nullopt : std::optional(n)};
      }
    }
    lab.produce("t", records);
    switch (lab.random.below(4)) {
      case 0: lab.restart(); break;
      case 1: lab.run(); break;
      case 2: lab.commit(); break;
      default:
        // Amid a commit: some tables have stored theirs, others not.
        lab.run();
        lab.tables->at_border(true);
        if (lab.random.chance(1, 2)) lab.tables->at_border(true);
        lab.restart();
    }
    lab.clock.advance_ms(static_cast<int64_t>(lab.random.below(20'000)));
  }
  lab.commit();
  std::vector<std::string> expected;
  for (const auto& [id, known] : newest) {
    if (known.second) expected.push_back(id + ":" + std::to_string(*known.second));
  }
  std::ranges::sort(expected);
  EXPECT_EQ(lab.seen("silver.customers"), expected);
}

std::vector<std::string> problems(const std::map<std::string, std::string>& files) {
  const store::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() + "/pipelines");
  for (const auto& [name, text] : files)
    std::ofstream(folder.path() + "/pipelines/" + name) << text;
  const auto engine = sql::FlowEngine::make(256 << 20).value();
  const auto checked = check_project(folder.path(), *engine);
  CHECK(checked.has_value());
  std::vector<std::string> out;
  for (const FileDiagnostic& d : checked->diagnostics) {
    out.push_back(to_string(d).substr(0, to_string(d).find('\n')));
  }
  return out;
}

TEST(AutoCdc, BothSpellingsAreChecked) {
  EXPECT_THAT(problems({{"a.sql", kCustomers}}), IsEmpty());
  EXPECT_THAT(problems({{"a.sql",
                         "CREATE STREAMING TABLE t COMMENT 'c';\n"
                         "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(bronze.x) KEYS (key)\n"
                         "  SEQUENCE BY offset;"}}),
              IsEmpty());
}

TEST(AutoCdc, ProblemsHaveTheirPlace) {
  const auto flow = [](const std::string& text) {
    return problems(
        {{"a.sql", "CREATE STREAMING TABLE t FLOW AUTO CDC FROM STREAM bronze.x\n" + text}});
  };
  EXPECT_THAT(flow("KEYS (key)"), ElementsAre(HasSubstr("a.sql:2:11: error: AUTO CDC needs")));
  EXPECT_THAT(flow("KEYS (key)\n SEQUENCE BY offset STORED AS SCD TYPE 2"),
              ElementsAre(HasSubstr("a.sql:3:40: error: STORED AS SCD TYPE 2 is not")));
  EXPECT_THAT(flow("KEYS (nix) SEQUENCE BY offset"),
              ElementsAre(HasSubstr("a.sql:2:7: error: KEYS names nix")));
  EXPECT_THAT(flow("KEYS (key)\n SEQUENCE BY value"),
              ElementsAre(HasSubstr("a.sql:3:14: error: SEQUENCE BY must be")));
  EXPECT_THAT(flow("KEYS (key) SEQUENCE BY\n  offset + nix COLUMNS (key)"),
              ElementsAre(HasSubstr("a.sql:3:12: error:")));
  EXPECT_THAT(flow("KEYS (key) APPLY AS DELETE WHEN nix = 1 SEQUENCE BY offset"),
              ElementsAre(HasSubstr("a.sql:2:33: error:")));
  EXPECT_THAT(flow("KEYS (key) APPLY AS DELETE WHEN 1 SEQUENCE BY offset"),
              ElementsAre(HasSubstr("a.sql:2:33: error: APPLY AS DELETE WHEN must be")));
  EXPECT_THAT(flow("KEYS (key) SEQUENCE BY offset COLUMNS * EXCEPT (key)"),
              ElementsAre(HasSubstr("a.sql:2:7: error: KEYS names key")));
  EXPECT_THAT(problems({{"a.sql", "CREATE STREAMING TABLE t;"}}),
              ElementsAre(HasSubstr("a.sql:1:24: error: nothing fills silver.t")));
  EXPECT_THAT(problems({{"a.sql",
                         "CREATE FLOW f AS AUTO CDC INTO nix FROM STREAM bronze.x KEYS (key) "
                         "SEQUENCE BY offset"}}),
              ElementsAre(HasSubstr("a.sql:1:32: error: nix is not declared")));
  EXPECT_THAT(
      problems({{"a.sql", std::string(kCustomers) + "CREATE STREAMING TABLE more AS\n"
                                                    "  SELECT id FROM STREAM silver.customers"}}),
      ElementsAre(HasSubstr("error: silver.customers is filled by AUTO CDC")));
  EXPECT_THAT(problems({{"a.sql",
                         "CREATE STREAMING TABLE t TBLPROPERTIES ('delta.appendOnly' = 'true') "
                         "FLOW AUTO CDC FROM STREAM bronze.x KEYS (key) SEQUENCE BY offset"}}),
              ElementsAre(HasSubstr("delta.appendOnly = 'true' is not for a table")));
}

}  // namespace
}  // namespace foz::pipeline
