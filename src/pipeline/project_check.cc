// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <set>

#include "base/clock.h"
#include "base/random.h"
#include "delta/table.h"
#include "delta/types.h"
#include "log/log.h"
#include "pipeline/auto_cdc_internal.h"
#include "pipeline/project.h"
#include "pipeline/quarantine_internal.h"
#include "pipeline/sql_lexer.h"
#include "store/object_store.h"
#include "table/bronze.h"

namespace foz::pipeline {

namespace {

constexpr uintmax_t kMaxFileBytes = 4 << 20;

// What a SELECT reads, and where in its text that stands.
struct Stream {
  std::string key;   // as of Declared
  std::string name;  // as written, without quotes
  int line = 1, column = 1, length = 1;
};

// One declared table on its way into the project.
struct Declared {
  StreamingTable table;
  std::string key;  // "silver.flights" in lower case
  std::vector<Stream> reads;
  std::shared_ptr<arrow::Schema> schema;
  bool wrong = false;
};

std::string key_of(std::string_view schema, std::string_view name) {
  return lower(schema.empty() ? "silver" : schema) + "." + lower(name);
}

// The names behind STREAM and STREAM( in the text of a SELECT.
std::vector<Stream> streams_in(std::string_view select) {
  std::vector<Stream> streams;
  const std::vector<Token> tokens = tokenize(select);
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (!tokens[i].is("stream")) continue;
    size_t at = i + 1;
    if (tokens[at].is('(')) ++at;
    std::vector<std::string> parts;
    while (at < tokens.size() && tokens[at].is_name()) {
      parts.push_back(name_value(tokens[at]));
      if (at + 1 >= tokens.size() || !tokens[at + 1].is('.')) break;
      at += 2;
    }
    if (parts.size() == 3) parts.erase(parts.begin());
    if (parts.empty() || parts.size() > 2) continue;
    const std::string schema = parts.size() == 2 ? parts[0] : "";
    const Token& last = tokens[at];
    streams.push_back(
        {key_of(schema, parts.back()), parts.back(), last.line, last.column, last.length()});
  }
  return streams;
}

std::vector<std::string> keys(const std::vector<Stream>& streams) {
  std::vector<std::string> out;
  for (const Stream& stream : streams) out.push_back(stream.key);
  return out;
}

bool can_be_key(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::LIST:
    case arrow::Type::MAP:
    case arrow::Type::STRUCT:
    case arrow::Type::NA: return false;
    default: return true;
  }
}

class Checker {
 public:
  explicit Checker(sql::FlowEngine& engine) : engine_(engine) {}

