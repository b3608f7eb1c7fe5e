// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/lake_catalog_internal.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/catalog/entry_lookup_info.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/planner/tableref/bound_at_clause.hpp"
#include "duckdb/storage/database_size.hpp"
#include "duckdb/storage/statistics/base_statistics.hpp"
#include "duckdb/storage/storage_extension.hpp"
#include "duckdb/storage/table_storage_info.hpp"
#include "duckdb/transaction/transaction.hpp"
#include "duckdb/transaction/transaction_manager.hpp"
#include "sql/lake_changes_internal.h"
#include "sql/lake_types_internal.h"
#include "sql/query_engine.h"
#include "sql/table_details_internal.h"
#include "sql/trino_call_internal.h"
#include "sql/trino_table_changes_internal.h"

namespace foz::sql {

using duckdb::CatalogEntry;
using duckdb::CatalogTransaction;
using duckdb::ClientContext;
using duckdb::LogicalType;
using duckdb::optional_ptr;
using duckdb::unique_ptr;

namespace {

[[noreturn]] void read_only() {
  throw duckdb::NotImplementedException("the lake is read only here");
}

// ---- Tables -------------------------------------------------------------------------------------

class LakeTable final : public duckdb::TableCatalogEntry {
 public:
  LakeTable(duckdb::Catalog& lake, duckdb::SchemaCatalogEntry& in, duckdb::CreateTableInfo& info,
            duckdb::shared_ptr<LakeScan> scan)
      : TableCatalogEntry(lake, in, info), scan_(std::move(scan)) {
    scan_->table_entry = this;
  }

  duckdb::virtual_column_map_t GetVirtualColumns() const override {
    return scan_->hidden_columns();
  }
  unique_ptr<duckdb::BaseStatistics> GetStatistics(ClientContext&, duckdb::column_t) override {
    return nullptr;
  }
  duckdb::TableStorageInfo GetStorageInfo(ClientContext&) override { return {}; }
  duckdb::TableFunction GetScanFunction(ClientContext& context,
                                        unique_ptr<duckdb::FunctionData>& bind_data) override {
    return bind_scan(context, scan_, bind_data);
  }

 private:
  duckdb::shared_ptr<LakeScan> scan_;
};

struct RowsBind final : duckdb::TableFunctionData {
  RowsBind(OpenRows open_, duckdb::TableCatalogEntry& table_)
      : open(std::move(open_)), table(table_) {}
  OpenRows open;
  duckdb::TableCatalogEntry& table;
};

// Without it DuckDB does not ask the table for its hidden columns.
duckdb::BindInfo table_of_rows(const optional_ptr<duckdb::FunctionData> bind) {
  return duckdb::BindInfo(bind->Cast<RowsBind>().table);
}

struct RowsState final : duckdb::GlobalTableFunctionState {
  duckdb::vector<duckdb::column_t> columns;
  RowSource source;
  SystemRows rows;  // the newest of the source
  size_t at = 0;
};

unique_ptr<duckdb::GlobalTableFunctionState> init_rows(ClientContext&,
                                                       duckdb::TableFunctionInitInput& input) {
  auto state = duckdb::make_uniq<RowsState>();
  state->columns = input.column_ids;
  state->source = input.bind_data->Cast<RowsBind>().open();
  return state;
}

void scan_rows(ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& out) {
  auto& state = input.global_state->Cast<RowsState>();
  if (state.at == state.rows.size()) {
    state.rows = state.source();
    state.at = 0;
  }
  const size_t count = std::min<size_t>(STANDARD_VECTOR_SIZE, state.rows.size() - state.at);
  for (size_t row = 0; row < count; ++row) {
    const auto& values = state.rows[state.at + row];
    for (size_t i = 0; i < state.columns.size(); ++i) {
      const auto column = state.columns[i] >= duckdb::VIRTUAL_COLUMN_START
                              ? state.columns[i] - duckdb::VIRTUAL_COLUMN_START
                              : state.columns[i];
      out.SetValue(i, row, column < values.size() ? values[column] : duckdb::Value());
    }
  }
  state.at += count;
  out.SetCardinality(count);
}

class RowsTable final : public duckdb::TableCatalogEntry {
 public:
  RowsTable(duckdb::Catalog& lake, duckdb::SchemaCatalogEntry& in, duckdb::CreateTableInfo& info,
            SystemColumns given, OpenRows open)
      : TableCatalogEntry(lake, in, info), columns_(std::move(given)), open_(std::move(open)) {}

