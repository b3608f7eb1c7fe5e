// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_write_internal.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <shared_mutex>

#include "delta/column_mapping.h"
#include "delta/variant.h"
#include "duckdb/main/pending_query_result.hpp"
#include "sql/arrow_duck_internal.h"
#include "sql/lake_catalog_internal.h"
#include "sql/lake_columns_internal.h"
#include "sql/lake_types_internal.h"
#include "sql/lake_writer_internal.h"
#include "sql/query_error_internal.h"
#include "sql/query_select_internal.h"
#include "sql/query_write_tree_internal.h"
#include "sql/system_tables_internal.h"
#include "table/live_tables.h"

namespace foz::sql {

using ast::WriteKind;

namespace {

constexpr int kAttempts = 10;
constexpr std::chrono::milliseconds kFirstPause{5};  // after a lost race; then twice as long
constexpr int64_t kBatchRows = 64 * 1024;

// A query over a root, pulled chunk by chunk.
class Pull {
 public:
  Pull(const WriteInput& input, SelectPtr tree)
      : input_(input),
        pending_(input.connection.PendingQuery(std::move(tree),
                                               duckdb::QueryResultOutputType::ALLOW_STREAMING)) {
    if (pending_->HasError()) pending_->ThrowError();
    input.check_canceled();
    result_ = input.help.first_result(*pending_);
  }

  // Null at the end.
  duckdb::unique_ptr<duckdb::DataChunk> next() {
    input_.check_canceled();
    input_.help.consider();
    auto chunk = result_->Fetch();
    if (result_->HasError()) result_->ThrowError();
    if (!chunk || chunk->size() == 0) {
      input_.check_canceled();
      return nullptr;
    }
    return chunk;
  }
  const duckdb::vector<duckdb::LogicalType>& types() const { return result_->types; }

 private:
  const WriteInput& input_;
  duckdb::unique_ptr<duckdb::PendingQueryResult> pending_;
  duckdb::unique_ptr<duckdb::QueryResult> result_;
};

int64_t integer_at(duckdb::Vector& vector, duckdb::idx_t row) {
  return duckdb::FlatVector::GetData<int64_t>(vector)[row];
}

// Gathers rows of some columns of a table, whose variants come as text.
class TableRows {
 public:
  TableRows(const delta::Snapshot& table, const std::vector<const delta::Field*>& fields,
            const duckdb::vector<duckdb::LogicalType>& types)
      : schema_(table.schema()) {
    delta::Schema given;
    for (const delta::Field* field : fields) given.fields.push_back(*field);
    const auto arrow = must(delta::to_arrow(delta::with_variant_text(std::move(given))));
    builder_ = must(BatchBuilder::make(arrow, std::span(types).first(fields.size())));
  }

  BatchBuilder& operator*() const { return *builder_; }
  BatchBuilder* operator->() const { return builder_.get(); }
  std::shared_ptr<arrow::RecordBatch> finish() const {
    return must(delta::with_variants(must(builder_->finish()), schema_));
  }