  Status read(const std::filesystem::path& path, std::string file) {
    std::error_code error;
    const uintmax_t bytes = std::filesystem::file_size(path, error);
    if (error) return Error(ErrorCode::kIo, path.string() + ": " + error.message());
    if (bytes > kMaxFileBytes) return invalid(file + ": a pipeline file has at most 4 MiB");
    std::ifstream in(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (in.bad()) return Error(ErrorCode::kIo, path.string() + ": cannot be read");
    ParsedFile parsed = parse_pipeline_file(file, text);
    std::ranges::move(parsed.diagnostics, std::back_inserter(out_.diagnostics));
    for (StreamingTable& table : parsed.tables) {
      std::string key = key_of(table.schema, table.name);
      declared_.push_back({std::move(table), std::move(key), {}, nullptr, false});
    }
    std::ranges::move(parsed.flows, std::back_inserter(flows_));
    texts_.emplace(std::move(file), std::move(text));
    return {};
  }

  CheckedProject run() {
    check_names();
    join_flows();
    for (Declared& declared : declared_) declared.reads = streams_in(declared.table.flow.select);
    // Whatever has all its upstream prepared is next, in the order of the files.
    for (bool moved = true; moved;) {
      moved = false;
      for (Declared& declared : declared_) {
        if (declared.schema || declared.wrong || !upstream_known(declared)) continue;
        prepare(declared);
        moved = true;
      }
    }
    for (Declared& declared : declared_) {
      if (!declared.schema && !declared.wrong && in_cycle(declared)) {
        note(declared, fmt::format("{} reads itself, by way of {}", declared.key,
                                   fmt::join(keys(declared.reads), ", ")));
      }
    }
    const auto by_position = [](const FileDiagnostic& d) {
      return std::tuple(d.file, d.what.line, d.what.column);
    };
    std::ranges::stable_sort(out_.diagnostics, {}, by_position);
    return std::move(out_);
  }

 private:
  void note(Declared& declared, sql::Diagnostic what) {
    declared.wrong = true;
    const std::string& file = declared.table.file;
    std::string line(line_of(texts_.at(file), what.line));
    out_.diagnostics.push_back({file, std::move(what), std::move(line)});
  }
  // At the table's name.
  void note(Declared& declared, std::string message) {
    const StreamingTable& table = declared.table;
    note(declared,
         {std::move(message), table.line, table.column, static_cast<int>(table.name.size())});
  }

  void note_at(const CdcFlow& flow, std::string message) {
    std::string line(line_of(texts_.at(flow.file), flow.line));
    out_.diagnostics.push_back(
        {flow.file, {std::move(message), flow.line, flow.column, flow.length}, std::move(line)});
  }

  // A table and the flow that fills it may stand in two files.
  void join_flows() {
    for (CdcFlow& flow : flows_) {
      Declared* target = find(key_of(flow.schema, flow.target));
      if (!target) {
        note_at(flow, fmt::format("{} is not declared: CREATE STREAMING TABLE {}", flow.target,
                                  flow.target));
      } else if (!target->table.flow.select.empty()) {
        note_at(flow, fmt::format("{} is filled by another flow already", target->key));
      } else if (target->table.file != flow.file) {
        note_at(flow, fmt::format("{} is declared in {}: a table and its AUTO CDC flow stand in "
                                  "one file",
                                  target->key, target->table.file));
        target->wrong = true;
      } else {
        set_flow(std::move(flow.cdc), target->table);
      }
    }
    for (Declared& declared : declared_) {
      if (!declared.wrong && declared.table.flow.select.empty()) {
        note(declared, fmt::format("nothing fills {}: write AS SELECT …, or CREATE FLOW … AS AUTO "
                                   "CDC INTO it",
                                   declared.key));
      }
    }
  }

  // A stream gives what is added, and a keyed table's rows change.
  void check_streams(Declared& declared) {
    for (const Stream& stream : declared.reads) {
      const Declared* upstream = find(stream.key);
      if (!upstream || !upstream->table.cdc) continue;
      const int column =
          stream.line == 1 ? declared.table.flow.column + stream.column - 1 : stream.column;
      note(declared,
           in_file(declared.table,
                   {fmt::format("{} is filled by AUTO CDC: its rows change, and a stream follows "
                                "only rows that are added",
                                upstream->key),
                    declared.table.flow.line + stream.line - 1, column, stream.length}));
    }
  }

  void check_names() {
    std::map<std::string, const Declared*> taken;
    for (Declared& declared : declared_) {
      const std::string schema = lower(declared.table.schema);
      if (schema == table::kBronzeSchema || schema == "system" || schema == "quarantine" ||
          schema == "information_schema") {
        note(declared,
             fmt::format("schema {} is foz's own: choose another", declared.table.schema));
      }
      if (declared.key.ends_with(kQuarantineSuffix)) {
        note(declared,
             fmt::format("names that end in {} are those of quarantine tables", kQuarantineSuffix));
      }
      const auto [first, fresh] = taken.emplace(declared.key, &declared);
      if (!fresh) {
        const StreamingTable& other = first->second->table;
        note(declared,
             fmt::format("{} is made by {}:{} already", declared.key, other.file, other.line));
      }
    }
  }

  Declared* find(const std::string& key) {
    const auto found = std::ranges::find(declared_, key, &Declared::key);
    return found == declared_.end() ? nullptr : &*found;
  }

  bool upstream_known(const Declared& declared) {
    return std::ranges::all_of(declared.reads, [&](const Stream& stream) {
      const Declared* upstream = find(stream.key);
      return !upstream || upstream->schema;
    });
  }

  // Whether following the streams it reads leads back to it; not when it only waits for one that is
  // wrong.
  bool in_cycle(const Declared& declared) {
    std::set<std::string> seen;
    std::vector<std::string> next = keys(declared.reads);
    while (!next.empty()) {
      const std::string key = std::move(next.back());
      next.pop_back();
      if (key == declared.key) return true;
      if (!seen.insert(key).second) continue;
      if (const Declared* upstream = find(key))
        std::ranges::move(keys(upstream->reads), std::back_inserter(next));
    }
    return false;
  }

  void prepare(Declared& declared) {
    const auto resolve =
        [&](std::string_view schema,
            std::string_view name) -> std::optional<std::shared_ptr<arrow::Schema>> {
      if (lower(schema) == table::kBronzeSchema) return table::bronze_schema();
      const Declared* upstream = find(key_of(schema, name));
      return upstream && upstream->schema ? std::optional(upstream->schema) : std::nullopt;
    };
    check_topics(declared);
    check_streams(declared);
    if (declared.wrong) return;
    auto statement = engine_.prepare(declared.table.flow, resolve);
    if (!statement) return note(declared, in_file(declared.table, std::move(statement.error())));
    auto schema = (*statement)->output_schema();
    if (declared.table.cdc) {
      check_keyed(declared, *schema);
      if (declared.wrong) return;
      schema = keyed_schema(*schema);
    }
    check_columns(declared, *schema);
    if (!declared.wrong) check_create(declared, *schema);
    if (declared.wrong) return;
    declared.schema = schema;
    out_.project.tables.push_back(declared.table);
  }

  void check_keyed(Declared& declared, const arrow::Schema& selected) {
    for (sql::Diagnostic& problem : check_auto_cdc(declared.table, selected)) {
      note(declared, std::move(problem));
    }
    for (const auto& [key, value] : declared.table.properties) {
      const std::string name = lower(key);
      const bool refused = name.starts_with("foz.dedupe.") ||
                           (name == "delta.enabledeletionvectors" && lower(value) != "true") ||
                           (name == "delta.appendonly" && lower(value) != "false");
      if (!refused) continue;
      note(declared, fmt::format("{} = '{}' is not for a table that AUTO CDC fills", key, value));
    }
  }

  // A topic's name is not always that of its table, and no topic has such a table.
  void check_topics(Declared& declared) {
    for (const Stream& stream : declared.reads) {
      if (!stream.key.starts_with(std::string(table::kBronzeSchema) + ".")) continue;
      const std::string name = log::lake_name(stream.name);
      const bool plain = std::ranges::all_of(
          stream.name, [](unsigned char c) { return c < 0x80 && (std::isalnum(c) || c == '_'); });
      if (plain) continue;
      const sql::FlowText& flow = declared.table.flow;
      const int column = stream.line == 1 ? flow.column + stream.column - 1 : stream.column;
      note(declared,
           in_file(declared.table,
                   {fmt::format("no topic is the table bronze.`{}`: names of tables are made of "
                                "letters, digits and \"_\"; did you mean bronze.{}?",
                                stream.name, name),
                    flow.line + stream.line - 1, column, stream.length}));
    }
  }

  // Properties and columns that Delta refuses, found as the start would find them.
  void check_create(Declared& declared, const arrow::Schema& schema) {
    const auto nowhere = store::make_memory_store();
    const SystemClock clock;
    Random random(1);
    delta::Table table(*nowhere, "t", clock, random);
    const auto made = table.create(
        {.schema = delta::from_arrow(schema).value(), .properties = declared.table.properties});
    if (!made) note(declared, made.error().message());
  }

  void check_columns(Declared& declared, const arrow::Schema& schema) {
    if (const auto columns = delta::from_arrow(schema); !columns)
      note(declared, columns.error().message());
    std::map<std::string, const arrow::Field*> by_name;
    for (const auto& field : schema.fields()) {
      if (by_name.emplace(lower(field->name()), field.get()).second) continue;
      note(declared, fmt::format("two columns are named {}", field->name()));
    }
    for (std::string& key : declared.table.dedupe_keys) {
      const auto found = by_name.find(lower(key));
      if (found == by_name.end()) {
        note(declared,
             fmt::format("foz.dedupe.keys names {}, which is no column of the SELECT", key));
      } else if (!can_be_key(*found->second->type())) {
        note(declared, fmt::format("foz.dedupe.keys names {}, whose type cannot be compared", key));
      } else {
        key = found->second->name();
      }
    }
  }

  sql::FlowEngine& engine_;
  std::vector<Declared> declared_;
  std::vector<CdcFlow> flows_;
  std::map<std::string, std::string> texts_;
  CheckedProject out_;
};

}  // namespace

Result<CheckedProject> check_project(const std::filesystem::path& folder, sql::FlowEngine& engine) {
  std::error_code error;
  const std::filesystem::path pipelines = folder / "pipelines";
  std::vector<std::filesystem::path> files;
  if (std::filesystem::exists(pipelines, error)) {
    for (auto entry = std::filesystem::directory_iterator(pipelines, error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
      if (entry->path().extension() == ".sql" && entry->is_regular_file(error))
        files.push_back(entry->path());
    }
  }
  if (error) return Error(ErrorCode::kIo, pipelines.string() + ": " + error.message());
  std::ranges::sort(files);
  Checker checker(engine);
  for (const std::filesystem::path& path : files) {
    TRY(checker.read(path, "pipelines/" + path.filename().string()));
  }
  return checker.run();
}

}  // namespace foz::pipeline
