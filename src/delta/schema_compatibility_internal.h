// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Whether rows written under one version's metadata can be read under another's, as Spark decides
// it for ranges of changes.
#pragma once

#include <optional>
#include <string>

#include "delta/actions.h"

namespace foz::delta {

// What stands against it; nullopt: nothing. `newer` is the later of the two; `read` is the one
// that rows are read as.
Result<std::optional<std::string>> incompatibility(const Metadata& older, const Metadata& newer,
                                                   bool reads_as_newer);

}  // namespace foz::delta