 private:
  const delta::Schema& schema_;
  std::unique_ptr<BatchBuilder> builder_;
};

void pin(const WriteInput& input, std::shared_ptr<const table::Root> root,
         const table::TableView* changed) {
  input.connection.context->registered_state->Remove(PinnedRoot::kKey);
  input.connection.context->registered_state->Insert(
      PinnedRoot::kKey,
      duckdb::make_shared_ptr<PinnedRoot>(std::move(root), input.plan.session, changed));
}

std::string types_text(const std::vector<Type>& types) {
  std::string out;
  for (const Type& type : types) out += (out.empty() ? "" : ", ") + display_text(type);
  return "[" + out + "]";
}

// The same but for lengths of text, digits of seconds and names of fields.
bool same_shape(const Type& a, const Type& b) {
  if (is_text(a) && is_text(b)) return true;
  if (a.name != b.name || a.types.size() != b.types.size()) return false;
  if (a.name == "decimal" && a.numbers != b.numbers) return false;
  return std::ranges::equal(a.types, b.types, same_shape);
}

// The types of the query where they are known, and those of the columns: every one must become that
// of its column without loss.
bool assignable(const std::vector<TypedColumn>& given, const std::vector<Type>& wanted) {
  if (given.size() != wanted.size()) return false;
  for (size_t i = 0; i < given.size(); ++i) {
    if (!given[i].type) continue;
    if (is_text(*given[i].type) && is_text(wanted[i])) continue;
    const MaybeType both = common_type(*given[i].type, wanted[i]);
    if (!both || !same_shape(*both, wanted[i])) return false;
  }
  return true;
}

std::vector<Type> known_types(const std::vector<TypedColumn>& given) {
  std::vector<Type> types;
  for (const auto& column : given) types.push_back(column.type.value_or(type_of("unknown")));
  return types;
}

const delta::Field* find_column(const delta::Schema& schema, const ast::Identifier& name) {
  return schema.find(name.name);
}

int index_of(const delta::Schema& schema, const delta::Field* field) {
  return static_cast<int>(field - schema.fields.data());
}

void check_not_null(const delta::Schema& schema, const arrow::RecordBatch& rows) {
  for (int i = 0; i < rows.num_columns(); ++i) {
    const delta::Field* field = schema.find(rows.schema()->field(i)->name());
    if (field && !field->nullable && rows.column(i)->null_count() > 0)
      throw user_error(
          "CONSTRAINT_VIOLATION", 16,
          "NULL value not allowed for NOT NULL column: " + delta::lower_case(field->name));
  }
}

// Rows of which some columns are given; the table makes the others.
class GivenRows {
 public:
  GivenRows(const delta::Snapshot& table, const duckdb::vector<duckdb::LogicalType>& types,
            const std::function<bool(size_t column)>& given) {
    std::vector<const delta::Field*> fields;
    duckdb::vector<duckdb::LogicalType> given_types;
    for (size_t i = 0; i < table.schema().fields.size(); ++i) {
      if (!given(i)) continue;
      columns_.push_back(i);
      given_types.push_back(types[i]);
      fields.push_back(&table.schema().fields[i]);
    }
    chunk_.InitializeEmpty(given_types);
    builder_.emplace(table, fields, given_types);
  }

  void append(duckdb::DataChunk& all, const duckdb::SelectionVector& rows, duckdb::idx_t count) {
    if (count == 0) return;
    for (size_t i = 0; i < columns_.size(); ++i) chunk_.data[i].Reference(all.data[columns_[i]]);
    chunk_.SetCardinality(all.size());
    must((*builder_)->append(chunk_, rows, count));
  }
  int64_t num_rows() const { return (*builder_)->num_rows(); }
  std::shared_ptr<arrow::RecordBatch> finish() { return builder_->finish(); }

 private:
  std::vector<size_t> columns_;
  duckdb::DataChunk chunk_;
  std::optional<TableRows> builder_;
};

// A root in which the table is what its newest snapshot holds, and nothing else.
struct ChangedRoot {
  std::shared_ptr<const table::Root> root;
  std::shared_ptr<const table::TableView> view;
};
ChangedRoot only_committed(const table::Root& root, const OpenTarget& target) {
  auto view = std::make_shared<table::TableView>(*target.view);
  view->snapshot = target.snapshot;
  view->schema = target.snapshot->arrow_schema();
  view->sealed = view->open = nullptr;
  view->hidden = nullptr;
  auto changed = std::make_shared<table::Root>(root);
  changed->tables[static_cast<size_t>(view->id.value())] = view;
  return {std::move(changed), std::move(view)};
}

// DELETE, UPDATE and MERGE: once.
class RowChange {
 public:
  RowChange(const WriteInput& input, OpenTarget& target, const table::Root& root)
      : input_(input),
        target_(target),
        schema_(target.snapshot->schema()),
        changed_(only_committed(root, target)),
        text_(input.plan.statement.query) {}

  // False: the race was lost.
  bool run(int64_t& count) {
    pin(input_, changed_.root, changed_.view.get());
    const TreeInput tree{*changed_.root, input_.plan.session, input_.plan.statement.source,
                         input_.plan.statement};
    resolve();
    auto query = parse_select(input_.connection, tree, text_, typed_);
    LakeWriter writer(target_.table, target_.snapshot, input_.plan.writing->random,
                      *input_.plan.clock, *input_.plan.checker);
    switch (input_.write().kind) {
      case WriteKind::kDelete: deletes(delete_tree(std::move(query)), writer); break;
      case WriteKind::kUpdate:
        check_types();
        changes(update_tree(std::move(query), schema_, set_.front()), writer);
        break;
      default:
        check_types();
        writer.merges();
        changes(merge_tree(std::move(query), schema_, write().cases, set_, conditions_), writer);
    }
    count = writer.count();
    if (count == 0) return true;
    auto request = must(writer.finish());
    request.operation = input_.plan.statement.update.update_type;
    // Rows that come meanwhile are as if they came later.
    request.read.whole_table = true;
    input_.check_canceled();
    return commit_and_show(input_, target_, std::move(request), &writer);
  }

