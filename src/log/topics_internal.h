// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Topics at rest, and the rules for their names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "log/types.h"

namespace foz::log {

// Kafka's rule: 1 to 249 of a-z A-Z 0-9 . _ -, and neither "." nor "..".
Status check_topic_name(std::string_view name);
Status check_topic_shape(int32_t partitions, const TopicConfig& config);
// What two topics must not share: the lake name without regard to case.
std::string lake_key(std::string_view topic);

// Little-endian; strings with a u32 length before them.
void encode_text(ByteWriter& out, std::string_view text);
std::string decode_text(ByteReader& in);
void encode_uuid(ByteWriter& out, const Uuid& id);
Uuid decode_uuid(ByteReader& in);
void encode_topic(ByteWriter& out, const Topic& topic);
// Check in.ok() afterwards.
Topic decode_topic(ByteReader& in);

}  // namespace foz::log