  // Columns that a query may name, and that are no part of `*`.
  duckdb::virtual_column_map_t GetVirtualColumns() const override {
    duckdb::virtual_column_map_t hidden;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const auto& column = columns_[i];
      if (column.hidden)
        hidden.emplace(duckdb::VIRTUAL_COLUMN_START + i,
                       duckdb::TableColumn(column.name, column.type));
    }
    return hidden;
  }

  unique_ptr<duckdb::BaseStatistics> GetStatistics(ClientContext&, duckdb::column_t) override {
    return nullptr;
  }
  duckdb::TableStorageInfo GetStorageInfo(ClientContext&) override { return {}; }
  duckdb::TableFunction GetScanFunction(ClientContext&,
                                        unique_ptr<duckdb::FunctionData>& bind_data) override {
    bind_data = duckdb::make_uniq<RowsBind>(open_, *this);
    duckdb::TableFunction function("system_rows", {}, scan_rows, nullptr, init_rows);
    function.projection_pushdown = true;
    function.get_bind_info = table_of_rows;
    return function;
  }

 private:
  const SystemColumns columns_;
  const OpenRows open_;
};

// ---- Schemas ------------------------------------------------------------------------------------

// Belongs to one transaction, whose thread binds; scans of DuckDB's own metadata may come from
// others.
class LakeSchema final : public duckdb::SchemaCatalogEntry {
 public:
  LakeSchema(duckdb::Catalog& lake, duckdb::CreateSchemaInfo& info,
             duckdb::shared_ptr<PinnedRoot> pinned, std::shared_ptr<LakeServices> services)
      : SchemaCatalogEntry(lake, info),
        pinned_(std::move(pinned)),
        services_(std::move(services)) {}

  optional_ptr<CatalogEntry> LookupEntry(CatalogTransaction,
                                         const duckdb::EntryLookupInfo& lookup) override {
    if (lookup.GetCatalogType() != duckdb::CatalogType::TABLE_ENTRY) return nullptr;
    return table(lookup.GetEntryName(), lookup.GetAtClause());
  }
  void Scan(ClientContext&, duckdb::CatalogType kind,
            const std::function<void(CatalogEntry&)>& visit) override {
    Scan(kind, visit);
  }
  void Scan(duckdb::CatalogType kind, const std::function<void(CatalogEntry&)>& visit) override {
    if (kind != duckdb::CatalogType::TABLE_ENTRY) return;
    for (const auto& view : pinned_->root->tables) {
      if (!view->name.name.empty() && duckdb::StringUtil::CIEquals(view->name.schema, name))
        visit(*table(view->name.name, nullptr));
    }
  }

  optional_ptr<CatalogEntry> CreateIndex(CatalogTransaction, duckdb::CreateIndexInfo&,
                                         duckdb::TableCatalogEntry&) override {
    read_only();
  }
  optional_ptr<CatalogEntry> CreateFunction(CatalogTransaction,
                                            duckdb::CreateFunctionInfo&) override {
    read_only();
  }
  optional_ptr<CatalogEntry> CreateTable(CatalogTransaction,
                                         duckdb::BoundCreateTableInfo&) override {
    read_only();
  }
  optional_ptr<CatalogEntry> CreateView(CatalogTransaction, duckdb::CreateViewInfo&) override {
    read_only();
  }
  optional_ptr<CatalogEntry> CreateSequence(CatalogTransaction,
                                            duckdb::CreateSequenceInfo&) override {
    read_only();
  }
  optional_ptr<CatalogEntry> CreateTableFunction(CatalogTransaction,
                                                 duckdb::CreateTableFunctionInfo&) override {
    read_only();
  }
  optional_ptr<CatalogEntry> CreateCopyFunction(CatalogTransaction,
                                                duckdb::CreateCopyFunctionInfo&) override {
    read_only();
  }
  optional_ptr<CatalogEntry> CreatePragmaFunction(CatalogTransaction,
                                                  duckdb::CreatePragmaFunctionInfo&) override {
    read_only();
  }
  optional_ptr<CatalogEntry> CreateCollation(CatalogTransaction,
                                             duckdb::CreateCollationInfo&) override {
    read_only();
  }
  optional_ptr<CatalogEntry> CreateType(CatalogTransaction, duckdb::CreateTypeInfo&) override {
    read_only();
  }
  void DropEntry(ClientContext&, duckdb::DropInfo&) override { read_only(); }
  void Alter(CatalogTransaction, duckdb::AlterInfo&) override { read_only(); }