 private:
  const ast::Write& write() const { return input_.write(); }

  [[noreturn]] void fail(size_t offset, const char* name, int code,
                         const std::string& message) const {
    throw error_at(input_.plan.statement.source, offset, name, code, message);
  }

  // Which columns get which of the query's expressions.
  void resolve() {
    const auto assign = [&](const std::vector<ast::Identifier>& columns, size_t first,
                            const char* missing, bool inserts) {
      std::vector<int> set(schema_.fields.size(), -1);
      for (size_t i = 0; i < columns.size(); ++i) {
        const delta::Field* field = find_column(schema_, columns[i]);
        if (!field)
          fail(columns[i].offset, "COLUMN_NOT_FOUND", 47,
               fmt::format(fmt::runtime(missing), columns[i].name));
        if (!inserts && field->metadata.contains("delta.identity.start"))
          fail(columns[i].offset, "NOT_SUPPORTED", 13,
               fmt::format("Column {} is an identity, whose numbers stay as they were given",
                           columns[i].name));
        int& place = set[static_cast<size_t>(index_of(schema_, field))];
        if (place >= 0)
          fail(columns[i].offset, "DUPLICATE_COLUMN_NAME", 54,
               fmt::format("Column name is specified more than once: {}", columns[i].name));
        place = static_cast<int>(first + i);
      }
      set_.push_back(std::move(set));
    };
    if (input_.write().kind == WriteKind::kUpdate)
      return assign(write().columns, 0, "The UPDATE SET target column {} doesn't exist", false);
    size_t next = 0;
    for (const ast::MergeCase& one : write().cases) {
      conditions_.push_back(one.has_condition ? static_cast<int>(next++) : -1);
      std::vector<ast::Identifier> columns = one.columns;
      if (one.action == ast::MergeCase::kInsert && columns.empty()) {
        for (const auto& field : schema_.fields)
          columns.push_back({.name = field.name, .offset = one.offset});
      }
      if (columns.size() != one.value_count)
        fail(one.offset, "TYPE_MISMATCH", 58,
             fmt::format("MERGE case has {} columns and {} values", columns.size(),
                         one.value_count));
      assign(columns, next, "Merge column name does not exist in target table: {}",
             one.action == ast::MergeCase::kInsert);
      next += one.value_count;
    }
  }

  void check_types() const {
    if (typed_.empty()) return;
    for (size_t i = 0; i < set_.size(); ++i) {
      std::vector<Type> wanted;
      std::vector<TypedColumn> given;
      for (size_t k = 0; k < schema_.fields.size(); ++k) {
        if (set_[i][k] < 0) continue;
        wanted.push_back(type_of_column(schema_.fields[k].type));
        given.push_back(typed_[static_cast<size_t>(set_[i][k])]);
      }
      if (assignable(given, wanted)) continue;
      const bool merges = write().kind == WriteKind::kMerge;
      fail(merges ? write().cases[i].offset : write().offset, "TYPE_MISMATCH", 58,
           fmt::format("{}: Table: {}, Expressions: {}",
                       merges ? fmt::format("MERGE table column types don't match for MERGE case "
                                            "{}, SET expressions",
                                            i)
                              : "UPDATE table column types don't match SET expressions",
                       types_text(wanted), types_text(known_types(given))));
    }
    for (size_t i = 0; i < conditions_.size(); ++i) {
      if (conditions_[i] < 0) continue;
      const MaybeType& type = typed_[static_cast<size_t>(conditions_[i])].type;
      if (type && type->name != "boolean" && type->name != "unknown")
        fail(write().cases[i].offset, "TYPE_MISMATCH", 58,
             fmt::format("WHEN clause condition must evaluate to a boolean: actual type {}",
                         display_text(*type)));
    }
  }

