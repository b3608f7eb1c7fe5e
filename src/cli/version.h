// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace foz::cli {

inline constexpr char kVersion[] = FOZ_VERSION;

}  // namespace foz::cli
