// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// from_json as an expression. https://spark.apache.org/docs/latest/api/sql/#from_json

#include <fmt/format.h>

#include "sql/flow_build_internal.h"
#include "sql/from_json_internal.h"
#include "sql/json_path_internal.h"

namespace foz::sql {

namespace {

struct JsonOptions {
  bool fail_fast = false;
  std::string corrupt_field = "_corrupt_record";
};

const std::string* text_of(const Expr& expr) {
  const bool text = expr.kind == ExprKind::kLiteral && !expr.value.IsNull() &&
                    expr.value.type().id() == LogicalTypeId::VARCHAR;
  return text ? &duckdb::StringValue::Get(expr.value) : nullptr;
}

// map('mode', 'FAILFAST', …), of constants.
JsonOptions options_of(const Expr& expr) {
  JsonOptions options;
  if (expr.kind != ExprKind::kCall || expr.text != "map" || expr.args.size() % 2 != 0) {
    Build::refuse(expr.span, "options are written as map('name', 'value', …)");
  }
  for (size_t i = 0; i < expr.args.size(); i += 2) {
    const std::string* name = text_of(*expr.args[i]);
    const std::string* value = text_of(*expr.args[i + 1]);
    if (name == nullptr || value == nullptr)
      Build::refuse(expr.args[i]->span, "options must be constant strings");
    if (duckdb::StringUtil::CIEquals(*name, "columnNameOfCorruptRecord")) {
      options.corrupt_field = *value;
    } else if (duckdb::StringUtil::CIEquals(*name, "mode")) {
      options.fail_fast = duckdb::StringUtil::CIEquals(*value, "FAILFAST");
      if (!options.fail_fast && !duckdb::StringUtil::CIEquals(*value, "PERMISSIVE")) {
        Build::refuse(expr.args[i + 1]->span, "mode is PERMISSIVE or FAILFAST");
      }
    } else {
      Build::refuse(expr.args[i]->span, fmt::format("option {} is not supported", *name));
    }
  }
  return options;
}

void read_rows(JsonReader& reader, RowErrors* errors, duckdb::DataChunk& args,
               duckdb::Vector& out) {
  const duckdb::idx_t count = args.size();
  duckdb::UnifiedVectorFormat texts, ids;
  args.data[0].ToUnifiedFormat(count, texts);
  args.data[1].ToUnifiedFormat(count, ids);
  const auto* text = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(texts);
  reader.begin(out, count);
  for (duckdb::idx_t row = 0; row < count; row++) {
    const duckdb::idx_t at = texts.sel->get_index(row);
    const bool blank = !texts.validity.RowIsValid(at) ||
                       view(text[at]).find_first_not_of(" \t\r\n") == std::string_view::npos;
    if (blank) {
      duckdb::FlatVector::SetNull(out, row, true);
      continue;
    }
    const auto outcome = reader.read(view(text[at]), out, row);
    if (outcome == JsonReader::Outcome::kRead || errors == nullptr) continue;
    errors->note(duckdb::UnifiedVectorFormat::GetData<int32_t>(ids)[ids.sel->get_index(row)], [&] {
      const bool malformed = outcome == JsonReader::Outcome::kMalformed;
      return fmt::format(
          "from_json({}) failed: {}", shown(view(text[at])),
          malformed ? "malformed JSON" : "a field does not have the type of the schema");
    });
  }
}

Ex from_json(Build& build, const Expr& call, Args& args) {
  const Expr& schema = *call.args[1];
  const std::string* ddl = text_of(schema);
  if (ddl == nullptr) Build::refuse(schema.span, "the schema must be a constant string");
  LogicalType type;
  try {
    type = parse_ddl(*ddl);
  } catch (const Refused& refused) {
    Build::refuse(schema.span, "in the schema: " + refused.message);
  }
  if (type.id() != LogicalTypeId::STRUCT)
    Build::refuse(schema.span, "the schema must be a list of columns");
  const JsonOptions options = call.args.size() > 2 ? options_of(*call.args[2]) : JsonOptions();
  auto reader = std::make_shared<JsonReader>(type, options.corrupt_field);
  RowErrors* errors = build.errors(options.fail_fast ? OnError::kNote : OnError::kNull);
  Args text;
  text.push_back(build.implicit(call.args[0]->span, std::move(args[0]), LogicalType::VARCHAR));
  return build.checked(
      "from_json", type, std::move(text),
      [reader, errors](duckdb::DataChunk& chunk, duckdb::ExpressionState&, duckdb::Vector& out) {
        read_rows(*reader, errors, chunk, out);
      });
}

Ex get_json_object(Build& build, const Expr& call, Args& args) {
  const auto constant = Build::value_of(args[1]);
  if (!constant || constant->IsNull() || !is_string(args[1]))
    Build::refuse(call.args[1]->span, "the path must be a constant string");
  auto compiled = JsonPath::compile(duckdb::StringValue::Get(*constant));
  if (!compiled)
    Build::refuse(call.args[1]->span, "the path is written as $.name.name[0], without wildcards");
  auto path = std::make_shared<JsonPath>(std::move(*compiled));
  Args text;
  text.push_back(build.implicit(call.args[0]->span, std::move(args[0]), LogicalType::VARCHAR));
  auto kernel = rows<duckdb::string_t, duckdb::string_t>(
      [path](duckdb::Vector& result, duckdb::string_t& out, const duckdb::string_t& in) {
        const auto found = path->find(view(in));
        if (found) out = duckdb::StringVector::AddString(result, *found);
        return found.has_value();
      });
  return build.call("get_json_object", LogicalType::VARCHAR, std::move(text), std::move(kernel));
}

constexpr Function kFunctions[] = {
    {"from_json", 2, 3, from_json},
    {"get_json_object", 2, 2, get_json_object},
};

}  // namespace

std::span<const Function> json_functions() { return kFunctions; }

}  // namespace foz::sql
