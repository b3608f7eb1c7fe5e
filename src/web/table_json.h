// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// /api/tables/SCHEMA/NAME: one table as it is now, as one JSON object.
//   {"name", "role", "blocked", "location", "comment", "partition_columns": […],
//    "properties": {…}, "version", "timestamp_ms", "rows", "tail": {"rows", "bytes"},
//    "columns": [{"name", "type", "nullable", "comment"}],
//    "files": {"count", "bytes", "sizes": [{"below", "files", "bytes"}]},
//    "pipeline": null | {"file", "line", "sql", "comment", "dedupe_keys", "dedupe_horizon_ms",
//                        "expectations": [{"name", "condition", "action"}]},
//    "versions": [{"version", "timestamp_ms", "operation", "engine", "rows_added", "files_added",
//                  "files_removed", "bytes_added"}]}
// "rows" are those in Delta files; the tail is not among them. Numbers that nobody wrote down
// (statistics are optional in Delta) are null. Types are Spark's, as in pipeline files. File sizes
// are counted by powers of four. "versions" come newest first, at most 30; with `before=N` those
// before version N; where Delta's log has been cleaned up they end.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "delta/types.h"
#include "web/page.h"

namespace foz::web {

// "STRUCT<a: BIGINT, b: ARRAY<STRING>>"
std::string type_text(const delta::DataType& type);

// Reads commits from the store.
Result<std::string> table_json(const Sources& sources, const std::string& schema,
                               const std::string& name, std::optional<int64_t> before);

}  // namespace foz::web
