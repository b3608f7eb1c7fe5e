// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// How the files of a table are merged so that what foz knows of them stays right.
#pragma once

#include "delta/maintenance.h"

namespace foz::table {

// Bronze files are sorted by (partition, offset), and their tags tell which offsets they hold.
delta::OptimizeOptions file_layout(const delta::Snapshot& snapshot);

}  // namespace foz::table
