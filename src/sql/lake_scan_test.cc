// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Hidden columns of tables: what rows tell of the files that they are in. What is wanted is what
// the Delta log says of those files.
// https://trino.io/docs/current/connector/delta-lake.html#metadata-columns

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <thread>

#include "sql/lake_writing.h"
#include "sql/test_lake_internal.h"
#include "table/live_tables.h"

namespace foz::sql {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

constexpr char kOfFile[] = R"("$path", "$file_size", "$file_modified_time")";

std::string instant(int64_t milliseconds) {
  return arrow::TimestampScalar(milliseconds * 1000,
                                arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"))
      .ToString();
}

// The store's address, the table's place in it, and the file's in the table, where an escape in the
// log stands for the character itself.
std::string address(const delta::Table& table, const delta::AddFile& file) {
  std::string path = file.path;
  for (size_t at; (at = path.find("%20")) != std::string::npos;) path.replace(at, 3, " ");
  return "memory:///" + table.root() + "/" + path;
}

// As a query shows kOfFile.
std::string shown(const delta::Table& table, const delta::AddFile& file) {
  return fmt::format("{}|{}|{}", address(table, file), file.size,
                     instant(file.modification_time_ms));
}

// ---- Files and tails ----------------------------------------------------------------------------

constexpr int64_t kFirst = 1357016400123;           // 2013-01-01 05:00:00.123 UTC
constexpr int64_t kSecond = kFirst + 24 * 3600000;  // a day later

// Ids 0 … 2999 and 3000 … 5999 are in files; 6000 … 7999 in tails.
class HiddenColumnsTest : public testing::Test {
 protected:
  HiddenColumnsTest() {
    lake_.create("silver", "items");
    first_ = commit(sample_rows(0, 3000), kFirst);
    second_ = commit(sample_rows(3000, 3000), kSecond);
    lake_.seal("silver.items", sample_rows(6000, 1000));
    lake_.append("silver.items", sample_rows(7000, 1000));
    lake_.publish();
    engine_ = lake_.engine();
  }

  delta::AddFile commit(const Batch& rows, int64_t modification_time_ms) {
    delta::Table& table = lake_.table("silver.items");
    delta::SnapshotPtr& snapshot = lake_.snapshot("silver.items");
    auto file =
        delta::write_data_file(table, *snapshot, {rows}, {}, lake_.random, lake_.clock).value();
    file.modification_time_ms = modification_time_ms;
    delta::CommitRequest request;
    request.adds.push_back(file);
    snapshot = std::get<delta::Committed>(table.commit(snapshot, request).value()).snapshot;
    return file;
  }
  std::string run(std::string_view sql) { return sql::run(*engine_, sql, session_); }
  std::string shown(const delta::AddFile& file) {
    return sql::shown(lake_.table("silver.items"), file);
  }
  std::string path(const delta::AddFile& file) {
    return address(lake_.table("silver.items"), file);
  }
  std::vector<std::string> types(std::string_view sql) {
    auto cursor = engine_->execute(sql, session_);
    if (!cursor.has_value()) return {cursor.error().message};
    return (*cursor)->types();
  }

  TestLake lake_;
  delta::AddFile first_, second_;
  QuerySession session_{.schema = "silver"};
  std::unique_ptr<QueryEngine> engine_;
};

TEST_F(HiddenColumnsTest, TellTheFileOfEachRowAndNothingOfTheTail) {
  EXPECT_EQ(run(fmt::format(
                "SELECT {0}, count(*), min(id) FROM items GROUP BY {0} ORDER BY min(id)", kOfFile)),
            shown(first_) + "|3000|0\n" + shown(second_) + "|3000|3000\nnull|null|null|2000|6000");
  EXPECT_EQ(
      run(fmt::format("SELECT {} FROM items WHERE id IN (17, 6500, 7500) ORDER BY id", kOfFile)),
      shown(first_) + "\nnull|null|null\nnull|null|null");
  EXPECT_THAT(types(fmt::format("SELECT {} FROM items", kOfFile)),
              ElementsAre("varchar", "bigint", "timestamp(3) with time zone"));
}

TEST_F(HiddenColumnsTest, TellTheFilesOfAVersion) {
  EXPECT_EQ(
      run(fmt::format("SELECT {0}, count(*) FROM items FOR VERSION AS OF 1 GROUP BY {0}", kOfFile)),
      shown(first_) + "|3000");
  EXPECT_EQ(run(fmt::format("SELECT count(*) FROM items FOR VERSION AS OF 1 WHERE \"$path\" = '{}'",
                            path(second_))),
            "0");
}

TEST_F(HiddenColumnsTest, TellNothingOfRowsThatAKeyedTailReplaces) {
  lake_.replace("silver.items", 5, 15);
  lake_.publish();
  EXPECT_EQ(run("SELECT \"$path\", count(*) FROM items GROUP BY 1 ORDER BY min(id)"),
            path(first_) + "|2990\n" + path(second_) + "|2990\nnull|1990");
}

TEST_F(HiddenColumnsTest, ArePartOfNothingThatDoesNotNameThem) {
  const std::vector<std::string> columns = types("SELECT id, name, price, day, at FROM items");
  for (const char* sql : {"SELECT * FROM items", "TABLE items", "SELECT i.* FROM items AS i"})
    EXPECT_EQ(types(sql), columns) << sql;
  EXPECT_EQ(types("SELECT * FROM items JOIN (VALUES 1) AS v(id) USING (id)").size(), 5U);
  EXPECT_EQ(run("SELECT count(*) FROM information_schema.columns WHERE table_name = 'items'"), "5");
  EXPECT_EQ(run("SHOW COLUMNS FROM items LIKE '$%'"), "");
  EXPECT_THAT(run("SELECT \"$path\" FROM (SELECT * FROM items)"),
              StartsWith("COLUMN_NOT_FOUND: line 1:8: Column '$path' cannot be resolved"));
  EXPECT_THAT(run("WITH t AS (TABLE items) SELECT \"$file_size\" FROM t"),
              StartsWith("COLUMN_NOT_FOUND"));
  EXPECT_THAT(run("SELECT \"$path\" FROM items AS i(a, b, c, d, e)"),
              StartsWith("COLUMN_NOT_FOUND"));
  EXPECT_THAT(run("SELECT \"$path\" FROM \"items$history\""), StartsWith("COLUMN_NOT_FOUND"));
  EXPECT_THAT(run("SELECT \"$path\" FROM items a, items b"), StartsWith("AMBIGUOUS_NAME"));
}

TEST_F(HiddenColumnsTest, AreNamedWhereverColumnsAre) {
  EXPECT_EQ(run("SELECT i.\"$PATH\" = \"$path\" FROM items AS i WHERE id = 17"), "true");
  EXPECT_EQ(run("SELECT lake.silver.items.\"$path\", silver.items.\"$file_size\" FROM items "
                "WHERE items.id = 17"),
            fmt::format("{}|{}", path(first_), first_.size));
  EXPECT_EQ(run("SELECT f FROM (SELECT id, \"$path\" AS f FROM items) WHERE id = 3017"),
            path(second_));
  EXPECT_EQ(run("SELECT id FROM items WHERE id IN (17, 3017, 6500) "
                "ORDER BY \"$file_modified_time\" DESC NULLS LAST"),
            "3017\n17\n6500");
  EXPECT_EQ(run("SELECT id FROM items ORDER BY \"$file_modified_time\" DESC, id LIMIT 1"), "3000");
  EXPECT_EQ(run("SELECT count(\"$path\"), count(DISTINCT \"$path\"), max(\"$file_modified_time\"), "
                "min(\"$file_size\") FROM items"),
            fmt::format("6000|2|{}|{}", instant(kSecond), std::min(first_.size, second_.size)));
  EXPECT_EQ(run("SELECT count(*) FROM items a JOIN items b ON a.\"$path\" = b.\"$path\" AND a.id = "
                "b.id"),
            "6000");
  EXPECT_EQ(
      run("SELECT count(*) FROM items a WHERE EXISTS (SELECT 1 FROM items b WHERE b.id = a.id "
          "+ 1 AND b.\"$path\" <> a.\"$path\")"),
      "1");
}

TEST_F(HiddenColumnsTest, AreFilteredByInFilesAndTails) {
  struct Case {
    std::string where;
    int64_t rows, files;  // -1: as many as it takes
  };
  const std::string one = "'" + path(first_) + "'", two = "'" + path(second_) + "'";
  const std::string day = "TIMESTAMP '2013-01-02 05:00:00.123 UTC'";  // kSecond
  for (const auto& [where, rows, files] : std::initializer_list<Case>{
           {"\"$path\" = " + one, 3000, 1},
           {"\"$path\" <> " + one, 3000, 1},
           {"\"$path\" IN (" + two + ", 'nowhere')", 3000, 1},
           {"\"$path\" = 'nowhere'", 0, 0},
           {"\"$path\" IS NULL", 2000, 0},
           {"\"$path\" IS NOT NULL", 6000, 2},
           {"\"$path\" LIKE '%" + second_.path + "'", 3000, -1},
           {"\"$path\" IS DISTINCT FROM " + one, 5000, -1},
           {"coalesce(\"$path\", 'tail') = 'tail'", 2000, -1},
           {"\"$file_modified_time\" >= " + day, 3000, 1},
           {"\"$file_modified_time\" < " + day, 3000, 1},
           {"\"$file_modified_time\" > " + day, 0, 0},
           {"\"$file_modified_time\" BETWEEN TIMESTAMP '2013-01-01 00:00:00 UTC' AND " + day, 6000,
            2},
           {"\"$file_size\" > 0", 6000, 2},
           {"\"$file_size\" + 0 > 0", 6000, -1},
           {fmt::format("\"$file_size\" > {}", std::max(first_.size, second_.size)), 0, 0},
           {"\"$path\" = " + one + " AND id >= 2990", 10, 1},
           {"\"$path\" = " + one + " AND id = 3017", 0, 0},
           {"\"$path\" IS NULL AND id IN (17, 6500)", 1, 0},
           {"\"$path\" = " + one + " AND id < 10 OR id IN (3017, 6500)", 12, -1},
           {"\"$path\" = " + one + " OR \"$path\" IS NULL", 5000, -1},
           {"\"$file_modified_time\" = (SELECT max(\"$file_modified_time\") FROM items)", 3000, -1},
           {"\"$path\" IN (SELECT \"$path\" FROM items WHERE id = 17)", 3000, -1}}) {
    const auto before = lake_.files_opened();
    EXPECT_EQ(run("SELECT count(*), count(id) FROM items WHERE " + where),
              fmt::format("{0}|{0}", rows))
        << where;
    if (files >= 0) {
      EXPECT_EQ(lake_.files_opened() - before, files) << where;
    }
  }
}

// ---- Tables that statements make and change -----------------------------------------------------

// The tick thread goes from border to border, for statements wait for it.
class HiddenColumnsOfWrittenTest : public testing::Test {
 protected:
  HiddenColumnsOfWrittenTest() {
    QueryEngineOptions options;
    options.memory_bytes = 512 << 20;
    engine_ = make_query_engine(
                  options, [this] { return tables_->root(); }, clock_, metrics_,
                  LakeWriting{*tables_, *store_, random_})
                  .value();
    EXPECT_EQ(run("CREATE SCHEMA shop"), "");
  }

  std::string run(std::string_view sql) { return sql::run(*engine_, sql, session_); }

  using Rows = std::map<int64_t, std::string>;  // by id
  // What the log says of the file of each row.
  Rows files_of(const std::string& name,
                const std::function<std::string(const delta::Table&, const delta::AddFile&)>& tell =
                    sql::shown) {
    Rows rows;
    const auto view = tables_->root()->find("shop", name);
    view->snapshot->each_file([&](const auto& file) {
      const auto read = delta::read_data_file(
          *view->table, *view->snapshot, *file, {"id"}, [&](const Batch& batch) -> Status {
            const auto& ids = static_cast<const arrow::Int64Array&>(*batch->column(0));
            for (const auto id : ids) rows.emplace(*id, tell(*view->table, *file));
            return {};
          });
      EXPECT_TRUE(read.has_value());
      return true;
    });
    return rows;
  }
  static std::string lines(const Rows& rows) {
    std::string out;
    for (const auto& [id, text] : rows)
      out += fmt::format("{}{}|{}", out.empty() ? "" : "\n", id, text);
    return out;
  }

  SystemClock clock_;
  Random random_{7};
  Metrics metrics_;
  std::unique_ptr<store::ObjectStore> store_ = store::make_memory_store();
  std::unique_ptr<table::LiveTables> tables_ =
      table::LiveTables::open({}, *store_, clock_, random_, metrics_).value();
  std::unique_ptr<QueryEngine> engine_;
  QuerySession session_{.schema = "shop"};
  std::jthread ticks_{[this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      tables_->at_border();
      std::this_thread::yield();
    }
  }};
};

// Variants are read by the delta room, everything else of these files by DuckDB.
TEST_F(HiddenColumnsOfWrittenTest, AreThoseOfEveryKindOfFile) {
  for (const std::string with :
       {"", "WITH (deletion_vectors_enabled = true)", "WITH (partitioned_by = ARRAY['part'])",
        "WITH (column_mapping_mode = 'name')", "WITH (column_mapping_mode = 'id')",
        "WITH (partitioned_by = ARRAY['part'], column_mapping_mode = 'name', "
        "deletion_vectors_enabled = true)"}) {
    SCOPED_TRACE(with);
    EXPECT_EQ(run("CREATE TABLE t (id bigint, part varchar, v json) " + with), "");
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(run(fmt::format("INSERT INTO t SELECT x, if(x % 2 = 0, 'a b', 'c'), JSON '{}' FROM "
                                "UNNEST(sequence({}, {})) AS u(x)",
                                i, 10 * i, 10 * i + 9)),
                "10");
    EXPECT_EQ(run("DELETE FROM t WHERE id IN (3, 14, 25)"), "3");
    EXPECT_EQ(run("UPDATE t SET v = JSON '7' WHERE id IN (4, 5)"), "2");
    const Rows files = files_of("t");
    ASSERT_EQ(files.size(), 27U);
    const Rows paths = files_of("t", address);
    for (const std::string reads : {"id >= 0", "v IS NOT NULL"}) {
      EXPECT_EQ(run(fmt::format("SELECT id, {} FROM t WHERE {} ORDER BY id", kOfFile, reads)),
                lines(files));
      for (const auto& [id, path] : paths) {
        ASSERT_TRUE(store_->head(path.substr(store_->url().size() + 1)).has_value()) << path;
        int64_t same = 0, sum = 0;
        for (const auto& [other, of] : paths) {
          if (of == path) ++same, sum += other;
        }
        EXPECT_EQ(run(fmt::format("SELECT count(*), sum(id) FROM t WHERE {} AND \"$path\" = '{}'",
                                  reads, path)),
                  fmt::format("{}|{}", same, sum));
      }
    }
    EXPECT_EQ(run("SELECT count(*) FROM t WHERE \"$path\" IS NULL"), "0");
    EXPECT_EQ(run("DROP TABLE t"), "");
  }
}

TEST_F(HiddenColumnsOfWrittenTest, ChooseRowsThatStatementsChange) {
  run("CREATE TABLE t (id bigint, name varchar) WITH (deletion_vectors_enabled = true)");
  run("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  run("INSERT INTO t VALUES (3, 'c'), (4, 'd')");
  run("INSERT INTO t VALUES (5, 'e'), (6, 'f')");
  Rows paths = files_of("t", address);
  EXPECT_EQ(run(fmt::format("DELETE FROM t WHERE \"$path\" = '{}' AND id > 1", paths[1])), "1");
  EXPECT_EQ(run(fmt::format("UPDATE t SET name = \"$path\" WHERE \"$path\" = '{}'", paths[3])),
            "2");
  EXPECT_EQ(run("SELECT id, name FROM t ORDER BY id"),
            fmt::format("1|a\n3|{0}\n4|{0}\n5|e\n6|f", paths[3]));
  EXPECT_EQ(run(fmt::format("MERGE INTO t USING (VALUES 5, 6, 7) AS s(id) ON t.id = s.id AND "
                            "t.\"$path\" = '{}' WHEN MATCHED AND t.\"$file_size\" > 0 AND t.id = 5 "
                            "THEN DELETE WHEN MATCHED THEN UPDATE SET name = 'kept' "
                            "WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'new')",
                            paths[5])),
            "3");
  EXPECT_EQ(run("SELECT id, name FROM t WHERE id NOT IN (3, 4) ORDER BY id"), "1|a\n6|kept\n7|new");
  EXPECT_EQ(
      run("DELETE FROM t WHERE \"$file_modified_time\" > TIMESTAMP '2999-01-01 00:00:00 UTC'"),
      "0");
  paths = files_of("t", address);
  EXPECT_EQ(run("CREATE TABLE copy AS SELECT id, \"$path\" AS path FROM t"), "5");
  EXPECT_EQ(run("SELECT id, path FROM copy ORDER BY id"), lines(paths));

  EXPECT_THAT(run("UPDATE t SET \"$path\" = 'x'"), StartsWith("COLUMN_NOT_FOUND"));
  EXPECT_THAT(run("INSERT INTO t (id, \"$path\") VALUES (1, 'x')"), StartsWith("COLUMN_NOT_FOUND"));
  EXPECT_THAT(run("ALTER TABLE t EXECUTE optimize WHERE \"$file_size\" < 1000"),
              StartsWith("NOT_SUPPORTED"));
}

TEST_F(HiddenColumnsOfWrittenTest, AColumnOfTheTableHidesTheOneOfItsName) {
  run("CREATE TABLE own (id bigint, \"$path\" varchar)");
  EXPECT_EQ(run("INSERT INTO own VALUES (1, 'mine'), (2, NULL)"), "2");
  EXPECT_EQ(run("SELECT * FROM own ORDER BY id"), "1|mine\n2|null");
  EXPECT_EQ(run("SELECT id, \"$path\" FROM own WHERE \"$path\" = 'mine'"), "1|mine");
  EXPECT_EQ(run("SELECT id FROM own WHERE \"$path\" IS NULL AND \"$file_size\" > 0"), "2");
  EXPECT_EQ(run("UPDATE own SET \"$path\" = 'yours' WHERE \"$path\" IS NULL"), "1");
  EXPECT_EQ(run("SELECT \"$path\" FROM own ORDER BY id"), "mine\nyours");
  EXPECT_EQ(run("SHOW COLUMNS FROM own LIKE '$%'"), "$path|varchar||");
}

TEST_F(HiddenColumnsOfWrittenTest, AreNoneOfTheChangesOfATable) {
  run("CREATE TABLE t WITH (change_data_feed_enabled = true) AS SELECT BIGINT '1' AS id");
  EXPECT_THAT(run("SELECT \"$path\" FROM TABLE(lake.system.table_changes('shop', 't'))"),
              StartsWith("COLUMN_NOT_FOUND"));
  EXPECT_EQ(run("SELECT id, _change_type FROM TABLE(lake.system.table_changes('shop', 't'))"),
            "1|insert");
}

}  // namespace
}  // namespace foz::sql
