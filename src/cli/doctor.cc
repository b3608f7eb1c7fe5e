// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// `foz doctor`: the order of the checks and how they are shown.
#include <fmt/format.h>

#include <algorithm>

#include "base/json_writer.h"
#include "cli/commands.h"
#include "cli/doctor_internal.h"

namespace foz::cli {
namespace {

constexpr std::string_view kGrades[] = {"ok", "warning", "problem"};

Findings examine(const Result<Config>& config) {
  Findings findings;
  if (!config) {
    findings.push_back({"settings", Grade::kProblem, config.error().message(),
                        "mend foz.yaml; the settings are in docs/reference/configuration.md"});
    return findings;
  }
  const Status usable = check_config(*config);
  findings.push_back({"settings", usable ? Grade::kOk : Grade::kProblem,
                      usable ? "valid" : usable.error().message(),
                      usable ? "" : "mend foz.yaml or the command line"});
  Running running;
  check_project(*config, findings);
  check_lock(*config, running, findings);
  check_listeners(*config, running, findings);
  check_folders(*config, findings);
  check_sync_latency(*config, findings);
  check_system(*config, running, findings);
  check_memory(*config, findings);
  check_clock(findings);
  check_lake(*config, findings);
  if (running.answers) check_server(*config, running, findings);
  return findings;
}

void print_json(const Findings& findings, bool healthy) {
  JsonWriter json;
  json.begin_object().field("healthy", healthy).key("checks").begin_array();
  for (const Finding& each : findings) {
    json.begin_object().field("check", each.check);
    json.field("grade", kGrades[static_cast<size_t>(each.grade)]);
    json.field("found", each.found).field("advice", each.advice).end_object();
  }
  json.end_array().end_object();
  fmt::print("{}\n", json.text());
}

void print_text(const Findings& findings) {
  for (const Finding& each : findings) {
    fmt::print("{:8} {:12} {}\n", kGrades[static_cast<size_t>(each.grade)], each.check, each.found);
    if (!each.advice.empty()) fmt::print("{:21} -> {}\n", "", each.advice);
  }
  const auto count = [&](Grade grade) {
    return std::ranges::count(findings, grade, &Finding::grade);
  };
  fmt::print("checks: {} ok, {} warning, {} problem\n", count(Grade::kOk), count(Grade::kWarning),
             count(Grade::kProblem));
}

}  // namespace

Result<bool> run_doctor(const Result<Config>& config, bool json) {
  const Findings findings = examine(config);
  const bool healthy =
      std::ranges::find(findings, Grade::kProblem, &Finding::grade) == findings.end();
  if (json)
    print_json(findings, healthy);
  else
    print_text(findings);
  return healthy;
}

}  // namespace foz::cli
