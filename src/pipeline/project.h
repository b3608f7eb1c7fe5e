// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The pipelines/*.sql of a project: Spark Declarative Pipelines statements, parsed and checked
// without running them.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sql/diagnostic.h"
#include "sql/flow_engine.h"

namespace foz::pipeline {

// AUTO CDC … FROM STREAM source KEYS (k, …) [APPLY AS DELETE WHEN condition] SEQUENCE BY expression
//   [COLUMNS (c, …) | COLUMNS * EXCEPT (c, …)] [STORED AS SCD TYPE 1]
struct AutoCdc {
  struct Name {
    std::string name;
    int line = 1, column = 1, length = 1;
  };
  struct Part {
    size_t begin = 0, end = 0;  // in the file; no end: it is not there
    int line = 1, column = 1;
    int select_line = 0;  // where it begins in `select`
  };
  std::vector<Name> keys;
  Part columns, sequence, delete_when, source;
  std::string select;  // what stands for all that
};

// CREATE FLOW name AS AUTO CDC INTO target …
struct CdcFlow {
  std::string name;
  std::string schema, target;  // of the table that it fills
  AutoCdc cdc;
  std::string file;
  int line = 1, column = 1, length = 1;  // of the target's name
};

// CREATE [OR REFRESH] STREAMING TABLE name [(CONSTRAINT c EXPECT (condition) [ON VIOLATION …], …)]
//   [COMMENT 'text'] [TBLPROPERTIES (…)] {AS SELECT … FROM STREAM source | FLOW AUTO CDC …}
struct StreamingTable {
  std::string schema, name;  // schema defaults to "silver"
  std::string comment;
  std::map<std::string, std::string> properties;
  sql::FlowText flow;
  std::optional<AutoCdc> cdc;  // else its rows are only added
  std::string file;
  int line = 1, column = 1;  // of the name

  // foz.dedupe.keys and foz.dedupe.horizon: of rows with equal keys within the horizon one stays,
  // the first.
  std::vector<std::string> dedupe_keys;
  int64_t dedupe_horizon_ms = 0;
  // pipelines.cdc.tombstoneGCThresholdInSeconds: for so long after a deletion AUTO CDC knows a
  // change that comes late.
  int64_t tombstone_threshold_ms = int64_t{2} * 24 * 3600 * 1000;
  // failOnDataLoss: whether a gap in its input stops it (true) or is counted.
  bool fail_on_data_loss = true;
};

struct FileDiagnostic {
  std::string file;
  sql::Diagnostic what;
  std::string source_line;
};
// "pipelines/silver.sql:3:8: error: …" with the line and a caret below.
std::string to_string(const FileDiagnostic& diagnostic);

struct Project {
  std::vector<StreamingTable> tables;  // upstream before downstream
};

// Text to statements; all diagnostics, not just the first.
struct ParsedFile {
  std::vector<StreamingTable> tables;  // without a flow: one of a CREATE FLOW fills it
  std::vector<CdcFlow> flows;
  std::vector<FileDiagnostic> diagnostics;
};
ParsedFile parse_pipeline_file(std::string file, std::string_view text);

// Reads FOLDER/pipelines/*.sql, prepares every flow and orders them. A source "bronze.x" need not
// exist yet: it is the topic's table. Names that clash, cycles and unknown sources are diagnostics.
struct CheckedProject {
  Project project;
  std::vector<FileDiagnostic> diagnostics;
};
Result<CheckedProject> check_project(const std::filesystem::path& folder, sql::FlowEngine& engine);

}  // namespace foz::pipeline