  void deletes(SelectPtr tree, LakeWriter& writer) {
    Pull rows(input_, std::move(tree));
    while (auto chunk = rows.next()) {
      chunk->Flatten();
      for (duckdb::idx_t i = 0; i < chunk->size(); ++i)
        must(writer.remove(integer_at(chunk->data[0], i), integer_at(chunk->data[1], i)));
    }
  }

  bool inserts(size_t one) const {
    return input_.write().kind == WriteKind::kMerge &&
           write().cases[one].action == ast::MergeCase::kInsert;
  }

  // What is generated follows from what is changed, unless a value of its own is said.
  bool is_given_after(size_t column, const delta::RowRules& rules) const {
    for (size_t i = 0; i < set_.size(); ++i) {
      if (!inserts(i) && set_[i][column] >= 0) return true;
    }
    return std::ranges::none_of(rules.generated, [&](const auto& generated) {
      return generated.column == schema_.fields[column].name;
    });
  }

  // Of one case: a column that is not named gets its default, number or generated value.
  struct Inserted : GivenRows {
    using GivenRows::GivenRows;
    duckdb::SelectionVector chosen{STANDARD_VECTOR_SIZE};
    duckdb::idx_t count = 0;
  };

  // Rows by what becomes of them.
  void changes(SelectPtr tree, LakeWriter& writer) {
    Pull rows(input_, std::move(tree));
    const size_t width = schema_.fields.size();
    const bool merges = input_.write().kind == WriteKind::kMerge;
    const auto rules = must(delta::row_rules(target_.snapshot->metadata(), schema_));
    GivenRows after(*target_.snapshot, rows.types(),
                    [&](size_t column) { return is_given_after(column, rules); });
    std::map<size_t, Inserted> inserted;
    for (size_t i = 0; i < set_.size(); ++i) {
      if (!inserts(i)) continue;
      inserted.try_emplace(i, *target_.snapshot, rows.types(),
                           [&](size_t column) { return set_[i][column] >= 0; });
    }
    std::vector<LakeWriter::Place> places;
    LakeWriter::Place last{-1, -1};
    const auto give = [&](int64_t least) {
      if (after.num_rows() > least) {
        auto batch = after.finish();
        check_not_null(schema_, *batch);
        must(writer.replace(std::exchange(places, {}), std::move(batch)));
      }
      for (auto& [one, added] : inserted) {
        if (added.num_rows() <= least) continue;
        auto batch = added.finish();
        check_not_null(schema_, *batch);
        must(writer.insert(std::move(batch)));
      }
    };
    duckdb::SelectionVector updates(STANDARD_VECTOR_SIZE);
    while (auto chunk = rows.next()) {
      chunk->Flatten();
      duckdb::idx_t update_count = 0;
      for (duckdb::idx_t i = 0; i < chunk->size(); ++i) {
        auto action = ast::MergeCase::kUpdate;
        if (merges) {
          const auto one =
              static_cast<size_t>(duckdb::FlatVector::GetData<int32_t>(chunk->data[width + 2])[i]);
          action = write().cases[one].action;
          if (action == ast::MergeCase::kInsert) {
            Inserted& added = inserted.at(one);
            added.chosen.set_index(added.count++, i);
            continue;
          }
        }
        const LakeWriter::Place place{integer_at(chunk->data[width], i),
                                      integer_at(chunk->data[width + 1], i)};
        if (merges && place.file == last.file && place.row == last.row)
          throw user_error("MERGE_TARGET_ROW_MULTIPLE_MATCHES", 117,
                           "One MERGE target table row matched more than one source row");
        last = place;
        if (action == ast::MergeCase::kDelete) {
          must(writer.remove(place.file, place.row));
        } else {
          updates.set_index(update_count++, i);
          places.push_back(place);
        }
      }
      after.append(*chunk, updates, update_count);
      for (auto& [one, added] : inserted)
        added.append(*chunk, added.chosen, std::exchange(added.count, 0));
      give(kBatchRows);
    }
    give(0);
  }

