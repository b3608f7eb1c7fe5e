// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "cli/table_place.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>

namespace foz::cli {
namespace {

constexpr std::chrono::milliseconds kEvery{100};

// Of the file system's root, which is the store's: a table may name files of another one.
Result<std::string> path_in_store(const std::string& given) {
  const std::string path = TRY(store::local_path(given));
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path + "/.", error);
  if (error) return Error(ErrorCode::kInvalid, fmt::format("{}: {}", path, error.message()));
  return absolute.lexically_normal().parent_path().relative_path().string();
}

}  // namespace

Result<delta::Table> TablePlace::other(const std::string& path) {
  return delta::Table(*store, TRY(path_in_store(path)), clock, random);
}

Result<std::unique_ptr<TablePlace>> open_place(const std::string& given) {
  const std::string path = TRY(store::local_path(given));
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    if (error && error != std::errc::no_such_file_or_directory)
      return Error(ErrorCode::kDenied, fmt::format("cannot read {}: {}", path, error.message()));
    return Error(ErrorCode::kNotFound, fmt::format("there is no folder {}", path));
  }
  auto place = std::make_unique<TablePlace>();
  place->disk = store::make_posix_disk();
  place->store = TRY(store::open_local_store(*place->disk, "/"));
  place->table = std::make_unique<delta::Table>(*place->store, TRY(path_in_store(given)),
                                                place->clock, place->random);
  return place;
}

ProgressLine::~ProgressLine() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
}

void ProgressLine::show(int64_t files, int64_t files_total, int64_t bytes, int64_t bytes_total) {
  const auto now = clock_.steady();
  if (now < next_ || isatty(STDERR_FILENO) == 0) return;
  next_ = now + kEvery;
  shown_ = true;
  fmt::print(stderr, "\r\x1b[K{} of {} files, {} of {}", files, files_total, bytes_text(bytes),
             bytes_text(bytes_total));
  std::fflush(stderr);
}

std::string bytes_text(int64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  auto amount = static_cast<double>(bytes);
  size_t unit = 0;
  for (; amount >= 1000 && unit + 1 < kUnits.size(); ++unit) amount /= 1000;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

}  // namespace foz::cli
