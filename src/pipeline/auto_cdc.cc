// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "pipeline/auto_cdc_internal.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "table/live_tables.h"
#include "table/row_key.h"

namespace foz::pipeline {
namespace {

// A place in a topic as one number: a partition's offsets stand together.
constexpr int kOffsetBits = 44;

class Parser {
 public:
  Parser(std::string_view text, TokenCursor& tokens) : text_(text), tokens_(tokens) {}

  std::expected<AutoCdc, std::string> run() {
    if (source() && keys() && clauses()) return std::move(out_);
    return std::unexpected(std::move(problem_));
  }

 private:
  const Token& peek(size_t ahead = 0) const { return tokens_.peek(ahead); }
  const Token& next() { return tokens_.next(); }
  bool fail(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }
  bool fail_expected(std::string_view what) {
    if (peek().kind == TokenKind::kEnd)
      return fail(fmt::format("expected {} before the end", what));
    return fail(fmt::format("expected {}, found \"{}\"", what, peek().text));
  }
  bool expect(std::string_view word) { return tokens_.take(word) || fail_expected(word); }
  bool expect(char symbol) {
    return tokens_.take(symbol) || fail_expected(fmt::format("\"{}\"", symbol));
  }
  bool at_words(std::string_view first, std::string_view second) const {
    return peek().is(first) && peek(1).is(second);
  }

  bool source() {
    if (!expect("FROM")) return false;
    if (!tokens_.take("stream")) {
      return fail("AUTO CDC reads a stream: FROM STREAM and the name of a table");
    }
    const bool brackets = tokens_.take('(');
    out_.source = {peek().begin, 0, peek().line, peek().column};
    do {
      if (!peek().is_name()) return fail_expected("the name of a stream");
      out_.source.end = next().end();
      ++source_parts_;
    } while (tokens_.take('.'));
    return !brackets || expect(')');
  }

  bool name(std::vector<AutoCdc::Name>& names) {
    const Token& token = peek();
    if (!token.is_name()) return fail_expected("the name of a column");
    next();
    names.push_back({name_value(token), token.line, token.column, token.length()});
    return true;
  }
  bool list(std::vector<AutoCdc::Name>& names) {
    if (!expect('(')) return false;
    do {
      if (!name(names)) return false;
    } while (tokens_.take(','));
    return expect(')');
  }
  bool keys() {
    if (!expect("KEYS")) return false;
    if (!list(out_.keys)) return false;
    std::set<std::string> seen;
    for (const AutoCdc::Name& key : out_.keys) {
      if (!seen.insert(lower(key.name)).second) return fail("a key is named twice: " + key.name);
    }
    return true;
  }

  bool begins_clause() const {
    return peek().kind == TokenKind::kEnd || peek().is(';') || at_words("apply", "as") ||
           at_words("sequence", "by") || at_words("stored", "as") || at_words("ignore", "null") ||
           at_words("track", "history") ||
           (peek().is("columns") && (peek(1).is('(') || peek(1).is('*')));
  }
  bool expression(AutoCdc::Part& part, std::string_view what) {
    if (part.end > 0) return fail(fmt::format("{} is given twice", what));
    part = {peek().begin, 0, peek().line, peek().column};
    int depth = 0;
    while (depth > 0 || !begins_clause()) {
      if (peek().kind == TokenKind::kEnd || peek().kind == TokenKind::kBroken) {
        return fail_expected(fmt::format("the end of {}", what));
      }
      depth += peek().is('(') - peek().is(')');
      part.end = next().end();
    }
    return part.end > 0 || fail_expected(fmt::format("an expression after {}", what));
  }

  bool clauses() {
    while (peek().kind != TokenKind::kEnd && !peek().is(';')) {
      if (!clause()) return false;
    }
    if (out_.sequence.end == 0) {
      return fail("AUTO CDC needs SEQUENCE BY, which says which of two changes is the newer");
    }
    assemble();
    return true;
  }

