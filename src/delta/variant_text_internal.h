// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The scalars of variants as JSON text, spelt as Spark spells them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace foz::delta {

// The shortest text that gives the number again, spelt as Java does ("1.0E10"); NaN and infinities
// quoted.
void append_java_number(double number, std::string& out);
void append_java_number(float number, std::string& out);
// A scaled integer in decimal digits ("-123", 2 is -1.23), without zeros at the end.
void append_decimal(std::string digits, int scale, std::string& out);
void append_variant_date(int32_t days, std::string& out);
void append_variant_time(int64_t us, bool zoned, std::string& out);
void append_variant_clock(int64_t us, std::string& out);  // a time of day
void append_variant_nanos(int64_t ns, bool zoned, std::string& out);
void append_variant_binary(std::string_view bytes, std::string& out);
void append_variant_uuid(std::string_view bytes, std::string& out);  // 16 of them

}  // namespace foz::delta
