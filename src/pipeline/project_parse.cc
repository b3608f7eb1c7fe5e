// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Grammar: Spark Declarative Pipelines, with the EXPECT constraints of Databricks.
// https://spark.apache.org/docs/latest/declarative-pipelines-programming-guide.html
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "pipeline/auto_cdc_internal.h"
#include "pipeline/project.h"
#include "pipeline/sql_lexer.h"

namespace foz::pipeline {

namespace {

constexpr size_t kMaxNameBytes = 128;  // becomes a folder name

constexpr int64_t kMostMs = int64_t{366} * 86'400'000 * 10;  // of a duration

constexpr std::string_view kOnlyThis =
    "a pipeline file holds CREATE STREAMING TABLE … AS SELECT … statements";

// "1 hour", "30 minutes", "1 day 12 hours" in milliseconds; nullopt when it is something else.
std::optional<int64_t> parse_duration_ms(std::string_view text) {
  static constexpr std::pair<std::string_view, int64_t> kUnits[] = {
      {"millisecond", 1},  {"second", 1000},    {"minute", 60'000},
      {"hour", 3'600'000}, {"day", 86'400'000}, {"week", 604'800'000}};
  constexpr int64_t kMaxCount = 1'000'000;
  int64_t total = 0;
  const std::vector<Token> tokens = tokenize(text);
  size_t i = tokens[0].is("interval") ? 1 : 0;
  if (tokens[i].kind == TokenKind::kEnd) return std::nullopt;
  for (; tokens[i].kind != TokenKind::kEnd; i += 2) {
    if (tokens[i].kind != TokenKind::kNumber) return std::nullopt;
    int64_t count = 0;
    const std::string_view digits = tokens[i].text;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error != std::errc() || end != digits.data() + digits.size() || count > kMaxCount)
      return std::nullopt;
    std::string unit = lower(tokens[i + 1].text);
    if (unit.size() > 1 && unit.ends_with('s')) unit.pop_back();
    const auto* found =
        std::ranges::find(kUnits, unit, &std::pair<std::string_view, int64_t>::first);
    if (found == std::end(kUnits)) return std::nullopt;
    total += count * found->second;
    if (total > kMostMs) return std::nullopt;
  }
  return total > 0 ? std::optional(total) : std::nullopt;
}

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view name = text.substr(0, comma);
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    names.emplace_back(name);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return names;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// Recursive descent over one file. A function that fails has noted why and left the cursor where it
// stood.
class Parser : TokenCursor {
 public:
  Parser(std::string file, std::string_view text)
      : TokenCursor(text), file_(std::move(file)), text_(text) {}

  ParsedFile run() {
    while (peek().kind != TokenKind::kEnd) {
      if (take(';')) continue;
      statement();
      recover();
    }
    return std::move(out_);
  }

 private:
  bool fail(const Token& at, std::string message) {
    const std::string source_line(line_of(text_, at.line));
    out_.diagnostics.push_back(
        {file_, {std::move(message), at.line, at.column, at.length()}, source_line});
    return false;
  }
  // What is there instead of what was expected.
  bool fail_expected(std::string_view expected) {
    const Token& token = peek();
    if (token.kind == TokenKind::kBroken) {
      const char c = token.text[0];
      return fail(token, c == '/'   ? "this comment never ends"
                         : c == '`' ? "this quoted name never ends"
                                    : "this string never ends");
    }
    if (token.kind == TokenKind::kEnd)
      return fail(token, fmt::format("expected {} before the end", expected));
    return fail(token, fmt::format("expected {}, found \"{}\"", expected, token.text));
  }
  bool expect(std::string_view keyword) { return take(keyword) || fail_expected(keyword); }
  bool expect(char symbol) { return take(symbol) || fail_expected(fmt::format("\"{}\"", symbol)); }

  // To the next statement: its end is the first ";" whatever the brackets around it.
  void recover() {
    while (peek().kind != TokenKind::kEnd && !peek().is(';')) next();
  }