  bool clause() {
    if (at_words("apply", "as")) {
      if (peek(2).is("truncate")) return fail("APPLY AS TRUNCATE is not supported");
      next(), next();
      if (!expect("DELETE") || !expect("WHEN")) return false;
      return expression(out_.delete_when, "APPLY AS DELETE WHEN");
    }
    if (at_words("sequence", "by")) {
      next(), next();
      return expression(out_.sequence, "SEQUENCE BY");
    }
    if (peek().is("columns")) return columns();
    if (at_words("stored", "as")) {
      next(), next();
      if (!expect("SCD") || !expect("TYPE")) return false;
      if (peek().text == "2") return fail("STORED AS SCD TYPE 2 is not supported yet");
      if (peek().text != "1") return fail_expected("1");
      next();
      return true;
    }
    if (peek().is("ignore")) return fail("IGNORE NULL UPDATES is not supported yet");
    if (peek().is("track")) return fail("TRACK HISTORY belongs to SCD TYPE 2");
    return fail_expected("APPLY AS DELETE WHEN, SEQUENCE BY, COLUMNS or STORED AS SCD TYPE 1");
  }

  bool columns() {
    if (out_.columns.end > 0) return fail("COLUMNS is given twice");
    next();
    out_.columns = {peek().begin, 0, peek().line, peek().column};
    std::vector<AutoCdc::Name> names;
    if (tokens_.take('*')) {
      if (!expect("EXCEPT") || !list(names)) return false;
      out_.columns.end = tokens_.last().end();
      return true;
    }
    if (!list(names)) return false;
    // Without its brackets.
    ++out_.columns.begin;
    ++out_.columns.column;
    out_.columns.end = tokens_.last().begin;
    return true;
  }

  // Each part begins a line, by which in_file() finds it again.
  void assemble() {
    std::string& select = out_.select;
    int line = 1;
    const auto put = [&](std::string_view words) {
      select += words;
      line += static_cast<int>(std::ranges::count(words, '\n'));
    };
    const auto take = [&](AutoCdc::Part& part) {
      put("\n");
      part.select_line = line;
      put(text_.substr(part.begin, part.end - part.begin));
      put("\n");
    };
    put("SELECT");
    if (out_.columns.end > 0) {
      take(out_.columns);
    } else {
      put(" *");
    }
    put(", (");
    take(out_.sequence);
    put(fmt::format(") AS {}", table::kSequenceColumn));
    if (out_.delete_when.end > 0) {
      put(", (");
      take(out_.delete_when);
      put(fmt::format(") AS {}", kDeleteColumn));
    }
    put(source_parts_ == 1 ? " FROM STREAM silver." : " FROM STREAM");
    take(out_.source);
    select.pop_back();
  }

  std::string_view text_;
  TokenCursor& tokens_;
  AutoCdc out_;
  int source_parts_ = 0;
  std::string problem_;
};

bool is_own(std::string_view name) { return lower(name).starts_with(kOwnColumns); }

bool can_be_sequence(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::DATE32:
    case arrow::Type::TIMESTAMP: return true;
    default: return false;
  }
}

int64_t integer_at(const arrow::Array& array, int64_t row) {
  switch (array.type_id()) {
    case arrow::Type::INT8: return static_cast<const arrow::Int8Array&>(array).Value(row);
    case arrow::Type::INT16: return static_cast<const arrow::Int16Array&>(array).Value(row);
    case arrow::Type::INT32: return static_cast<const arrow::Int32Array&>(array).Value(row);
    case arrow::Type::TIMESTAMP: return static_cast<const arrow::TimestampArray&>(array).Value(row);
    case arrow::Type::DATE32: return static_cast<const arrow::Date32Array&>(array).Value(row);
    default: return static_cast<const arrow::Int64Array&>(array).Value(row);
  }
}

Error arrow_error(const arrow::Status& status) {
  return Error(status.IsOutOfMemory() ? ErrorCode::kOverloaded : ErrorCode::kInternal,
               status.ToString());
}

}  // namespace