  const WriteInput& input_;
  OpenTarget& target_;
  const delta::Schema& schema_;
  const ChangedRoot changed_;
  RewrittenText text_;
  std::vector<TypedColumn> typed_;
  std::vector<std::vector<int>> set_;
  std::vector<int> conditions_;
};

// DELETE without WHERE, and TRUNCATE: files go as they are.
bool remove_all(const WriteInput& input, OpenTarget& target, int64_t& count) {
  const delta::RowWriter writer{.table = target.table,
                                .base = target.snapshot,
                                .random = input.plan.writing->random,
                                .clock = *input.plan.clock,
                                .checker = input.plan.checker};
  count = target.snapshot->row_count().value_or(0);
  auto request = must(delta::replace_rows(writer, {}, {}));
  if (request.removes.empty()) return true;
  request.operation = input.write().kind == WriteKind::kTruncate ? "TRUNCATE" : "DELETE";
  request.operation_parameters.clear();
  request.read.whole_table = true;
  input.check_canceled();
  return commit_and_show(input, target, std::move(request));
}

int64_t change_rows(const WriteInput& input) {
  const auto kind = input.write().kind;
  const bool all =
      kind == WriteKind::kTruncate || (kind == WriteKind::kDelete && !input.write().has_where);
  int64_t count = 0;
  until_committed(input, [&] {
    const auto found = target_view(input, input.write().names);
    const auto root = must(input.plan.writing->tables.settled(found->id, input.patience()));
    OpenTarget target = open_target(input, root->tables[static_cast<size_t>(found->id.value())]);
    if (all && (target.snapshot->row_count() || kind == WriteKind::kTruncate))
      return remove_all(input, target, count);
    return RowChange(input, target, *root).run(count);
  });
  return kind == WriteKind::kTruncate ? 0 : count;
}

int64_t insert(const WriteInput& input) {
  const ast::Write& write = input.write();
  int64_t count = 0;
  until_committed(input, [&] {
    auto root = input.plan.writing->tables.root();
    auto view = target_view(input, input.write().names);
    WrittenQuery query = read_query(input, root);
    const bool reads =
        query.reads.contains({lower_case(view->name.schema), lower_case(view->name.name)});
    if (reads) {
      root = must(input.plan.writing->tables.settled(view->id, input.patience()));
      view = root->tables[static_cast<size_t>(view->id.value())];
    }
    OpenTarget target = open_target(input, std::move(view));
    // Then it sees what it is based on, and nothing may come in between.
    if (reads) query = read_query(input, only_committed(*root, target).root);
    const delta::Schema& schema = target.snapshot->schema();
    std::vector<std::string> columns;
    for (const ast::Identifier& name : write.columns) {
      const delta::Field* field = find_column(schema, name);
      if (!field)
        throw input.error("COLUMN_NOT_FOUND", 47,
                          "Insert column name does not exist in target table: " + name.name);
      if (std::ranges::find(columns, field->name) != columns.end())
        throw input.error("DUPLICATE_COLUMN_NAME", 54,
                          "Insert column name is specified more than once: " + name.name);
      columns.push_back(field->name);
    }
    if (columns.empty()) {
      for (const auto& field : schema.fields) columns.push_back(field.name);
    }
    LakeWriter writer(target.table, target.snapshot, input.plan.writing->random, *input.plan.clock,
                      *input.plan.checker);
    insert_query(input, std::move(query), target, columns, writer);
    count = writer.count();
    if (count == 0) return true;
    auto request = must(writer.finish());
    request.read.whole_table = reads;
    input.check_canceled();
    return commit_and_show(input, target, std::move(request), &writer);
  });
  return count;
}

}  // namespace

bool writes_rows(const ast::Write& write) {
  switch (write.kind) {
    case WriteKind::kInsert:
    case WriteKind::kDelete:
    case WriteKind::kUpdate:
    case WriteKind::kMerge:
    case WriteKind::kCreateTableAs:
    case WriteKind::kAnalyze: return true;
    default: return false;
  }
}

int64_t run_write(const WriteInput& input) {
  if (!input.plan.writing)
    throw input.error("NOT_SUPPORTED", 13,
                      fmt::format("{} is not supported: the lake is read only here",
                                  input.plan.statement.update.update_type));
  if (!input.plan.session.transaction.empty())
    throw user_error("AUTOCOMMIT_WRITE_CONFLICT", 25,
                     fmt::format("Catalog only supports writes using autocommit: {}", kCatalog));
  switch (input.write().kind) {
    case WriteKind::kInsert: return insert(input);
    case WriteKind::kDelete:
    case WriteKind::kUpdate:
    case WriteKind::kMerge:
    case WriteKind::kTruncate: return change_rows(input);
    default: return run_table_statement(input);
  }
}

void WriteInput::check_canceled() const {
  if (stop.stop_requested()) throw canceled_error();
}

table::Patience WriteInput::patience() const { return {std::chrono::minutes(1), stop}; }

QueryError write_error(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInvalid: return user_error("CONSTRAINT_VIOLATION", 16, error.message());
    case ErrorCode::kUnsupported: return user_error("NOT_SUPPORTED", 13, error.message());
    case ErrorCode::kAlreadyExists: return user_error("TABLE_ALREADY_EXISTS", 50, error.message());
    case ErrorCode::kNotFound: return user_error("NOT_FOUND", 5, error.message());
    case ErrorCode::kDenied: return user_error("PERMISSION_DENIED", 4, error.message());
    case ErrorCode::kConflict: return user_error("TRANSACTION_CONFLICT", 17, error.message());
    case ErrorCode::kCancelled: return canceled_error();
    default: return internal_error(error.message());
  }
}

