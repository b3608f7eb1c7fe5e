// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The commands beside `foz up`. Each prints its result on standard output and returns; errors are
// for main to print.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "cli/config.h"

namespace foz::cli {

inline constexpr char kDefaultServer[] = "http://127.0.0.1:8080";

// Makes a project folder with a foz.yaml and one commented pipeline; never overwrites.
Status run_init(const std::string& folder);

// Prints every diagnostic with file, line, column and caret; false when there are any.
Result<bool> run_check(const std::string& folder, bool json);

// What an operator checks before calling for help; false when there is a problem. A server is
// looked for at the addresses of `config`.
Result<bool> run_doctor(const Result<Config>& config, bool json);

// What the reference documentation is generated from, as JSON: settings, functions, Delta's
// features and properties.
Status run_reference();

enum class SqlFormat { kAligned, kJson };
struct SqlOptions {
  std::string server = kDefaultServer;
  std::string statements;  // empty: read from standard input, interactively on a terminal
  std::string schema;
  SqlFormat format = SqlFormat::kAligned;
};
// False when a statement failed; its error has been printed with a caret at its position.
Result<bool> run_sql(const SqlOptions& options);

// What the server says of its topics and tables.
Status run_topics(const std::string& server, bool json);
Status run_tables(const std::string& server, bool json);

}  // namespace foz::cli
