// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// XXH64 as org.apache.spark.sql.catalyst.expressions.XXH64:
// https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md on bytes, with Spark's short cuts
// for a 4- and an 8-byte value.
#pragma once

#include <cstdint>
#include <string_view>

namespace foz::sql {

uint64_t xxhash64(std::string_view bytes, uint64_t seed);
uint64_t xxhash64_int(int32_t value, uint64_t seed);
uint64_t xxhash64_long(int64_t value, uint64_t seed);

}  // namespace foz::sql