TargetName target_name(const WriteInput& input, const ast::QualifiedName& names) {
  if (names.size() > 3) throw input.error("SYNTAX_ERROR", 1, "Too many dots in table name");
  const QuerySession& session = input.plan.session;
  const std::string catalog = names.size() > 2 ? lower_case(names[0].name) : session.catalog;
  const std::string schema =
      names.size() > 1 ? lower_case(names[names.size() - 2].name) : lower_case(session.schema);
  if (schema.empty())
    throw input.error("MISSING_SCHEMA_NAME", 57,
                      "Schema must be specified when session schema is not set");
  if (catalog.empty())
    throw input.error("MISSING_CATALOG_NAME", 56,
                      "Catalog must be specified when session catalog is not set");
  if (catalog == kSystemCatalog)
    throw input.error("NOT_SUPPORTED", 13, "This connector does not support modifying table rows");
  if (lower_case(catalog) != kCatalog)
    throw input.error("CATALOG_NOT_FOUND", 44, fmt::format("Catalog '{}' not found", catalog));
  return {schema, lower_case(names.back().name)};
}

std::shared_ptr<const table::TableView> target_view(const WriteInput& input,
                                                    const ast::QualifiedName& names) {
  const TargetName name = target_name(input, names);
  const auto root = input.plan.writing->tables.root();
  if (find_system_table(name.schema, name.table))
    throw input.error("NOT_SUPPORTED", 13, "This connector does not support modifying table rows");
  auto view = root->find(name.schema, name.table);
  if (!view)
    throw input.error(
        "TABLE_NOT_FOUND", 46,
        fmt::format("Table '{}.{}.{}' does not exist", kCatalog, name.schema, name.table));
  if (!view->snapshot)
    throw internal_error(
        fmt::format("table {} cannot be read: {}", view->name.to_string(), view->blocked));
  return view;
}

OpenTarget open_target(const WriteInput& input, std::shared_ptr<const table::TableView> view) {
  const WriteKind kind = input.write().kind;
  if (view->role == table::Role::kBronze &&
      (kind == WriteKind::kInsert || kind == WriteKind::kUpdate || kind == WriteKind::kMerge))
    throw input.error("NOT_SUPPORTED", 13,
                      "a topic's table holds what the topic holds: its rows can be deleted only");
  delta::Table table(input.plan.writing->store, view->table->root(), *input.plan.clock,
                     input.plan.writing->random);
  auto snapshot = must(table.refresh(view->snapshot));
  must(delta::check_writable(*snapshot, input.plan.checker));
  return {std::move(view), std::move(table), std::move(snapshot)};
}