  void statement() {
    const Token& first = peek();
    if (!take("create")) {
      if (first.kind == TokenKind::kBroken) return void(fail_expected("CREATE"));
      return void(fail(first, fmt::format("{}: \"{}\" is not one of them", kOnlyThis, first.text)));
    }
    if (take("or") && !take("refresh") && !take("replace")) return void(fail_expected("REFRESH"));
    if (take("flow")) return flow();
    if (refused_kind()) return;
    if (!expect("streaming") || !expect("table")) return;
    streaming_table();
  }

  // Statements that the grammar has and foz does not run yet, by name.
  bool refused_kind() {
    const Token& token = peek();
    if (token.is("materialized"))
      return !fail(token, "CREATE MATERIALIZED VIEW is not supported yet");
    if (token.is("temporary") || token.is("temp"))
      return !fail(token, "CREATE TEMPORARY VIEW is not supported yet");
    for (const std::string_view kind :
         {"view", "table", "live", "function", "schema", "database", "private"}) {
      if (token.is(kind)) return !fail(token, fmt::format("CREATE {}: {}", token.text, kOnlyThis));
    }
    return false;
  }

  // name AS AUTO CDC INTO target …
  void flow() {
    CdcFlow flow;
    flow.file = file_;
    if (!peek().is_name()) return void(fail_expected("the name of the flow"));
    flow.name = name_value(next());
    if (take("comment")) {
      if (peek().kind != TokenKind::kString) return void(fail_expected("a string after COMMENT"));
      next();
    }
    if (!expect("as")) return;
    if (peek().is("insert")) {
      return void(fail(peek(),
                       "CREATE FLOW … AS INSERT INTO is not supported yet: write the SELECT after "
                       "CREATE STREAMING TABLE … AS"));
    }
    if (!expect("auto") || !expect("cdc") || !expect("into")) return;
    StreamingTable target;
    const Token& at = peek();
    if (!table_name(target)) return;
    flow.schema = target.schema;
    flow.target = target.name;
    flow.line = at.line;
    flow.column = at.column;
    flow.length = static_cast<int>(last().end() - at.begin);
    auto cdc = auto_cdc();
    if (!cdc) return;
    flow.cdc = *std::move(cdc);
    out_.flows.push_back(std::move(flow));
  }

  std::optional<AutoCdc> auto_cdc() {
    auto cdc = parse_auto_cdc(text_, *this);
    if (cdc) return *std::move(cdc);
    fail(peek(), std::move(cdc.error()));
    return std::nullopt;
  }

  void streaming_table() {
    StreamingTable table;
    table.file = file_;
    if (peek().is("if")) {
      next();
      if (!expect("not") || !expect("exists")) return;
    }
    const size_t problems = out_.diagnostics.size();
    if (!table_name(table) || !constraints(table) || !clauses(table)) return;
    if (take("flow")) {
      if (!expect("auto") || !expect("cdc")) return;
      auto cdc = auto_cdc();
      if (!cdc) return;
      set_flow(*std::move(cdc), table);
    } else if (take("as") && !select(table.flow)) {
      return;
    }
    if (out_.diagnostics.size() == problems) out_.tables.push_back(std::move(table));
  }

  bool table_name(StreamingTable& table) {
    const Token& first = peek();
    std::vector<std::string> parts;
    do {
      if (!peek().is_name()) return fail_expected("a table name");
      parts.push_back(name_value(next()));
    } while (take('.'));
    if (parts.size() == 3 && lower(parts[0]) == "lake") parts.erase(parts.begin());
    if (parts.size() > 2) return fail(first, "a table name is schema.name");
    if (parts.size() == 1) parts.insert(parts.begin(), "silver");
    for (const std::string& part : parts) {
      if (!is_plain_name(part)) {
        return fail(first,
                    fmt::format("\"{}\": names are made of at most {} letters, digits and \"_\"",
                                part, kMaxNameBytes));
      }
    }
    table.schema = parts[0];
    table.name = parts[1];
    table.line = first.line;
    table.column = first.column;
    return true;
  }

