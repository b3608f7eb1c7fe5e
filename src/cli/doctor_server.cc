// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What foz is to do, what is in its lake, and how a running one fares.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/random.h"
#include "cli/doctor_internal.h"
#include "cli/version.h"
#include "delta/table.h"
#include "net/http.h"
#include "net/tcp.h"
#include "pipeline/project.h"
#include "sql/flow_engine.h"
#include "store/disk.h"
#include "store/object_store.h"

namespace foz::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::chrono::seconds kPatience{5};
constexpr size_t kMostTables = 500;  // of a lake, in one check
constexpr size_t kMostNamed = 5;
constexpr int64_t kMuchLag = 100'000;

// "a, b and 3 more".
std::string some_of(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kMostNamed); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMostNamed) text += fmt::format(" and {} more", names.size() - kMostNamed);
  return text;
}

// SCHEMA/TABLE of every folder with a Delta log.
std::vector<std::string> tables_of(const fs::path& lake) {
  std::vector<std::string> tables;
  std::error_code error;
  for (const auto& schema : fs::directory_iterator(lake, error)) {
    for (const auto& table : fs::directory_iterator(schema.path(), error)) {
      if (fs::is_directory(table.path() / "_delta_log", error))
        tables.push_back((schema.path().filename() / table.path().filename()).string());
    }
  }
  std::ranges::sort(tables);
  return tables;
}

std::string base_url(const Config& config) { return "http://" + config.http; }

Result<net::HttpReply> ask(const Config& config, const std::string& path) {
  return net::http_request("GET", base_url(config) + path, {}, "", kPatience);
}

// Who connects in the moment of the trial is turned away.
class Refusal final : public net::Session {
 public:
  Result<size_t> on_bytes(Bytes) override { return invalid("only a trial of the address"); }
};

void check_listener(const std::string& name, const std::string& listen, bool expected,
                    Findings& findings) {
  const Result<net::Address> address = net::parse_address(listen);
  if (!address) return;  // the check of settings said so
  net::ListenerOptions options;
  options.address = *address;
  const auto free =
      net::Listener::start(options, [](auto, auto) { return std::make_unique<Refusal>(); });
  if (free && expected) {
    findings.push_back({name, Grade::kProblem, listen + ": nothing listens, although foz runs",
                        "look into its log; it may have been started with another --" + name});
  } else if (free) {
    findings.push_back({name, Grade::kOk, listen + " is free", ""});
  } else if (expected) {
    findings.push_back({name, Grade::kOk, listen + " is served by the running foz", ""});
  } else {
    findings.push_back({name, Grade::kProblem, free.error().message(),
                        "stop the program that has the port, or choose another in foz.yaml"});
  }
}

// The names of those in a list of the overview whose `field` is set.
std::vector<std::string> those_with(const Json& overview, const char* list, auto&& is_meant) {
  std::vector<std::string> names;
  for (const Json& each : overview.value(list, Json::array())) {
    if (is_meant(each)) names.push_back(each.value("name", ""));
  }
  return names;
}

void check_flows(const Json& overview, Findings& findings) {
  const auto stopped = those_with(
      overview, "flows", [](const Json& flow) { return flow.value("state", "") == "failed"; });
  const auto late = those_with(overview, "flows", [](const Json& flow) {
    return flow.value("lag_records", int64_t{0}) > kMuchLag;
  });
  const size_t all = overview.value("flows", Json::array()).size();
  Finding finding{"flows", Grade::kOk, fmt::format("{} keep up", all), ""};
  if (!stopped.empty()) {
    finding = {"flows", Grade::kProblem, "stopped: " + some_of(stopped),
               "the page and the log say why; mend the pipeline or the data, then restart"};
  } else if (!late.empty()) {
    finding = {"flows", Grade::kWarning,
               fmt::format("more than {} records behind: {}", kMuchLag, some_of(late)),
               "wait if it shrinks; else give foz more CPU or memory, or make the flow cheaper"};
  }
  findings.push_back(std::move(finding));
}

void check_tables(const Json& overview, Findings& findings) {
  const auto blocked = those_with(
      overview, "tables", [](const Json& table) { return !table.value("blocked", "").empty(); });
  const size_t all = overview.value("tables", Json::array()).size();
  findings.push_back(
      {"tables", blocked.empty() ? Grade::kOk : Grade::kProblem,
       blocked.empty() ? fmt::format("{}, none blocked", all) : "blocked: " + some_of(blocked),
       blocked.empty() ? "" : "see docs/how-to/blocked-table.md; `foz tables` says why"});
}

}  // namespace

