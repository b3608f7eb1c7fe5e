// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Result<T>, Status and Error: failures are values with a message a user can act on.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace foz {

// What the caller can do about a failure. Never one cause folded into another's code.
enum class ErrorCode {
  kInvalid,        // the input is wrong: correct it
  kNotFound,       // the thing does not exist
  kAlreadyExists,  // the thing exists: choose another name, or refresh and try the next version
  kConflict,       // somebody else won a race: refresh and decide again
  kUnsupported,    // well-formed, but a feature that foz refuses by name
  kCorrupt,        // stored bytes are damaged: give up, show a person
  kUnavailable,    // not now: retry with back-off, nothing was done
  kAmbiguous,   // no answer came: it may or may not have happened; read back before anything else
  kOverloaded,  // a budget is full: slow down and retry
  kDenied,      // permission or read-only medium
  kIo,          // the disk or network failed in a way that a retry will not mend
  kCancelled,   // the caller or a shutdown asked to stop
  kInternal,    // a defect of foz
};

std::string_view to_string(ErrorCode code);

// A failure: what was wrong, where, what to do. `where` is added outwards with `within`.
class Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // Puts the enclosing activity before the message: "commit silver.flights: disk full".
  Error within(std::string_view activity) const& { return Error(*this).within(activity); }
  Error within(std::string_view activity) && {
    message_.insert(0, ": ").insert(0, activity);
    return std::move(*this);
  }

 private:
  ErrorCode code_;
  std::string message_;
};

// A class and not an alias: GCC 12 does not warn about a dropped std::expected.
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
  Result(Error error) : std::expected<T, Error>(std::unexpected(std::move(error))) {}

  Result within(std::string_view activity) && {
    if (!this->has_value()) this->error() = std::move(this->error()).within(activity);
    return std::move(*this);
  }
};

using Status = Result<void>;

template <class... Args>
Error invalid(Args&&... message) {
  return Error(ErrorCode::kInvalid, std::string(std::forward<Args>(message)...));
}

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace foz

// Unwraps a Result or returns its error from the enclosing function. May be nested.
#define TRY(expression) FOZ_TRY_NAMED(FOZ_TRY_JOIN(try_result_, __COUNTER__), expression)
#define FOZ_TRY_JOIN(a, b) FOZ_TRY_JOIN_EXPANDED(a, b)
#define FOZ_TRY_JOIN_EXPANDED(a, b) a##b
#define FOZ_TRY_NAMED(result, expression)                                    \
  __extension__({                                                            \
    auto result = (expression);                                              \
    if (!result.has_value()) return ::foz::Error(std::move(result).error()); \
    std::move(result).value();                                               \
  })

// A broken invariant ends the process: going on would damage data. Always on.
#define CHECK(condition) \
  ((condition) ? void() : ::foz::check_failed(#condition, __FILE__, __LINE__))
