// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Which table features foz has, and what a table's protocol asks for.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#table-features
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "delta/actions.h"
#include "delta/types.h"

namespace foz::delta {

// kUnsupported names the reader feature or version that foz does not know. `catalog`: the table's
// catalog named its newest commits.
Status check_readable(const Protocol& protocol, bool catalog = false);

// kUnsupported names a type change in the columns' history that foz cannot read through.
Status check_type_changes(const std::vector<Field>& fields);

// kUnsupported names what stands against a commit: an unknown writer feature, or a known one that
// asks for work that foz does not do yet (a constraint to check, a column to generate).
Status check_writable(const Protocol& protocol, const Metadata& metadata, const Schema& schema);

bool has_writer_feature(const Protocol& protocol, std::string_view feature);
bool is_true(const std::map<std::string, std::string>& configuration, const std::string& property);
bool in_commit_timestamps_enabled(const Protocol& protocol, const Metadata& metadata);

// `known`, and what columns of the schema ask for beyond it.
Protocol widened(const Protocol& known, const Schema& schema);

// The lowest protocol that a new table with this schema and these properties needs.
Result<Protocol> protocol_for(const Schema& schema,
                              const std::map<std::string, std::string>& properties);

}  // namespace foz::delta
