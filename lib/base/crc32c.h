// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// CRC-32C (Castagnoli, RFC 3720 appendix B.4), as Kafka record batches and our journal frames use
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace foz {

// Continues from `crc`, the value of the bytes before; 0 begins. SSE 4.2 where the processor has
// it.
uint32_t crc32c(std::span<const std::byte> bytes, uint32_t crc = 0);

}  // namespace foz