void check_project(const Config& config, Findings& findings) {
  if (config.project.empty()) return;
  const auto flows = sql::FlowEngine::make(256 << 20);
  if (!flows) return;
  const auto checked = pipeline::check_project(config.project, **flows);
  Finding finding{"pipelines", Grade::kProblem, "", "run: foz check " + config.project.string()};
  if (!checked) {
    finding.found = checked.error().message();
  } else if (!checked->diagnostics.empty()) {
    finding.found = fmt::format("{} mistakes", checked->diagnostics.size());
  } else {
    finding = {"pipelines", Grade::kOk,
               fmt::format("{} streaming tables, no mistakes", checked->project.tables.size()), ""};
  }
  findings.push_back(std::move(finding));
}

void check_lake(const Config& config, Findings& findings) {
  const Result<std::string> path = store::local_path(config.lake);
  std::error_code error;
  if (!path || !fs::is_directory(*path, error)) return;
  const auto disk = store::make_posix_disk();
  const auto lake = store::open_local_store(*disk, *path);
  if (!lake) return;
  SystemClock clock;
  Random random{Random::system_seed()};
  const std::vector<std::string> all = tables_of(*path);
  std::vector<std::string> unreadable, unwritable;
  int64_t newest_ms = 0;
  for (size_t i = 0; i < std::min(all.size(), kMostTables); ++i) {
    const auto snapshot = delta::Table(**lake, all[i], clock, random).latest();
    if (!snapshot) {
      unreadable.push_back(fmt::format("{} ({})", all[i], snapshot.error().message()));
      continue;
    }
    newest_ms = std::max(newest_ms, (*snapshot)->timestamp_ms());
    if (const Status writable = delta::check_writable(**snapshot); !writable)
      unwritable.push_back(fmt::format("{} ({})", all[i], writable.error().message()));
  }
  Finding finding{"delta", Grade::kOk, fmt::format("{} tables", all.size()), ""};
  if (all.size() > kMostTables) finding.found += fmt::format(", {} looked at", kMostTables);
  if (newest_ms > 0) {
    finding.found += fmt::format(", last commit {} s ago",
                                 std::max<int64_t>(0, clock.now_ms() - newest_ms) / 1000);
  }
  if (!unreadable.empty()) {
    finding = {"delta", Grade::kProblem, "cannot be read: " + some_of(unreadable),
               "rewrite or move these tables; foz leaves them out"};
  } else if (!unwritable.empty()) {
    finding = {"delta", Grade::kWarning, "can be read but not written: " + some_of(unwritable),
               "let no flow write to them, or drop the feature with another engine"};
  }
  findings.push_back(std::move(finding));
}

void check_listeners(const Config& config, Running& running, Findings& findings) {
  if (const auto reply = ask(config, "/api/overview"); reply && reply->status == 200) {
    const Json parsed = Json::parse(reply->body, nullptr, false);
    running.answers = parsed.is_object() && parsed.contains("version");
    if (running.answers) running.overview = reply->body;
  }
  check_listener("http", config.http, running.answers, findings);
  check_listener("kafka", config.kafka, running.answers, findings);
  if (running.pid && !running.answers) {
    findings.push_back(
        {"server", Grade::kWarning,
         "a foz has the data folder, but none answers at " + base_url(config),
         "give doctor the addresses that it was started with, or look into its log"});
  }
}

void check_server(const Config& config, const Running& running, Findings& findings) {
  const Json overview = Json::parse(running.overview, nullptr, false);
  const std::string version = overview.value("version", "");
  const bool same = version == kVersion;
  findings.push_back({"version", same ? Grade::kOk : Grade::kWarning,
                      fmt::format("the server is foz {}, this is foz {}", version, kVersion),
                      same ? "" : "restart the server to run the installed version"});
  for (const char* path : {"/healthz", "/readyz"}) {
    const auto reply = ask(config, path);
    const std::string name(path + 1);
    std::string said = reply ? reply->body : reply.error().message();
    said.erase(said.find_last_not_of('\n') + 1);
    const bool good = reply && reply->status == 200;
    const bool starting = !good && name == "readyz";
    findings.push_back({name,
                        good       ? Grade::kOk
                        : starting ? Grade::kWarning
                                   : Grade::kProblem,
                        said,
                        good       ? ""
                        : starting ? "wait: it replays its log, and its log says how far it is"
                                   : "mend the disk, then restart; what was acknowledged is safe"});
  }
  check_flows(overview, findings);
  check_tables(overview, findings);
}

}  // namespace foz::cli
