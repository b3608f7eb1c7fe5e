// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// `foz sql`: a client of the Trino protocol, as any other
// (https://trino.io/docs/current/develop/client-protocol.html).
#include <fmt/format.h>
#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cli/aligned_table.h"
#include "cli/commands.h"
#include "net/http.h"

namespace foz::cli {
namespace {

using Json = nlohmann::ordered_json;  // columns stay in their order

constexpr std::chrono::seconds kRequestLimit{3600};

struct SqlResult {
  Json columns = Json::array();
  Json rows = Json::array();
  Json error;
};

Result<Json> reply_json(Result<net::HttpReply> reply) {
  if (!reply) return std::move(reply).error();
  if (reply->status != 200) {
    return Error(ErrorCode::kUnavailable, fmt::format("the server answered {}: {}", reply->status,
                                                      reply->body.substr(0, 200)));
  }
  Json parsed = Json::parse(reply->body, nullptr, false);
  if (parsed.is_discarded()) return Error(ErrorCode::kCorrupt, "the server's answer is not JSON");
  return parsed;
}

Result<SqlResult> query(const SqlOptions& options, const std::string& statement) {
  net::Headers headers = {{"X-Trino-User", "foz"},
                          {"X-Trino-Source", "foz sql"},
                          {"X-Trino-Catalog", "lake"},
                          {"X-Trino-Client-Capabilities", "PARAMETRIC_DATETIME"}};
  if (!options.schema.empty()) headers.emplace_back("X-Trino-Schema", options.schema);
  SqlResult result;
  Json page = TRY(reply_json(net::http_request("POST", options.server + "/v1/statement", headers,
                                               statement, kRequestLimit)));
  while (true) {
    if (page.contains("error")) result.error = page["error"];
    if (page.contains("columns")) result.columns = page["columns"];
    if (page.contains("data")) {
      for (auto& row : page["data"]) result.rows.push_back(std::move(row));
    }
    if (!page.contains("nextUri")) return result;
    const std::string next = page["nextUri"].get<std::string>();
    page = TRY(reply_json(net::http_request("GET", next, headers, "", kRequestLimit)));
  }
}

std::string cell_text(const Json& cell) {
  if (cell.is_null()) return "NULL";
  if (cell.is_string()) return cell.get<std::string>();
  return cell.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_number(const std::string& type) {
  for (const char* name :
       {"bigint", "integer", "smallint", "tinyint", "double", "real", "decimal"}) {
    if (type.starts_with(name)) return true;
  }
  return false;
}

void print_error(const std::string& statement, const Json& error) {
  const std::string name = error.value("errorName", "ERROR");
  fmt::print(stderr, "{}: {}\n", name, error.value("message", ""));
  if (!error.contains("errorLocation")) return;
  const int line = error["errorLocation"].value("lineNumber", 1);
  const int column = error["errorLocation"].value("columnNumber", 1);
  size_t begin = 0;
  for (int i = 1; i < line && begin != std::string::npos; ++i)
    begin = statement.find('\n', begin) + 1;
  if (begin >= statement.size()) return;
  const std::string text = statement.substr(begin, statement.find('\n', begin) - begin);
  fmt::print(stderr, "  {}\n  {}^\n", text,
             std::string(static_cast<size_t>(std::max(0, column - 1)), ' '));
}

void print_rows(const SqlOptions& options, const SqlResult& result) {
  if (options.format == SqlFormat::kJson) {
    for (const Json& row : result.rows) {
      Json object = Json::object();
      for (size_t i = 0; i < row.size(); ++i)
        object[result.columns[i]["name"].get<std::string>()] = row[i];
      fmt::print("{}\n", object.dump(-1, ' ', false, Json::error_handler_t::replace));
    }
    return;
  }
  std::vector<AlignedColumn> columns;
  for (const Json& column : result.columns) {
    columns.push_back(
        {column["name"].get<std::string>(), is_number(column["type"].get<std::string>())});
  }
  if (columns.empty()) return;
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : result.rows) {
    auto& cells = rows.emplace_back();
    for (const Json& cell : row) cells.push_back(cell_text(cell));
  }
  fmt::print("{}({} row{})\n", aligned_table(columns, rows), rows.size(),
             rows.size() == 1 ? "" : "s");
}

// Statements end at a semicolon outside quotes and comments; one of comments alone is none.
std::vector<std::string> split_statements(const std::string& text) {
  std::vector<std::string> statements;
  std::string current;
  bool says_something = false;
  const auto end_statement = [&] {
    if (std::exchange(says_something, false)) statements.push_back(current);
    current.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    size_t end = i;
    if (c == '\'' || c == '"') {
      end = text.find(c, i + 1);
    } else if (text.compare(i, 2, "--") == 0) {
      end = text.find('\n', i);
    } else if (text.compare(i, 2, "/*") == 0) {
      end = text.find("*/", i + 2);
      if (end != std::string::npos) ++end;
    } else if (c == ';') {
      end_statement();
      continue;
    }
    const bool comment = end != i && c != '\'' && c != '"';
    says_something |= !comment && !std::isspace(static_cast<unsigned char>(c));
    end = std::min(end, text.size() - 1);
    current.append(text, i, end - i + 1);
    i = end;
  }
  end_statement();
  return statements;
}

Result<bool> run_statements(const SqlOptions& options, const std::string& text) {
  for (const std::string& statement : split_statements(text)) {
    const SqlResult result = TRY(query(options, statement));
    if (!result.error.is_null()) {
      print_error(statement, result.error);
      return false;
    }
    print_rows(options, result);
  }
  return true;
}

Result<bool> run_interactive(const SqlOptions& options) {
  fmt::print("foz sql on {}; end statements with ';', leave with Ctrl-D\n", options.server);
  std::string pending, line;
  while (true) {
    fmt::print("{}", pending.empty() ? "foz> " : "  -> ");
    std::fflush(stdout);
    if (!std::getline(std::cin, line)) break;
    pending += line + "\n";
    if (line.find(';') == std::string::npos) continue;
    const Result<bool> done = run_statements(options, std::exchange(pending, ""));
    if (!done) fmt::print(stderr, "foz: {}\n", done.error().message());
  }
  fmt::print("\n");
  return true;
}

}  // namespace

Result<bool> run_sql(const SqlOptions& options) {
  if (!options.statements.empty()) return run_statements(options, options.statements);
  if (isatty(STDIN_FILENO)) return run_interactive(options);
  return run_statements(options, std::string(std::istreambuf_iterator<char>(std::cin), {}));
}

}  // namespace foz::cli
