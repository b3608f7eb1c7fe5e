// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// foz: the command line. Wiring is in up.cc, everything else in its room.
#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/logging.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/table_arguments.h"
#include "cli/up.h"
#include "cli/version.h"

namespace {

using foz::Result;
using foz::Status;

// 0 done, 1 failed; wrong usage is 2.
int finish(const Status& status) {
  if (status) return 0;
  std::fprintf(stderr, "foz: %s\n", status.error().message().c_str());
  return 1;
}

int finish(const Result<bool>& good) {
  if (!good) return finish(Status(good.error()));
  return *good ? 0 : 1;
}

// A project and what the command line says over its foz.yaml.
struct ProjectFlags {
  std::string project, lake, data, kafka, http;
  bool insecure_listen = false;
};

struct UpFlags {
  ProjectFlags project;
  std::string addresses, log_format;
  bool verbose = false;
};

void add_project(CLI::App& app, ProjectFlags& flags) {
  app.add_option("project", flags.project,
                 "Project folder (default: none, topics and bronze tables only)");
  app.add_option("--lake", flags.lake,
                 "Where tables live: a folder or file:// URL (default: lake in the project)");
  app.add_option("--data", flags.data, "Folder of the log (default: .foz in the project)");
  app.add_option("--kafka", flags.kafka,
                 "Kafka listener HOST:PORT, port 0 picks one (default 127.0.0.1:9092)");
  app.add_option("--http", flags.http,
                 "SQL, page and metrics HOST:PORT, port 0 picks one (default 127.0.0.1:8080)");
  app.add_flag(
      "--insecure-listen", flags.insecure_listen,
      "Allow listeners that other machines can reach, without encryption or authentication");
}

void add_up(CLI::App& app, UpFlags& flags) {
  CLI::App* up = app.add_subcommand("up", "Serve a project: Kafka protocol in, SQL out");
  add_project(*up, flags.project);
  up->add_option("--addresses", flags.addresses,
                 "Write the addresses to this file as JSON once ready");
  up->add_option("--log-format", flags.log_format,
                 "text or json (default: log.format of foz.yaml, else text)")
      ->check(CLI::IsMember({"text", "json"}));
  up->add_flag("--verbose", flags.verbose, "Log debugging detail");
}

void add_server(CLI::App& app, std::string& server) {
  app.add_option("--server", server, "Address of foz (default http://127.0.0.1:8080)")
      ->transform([](std::string url) {
        while (url.ends_with('/')) url.pop_back();
        return url;
      });
}

Result<foz::cli::Config> load(const ProjectFlags& flags) {
  foz::cli::Config config = TRY(foz::cli::load_config(flags.project));
  const auto override_with = [](std::string& setting, const std::string& flag) {
    if (!flag.empty()) setting = flag;
  };
  override_with(config.lake, flags.lake);
  override_with(config.data, flags.data);
  override_with(config.kafka, flags.kafka);
  override_with(config.http, flags.http);
  config.insecure_listen |= flags.insecure_listen;
  return config;
}

int up(const UpFlags& flags) {
  Result<foz::cli::Config> config = load(flags.project);
  if (!config) return finish(Status(config.error()));
  const auto level = flags.verbose
                         ? foz::LogLevel::kDebug
                         : foz::parse_log_level(config->log_level).value_or(foz::LogLevel::kInfo);
  const auto& format = flags.log_format.empty() ? config->log_format : flags.log_format;
  foz::set_log_format(level, format == "json");
  return finish(foz::cli::run_up(*config, flags.addresses));
}

}  // namespace

int main(int argc, char** argv) {
  // `foz … | head` ends without a word, also below a parent that ignores SIGPIPE. The server
  // ignores it itself.
  std::signal(SIGPIPE, SIG_DFL);
  // Tails come and go in tens of megabytes. Arrow's default allocator hands them back to the
  // system at once, and half of all CPU time went into pages that were cleared anew.
  setenv("ARROW_DEFAULT_MEMORY_POOL", "jemalloc", 0);
  CLI::App app{"foz: the real-time lakehouse in one program", "foz"};
  app.set_version_flag("--version", std::string("foz ") + foz::cli::kVersion);
  app.require_subcommand(1);
  app.get_formatter()->column_width(28);

  UpFlags up_flags;
  add_up(app, up_flags);

  std::string folder = ".";
  std::string server = foz::cli::kDefaultServer;
  bool json = false;
  CLI::App* init = app.add_subcommand("init", "Make a project folder");
  init->add_option("folder", folder, "Folder to make")->required();
  CLI::App* check = app.add_subcommand("check", "Find a project's mistakes without running it");
  check->add_option("project", folder, "Project folder (default: here)");
  check->add_flag("--json", json, "Print JSON");

  ProjectFlags doctor_flags;
  CLI::App* doctor =
      app.add_subcommand("doctor", "Check machine, project and running server for what goes wrong");
  add_project(*doctor, doctor_flags);
  doctor->add_flag("--json", json, "Print JSON");
  // For ./dev docs; not a promise to anybody.
  CLI::App* reference = app.add_subcommand("reference", "Print what the documentation is made of");
  reference->group("");

  foz::cli::SqlOptions sql;
  CLI::App* sql_command = app.add_subcommand("sql", "Ask a running foz, in SQL");
  sql_command->add_option("-e,--execute", sql.statements,
                          "Statements to run (default: standard input)");
  add_server(*sql_command, sql.server);
  sql_command->add_option("--schema", sql.schema, "Where unqualified table names are looked up");
  sql_command->add_flag("--json", json, "Print one JSON object a row");

  CLI::App* topics = app.add_subcommand("topics", "List the topics of a running foz");
  CLI::App* tables = app.add_subcommand("tables", "List the tables of a running foz");
  for (CLI::App* each : {topics, tables}) {
    add_server(*each, server);
    each->add_flag("--json", json, "Print one JSON object a line");
  }

  const foz::cli::TableArguments table(app);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;  // --help and --version are no mistakes
  }
  sql.format = json ? foz::cli::SqlFormat::kJson : foz::cli::SqlFormat::kAligned;
  if (app.got_subcommand("up")) return up(up_flags);
  if (*init) return finish(foz::cli::run_init(folder));
  if (*check) return finish(foz::cli::run_check(folder, json));
  if (*doctor) return finish(foz::cli::run_doctor(load(doctor_flags), json));
  if (*reference) return finish(foz::cli::run_reference());
  if (*sql_command) return finish(foz::cli::run_sql(sql));
  if (*topics) return finish(foz::cli::run_topics(server, json));
  if (*tables) return finish(foz::cli::run_tables(server, json));
  if (const auto done = table.run()) return finish(*done);
  return 2;
}
