// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Tables whose files can be read as Iceberg's: partition columns are in the files too, elements of
// lists and maps have ids, and what Iceberg does not have is refused.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#iceberg-compatibility-v1
#pragma once

#include "delta/actions.h"
#include "delta/snapshot.h"
#include "delta/types.h"

namespace foz::delta {

inline constexpr const char* kIcebergV1 = "delta.enableIcebergCompatV1";
inline constexpr const char* kIcebergV2 = "delta.enableIcebergCompatV2";

bool iceberg_compat_enabled(const Metadata& metadata);

// kInvalid says what the table has, or lacks, that Iceberg's readers could not do with.
Status check_iceberg_compat(const Protocol& protocol, const Metadata& metadata,
                            const Schema& schema);

// What is refused where it is turned on: files that are there lack what later ones will have.
// `metadata` is what the table is to have.
Status check_iceberg_begins(const Snapshot& snapshot, const Metadata& metadata);

}  // namespace foz::delta
