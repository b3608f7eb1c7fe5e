// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// How the columns of a Parquet file are encoded.
#pragma once

#include <arrow/type_fwd.h>
#include <parquet/properties.h>

#include "base/result.h"

namespace foz::delta {

// Columns whose values hardly repeat get no dictionary: it would be as long as they are, and cost
// the writer and every reader a detour. The first of the rows tell. Columns within lists and maps
// are left as they are.
Status choose_encodings(const arrow::Table& rows, parquet::WriterProperties::Builder& builder);

}  // namespace foz::delta
