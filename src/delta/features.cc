// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/features_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace foz::delta {
namespace {

constexpr std::array<std::string_view, 12> kReaderFeatures = {
    "columnMapping",       "deletionVectors",   "timestampNtz",
    "v2Checkpoint",        "typeWidening",      "typeWidening-preview",
    "vacuumProtocolCheck", "variantType",       "variantType-preview",
    "variantShredding",    "inCommitTimestamp", "variantShredding-preview"};

// The newest commits of these tables are known only to their catalog.
constexpr std::array<std::string_view, 2> kCatalogFeatures = {"catalogManaged",
                                                              "catalogOwned-preview"};

// Those that ask for work when a column or property uses them are looked at in check_writable.
constexpr std::array<std::string_view, 16> kWriterFeatures = {
    "appendOnly",          "invariants",     "checkConstraints",    "changeDataFeed",
    "generatedColumns",    "columnMapping",  "identityColumns",     "deletionVectors",
    "timestampNtz",        "domainMetadata", "v2Checkpoint",        "inCommitTimestamp",
    "vacuumProtocolCheck", "clustering",     "allowColumnDefaults", "checkpointProtection"};

constexpr int kNamedReader = 3;
constexpr int kNamedWriter = 7;

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Error unsupported(std::string message) {
  return Error(ErrorCode::kUnsupported, std::move(message));
}

Status check_columns(const std::vector<Field>& fields) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kRules = {{
      {"delta.invariants", "an invariant (table feature invariants)"},
      {"delta.generationExpression", "a generation expression (table feature generatedColumns)"},
      {"delta.identity.start", "an identity (table feature identityColumns)"},
      {"delta.identity.step", "an identity (table feature identityColumns)"},
      {"CURRENT_DEFAULT", "a default (table feature allowColumnDefaults)"},
  }};
  for (const Field& field : fields) {
    for (const auto& [key, what] : kRules) {
      if (field.metadata.contains(std::string(key))) {
        return unsupported(
            fmt::format("column {} has {}: writing it is not supported", field.name, what));
      }
    }
    for (const DataType* type = &field.type; type; type = type->element.get()) {
      TRY(check_columns(type->fields));
      if (type->key) TRY(check_columns(type->key->fields));
    }
  }
  return {};
}

bool uses(const DataType& type, TypeKind kind) {
  if (type.kind == kind) return true;
  for (const Field& field : type.fields) {
    if (uses(field.type, kind)) return true;
  }
  return (type.element && uses(*type.element, kind)) || (type.key && uses(*type.key, kind));
}

}  // namespace

bool is_true(const std::map<std::string, std::string>& configuration, const std::string& property) {
  const auto found = configuration.find(property);
  if (found == configuration.end()) return false;
  return found->second == "true" || found->second == "TRUE" || found->second == "True";
}

bool has_writer_feature(const Protocol& protocol, std::string_view feature) {
  return protocol.min_writer_version >= kNamedWriter && contains(protocol.writer_features, feature);
}

bool in_commit_timestamps_enabled(const Protocol& protocol, const Metadata& metadata) {
  return has_writer_feature(protocol, "inCommitTimestamp") &&
         is_true(metadata.configuration, "delta.enableInCommitTimestamps");
}

Status check_readable(const Protocol& protocol, bool catalog) {
  if (protocol.min_reader_version > kNamedReader) {
    return unsupported(
        fmt::format("the table asks for reader version {}; foz reads up to version {}",
                    protocol.min_reader_version, kNamedReader));
  }
  if (protocol.min_reader_version < kNamedReader) return {};
  for (const std::string& feature : protocol.reader_features) {
    if (contains(kCatalogFeatures, feature)) {
      if (catalog) continue;
      return unsupported(fmt::format(
          "the table's newest commits are known only to its catalog (reader feature {}): read it "
          "with the commits that the catalog names",
          feature));
    }
    if (!contains(kReaderFeatures, feature)) {
      return unsupported(
          fmt::format("the table asks for reader feature {}, which foz does not have", feature));
    }
  }
  return {};
}

