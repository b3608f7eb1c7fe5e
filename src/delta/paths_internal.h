// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Paths of the log made paths of the store.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/object_store.h"

namespace foz::delta {

std::string join_path(std::string_view root, std::string_view relative);
// Inside the table's `_delta_log`.
std::string log_path(std::string_view root, std::string_view name);

std::string percent_decoded(std::string_view text);
// The other way round: as actions have a path, and a path of the store as any reader finds it.
std::string percent_encoded(std::string_view path);
std::string object_url(const store::ObjectStore& store, std::string_view path);

// A path as actions have it: percent-encoded once, relative to `root` or a URL, with segments "."
// and ".." gone. kUnsupported: it is in another store.
Result<std::string> resolve_path(const store::ObjectStore& store, const std::string& root,
                                 std::string_view path);

}  // namespace foz::delta
