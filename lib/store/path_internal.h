// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The rules for paths that all stores share, so that what one takes no other refuses.
#pragma once

#include <string_view>

#include "base/result.h"

namespace foz::store {

// Objects under construction; no object may have such a segment, and none is ever listed.
inline constexpr std::string_view kTemporaryPrefix = ".tmp-";
// In bytes; the limit of GCS and S3.
inline constexpr size_t kMaxPathBytes = 1024;

Status check_path(std::string_view path);
// A prefix may end anywhere; its whole segments obey the rules of paths.
Status check_prefix(std::string_view prefix);
// "" or ending in "/".
Status check_folder(std::string_view folder);

}  // namespace foz::store