std::expected<AutoCdc, std::string> parse_auto_cdc(std::string_view text, TokenCursor& tokens) {
  return Parser(text, tokens).run();
}

void set_flow(AutoCdc cdc, StreamingTable& table) {
  table.flow.select = std::move(cdc.select);
  table.flow.line = table.flow.column = 1;
  table.cdc = std::move(cdc);
}

sql::Diagnostic in_file(const StreamingTable& table, sql::Diagnostic of_select) {
  if (!table.cdc) return of_select;
  const AutoCdc::Part* found = &table.cdc->sequence;
  for (const AutoCdc::Part* part :
       {&table.cdc->columns, &table.cdc->sequence, &table.cdc->delete_when, &table.cdc->source}) {
    if (part->end > 0 && part->select_line <= of_select.line) found = part;
  }
  if (of_select.line == found->select_line) of_select.column += found->column - 1;
  of_select.line = std::max(found->line, found->line + of_select.line - found->select_line);
  return of_select;
}

std::vector<sql::Diagnostic> check_auto_cdc(const StreamingTable& table,
                                            const arrow::Schema& selected) {
  std::vector<sql::Diagnostic> problems;
  const AutoCdc& cdc = *table.cdc;
  const auto column = [&](std::string_view name) -> std::shared_ptr<arrow::Field> {
    for (const auto& field : selected.fields()) {
      if (lower(field->name()) == lower(name)) return field;
    }
    return nullptr;
  };
  for (const AutoCdc::Name& key : cdc.keys) {
    const auto field = column(key.name);
    if (!field || is_own(key.name)) {
      problems.push_back({fmt::format("KEYS names {}, which is no column of the table", key.name),
                          key.line, key.column, key.length});
    } else if (!table::can_be_key(*field->type())) {
      problems.push_back({fmt::format("KEYS names {}, whose type cannot be compared", key.name),
                          key.line, key.column, key.length});
    }
  }
  if (!can_be_sequence(*column(table::kSequenceColumn)->type())) {
    problems.push_back({"SEQUENCE BY must be an integer, a date or a timestamp", cdc.sequence.line,
                        cdc.sequence.column,
                        static_cast<int>(cdc.sequence.end - cdc.sequence.begin)});
  }
  const auto deletes = column(kDeleteColumn);
  if (deletes && deletes->type()->id() != arrow::Type::BOOL) {
    problems.push_back({"APPLY AS DELETE WHEN must be a condition", cdc.delete_when.line,
                        cdc.delete_when.column,
                        static_cast<int>(cdc.delete_when.end - cdc.delete_when.begin)});
  }
  const int own = 1 + (deletes != nullptr);
  for (int i = 0; i + own < selected.num_fields(); ++i) {
    const std::string& name = selected.field(i)->name();
    if (!is_own(name)) continue;
    problems.push_back(
        {fmt::format("column {}: names that begin with {} are foz's own", name, kOwnColumns),
         table.line, table.column, static_cast<int>(table.name.size())});
  }
  return problems;
}

std::shared_ptr<arrow::Schema> keyed_schema(const arrow::Schema& selected) {
  arrow::FieldVector fields;
  for (const auto& field : selected.fields()) {
    if (!is_own(field->name())) fields.push_back(field);
  }
  fields.push_back(arrow::field(table::kSequenceColumn, arrow::int64()));
  fields.push_back(arrow::field(table::kOriginColumn, arrow::int64()));
  return arrow::schema(std::move(fields));
}

std::vector<std::string> key_columns(const AutoCdc& cdc, const arrow::Schema& keyed) {
  std::vector<std::string> names;
  for (const AutoCdc::Name& key : cdc.keys) {
    for (const auto& field : keyed.fields()) {
      if (lower(field->name()) == lower(key.name)) names.push_back(field->name());
    }
  }
  return names;
}

