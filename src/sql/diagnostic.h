// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What is wrong with a statement, and where: line and column count from 1, columns in characters.
#pragma once

#include <string>

namespace foz::sql {

struct Diagnostic {
  std::string message;
  int line = 1;
  int column = 1;
  int length = 1;  // characters to underline
};

}  // namespace foz::sql