Status check_writable(const Protocol& protocol, const Metadata& metadata, const Schema& schema) {
  TRY(check_readable(protocol));
  if (protocol.min_writer_version > kNamedWriter) {
    return unsupported(
        fmt::format("the table asks for writer version {}; foz writes up to version {}",
                    protocol.min_writer_version, kNamedWriter));
  }
  if (protocol.min_writer_version == kNamedWriter) {
    for (const std::string& feature : protocol.writer_features) {
      if (!contains(kWriterFeatures, feature)) {
        return unsupported(
            fmt::format("the table asks for writer feature {}, which foz does not have", feature));
      }
    }
  }
  for (const auto& [key, value] : metadata.configuration) {
    if (key.starts_with("delta.constraints.")) {
      return unsupported(
          fmt::format("the table has the constraint {} (table feature checkConstraints): "
                      "writing it is not supported",
                      key.substr(18)));
    }
  }
  if (uses({.kind = TypeKind::kStruct, .fields = schema.fields}, TypeKind::kVariant))
    return unsupported("the table has a variant column: writing it is not supported");
  return check_columns(schema.fields);
}

Protocol widened(const Protocol& known, const Schema& schema) {
  // What a version asks for without naming it.
  constexpr std::array<std::pair<int, std::string_view>, 7> kUnnamed = {{{2, "appendOnly"},
                                                                         {2, "invariants"},
                                                                         {3, "checkConstraints"},
                                                                         {4, "changeDataFeed"},
                                                                         {4, "generatedColumns"},
                                                                         {5, "columnMapping"},
                                                                         {6, "identityColumns"}}};
  constexpr std::string_view kFeature = "timestampNtz";
  const DataType root{.kind = TypeKind::kStruct, .fields = schema.fields};
  if (!uses(root, TypeKind::kTimestampNtz) || has_writer_feature(known, kFeature)) return known;
  Protocol wide = known;
  if (known.min_writer_version < kNamedWriter) {
    for (const auto& [version, feature] : kUnnamed) {
      if (version <= known.min_writer_version) wide.writer_features.emplace_back(feature);
    }
  }
  if (known.min_reader_version == 2) wide.reader_features.emplace_back("columnMapping");
  wide.min_reader_version = kNamedReader;
  wide.min_writer_version = kNamedWriter;
  wide.reader_features.emplace_back(kFeature);
  wide.writer_features.emplace_back(kFeature);
  return wide;
}

Result<Protocol> protocol_for(const Schema& schema,
                              const std::map<std::string, std::string>& properties) {
  std::vector<std::string> readers, writers;
  const DataType root{.kind = TypeKind::kStruct, .fields = schema.fields};
  if (uses(root, TypeKind::kTimestampNtz)) {
    readers.emplace_back("timestampNtz");
    writers.emplace_back("timestampNtz");
  }
  if (is_true(properties, "delta.enableDeletionVectors")) {
    readers.emplace_back("deletionVectors");
    writers.emplace_back("deletionVectors");
  }
  if (is_true(properties, "delta.enableInCommitTimestamps"))
    writers.emplace_back("inCommitTimestamp");
  if (is_true(properties, "delta.enableChangeDataFeed")) writers.emplace_back("changeDataFeed");
  for (const char* property : {"delta.columnMapping.mode", "delta.checkpointPolicy"}) {
    const auto found = properties.find(property);
    if (found != properties.end() && found->second != "none" && found->second != "classic") {
      return unsupported(
          fmt::format("creating a table with {} = {} is not supported", property, found->second));
    }
  }
  if (writers.empty()) return Protocol{};
  writers.emplace_back("appendOnly");
  writers.emplace_back("invariants");
  return Protocol{.min_reader_version = readers.empty() ? 1 : kNamedReader,
                  .min_writer_version = kNamedWriter,
                  .reader_features = std::move(readers),
                  .writer_features = std::move(writers)};
}

}  // namespace foz::delta
