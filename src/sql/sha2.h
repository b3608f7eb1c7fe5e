// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// SHA-224, -256, -384 and -512 (FIPS 180-4).
#pragma once

#include <string>
#include <string_view>

namespace foz::sql {

// In lower-case hexadecimal. `bits` is one of the four.
std::string sha2_hex(std::string_view bytes, int bits);

}  // namespace foz::sql
