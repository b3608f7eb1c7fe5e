// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// `foz reference`: the tables of the code that the reference documentation shows.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "delta/reference.h"
#include "sql/flow_engine.h"

namespace foz::cli {

Status run_reference() {
  JsonWriter json;
  json.begin_object().key("settings").begin_array();
  for (const SettingText& each : describe_settings()) {
    json.begin_object().field("name", each.name).field("value", each.value);
    json.field("default", each.standard).field("meaning", each.meaning).end_object();
  }
  json.end_array().key("functions").begin_array();
  for (const sql::FlowFunction& each : sql::flow_functions()) {
    json.begin_object().field("group", each.group).field("name", each.name);
    json.field("min", static_cast<int64_t>(each.min_args)).key("max");
    if (each.max_args)
      json.number(static_cast<int64_t>(*each.max_args));
    else
      json.null();
    json.end_object();
  }
  json.end_array().key("table_features").begin_array();
  for (const delta::TableFeature& each : delta::table_features()) {
    json.begin_object().field("name", each.name).field("readers", each.for_readers).end_object();
  }
  json.end_array().key("table_properties").begin_array();
  for (const delta::TableProperty& each : delta::table_properties()) {
    json.begin_object().field("name", each.name).field("values", each.values).end_object();
  }
  json.end_array().end_object();
  fmt::print("{}\n", json.text());
  return {};
}

}  // namespace foz::cli