 private:
  optional_ptr<CatalogEntry> table(const std::string& table_name,
                                   optional_ptr<duckdb::BoundAtClause> at) {
    std::lock_guard lock(mutex_);
    const std::string key = duckdb::StringUtil::Lower(table_name) +
                            (at ? "@" + at->Unit() + at->GetValue().ToString() : "");
    auto& entry = tables_[key];
    if (!entry) entry = make_table(table_name, at);
    return entry.get();
  }

  unique_ptr<CatalogEntry> make_table(const std::string& table_name,
                                      optional_ptr<duckdb::BoundAtClause> at) {
    duckdb::CreateTableInfo info;
    info.schema = name;
    info.table = table_name;
    if (const SystemTable* system = find_system_table(name, table_name)) {
      for (const auto& column : system->columns) {
        if (!column.hidden)
          info.columns.AddColumn(duckdb::ColumnDefinition(column.name, column.type));
      }
      return duckdb::make_uniq<RowsTable>(
          catalog, *this, info, system->columns,
          rows_at_hand(system->rows(SystemInput{*pinned_->root, *pinned_->session})));
    }
    const auto view = pinned_->root->find(name, table_name);
    if (!view) return make_details(info);
    if (!view->snapshot)
      throw duckdb::IOException("table %s cannot be read: %s", view->name.to_string(),
                                view->blocked);
    auto scan = make_scan(services_, *view, at ? snapshot_of(*view, *at) : view->snapshot, !at);
    scan->places = view.get() == pinned_->changed && !at;
    info.table = view->name.name;
    return lake_table(info, std::move(scan));
  }

  unique_ptr<CatalogEntry> lake_table(duckdb::CreateTableInfo& info,
                                      duckdb::shared_ptr<LakeScan> scan) {
    for (size_t i = 0; i < scan->names.size(); ++i)
      info.columns.AddColumn(duckdb::ColumnDefinition(scan->names[i], scan->types[i]));
    return duckdb::make_uniq<LakeTable>(catalog, *this, info, std::move(scan));
  }

  unique_ptr<CatalogEntry> make_details(duckdb::CreateTableInfo& info) {
    const auto detail = detail_of(info.table);
    const auto view = detail ? pinned_->root->find(name, detail->table) : nullptr;
    if (!view || !view->snapshot) return nullptr;
    if (detail->kind.starts_with(kChangesDetail + 1))
      return lake_table(info, changes_scan(services_, *view, changes_since(detail->kind)));
    auto details = details_of(*view, detail->kind, services_);
    if (details.columns.empty()) return nullptr;
    for (const auto& column : details.columns)
      info.columns.AddColumn(duckdb::ColumnDefinition(column.name, column.type));
    return duckdb::make_uniq<RowsTable>(catalog, *this, info, std::move(details.columns),
                                        std::move(details.open));
  }

