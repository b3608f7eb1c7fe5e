// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any text parses without reading outside it, and every diagnostic stands inside it.
#include <cstdint>
#include <string_view>

#include "pipeline/project.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foz;
  if (size > 1 << 16) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const pipeline::ParsedFile parsed = pipeline::parse_pipeline_file("pipelines/fuzz.sql", text);
  for (const pipeline::FileDiagnostic& diagnostic : parsed.diagnostics) {
    CHECK(diagnostic.what.line >= 1 && diagnostic.what.column >= 1 && diagnostic.what.length >= 1);
    CHECK(!pipeline::to_string(diagnostic).empty());
  }
  for (const pipeline::StreamingTable& table : parsed.tables) {
    CHECK(text.find(table.flow.select) != std::string_view::npos);
    for (const sql::Expectation& expectation : table.flow.expectations) {
      CHECK(text.find(expectation.condition) != std::string_view::npos);
    }
    CHECK(table.dedupe_keys.empty() == (table.dedupe_horizon_ms == 0));
  }
  return 0;
}