  // ( CONSTRAINT name EXPECT (condition) [ON VIOLATION action], … )
  bool constraints(StreamingTable& table) {
    if (!take('(')) return true;
    do {
      if (!peek().is("constraint")) {
        if (!peek().is_name()) return fail_expected("CONSTRAINT");
        return fail(peek(),
                    "a streaming table takes its columns from its SELECT: only CONSTRAINT … EXPECT "
                    "may stand here");
      }
      next();
      if (!constraint(table.flow.expectations)) return false;
    } while (take(','));
    return expect(')');
  }

  bool constraint(std::vector<sql::Expectation>& expectations) {
    const Token& name = peek();
    if (!name.is_name()) return fail_expected("the name of the constraint");
    next();
    sql::Expectation expectation;
    expectation.name = name_value(name);
    if (!expect("expect") || !expect('(')) return false;
    expectation.line = peek().line;
    expectation.column = peek().column;
    const size_t begin = peek().begin;
    size_t end = begin;
    int depth = 1;
    for (;; end = next().end()) {
      if (peek().kind == TokenKind::kEnd || peek().kind == TokenKind::kBroken || peek().is(';')) {
        return fail_expected("\")\" after the condition");
      }
      depth += peek().is('(') - peek().is(')');
      if (depth == 0) break;
    }
    if (end == begin) return fail_expected("a condition");
    next();
    expectation.condition = text_.substr(begin, end - begin);
    if (take("on") && !violation(expectation.on_violation)) return false;
    for (const sql::Expectation& other : expectations) {
      if (lower(other.name) == lower(expectation.name)) {
        fail(name, fmt::format("two constraints are named \"{}\"", expectation.name));
      }
    }
    expectations.push_back(std::move(expectation));
    return true;
  }

  bool violation(sql::OnViolation& action) {
    if (!expect("violation")) return false;
    if (take("drop")) {
      action = sql::OnViolation::kDrop;
      return expect("row");
    }
    if (take("fail")) {
      action = sql::OnViolation::kFail;
      return expect("update");
    }
    if (take("quarantine")) {
      action = sql::OnViolation::kQuarantine;
      return true;
    }
    return fail_expected("DROP ROW, FAIL UPDATE or QUARANTINE");
  }

  bool clauses(StreamingTable& table) {
    for (;;) {
      const Token& token = peek();
      if (token.is("as") || token.is("flow") || token.is(';') || token.kind == TokenKind::kEnd)
        return true;
      if (take("comment")) {
        if (peek().kind != TokenKind::kString) return fail_expected("a string after COMMENT");
        table.comment = string_value(next().text);
      } else if (take("using")) {
        if (!peek().is("delta"))
          return fail(peek(), "every table is a Delta table: only USING DELTA is possible");
        next();
      } else if (take("tblproperties")) {
        if (!properties(table)) return false;
      } else if (token.is("partitioned") || token.is("cluster") || token.is("clustered") ||
                 token.is("location") || token.is("schedule") || token.is("trigger") ||
                 token.is("with")) {
        return fail(token, fmt::format("{} is not supported on a streaming table", token.text));
      } else {
        return fail_expected("COMMENT, TBLPROPERTIES, AS or FLOW");
      }
    }
  }

  // ('key' = 'value', …); a key may also be dotted words, a value a word or number.
  bool properties(StreamingTable& table) {
    if (!expect('(')) return false;
    do {
      const Token& at = peek();
      std::string key;
      if (at.kind == TokenKind::kString) {
        key = string_value(next().text);
      } else {
        do {
          if (!peek().is_name()) return fail_expected("the key of a property");
          if (!key.empty()) key.push_back('.');
          key += name_value(next());
        } while (take('.'));
      }
      if (!expect('=')) return false;
      if (peek().kind != TokenKind::kString && peek().kind != TokenKind::kWord &&
          peek().kind != TokenKind::kNumber) {
        return fail_expected("the value of a property");
      }
      const Token& value = next();
      property(table, at, key, value);
    } while (take(','));
    return expect(')');
  }