  delta::SnapshotPtr snapshot_of(const table::TableView& view, const duckdb::BoundAtClause& at) {
    const auto version = at.GetValue().DefaultCastAs(LogicalType::BIGINT).GetValue<int64_t>();
    auto snapshot = pinned_->travelled.at(view, version);
    if (!snapshot.has_value()) {
      if (snapshot.error().code() == ErrorCode::kNotFound)
        refuse("INVALID_ARGUMENTS", 76,
               "Delta Lake snapshot ID does not exists: " + std::to_string(version) + ": " +
                   snapshot.error().message(),
               "", {});
      throw duckdb::IOException("%s", snapshot.error().message());
    }
    return *snapshot;
  }

  const duckdb::shared_ptr<PinnedRoot> pinned_;
  const std::shared_ptr<LakeServices> services_;
  std::mutex mutex_;
  std::map<std::string, unique_ptr<CatalogEntry>> tables_;
};

// ---- The catalog and its transactions -----------------------------------------------------------

class LakeCatalog;

class LakeTransaction final : public duckdb::Transaction {
 public:
  LakeTransaction(duckdb::TransactionManager& owner, ClientContext& client)
      : Transaction(owner, client),
        pinned_(client.registered_state->Get<PinnedRoot>(PinnedRoot::kKey)) {
    if (!pinned_)
      pinned_ = duckdb::make_shared_ptr<PinnedRoot>(std::make_shared<table::Root>(), kNobody);
  }

  LakeSchema* schema(duckdb::Catalog& lake, const std::shared_ptr<LakeServices>& services,
                     const std::string& wanted) {
    std::lock_guard lock(mutex_);
    auto& entry = schemas_[duckdb::StringUtil::Lower(wanted)];
    if (!entry) {
      duckdb::CreateSchemaInfo info;
      info.schema = wanted;
      entry = duckdb::make_uniq<LakeSchema>(lake, info, pinned_, services);
    }
    return entry.get();
  }
  const table::Root& root() const { return *pinned_->root; }

 private:
  static inline const QuerySession kNobody;
  duckdb::shared_ptr<PinnedRoot> pinned_;
  std::mutex mutex_;
  std::map<std::string, unique_ptr<LakeSchema>> schemas_;
};

class LakeTransactions final : public duckdb::TransactionManager {
 public:
  explicit LakeTransactions(duckdb::AttachedDatabase& database) : TransactionManager(database) {}
  duckdb::Transaction& StartTransaction(ClientContext& client) override {
    auto transaction = duckdb::make_uniq<LakeTransaction>(*this, client);
    auto& reference = *transaction;
    std::lock_guard lock(mutex_);
    open_[&reference] = std::move(transaction);
    return reference;
  }
  duckdb::ErrorData CommitTransaction(ClientContext&, duckdb::Transaction& transaction) override {
    RollbackTransaction(transaction);
    return {};
  }
  void RollbackTransaction(duckdb::Transaction& transaction) override {
    std::lock_guard lock(mutex_);
    open_.erase(&transaction);
  }
  void Checkpoint(ClientContext&, bool) override {}

 private:
  std::mutex mutex_;
  std::map<duckdb::Transaction*, unique_ptr<LakeTransaction>> open_;
};

class LakeCatalog final : public duckdb::Catalog {
 public:
  LakeCatalog(duckdb::AttachedDatabase& database, std::shared_ptr<LakeServices> services)
      : Catalog(database), services_(std::move(services)) {}

  void Initialize(bool) override {}
  duckdb::string GetCatalogType() override { return kCatalog; }
  bool SupportsTimeTravel() const override { return true; }
  optional_ptr<duckdb::SchemaCatalogEntry> LookupSchema(
      CatalogTransaction transaction, const duckdb::EntryLookupInfo& lookup,
      duckdb::OnEntryNotFound not_found) override {
    const std::string& wanted = lookup.GetEntryName();
    if (transaction.transaction) {
      auto& own = transaction.transaction->Cast<LakeTransaction>();
      if (has_schema(own.root(), wanted)) return own.schema(*this, services_, wanted);
    }
    if (not_found == duckdb::OnEntryNotFound::RETURN_NULL) return nullptr;
    throw duckdb::CatalogException("Schema '%s' does not exist", wanted);
  }
  void ScanSchemas(ClientContext& client,
                   std::function<void(duckdb::SchemaCatalogEntry&)> visit) override {
    auto& own = duckdb::Transaction::Get(client, *this).Cast<LakeTransaction>();
    for (const auto& schema : schema_names(own.root()))
      visit(*own.schema(*this, services_, schema));
  }
  duckdb::DatabaseSize GetDatabaseSize(ClientContext&) override { return {}; }
  bool InMemory() override { return false; }
  duckdb::string GetDBPath() override { return kCatalog; }