bool commit_and_show(const WriteInput& input, OpenTarget& target, delta::CommitRequest request,
                     LakeWriter* writer) {
  auto outcome = [&] {
    const std::shared_lock no_drop(*input.plan.writing->commits);
    const auto root = input.plan.writing->tables.root();
    if (!root->tables[static_cast<size_t>(target.view->id.value())]->snapshot)
      throw user_error(
          "TABLE_NOT_FOUND", 46,
          fmt::format("Table '{}.{}' was dropped", kCatalog, target.view->name.to_string()));
    return target.table.commit(target.snapshot, request);
  }();
  const bool known = outcome.has_value() || outcome.error().code() != ErrorCode::kAmbiguous;
  const auto* committed = outcome.has_value() ? std::get_if<delta::Committed>(&*outcome) : nullptr;
  if (writer && (committed || !known)) writer->committed();
  if (!outcome.has_value()) throw write_error(outcome.error());
  if (!committed) return false;
  // It stands, whether it is shown in time or not.
  (void)input.plan.writing->tables.shown(target.view->id, committed->snapshot->version(),
                                         input.patience());
  return true;
}

void until_committed(const WriteInput& input, const std::function<bool()>& attempt) {
  std::mutex mutex;
  std::condition_variable_any paused;
  for (int i = 0; i < kAttempts; ++i) {
    if (i > 0) {  // who lost a race lets the others finish
      std::unique_lock lock(mutex);
      paused.wait_for(lock, input.stop, kFirstPause * (1 << (i - 1)), [] { return false; });
    }
    input.check_canceled();
    if (attempt()) return;
  }
  throw user_error("TRANSACTION_CONFLICT", 17,
                   fmt::format("{}: other writers changed what it reads or writes {} times while "
                               "it ran; nothing was written: run it again when fewer of them write",
                               input.plan.statement.update.update_type, kAttempts));
}

std::set<PartitionValues> partitions_of(const WriteInput& input, const OpenTarget& target) {
  const ChangedRoot changed = only_committed(*input.plan.writing->tables.root(), target);
  pin(input, changed.root, changed.view.get());
  const TreeInput tree{*changed.root, input.plan.session, input.plan.statement.source,
                       input.plan.statement};
  RewrittenText text = input.plan.statement.query;
  std::vector<TypedColumn> typed;
  auto query = parse_select(input.connection, tree, text, typed);
  Pull rows(input, files_tree(std::move(query)));
  std::set<int64_t> files;
  while (auto chunk = rows.next()) {
    chunk->Flatten();
    for (duckdb::idx_t i = 0; i < chunk->size(); ++i) files.insert(integer_at(chunk->data[0], i));
  }
  std::set<PartitionValues> found;
  for (const auto& [number, file] : delta::files_at(*target.snapshot, files)) {
    PartitionValues values;
    for (const std::string& column : target.snapshot->metadata().partition_columns) {
      const delta::Field& field = *target.snapshot->schema().find(column);
      const std::string key = partition_key(*target.snapshot, field);
      values.emplace(column, delta::partition_text(*file, key, field.name));
    }
    found.insert(std::move(values));
  }
  return found;
}

WrittenQuery read_query(const WriteInput& input, std::shared_ptr<const table::Root> root) {
  WrittenQuery query;
  const TreeInput tree{*root, input.plan.session, input.plan.statement.source, input.plan.statement,
                       &query.reads};
  pin(input, std::move(root), nullptr);
  RewrittenText text = input.plan.statement.query;
  query.tree = parse_select(input.connection, tree, text, query.columns);
  return query;
}

void insert_query(const WriteInput& input, WrittenQuery query, const OpenTarget& target,
                  const std::vector<std::string>& columns, LakeWriter& writer) {
  const delta::Schema& schema = target.snapshot->schema();
  std::vector<const delta::Field*> fields;
  std::vector<Type> wanted;
  for (const std::string& name : columns) {
    fields.push_back(schema.find(name));
    wanted.push_back(type_of_column(fields.back()->type));
  }
  if (!query.columns.empty() && !assignable(query.columns, wanted))
    throw input.error("TYPE_MISMATCH", 58,
                      fmt::format("Insert query has mismatched column types: Table: {}, Query: {}",
                                  types_text(wanted), types_text(known_types(query.columns))));
  Pull rows(input, insert_tree(std::move(query.tree), fields));
  const TableRows builder(*target.snapshot, fields, rows.types());
  const auto give = [&] {
    if (builder->num_rows() == 0) return;
    auto batch = builder.finish();
    check_not_null(schema, *batch);
    must(writer.insert(std::move(batch)));
  };
  while (auto chunk = rows.next()) {
    must(builder->append(*chunk));
    if (builder->num_rows() >= kBatchRows) give();
  }
  give();
}

}  // namespace foz::sql
