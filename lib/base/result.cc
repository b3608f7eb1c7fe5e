// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "base/result.h"

#include <cstdio>
#include <cstdlib>

namespace foz {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid: return "invalid";
    case ErrorCode::kNotFound: return "not found";
    case ErrorCode::kAlreadyExists: return "already exists";
    case ErrorCode::kConflict: return "conflict";
    case ErrorCode::kUnsupported: return "unsupported";
    case ErrorCode::kCorrupt: return "corrupt";
    case ErrorCode::kUnavailable: return "unavailable";
    case ErrorCode::kAmbiguous: return "ambiguous";
    case ErrorCode::kOverloaded: return "overloaded";
    case ErrorCode::kDenied: return "denied";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kInternal: return "internal";
  }
  return "internal";
}

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "foz: broken invariant at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace foz
