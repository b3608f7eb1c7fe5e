// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// CREATE and DROP, of tables and schemas.
// https://trino.io/docs/current/connector/delta-lake.html
#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <set>

#include "base/json_writer.h"
#include "delta/whole_files.h"
#include "sql/arrow_duck_internal.h"
#include "sql/lake_catalog_internal.h"
#include "sql/lake_writer_internal.h"
#include "sql/query_select_internal.h"
#include "sql/query_tables_internal.h"
#include "sql/system_tables_internal.h"
#include "store/object_store.h"
#include "table/live_tables.h"

namespace foz::sql {

using ast::WriteKind;

namespace {

table::LiveTables& tables_of(const WriteInput& input) { return input.plan.writing->tables; }

// As its folder is called; nullopt: there is none.
std::optional<std::string> find_schema(const WriteInput& input, const std::string& schema) {
  const auto names = schema_names(*tables_of(input).root());
  const auto found =
      std::ranges::find_if(names, [&](const auto& each) { return lower_case(each) == schema; });
  return found == names.end() ? std::nullopt : std::optional(*found);
}

// One that may hold tables.
std::string known_schema(const WriteInput& input, const std::string& schema) {
  auto found = find_schema(input, schema);
  if (schema == "information_schema" || !found)
    throw input.error("SCHEMA_NOT_FOUND", 45, fmt::format("Schema {} not found", schema));
  return std::move(*found);
}

void check_folder_name(const WriteInput& input, const std::string& name, const char* what) {
  const bool plain = !name.empty() && name[0] != '.' && name[0] != '_' && name[0] != '$' &&
                     name.find('/') == std::string::npos && name.size() < 200;
  if (!plain)
    throw input.error("NOT_SUPPORTED", 13, fmt::format("{} cannot be called '{}'", what, name));
}

void remove_objects(const WriteInput& input, const std::string& folder) {
  auto& store = input.plan.writing->store;
  // What comes meanwhile is a new table's. The log goes first and from its end, so that what is
  // left is a table until nothing is.
  auto objects = must(store.list(folder + "/"));
  const auto rest = std::ranges::stable_partition(objects, [&](const auto& object) {
    return object.path.starts_with(folder + "/_delta_log/");
  });
  std::reverse(objects.begin(), rest.begin());
  for (const auto& object : objects) must(store.remove(object.path));
}

// ---- CREATE TABLE -------------------------------------------------------------------------------

void check_names(const WriteInput& input, const std::vector<delta::Field>& fields) {
  std::set<std::string> seen;
  for (const auto& field : fields) {
    if (!seen.insert(lower_case(field.name)).second)
      throw input.error("DUPLICATE_COLUMN_NAME", 54,
                        fmt::format("Column name '{}' specified more than once", field.name));
  }
}

// What a table is to be.
delta::CreateOptions options_of(const WriteInput& input, std::vector<delta::Field> fields) {
  const ast::Write& write = input.write();
  check_names(input, fields);
  delta::CreateOptions options;
  for (const auto& field : fields) {
    if (field.metadata.contains("CURRENT_DEFAULT"))
      options.properties["delta.feature.allowColumnDefaults"] = "supported";
  }
  options.schema.fields = std::move(fields);
  options.description = write.comment;
  TableProperties given = table_properties(input, write.properties);
  options.properties.merge(given.set);
  options.partition_columns = std::move(given.partitioned_by);
  for (const std::string& column : options.partition_columns) {
    if (!options.schema.find(column))
      throw input.error("INVALID_TABLE_PROPERTY", 18,
                        fmt::format("Table property 'partitioned_by' contained column names which "
                                    "do not exist: [{}]",
                                    column));
  }
  if (options.partition_columns.size() == options.schema.fields.size())
    throw input.error("INVALID_TABLE_PROPERTY", 18,
                      "Using all columns for partition columns is unsupported");
  return options;
}

// The columns that LIKE takes over, and what tables it takes further things from.
std::vector<delta::Field> defined_fields(const WriteInput& input, delta::CreateOptions& like) {
  const ast::Write& write = input.write();
  std::vector<delta::Field> fields;
  for (const auto& names : write.like) {
    const auto view = target_view(input, names);
    for (delta::Field field : view->snapshot->schema().fields) {
      std::erase_if(field.metadata, [](const auto& entry) { return entry.first != "comment"; });
      fields.push_back(std::move(field));
    }
    if (!write.like_properties) continue;
    like.partition_columns = view->snapshot->metadata().partition_columns;
  }
  for (const auto& column : write.definitions) fields.push_back(field_of(input, column));
  return fields;
}

// Nothing is to be done when the table is there and may be.
bool exists(const WriteInput& input, const TargetName& name) {
  const auto root = tables_of(input).root();
  if (input.write().replace || !root->find(name.schema, name.table)) return false;
  if (input.write().exists) return true;
  throw input.error(
      "TABLE_ALREADY_EXISTS", 50,
      fmt::format("Table '{}.{}.{}' already exists", kCatalog, name.schema, name.table));
}

std::vector<std::string> column_names(const delta::Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const auto& field : snapshot.schema().fields) names.push_back(field.name);
  return names;
}

struct NewTable {
  table::TableName name;
  std::shared_ptr<delta::Table> table;
};

NewTable new_table(const WriteInput& input, const TargetName& name) {
  check_folder_name(input, name.table, "a table");
  NewTable made;
  made.name = {known_schema(input, name.schema), name.table};
  made.table = std::make_shared<delta::Table>(input.plan.writing->store,
                                              made.name.schema + "/" + made.name.name,
                                              *input.plan.clock, input.plan.writing->random);
  return made;
}

void show(const WriteInput& input, const NewTable& made, delta::SnapshotPtr snapshot) {
  must(tables_of(input).adopt(made.name, made.table, std::move(snapshot), input.patience()));
}

// What a table with these options is.
delta::SnapshotPtr shape_of(const WriteInput& input, const std::string& root,
                            const delta::CreateOptions& options) {
  const auto scratch = store::make_memory_store(input.plan.clock);
  return must(
      delta::Table(*scratch, root, *input.plan.clock, input.plan.writing->random).create(options));
}

// CREATE OR REPLACE of a table that is there: one commit takes the old columns and rows away and
// brings the new ones. Older versions stay.
int64_t replace_table(const WriteInput& input,
                      const std::function<delta::CreateOptions(const table::Root&)>& options) {
  int64_t count = 0;
  until_committed(input, [&] {
    const auto root = tables_of(input).root();
    OpenTarget target = open_target(input, target_view(input, input.write().names));
    check_no_stream(input, target, "replacing");
    const auto shape = shape_of(input, target.table.root(), options(*root));
    auto request = must(delta::replacement(*target.snapshot, *shape));
    const bool rows = input.write().kind == WriteKind::kCreateTableAs && input.write().with_data;
    request.operation = rows ? "CREATE OR REPLACE TABLE AS SELECT" : "CREATE OR REPLACE TABLE";
    request.read.whole_table = true;
    LakeWriter writer(target.table, shape, input.plan.writing->random, *input.plan.clock,
                      *input.plan.checker);
    if (rows) {
      const OpenTarget made{nullptr, target.table, shape};
      insert_query(input, read_query(input, root), made, column_names(*shape), writer);
      count = writer.count();
      auto written = must(writer.finish());
      request.adds = std::move(written.adds);
      request.operation_metrics = std::move(written.operation_metrics);
    }
    input.check_canceled();
    return commit_and_show(input, target, std::move(request), &writer);
  });
  return count;
}

bool replaces(const WriteInput& input, const TargetName& name) {
  return input.write().replace && tables_of(input).root()->find(name.schema, name.table);
}

int64_t create_table(const WriteInput& input) {
  const TargetName name = target_name(input, input.write().names);
  if (exists(input, name)) return 0;
  const auto options = [&](const table::Root&) {
    delta::CreateOptions like;
    delta::CreateOptions made = options_of(input, defined_fields(input, like));
    if (made.partition_columns.empty()) made.partition_columns = like.partition_columns;
    return made;
  };
  if (replaces(input, name)) return replace_table(input, options);
  const auto root = tables_of(input).root();
  NewTable made = new_table(input, name);
  show(input, made, must(made.table->create(options(*root))));
  return 0;
}

// ---- CREATE TABLE … AS --------------------------------------------------------------------------

// The columns of the query, under the names that they have or are given.
std::vector<delta::Field> query_fields(const WriteInput& input, const table::Root& root) {
  const TreeInput tree{root, input.plan.session, input.plan.statement.source, input.plan.statement};
  RewrittenText text = input.plan.statement.query;
  std::vector<TypedColumn> typed;
  auto prepared = input.connection.Prepare(parse_select(input.connection, tree, text, typed));
  if (prepared->HasError()) prepared->error.Throw();
  const auto& names = prepared->GetNames();
  const auto& types = prepared->GetTypes();
  const auto& aliases = input.write().columns;
  if (!aliases.empty() && aliases.size() != names.size())
    throw error_at(input.plan.statement.source, aliases[0].offset, "MISMATCHED_COLUMN_ALIASES", 61,
                   fmt::format("Column alias list has {} entries but relation has {} columns",
                               aliases.size(), names.size()));
  if (typed.size() != names.size()) typed.clear();
  std::vector<delta::Field> fields;
  for (size_t i = 0; i < names.size(); ++i) {
    delta::Field field;
    field.name = lower_case(!aliases.empty() ? aliases[i].name
                            : typed.empty()  ? names[i]
                                             : typed[i].name);
    if (field.name.empty() || field.name.starts_with(kUnnamed))
      throw input.error("MISSING_COLUMN_NAME", 55,
                        fmt::format("Column name not specified at position {}", i + 1));
    if (types[i].id() == duckdb::LogicalTypeId::SQLNULL ||
        (!typed.empty() && typed[i].type && typed[i].type->name == "unknown"))
      throw input.error("COLUMN_TYPE_UNKNOWN", 60, "Column type is unknown: " + field.name);
    std::optional<delta::DataType> type;
    if (!typed.empty() && typed[i].type) {
      type = delta_type(*typed[i].type);
    } else if (const auto arrow = arrow_type(result_type(types[i]))) {
      const auto schema = delta::from_arrow(*arrow::schema({arrow::field(field.name, *arrow)}));
      if (schema) type = schema->fields[0].type;
    }
    if (!type)
      throw input.error("NOT_SUPPORTED", 13,
                        fmt::format("Unsupported type: {}", trino_type(types[i])));
    field.type = std::move(*type);
    fields.push_back(std::move(field));
  }
  return fields;
}

int64_t create_table_as(const WriteInput& input) {
  const TargetName name = target_name(input, input.write().names);
  if (exists(input, name)) return 0;
  const auto options = [&](const table::Root& root) {
    input.connection.context->registered_state->Remove(PinnedRoot::kKey);
    input.connection.context->registered_state->Insert(
        PinnedRoot::kKey, duckdb::make_shared_ptr<PinnedRoot>(std::make_shared<table::Root>(root),
                                                              input.plan.session));
    return options_of(input, query_fields(input, root));
  };
  if (replaces(input, name)) return replace_table(input, options);
  const auto root = tables_of(input).root();
  NewTable made = new_table(input, name);
  // Made elsewhere first, so that the table begins with its rows.
  const auto shape = shape_of(input, made.table->root(), options(*root));
  OpenTarget target{nullptr, *made.table, shape};
  LakeWriter writer(target.table, shape, input.plan.writing->random, *input.plan.clock,
                    *input.plan.checker);
  if (input.write().with_data)
    insert_query(input, read_query(input, root), target, column_names(*shape), writer);
  auto request = must(writer.finish());
  input.check_canceled();
  auto snapshot = delta::create_with_files(*made.table, *shape, std::move(request.adds),
                                           input.plan.writing->random, *input.plan.clock);
  if (snapshot.has_value() || snapshot.error().code() == ErrorCode::kAmbiguous) writer.committed();
  show(input, made, must(std::move(snapshot)));
  return writer.count();
}

void drop(const WriteInput& input, const table::TableView& view) {
  must(tables_of(input).forget(view.id, input.patience()));
  {
    const std::unique_lock commits_are_over(*input.plan.writing->commits);
  }
  remove_objects(input, view.table->root());
}

int64_t drop_table(const WriteInput& input) {
  const TargetName name = target_name(input, input.write().names);
  const auto root = tables_of(input).root();
  auto view = root->find(name.schema, name.table);
  if (!view && input.write().exists) return 0;
  if (!view) view = target_view(input, input.write().names);  // says what is not there
  drop(input, *view);
  return 0;
}

// ---- Schemas ------------------------------------------------------------------------------------

std::string schema_name(const WriteInput& input) {
  const auto& names = input.write().names;
  const std::string catalog =
      names.size() > 1 ? lower_case(names[0].name) : input.plan.session.catalog;
  if (names.size() > 2)
    throw input.error("INVALID_SCHEMA_PROPERTY", 33, "Too many parts in schema name");
  if (lower_case(catalog) != kCatalog)
    throw input.error("CATALOG_NOT_FOUND", 44, fmt::format("Catalog '{}' not found", catalog));
  return lower_case(names.back().name);
}

void create_schema(const WriteInput& input) {
  const std::string schema = schema_name(input);
  if (find_schema(input, schema)) {
    if (input.write().exists) return;
    throw input.error("SCHEMA_ALREADY_EXISTS", 49,
                      fmt::format("Schema '{}.{}' already exists", kCatalog, schema));
  }
  if (!input.write().properties.empty())
    throw input.error("NOT_SUPPORTED", 13, "a schema's properties are not supported");
  check_folder_name(input, schema, "a schema");
  must(tables_of(input).make_schema(schema, input.patience()));
}

void drop_schema(const WriteInput& input) {
  const std::string schema = schema_name(input);
  if (!find_schema(input, schema)) {
    if (input.write().exists) return;
    throw input.error("SCHEMA_NOT_FOUND", 45,
                      fmt::format("Schema '{}.{}' does not exist", kCatalog, schema));
  }
  const std::string folder = known_schema(input, schema);
  std::vector<std::shared_ptr<const table::TableView>> inside;
  const auto root = tables_of(input).root();
  for (const auto& view : root->tables) {
    if (!view->name.name.empty() && view->name.schema == folder) inside.push_back(view);
  }
  if (!inside.empty() && !input.write().cascade)
    throw input.error("SCHEMA_NOT_EMPTY", 34,
                      fmt::format("Cannot drop non-empty schema '{}'", schema));
  for (const auto& view : inside) {
    if (view->role != table::Role::kForeign)
      throw input.error("PERMISSION_DENIED", 4, view->name.to_string() + " is written by a stream");
  }
  for (const auto& view : inside) {
    drop(input, *view);
  }
  must(tables_of(input).drop_schema(folder, input.patience()));
}

// Every row that is given no value is going to be given this one.
std::string default_of(const WriteInput& input, const ast::ColumnDefinition& column,
                       const delta::DataType& type) {
  std::string sql = spark_literal(input, *column.otherwise);
  const auto column_x = arrow::MakeArrayOfNull(arrow::int64(), 1).ValueOrDie();
  const auto one_row =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("x", arrow::int64())}), 1, {column_x});
  if (!input.plan.checker->evaluate({{sql, type}}, one_row).has_value())
    throw error_at(input.plan.statement.source, column.otherwise->offset, "TYPE_MISMATCH", 58,
                   fmt::format("Default {} is no {}", sql, display_text(column.type)));
  return sql;
}

}  // namespace

