// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What the rows of a batch take of its buffers. As Arrow's ReferencedBufferSize says, which is too
// slow to be asked for every batch of every tick: it makes arrays of what it finds.
#pragma once

#include <cstdint>

namespace arrow {
class RecordBatch;
}

namespace foz::table {

int64_t bytes_of(const arrow::RecordBatch& rows);

}  // namespace foz::table