  optional_ptr<CatalogEntry> CreateSchema(CatalogTransaction, duckdb::CreateSchemaInfo&) override {
    read_only();
  }
  void DropSchema(ClientContext&, duckdb::DropInfo&) override { read_only(); }
  duckdb::PhysicalOperator& PlanCreateTableAs(ClientContext&, duckdb::PhysicalPlanGenerator&,
                                              duckdb::LogicalCreateTable&,
                                              duckdb::PhysicalOperator&) override {
    read_only();
  }
  duckdb::PhysicalOperator& PlanInsert(ClientContext&, duckdb::PhysicalPlanGenerator&,
                                       duckdb::LogicalInsert&,
                                       optional_ptr<duckdb::PhysicalOperator>) override {
    read_only();
  }
  duckdb::PhysicalOperator& PlanDelete(ClientContext&, duckdb::PhysicalPlanGenerator&,
                                       duckdb::LogicalDelete&, duckdb::PhysicalOperator&) override {
    read_only();
  }
  duckdb::PhysicalOperator& PlanUpdate(ClientContext&, duckdb::PhysicalPlanGenerator&,
                                       duckdb::LogicalUpdate&, duckdb::PhysicalOperator&) override {
    read_only();
  }

 private:
  static bool has_schema(const table::Root& root, const std::string& wanted) {
    for (const auto& system : system_tables()) {
      if (duckdb::StringUtil::CIEquals(system.schema, wanted)) return true;
    }
    const auto names = schema_names(root);
    return std::ranges::any_of(
        names, [&](const auto& name) { return duckdb::StringUtil::CIEquals(name, wanted); });
  }

  std::shared_ptr<LakeServices> services_;
};

struct LakeStorage final : duckdb::StorageExtensionInfo {
  std::shared_ptr<LakeServices> services;
};

unique_ptr<duckdb::Catalog> attach(optional_ptr<duckdb::StorageExtensionInfo> info, ClientContext&,
                                   duckdb::AttachedDatabase& database, const duckdb::string&,
                                   duckdb::AttachInfo&, duckdb::AttachOptions&) {
  return duckdb::make_uniq<LakeCatalog>(database, static_cast<LakeStorage&>(*info).services);
}

unique_ptr<duckdb::TransactionManager> make_transactions(optional_ptr<duckdb::StorageExtensionInfo>,
                                                         duckdb::AttachedDatabase& database,
                                                         duckdb::Catalog&) {
  return duckdb::make_uniq<LakeTransactions>(database);
}

}  // namespace

std::set<std::string> schema_names(const table::Root& root) {
  std::set<std::string> names{"information_schema"};
  for (const auto& view : root.tables) {
    if (!view->name.schema.empty()) names.insert(view->name.schema);
  }
  return names;
}

void attach_lake(duckdb::DatabaseInstance& instance, std::shared_ptr<LakeServices> services) {
  auto storage = duckdb::make_shared_ptr<LakeStorage>();
  storage->services = std::move(services);
  auto extension = duckdb::make_shared_ptr<duckdb::StorageExtension>();
  extension->attach = attach;
  extension->create_transaction_manager = make_transactions;
  extension->storage_info = std::move(storage);
  duckdb::StorageExtension::Register(duckdb::DBConfig::GetConfig(instance), kCatalog,
                                     std::move(extension));
  duckdb::Connection connection(instance);
  auto attached = connection.Query("ATTACH 'lake' AS lake (TYPE lake)");
  if (attached->HasError()) attached->ThrowError();
}

}  // namespace foz::sql
