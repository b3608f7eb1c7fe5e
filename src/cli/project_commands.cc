// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/json_writer.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "pipeline/project.h"
#include "sql/flow_engine.h"

namespace foz::cli {
namespace {

constexpr char kYaml[] = R"(# Every setting has a default; these are some of them.
name: {0}
# lake: ./lake                 # where tables live: a folder or file:// URL
# data: ./.foz                 # the log on this disk
# http: 127.0.0.1:8080         # SQL (Trino protocol), the page, /metrics
# kafka: {{listen: 127.0.0.1:9092}}
# limits: {{memory: 4GB}}
# commits: {{interval: 10s}}     # how often a busy table commits to Delta; SQL sees rows at once
# topics:
#   orders: {{partitions: 3, retention.ms: 604800000}}    # Kafka's settings by their names
)";

constexpr char kPipeline[] =
    R"(-- Every topic is the table bronze.TOPIC as soon as somebody produces to it. A streaming table
-- reads it as it comes in: parse, check, keep each order once. Rows that fail a check are in
-- silver.orders__quarantine, with bytes and reason.
--
--   echo '{"id": 1, "customer": "Ada", "total": "12.50"}' | kcat -P -b 127.0.0.1:9092 -t orders
--   foz sql -e 'SELECT * FROM silver.orders'
CREATE OR REFRESH STREAMING TABLE orders (
  CONSTRAINT has_id EXPECT (id IS NOT NULL) ON VIOLATION QUARANTINE
)
TBLPROPERTIES ('foz.dedupe.keys' = 'id', 'foz.dedupe.horizon' = '1 day')
AS SELECT
  o.id,
  o.customer,
  CAST(o.total AS DECIMAL(10, 2)) AS total,
  timestamp AS received_at
FROM (
  SELECT
    from_json(CAST(value AS STRING), 'id BIGINT, customer STRING, total STRING',
              map('mode', 'FAILFAST')) AS o,
    timestamp
  FROM STREAM bronze.orders
);
)";

Status write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) return Error(ErrorCode::kIo, "cannot write " + path.string());
  return {};
}

// As a YAML string, whatever the folder is called.
std::string quoted(const std::string& text) {
  JsonWriter json;
  json.string(text);
  return json.take();
}

// Of foz.yaml, whose messages begin with "FOLDER/foz.yaml:LINE: " where there is a line.
pipeline::FileDiagnostic in_settings(const std::string& folder, std::string message) {
  const std::string head = (std::filesystem::path(folder) / "foz.yaml").string() + ":";
  int line = 1;
  if (message.starts_with(head)) {
    const char* end = message.data() + message.size();
    const auto [after, error] = std::from_chars(message.data() + head.size(), end, line);
    message.erase(0, static_cast<size_t>(after - message.data()));
    message.erase(0, message.find_first_not_of(": "));
  }
  return {"foz.yaml", {std::move(message), line}, ""};
}

void print_json(const std::vector<pipeline::FileDiagnostic>& diagnostics,
                const pipeline::Project& project) {
  JsonWriter out;
  out.begin_object().key("errors").begin_array();
  for (const auto& each : diagnostics) {
    out.begin_object()
        .field("file", each.file)
        .field("line", each.what.line)
        .field("column", each.what.column);
    out.field("message", each.what.message).end_object();
  }
  out.end_array().key("tables").begin_array();
  for (const auto& table : project.tables) out.string(table.schema + "." + table.name);
  out.end_array().end_object();
  fmt::print("{}\n", out.text());
}

}  // namespace

Status run_init(const std::string& folder) {
  const std::filesystem::path root = folder;
  const std::filesystem::path settings = root / "foz.yaml";
  const std::filesystem::path pipeline = root / "pipelines" / "orders.sql";
  const std::filesystem::path ignored = root / ".gitignore";
  std::error_code error;
  for (const auto& path : {settings, pipeline}) {
    if (!std::filesystem::exists(path, error)) continue;
    return Error(ErrorCode::kAlreadyExists, path.string() + " exists already; nothing was changed");
  }
  std::filesystem::create_directories(root / "pipelines", error);
  if (error)
    return Error(ErrorCode::kDenied, fmt::format("cannot make {}: {}", folder, error.message()));
  TRY(write_file(settings, fmt::format(kYaml, quoted(folder_name(root)))));
  TRY(write_file(pipeline, kPipeline));
  if (!std::filesystem::exists(ignored, error)) TRY(write_file(ignored, "/lake/\n/.foz/\n"));
  fmt::print("made the project {0}\n  foz check {0}\n  foz up {0}\n", folder);
  return {};
}

Result<bool> run_check(const std::string& folder, bool json) {
  const Result<Config> config = load_config(folder);
  const Status usable = config ? check_config(*config) : Status(config.error());
  if (!usable && !json) return usable.error();
  if (!usable) {
    print_json({in_settings(folder, usable.error().message())}, {});
    return false;
  }
  const auto flows = TRY(sql::FlowEngine::make(256 << 20));
  const pipeline::CheckedProject checked = TRY(pipeline::check_project(folder, *flows));
  if (json) {
    print_json(checked.diagnostics, checked.project);
  } else {
    for (const auto& each : checked.diagnostics) fmt::print("{}\n", pipeline::to_string(each));
    if (checked.diagnostics.empty())
      fmt::print("{}: {} streaming tables, no errors\n", folder, checked.project.tables.size());
  }
  return checked.diagnostics.empty();
}

}  // namespace foz::cli
