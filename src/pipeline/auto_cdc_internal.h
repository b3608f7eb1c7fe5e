// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// AUTO CDC: changes of rows, applied by key. As a flow it is a SELECT of what the rows become, of
// the order of the change and of whether it deletes.
// https://spark.apache.org/docs/latest/declarative-pipelines-programming-guide.html
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/project.h"
#include "pipeline/quarantine_internal.h"
#include "pipeline/sql_lexer.h"

namespace foz::pipeline {

// Names of columns that begin so are foz's own.
inline constexpr std::string_view kOwnColumns = "__foz_";
inline constexpr char kDeleteColumn[] = "__foz_delete";

// FROM STREAM source KEYS (…) …; the cursor goes to where it ends, or to what is wrong.
std::expected<AutoCdc, std::string> parse_auto_cdc(std::string_view text, TokenCursor& tokens);

// The flow that it is, with the expectations that are there already.
void set_flow(AutoCdc cdc, StreamingTable& table);
// Where in the file a problem of the flow's SELECT stands.
sql::Diagnostic in_file(const StreamingTable& table, sql::Diagnostic of_select);

// What stands against the columns of the SELECT.
std::vector<sql::Diagnostic> check_auto_cdc(const StreamingTable& table,
                                            const arrow::Schema& selected);
// Those of its table, and of the table that remembers which keys were deleted.
std::shared_ptr<arrow::Schema> keyed_schema(const arrow::Schema& selected);
std::shared_ptr<arrow::Schema> tombstone_schema(const AutoCdc& cdc, const arrow::Schema& keyed);
// Rows of tombstone_schema() that do not say yet when they were deleted, and now do.
Result<Batch> deleted_at(const Batch& tombstones, int64_t now_ms);
// The names of the keys, as the table spells them.
std::vector<std::string> key_columns(const AutoCdc& cdc, const arrow::Schema& keyed);

// The rows of a SELECT as changes.
struct KeyedRows {
  Batch rows;  // of keyed_schema()
  std::vector<bool> deletes;
  struct Refused {
    int32_t row;
    std::string reason;
  };
  std::vector<Refused> refused;  // without key or place in the order
};
// `input_rows` says for each row which row of the input it was. `next_origin` counts the rows of a
// table, which have no place in a topic.
Result<KeyedRows> keyed_rows(const AutoCdc& cdc, const FlowInput& input, const Batch& selected,
                             const std::vector<int32_t>& input_rows, int64_t& next_origin);

}  // namespace foz::pipeline