std::shared_ptr<arrow::Schema> tombstone_schema(const AutoCdc& cdc, const arrow::Schema& keyed) {
  arrow::FieldVector fields;
  for (const std::string& name : key_columns(cdc, keyed)) {
    fields.push_back(keyed.GetFieldByName(name));
  }
  fields.push_back(keyed.GetFieldByName(table::kSequenceColumn));
  fields.push_back(keyed.GetFieldByName(table::kOriginColumn));
  fields.push_back(
      arrow::field(table::kDeletedAtColumn, arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")));
  return arrow::schema(std::move(fields));
}

Result<Batch> deleted_at(const Batch& tombstones, int64_t now_ms) {
  const int last = tombstones->num_columns() - 1;
  const auto& field = tombstones->schema()->field(last);
  auto times = arrow::MakeArrayFromScalar(arrow::TimestampScalar(now_ms * 1000, field->type()),
                                          tombstones->num_rows());
  if (!times.ok()) return arrow_error(times.status());
  auto rows = tombstones->SetColumn(last, field, *std::move(times));
  if (!rows.ok()) return arrow_error(rows.status());
  return *std::move(rows);
}

Result<KeyedRows> keyed_rows(const AutoCdc& cdc, const FlowInput& input, const Batch& selected,
                             const std::vector<int32_t>& input_rows, int64_t& next_origin) {
  KeyedRows out;
  const int64_t count = selected->num_rows();
  const auto sequence = column_named(*selected, table::kSequenceColumn);
  const auto deletes = column_named(*selected, kDeleteColumn);
  std::vector<std::shared_ptr<arrow::Array>> keys;
  for (const AutoCdc::Name& key : cdc.keys) keys.push_back(column_named(*selected, key.name));
  std::shared_ptr<arrow::Int32Array> partitions;
  std::shared_ptr<arrow::Int64Array> offsets;
  if (input.topic) {
    partitions =
        std::static_pointer_cast<arrow::Int32Array>(column_named(*input.rows, "partition"));
    offsets = std::static_pointer_cast<arrow::Int64Array>(column_named(*input.rows, "offset"));
  }
  arrow::Int64Builder sequences, origins;
  for (int64_t row = 0; row < count; ++row) {
    const auto at = static_cast<int32_t>(row);
    if (sequence->IsNull(row)) out.refused.push_back({at, "SEQUENCE BY is NULL"});
    for (size_t key = 0; key < keys.size(); ++key) {
      if (keys[key]->IsNull(row)) {
        out.refused.push_back({at, fmt::format("key {} is NULL", cdc.keys[key].name)});
      }
    }
    out.deletes.push_back(deletes && deletes->IsValid(row) &&
                          static_cast<const arrow::BooleanArray&>(*deletes).Value(row));
    const int32_t from = input_rows[static_cast<size_t>(row)];
    const int64_t origin =
        partitions ? int64_t{partitions->Value(from)} << kOffsetBits | offsets->Value(from)
                   : next_origin++;
    const auto order = sequence->IsNull(row) ? int64_t{0} : integer_at(*sequence, row);
    for (const auto& done : {sequences.Append(order), origins.Append(origin)}) {
      if (!done.ok()) return arrow_error(done);
    }
  }
  const auto schema = keyed_schema(*selected->schema());
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (int i = 0; i + 2 < schema->num_fields(); ++i) {
    columns.push_back(column_named(*selected, schema->field(i)->name()));
  }
  for (arrow::Int64Builder* builder : {&sequences, &origins}) {
    auto array = builder->Finish();
    if (!array.ok()) return arrow_error(array.status());
    columns.push_back(*std::move(array));
  }
  out.rows = arrow::RecordBatch::Make(schema, count, std::move(columns));
  return out;
}

}  // namespace foz::pipeline
