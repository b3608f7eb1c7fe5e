// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The protocol's table properties and the values that they may have.
// https://docs.delta.io/latest/table-properties.html
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "delta/actions.h"
#include "delta/snapshot.h"
#include "delta/types.h"

namespace foz::delta {

// Properties as a user gives them. kInvalid: an unknown "delta.*" or a value that is none of its
// own; kUnsupported: one that asks for what foz does not do. Names without "delta." are the user's.
Status check_property(const std::string& name, const std::string& value);

// "interval 2 weeks", "30 days 12 hours": milliseconds, rounded down. nullopt for what is none;
// months and years have no fixed length.
std::optional<int64_t> interval_ms(std::string_view text);
// The property's, for who deletes by it; kUnsupported where it is none.
Result<int64_t> retention_ms(const Snapshot& snapshot, const std::string& property,
                             int64_t otherwise);

// Spark's sizes: "1024", "64b", "128mb", "1G". nullopt for what is none.
std::optional<int64_t> byte_size(std::string_view text);

// Kept by the table: neither set nor unset by a user.
bool is_own_property(const std::string& name);

// What a user gave, split: "delta.feature.x" and protocol versions are no configuration but
// features.
struct GivenProperties {
  std::map<std::string, std::string> configuration;
  std::set<std::string> features;
};
Result<GivenProperties> take_properties(const std::map<std::string, std::string>& given);

}  // namespace foz::delta
