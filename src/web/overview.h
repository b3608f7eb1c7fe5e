// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// /api/overview: what runs, as one JSON object.
//   {"project", "version", "lake", "now_ms", "ready", "freshness_bounds_s": […],
//    "topics": [{"name", "id", "partitions", "records", "log_start", "table"}],
//    "flows":  [{"name", "source", "state", "error", "lag_records", "tick_ms", "counts": {…},
//    "violations": {…}}], "tables": [{"name", "version", "files", "bytes", "tail_rows",
//    "tail_bytes", "commits", "discards", "counts": {…},
//                "freshness_p50_s", "freshness_p99_s", "freshness_rows": […], "last_commit_s",
//                "blocked"}],
//    "log": {"bytes", "memory_bytes", "queued_bytes"}}
// Everything counts since the start. "freshness_rows" has the rows at or below each bound and,
// last, all of them: between two answers lies what was fresh meanwhile.
#pragma once

#include <string>

#include "web/page.h"

namespace foz::web {

std::string overview_json(const Sources& sources);

}  // namespace foz::web
