// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_instance_internal.h"

#include <algorithm>
#include <filesystem>

#include "duckdb/main/settings.hpp"
#include "duckdb/parallel/task_scheduler.hpp"
#include "sql/lake_catalog_internal.h"
#include "sql/trino_tree_internal.h"

namespace foz::sql {

namespace {

constexpr uint64_t kMostSpilled = 10ULL << 30;

// For files that queries spill: no more than a quarter of what is free.
uint64_t spill_bytes(const std::string& directory) {
  std::error_code error;
  // Its own folder may not be there yet.
  const auto space = std::filesystem::space(std::filesystem::path(directory).parent_path(), error);
  return error ? kMostSpilled : std::min<uint64_t>(kMostSpilled, space.available / 4);
}

void set(duckdb::Connection& connection, const std::string& assignment) {
  auto result = connection.Query("SET " + assignment);
  if (result->HasError()) result->ThrowError();
}

}  // namespace

QueryInstance::QueryInstance(const QueryEngineOptions& options, Metrics& metrics) {
  duckdb::DBConfig config;
  config.SetOptionByName("threads", duckdb::Value::INTEGER(options.threads));
  config.SetOptionByName("external_threads", duckdb::Value::INTEGER(options.threads));
  config.SetOptionByName("memory_limit", duckdb::Value(std::to_string(options.memory_bytes) + "B"));
  config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
  config.SetOptionByName("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
  config.SetOptionByName("temp_directory", duckdb::Value(options.spill_directory));
  if (!options.spill_directory.empty())
    config.SetOptionByName(
        "max_temp_directory_size",
        duckdb::Value(std::to_string(spill_bytes(options.spill_directory)) + "B"));
  duckdb_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);

  auto files = duckdb::make_uniq<LakeFiles>();
  services_ = std::make_shared<LakeServices>();
  services_->files = files.get();
  services_->files_opened =
      &metrics.counter("foz_query_files_opened_total", "Data files that queries opened.");
  services_->files_pruned =
      &metrics.counter("foz_query_files_pruned_total",
                       "Data files that queries left out because of their statistics.");
  database().GetFileSystem().RegisterSubSystem(std::move(files));
  attach_lake(database(), services_);

  duckdb::Connection connection(database());
  create_functions(connection);
  set(connection, "GLOBAL TimeZone = 'UTC'");
  set(connection, "GLOBAL parquet_metadata_cache = true");
  set(connection, "GLOBAL allowed_directories = ['lake://']");
  set(connection, "GLOBAL enable_external_access = false");

  workers_ = std::make_unique<QueryWorkers>(duckdb::TaskScheduler::GetScheduler(database()),
                                            options.threads - 1);
}

}  // namespace foz::sql
