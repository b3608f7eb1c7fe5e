// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Type widening: which changes of a column's type files from before them are read through.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#type-widening
#include <fmt/format.h>
#include <simdjson.h>

#include "delta/features_internal.h"
#include "delta/type_widening_internal.h"

namespace foz::delta {
namespace {

namespace dom = simdjson::dom;

Result<DataType> named_type(dom::element change, const char* key) {
  std::string_view name;
  if (change[key].get(name) != simdjson::SUCCESS)
    return Error(ErrorCode::kCorrupt, fmt::format("a type change has no {}", key));
  const std::string field =
      fmt::format(R"({{"type":"struct","fields":[{{"name":"x","type":"{}"}}]}})", name);
  return TRY(parse_schema(field)).fields[0].type;
}

Status visit_field(const Field& field, const VisitTypeChange& visit) {
  const auto found = field.metadata.find("delta.typeChanges");
  if (found == field.metadata.end()) return {};
  dom::parser parser;
  dom::array changes;
  if (parser.parse(found->second).get(changes) != simdjson::SUCCESS)
    return Error(ErrorCode::kCorrupt, "delta.typeChanges is not a list");
  for (const dom::element change : changes) {
    const DataType from = TRY(named_type(change, "fromType"));
    const DataType to = TRY(named_type(change, "toType"));
    TRY(visit(from, to));
  }
  return {};
}

}  // namespace

Status each_type_change(const std::vector<Field>& fields, const VisitTypeChange& visit) {
  for (const Field& field : fields) {
    TRY(visit_field(field, visit).within(fmt::format("column {}", field.name)));
    for (const DataType* type = &field.type; type; type = type->element.get()) {
      TRY(each_type_change(type->fields, visit));
      if (type->key) TRY(each_type_change(type->key->fields, visit));
    }
  }
  return {};
}

Status check_type_changes(const std::vector<Field>& fields) {
  return each_type_change(fields, [](const DataType& from, const DataType& to) -> Status {
    if (may_widen(from, to)) return {};
    return Error(ErrorCode::kUnsupported,
                 fmt::format("its type changed from {} to {}, which foz cannot read through",
                             type_name(from), type_name(to)));
  });
}

}  // namespace foz::delta
