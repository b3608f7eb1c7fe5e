// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/features_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "delta/iceberg_compat_internal.h"
#include "delta/reference.h"

namespace foz::delta {
namespace {

// The newest commits of these tables are known only to their catalog.
constexpr std::array<std::string_view, 2> kCatalogFeatures = {"catalogManaged",
                                                              "catalogOwned-preview"};

constexpr int kNamedReader = 3;
constexpr int kNamedWriter = 7;

struct Feature {
  std::string_view name;
  bool for_readers = false;
  // The versions that together bring it without naming it; 0: none does.
  int reader = 0, writer = 0;
  std::string_view needs = {};  // one more feature
};

constexpr std::array kFeatures = {
    Feature{"appendOnly", false, 1, 2},
    Feature{"invariants", false, 1, 2},
    Feature{"checkConstraints", false, 1, 3},
    Feature{"changeDataFeed", false, 1, 4},
    Feature{"generatedColumns", false, 1, 4},
    Feature{"columnMapping", true, 2, 5},
    Feature{"identityColumns", false, 1, 6},
    Feature{"deletionVectors", true},
    Feature{"timestampNtz", true},
    Feature{"v2Checkpoint", true},
    Feature{"typeWidening", true},
    Feature{"typeWidening-preview", true},
    Feature{"variantType", true},
    Feature{"variantType-preview", true},
    Feature{"variantShredding", true},
    Feature{"variantShredding-preview", true},
    Feature{"vacuumProtocolCheck", true},
    Feature{"inCommitTimestamp"},
    Feature{"domainMetadata"},
    Feature{"rowTracking", false, 0, 0, "domainMetadata"},
    Feature{"clustering", false, 0, 0, "domainMetadata"},
    Feature{"allowColumnDefaults"},
    Feature{"checkpointProtection"},
    Feature{"icebergCompatV1", false, 0, 0, "columnMapping"},
    Feature{"icebergCompatV2", false, 0, 0, "columnMapping"},
};

const Feature* find_feature(std::string_view name) {
  const auto found = std::ranges::find(kFeatures, name, &Feature::name);
  return found == kFeatures.end() ? nullptr : &*found;
}

Error unsupported(std::string message) {
  return Error(ErrorCode::kUnsupported, std::move(message));
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool uses(const DataType& type, TypeKind kind) {
  if (type.kind == kind) return true;
  for (const Field& field : type.fields) {
    if (uses(field.type, kind)) return true;
  }
  return (type.element && uses(*type.element, kind)) || (type.key && uses(*type.key, kind));
}

void ask_for_columns(const std::vector<Field>& fields, std::set<std::string>& out) {
  constexpr std::array<std::pair<const char*, const char*>, 5> kByMetadata = {{
      {"delta.invariants", "invariants"},
      {"delta.generationExpression", "generatedColumns"},
      {"delta.identity.start", "identityColumns"},
      {"CURRENT_DEFAULT", "allowColumnDefaults"},
      {"delta.typeChanges", "typeWidening"},
  }};
  for (const Field& field : fields) {
    for (const auto& [key, feature] : kByMetadata) {
      if (field.metadata.contains(key)) out.insert(feature);
    }
    for (const DataType* type = &field.type; type; type = type->element.get()) {
      ask_for_columns(type->fields, out);
      if (type->key) ask_for_columns(type->key->fields, out);
    }
  }
}

}  // namespace

std::vector<TableFeature> table_features() {
  std::vector<TableFeature> out;
  for (const Feature& feature : kFeatures) out.push_back({feature.name, feature.for_readers});
  return out;
}

bool is_true(const std::map<std::string, std::string>& configuration, const std::string& property) {
  const auto found = configuration.find(property);
  if (found == configuration.end()) return false;
  return found->second == "true" || found->second == "TRUE" || found->second == "True";
}

bool has_writer_feature(const Protocol& protocol, std::string_view feature) {
  if (protocol.min_writer_version >= kNamedWriter) {
    return contains(protocol.writer_features, feature);
  }
  const Feature* known = find_feature(feature);
  return known && known->writer > 0 && known->writer <= protocol.min_writer_version &&
         known->reader <= protocol.min_reader_version;
}

bool has_reader_feature(const Protocol& protocol, std::string_view feature) {
  if (protocol.min_reader_version >= kNamedReader) {
    return contains(protocol.reader_features, feature);
  }
  const Feature* known = find_feature(feature);
  return known && known->for_readers && known->reader > 0 &&
         known->reader <= protocol.min_reader_version;
}

bool in_commit_timestamps_enabled(const Protocol& protocol, const Metadata& metadata) {
  return has_writer_feature(protocol, "inCommitTimestamp") &&
         is_true(metadata.configuration, "delta.enableInCommitTimestamps");
}

bool change_feed_enabled(const Protocol& protocol, const Metadata& metadata) {
  return has_writer_feature(protocol, "changeDataFeed") &&
         is_true(metadata.configuration, "delta.enableChangeDataFeed");
}

Status check_readable(const Protocol& protocol, bool catalog) {
  if (protocol.min_reader_version > kNamedReader) {
    return unsupported(
        fmt::format("the table asks for reader version {}; foz reads up to version {}",
                    protocol.min_reader_version, kNamedReader));
  }
  if (protocol.min_reader_version < kNamedReader) return {};
  for (const std::string& feature : protocol.reader_features) {
    if (std::ranges::find(kCatalogFeatures, feature) != kCatalogFeatures.end()) {
      if (catalog) continue;
      return unsupported(fmt::format(
          "the table's newest commits are known only to its catalog (reader feature {}): read it "
          "with the commits that the catalog names",
          feature));
    }
    if (!find_feature(feature)) {
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
      if (!find_feature(feature)) {
        return unsupported(
            fmt::format("the table asks for writer feature {}, which foz does not have", feature));
      }
    }
  }
  for (const char* property :
       {"delta.enableIcebergCompatV3", "delta.compatibility.symlinkFormatManifest.enabled"}) {
    if (is_true(metadata.configuration, property)) {
      return unsupported(fmt::format("the table has {}: writing it is not supported", property));
    }
  }
  return check_iceberg_compat(protocol, metadata, schema);
}

Result<Protocol> raised(const Protocol& known, const std::set<std::string>& features) {
  std::set<std::string> missing;
  for (const std::string& name : features) {
    const Feature* feature = find_feature(name);
    if (!feature) return unsupported(fmt::format("foz does not have table feature {}", name));
    if (has_writer_feature(known, name + "-preview")) continue;
    if (!feature->needs.empty()) missing.emplace(feature->needs);
    missing.insert(name);
  }
  std::erase_if(missing, [&](const std::string& name) { return has_writer_feature(known, name); });
  if (missing.empty()) return known;
  Protocol wide = known;
  if (known.min_writer_version < kNamedWriter) {
    for (const std::string& name : features_of(known)) wide.writer_features.push_back(name);
  }
  wide.min_writer_version = kNamedWriter;
  const auto name_readers = [&] {
    if (wide.min_reader_version == kNamedReader) return;
    if (has_writer_feature(known, "columnMapping")) {
      wide.reader_features.emplace_back("columnMapping");
    }
    wide.min_reader_version = kNamedReader;
  };
  for (const std::string& name : missing) {
    wide.writer_features.push_back(name);
    if (!find_feature(name)->for_readers) continue;
    name_readers();
    if (!contains(wide.reader_features, name)) wide.reader_features.push_back(name);
  }
  return wide;
}

std::set<std::string> features_of(const Protocol& protocol) {
  if (protocol.min_writer_version >= kNamedWriter) {
    return {protocol.writer_features.begin(), protocol.writer_features.end()};
  }
  std::set<std::string> out;
  for (const Feature& feature : kFeatures) {
    if (has_writer_feature(protocol, feature.name)) out.emplace(feature.name);
  }
  return out;
}

std::set<std::string> features_asked_for(const Metadata& metadata, const Schema& schema) {
  constexpr std::array<std::pair<const char*, const char*>, 8> kByProperty = {{
      {"delta.appendOnly", "appendOnly"},
      {"delta.enableDeletionVectors", "deletionVectors"},
      {"delta.enableChangeDataFeed", "changeDataFeed"},
      {"delta.enableInCommitTimestamps", "inCommitTimestamp"},
      {"delta.enableRowTracking", "rowTracking"},
      {"delta.enableTypeWidening", "typeWidening"},
      {kIcebergV1, "icebergCompatV1"},
      {kIcebergV2, "icebergCompatV2"},
  }};
  std::set<std::string> out;
  const auto& configuration = metadata.configuration;
  for (const auto& [property, feature] : kByProperty) {
    if (is_true(configuration, property)) out.insert(feature);
  }
  const auto is_set = [&](const char* property, std::string_view off) {
    const auto found = configuration.find(property);
    return found != configuration.end() && !equal_without_case(found->second, off);
  };
  if (is_set("delta.columnMapping.mode", "none")) out.insert("columnMapping");
  if (is_set("delta.checkpointPolicy", "classic")) out.insert("v2Checkpoint");
  for (const auto& [key, value] : configuration) {
    if (key.starts_with("delta.constraints.")) out.insert("checkConstraints");
  }
  const DataType root{.kind = TypeKind::kStruct, .fields = schema.fields};
  if (uses(root, TypeKind::kTimestampNtz)) out.insert("timestampNtz");
  if (uses(root, TypeKind::kVariant)) out.insert("variantType");
  ask_for_columns(schema.fields, out);
  return out;
}

}  // namespace foz::delta