delta::Field field_of(const WriteInput& input, const ast::ColumnDefinition& column) {
  if (!column.properties.empty())
    throw error_at(input.plan.statement.source, column.properties[0].name.offset,
                   "INVALID_COLUMN_PROPERTY", 39,
                   fmt::format("Catalog '{}' column property '{}' does not exist", kCatalog,
                               lower_case(column.properties[0].name.name)));
  delta::Field field;
  field.name = lower_case(column.path.back().name);
  auto type = delta_type(column.type);
  if (!type)
    throw error_at(input.plan.statement.source, column.path[0].offset, "NOT_SUPPORTED", 13,
                   "Unsupported type: " + display_text(column.type));
  field.type = std::move(*type);
  field.nullable = !column.not_null;
  if (column.comment) field.metadata["comment"] = json_text(*column.comment);
  if (column.otherwise)
    field.metadata["CURRENT_DEFAULT"] = json_text(default_of(input, column, field.type));
  return field;
}

bool is_place_of(const WriteInput& input, const TargetName& name, std::string_view location) {
  while (location.ends_with('/')) location.remove_suffix(1);
  const auto& store = input.plan.writing->store;
  return lower_case(location) == lower_case(store.url()) + "/" + name.schema + "/" + name.table;
}

void register_table(const WriteInput& input, const TargetName& name) {
  if (tables_of(input).root()->find(name.schema, name.table))
    throw input.error(
        "TABLE_ALREADY_EXISTS", 50,
        fmt::format("Table '{}.{}.{}' already exists", kCatalog, name.schema, name.table));
  const NewTable found = new_table(input, name);
  show(input, found, must(found.table->latest()));
}

int64_t run_table_statement(const WriteInput& input) {
  switch (input.write().kind) {
    case WriteKind::kCreateTable: return create_table(input);
    case WriteKind::kCreateTableAs: return create_table_as(input);
    case WriteKind::kDropTable: return drop_table(input);
    case WriteKind::kCreateSchema: create_schema(input); return 0;
    case WriteKind::kDropSchema: drop_schema(input); return 0;
    // What it would find out stands in the files' statistics already.
    case WriteKind::kAnalyze:
      return target_view(input, input.write().names)->snapshot->row_count().value_or(0);
    default: run_alter(input); return 0;
  }
}

}  // namespace foz::sql
