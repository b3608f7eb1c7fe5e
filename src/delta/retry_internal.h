// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Patience with a store that does not answer for a moment.
#pragma once

#include "base/result.h"

namespace foz::delta {

// Requests that fail for now are tried again this often before the caller hears of it.
constexpr int kAttempts = 8;

inline bool retriable(const Error& error) {
  return error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kAmbiguous ||
         error.code() == ErrorCode::kOverloaded;
}

// Only for requests that change nothing.
template <class Request>
auto retried(Request request) -> decltype(request()) {
  for (int attempt = 1;; ++attempt) {
    auto answer = request();
    if (answer || attempt == kAttempts || !retriable(answer.error())) return answer;
  }
}

}  // namespace foz::delta