  // Problems with a property leave the rest of the statement readable.
  void property(StreamingTable& table, const Token& at, const std::string& key,
                const Token& value) {
    const std::string text =
        value.kind == TokenKind::kString ? string_value(value.text) : std::string(value.text);
    if (!table.properties.emplace(key, text).second)
      fail(at, fmt::format("property \"{}\" is given twice", key));
    if (key.starts_with("foz.dedupe.")) dedupe_at_ = &at;
    if (key == "foz.dedupe.keys") {
      table.dedupe_keys = split_names(text);
      std::set<std::string> seen;
      for (const std::string& name : table.dedupe_keys) {
        if (name.empty() || !seen.insert(lower(name)).second)
          return void(fail(value, "expected column names, each once"));
      }
      if (table.dedupe_keys.empty()) fail(value, "expected column names, such as 'order_id, line'");
    } else if (key == "foz.dedupe.horizon") {
      const auto duration = parse_duration_ms(text);
      if (!duration)
        return void(
            fail(value, "expected a duration of at most 10 years, such as '1 hour' or '7 days'"));
      table.dedupe_horizon_ms = *duration;
    } else if (key == "pipelines.cdc.tombstoneGCThresholdInSeconds") {
      int64_t seconds = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
      if (error != std::errc() || end != text.data() + text.size() || seconds <= 0 ||
          seconds > kMostMs / 1000)
        return void(fail(value, "expected seconds, from 1 to ten years, such as 172800"));
      table.tombstone_threshold_ms = seconds * 1000;
    } else if (key == "failOnDataLoss") {
      if (lower(text) != "true" && lower(text) != "false")
        return void(fail(value, "expected 'true' or 'false'"));
      table.fail_on_data_loss = lower(text) == "true";
    } else if (lower(key).starts_with("foz.")) {
      fail(at,
           fmt::format("unknown property \"{}\": foz.dedupe.keys and foz.dedupe.horizon are known",
                       key));
    }
    const bool both = table.properties.contains("foz.dedupe.keys") ==
                      table.properties.contains("foz.dedupe.horizon");
    if (!both && peek().is(')'))
      fail(*dedupe_at_, "foz.dedupe.keys and foz.dedupe.horizon belong together");
  }

  // To the ";" or the end. The flow engine parses it; only what is foreign to it is refused here.
  bool select(sql::FlowText& flow) {
    const Token& first = peek();
    if (!first.is("select") && !first.is("with")) return fail_expected("SELECT");
    size_t end = first.begin;
    for (; peek().kind != TokenKind::kEnd && !peek().is(';'); end = next().end()) {
      if (peek().kind == TokenKind::kBroken) return fail_expected("the end of the SELECT");
      if (peek().is("watermark") && peek(1).is_name() && peek(2).is("delay")) {
        return fail(peek(), "WATERMARK is not supported yet");
      }
    }
    flow.select = text_.substr(first.begin, end - first.begin);
    flow.line = first.line;
    flow.column = first.column;
    return true;
  }

  std::string file_;
  std::string_view text_;
  const Token* dedupe_at_ = nullptr;
  ParsedFile out_;
};

}  // namespace

ParsedFile parse_pipeline_file(std::string file, std::string_view text) {
  return Parser(std::move(file), text).run();
}

std::string to_string(const FileDiagnostic& diagnostic) {
  const sql::Diagnostic& what = diagnostic.what;
  std::string out =
      fmt::format("{}:{}:{}: error: {}\n", diagnostic.file, what.line, what.column, what.message);
  // Tabs stay tabs under the line, so that the caret stands right whatever their width is.
  std::string caret;
  int left = what.column - 1;
  for (const char c : diagnostic.source_line) {
    if ((static_cast<unsigned char>(c) & 0xc0) == 0x80) continue;
    if (left-- <= 0) break;
    caret.push_back(c == '\t' ? '\t' : ' ');
  }
  caret.push_back('^');
  caret.append(static_cast<size_t>(std::clamp(what.length, 1, 200) - 1), '~');
  return out + "  " + diagnostic.source_line + "\n  " + caret + "\n";
}

}  // namespace foz::pipeline
