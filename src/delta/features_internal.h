// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Which table features foz has, what a table's protocol has, and what its metadata asks for.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#table-features
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "delta/actions.h"
#include "delta/snapshot.h"
#include "delta/types.h"

namespace foz::delta {

// kUnsupported names the reader feature or version that foz does not know. `catalog`: the table's
// catalog named its newest commits.
Status check_readable(const Protocol& protocol, bool catalog = false);

// kUnsupported names a type change in the columns' history that foz cannot read through.
Status check_type_changes(const std::vector<Field>& fields);

// kUnsupported names what stands against any commit: an unknown writer feature, or a property that
// asks for work that foz does not do.
Status check_writable(const Protocol& protocol, const Metadata& metadata, const Schema& schema);
// The same, for who writes no new row: what the table asks of rows does not matter.
Status check_writable_features(const Snapshot& snapshot);

// Named, or brought by the versions.
std::set<std::string> features_of(const Protocol& protocol);
bool has_reader_feature(const Protocol& protocol, std::string_view feature);
bool has_writer_feature(const Protocol& protocol, std::string_view feature);
bool is_true(const std::map<std::string, std::string>& configuration, const std::string& property);
bool in_commit_timestamps_enabled(const Protocol& protocol, const Metadata& metadata);
bool change_feed_enabled(const Protocol& protocol, const Metadata& metadata);

// `known`, raised by the features named; the same when it has them all. kUnsupported: one that foz
// does not have.
Result<Protocol> raised(const Protocol& known, const std::set<std::string>& features);

// The features that properties and columns ask for, without those that they need in turn.
std::set<std::string> features_asked_for(const Metadata& metadata, const Schema& schema);

}  // namespace foz::delta
