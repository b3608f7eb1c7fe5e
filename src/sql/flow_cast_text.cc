// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// CAST from and to STRING.

#include <fmt/format.h>

#include <limits>

#include "duckdb/common/types/hugeint.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "sql/flow_build_internal.h"
#include "sql/spark_text.h"

namespace foz::sql {

using duckdb::string_t;
using duckdb::Vector;

namespace {

// `read(text, out)` from a string; `what` it is not when that fails.
template <class Out, class Read>
Ex read_rows(Build& build, Ex ex, const LogicalType& target, OnError on_error,
             std::string_view what, Read read) {
  auto kernel = checked_rows<Out, string_t>(
      build.errors(on_error),
      [read](Vector&, Out& out, const string_t& in) { return read(view(in), out); },
      [target, what](const string_t& in) {
        return fmt::format("CAST({} AS {}) failed: not {}", shown(view(in)), spark_name(target),
                           what);
      });
  Args args;
  args.push_back(std::move(ex));
  return build.checked("cast", target, std::move(args), std::move(kernel));
}

template <class Out>
Ex read_integral(Build& build, Ex ex, const LogicalType& target, OnError on_error) {
  const std::string_view what = sizeof(Out) == 8   ? "a bigint"
                                : sizeof(Out) == 4 ? "an integer"
                                : sizeof(Out) == 2 ? "a smallint"
                                                   : "a tinyint";
  return read_rows<Out>(
      build, std::move(ex), target, on_error, what, [](std::string_view text, Out& out) {
        int64_t value = 0;
        if (!spark::read_integer(text, value)) return false;
        if (value < std::numeric_limits<Out>::min() || value > std::numeric_limits<Out>::max())
          return false;
        out = static_cast<Out>(value);
        return true;
      });
}

template <class Out>
Ex read_decimals(Build& build, Ex ex, const LogicalType& target, OnError on_error) {
  const int precision = duckdb::DecimalType::GetWidth(target),
            scale = duckdb::DecimalType::GetScale(target);
  return read_rows<Out>(build, std::move(ex), target, on_error, "a decimal of that size",
                        [precision, scale](std::string_view text, Out& out) {
                          spark::int128 value = 0;
                          if (!spark::read_decimal(text, precision, scale, value)) return false;
                          if constexpr (std::is_same_v<Out, duckdb::hugeint_t>) {
                            out = duckdb::hugeint_t(static_cast<int64_t>(value >> 64),
                                                    static_cast<uint64_t>(value));
                          } else {
                            out = static_cast<Out>(value);
                          }
                          return true;
                        });
}

Ex read_decimal(Build& build, Ex ex, const LogicalType& target, OnError on_error) {
  switch (target.InternalType()) {
    case duckdb::PhysicalType::INT16:
      return read_decimals<int16_t>(build, std::move(ex), target, on_error);
    case duckdb::PhysicalType::INT32:
      return read_decimals<int32_t>(build, std::move(ex), target, on_error);
    case duckdb::PhysicalType::INT64:
      return read_decimals<int64_t>(build, std::move(ex), target, on_error);
    default: return read_decimals<duckdb::hugeint_t>(build, std::move(ex), target, on_error);
  }
}

template <class In, class Write>
Kernel write_rows(Write write) {
  return rows<string_t, In>([write](Vector& result, string_t& out, const In& in) {
    out = duckdb::StringVector::AddString(result, write(in));
    return true;
  });
}

}  // namespace

Ex cast_from_string(Build& build, Ex ex, const LogicalType& target, OnError on_error) {
  switch (target.id()) {
    case LogicalTypeId::TINYINT:
      return read_integral<int8_t>(build, std::move(ex), target, on_error);
    case LogicalTypeId::SMALLINT:
      return read_integral<int16_t>(build, std::move(ex), target, on_error);
    case LogicalTypeId::INTEGER:
      return read_integral<int32_t>(build, std::move(ex), target, on_error);
    case LogicalTypeId::BIGINT:
      return read_integral<int64_t>(build, std::move(ex), target, on_error);
    case LogicalTypeId::DECIMAL: return read_decimal(build, std::move(ex), target, on_error);
    case LogicalTypeId::DOUBLE:
      return read_rows<double>(
          build, std::move(ex), target, on_error, "a double",
          [](std::string_view text, double& out) { return spark::read_double(text, out); });
    case LogicalTypeId::FLOAT:
      return read_rows<float>(build, std::move(ex), target, on_error, "a float",
                              [](std::string_view text, float& out) {
                                double value = 0;
                                if (!spark::read_double(text, value)) return false;
                                out = static_cast<float>(value);
                                return true;
                              });
    case LogicalTypeId::BOOLEAN:
      return read_rows<bool>(
          build, std::move(ex), target, on_error, "a boolean",
          [](std::string_view text, bool& out) { return spark::read_boolean(text, out); });
    case LogicalTypeId::DATE:
      return read_rows<duckdb::date_t>(build, std::move(ex), target, on_error, "a date",
                                       [](std::string_view text, duckdb::date_t& out) {
                                         return spark::read_date(text, out.days);
                                       });
    case LogicalTypeId::TIMESTAMP_TZ:
      return read_rows<duckdb::timestamp_t>(build, std::move(ex), target, on_error, "a timestamp",
                                            [](std::string_view text, duckdb::timestamp_t& out) {
                                              return spark::read_timestamp(text, out.value);
                                            });
    case LogicalTypeId::TIMESTAMP:
      return read_rows<duckdb::timestamp_t>(build, std::move(ex), target, on_error, "a timestamp",
                                            [](std::string_view text, duckdb::timestamp_t& out) {
                                              return spark::read_timestamp_ntz(text, out.value);
                                            });
    case LogicalTypeId::BLOB: {
      Args args;
      args.push_back(std::move(ex));
      return build.call("cast", target, std::move(args),
                        [](duckdb::DataChunk& chunk, duckdb::ExpressionState&, Vector& out) {
                          out.Reinterpret(chunk.data[0]);
                        });
    }
    default: return nullptr;
  }
}

Ex cast_to_string(Build& build, Ex ex) {
  const LogicalType target = LogicalType::VARCHAR;
  Kernel kernel;
  switch (ex->return_type.id()) {
    case LogicalTypeId::DOUBLE:
      kernel = write_rows<double>([](double in) { return spark::write_double(in); });
      break;
    case LogicalTypeId::FLOAT:
      kernel = write_rows<float>([](float in) { return spark::write_float(in); });
      break;
    case LogicalTypeId::DATE:
      kernel =
          write_rows<duckdb::date_t>([](duckdb::date_t in) { return spark::write_date(in.days); });
      break;
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
      kernel = write_rows<duckdb::timestamp_t>(
          [](duckdb::timestamp_t in) { return spark::write_timestamp(in.value); });
      break;
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::DECIMAL:
      return duckdb::BoundCastExpression::AddCastToType(build.context(), std::move(ex), target);
    default: return nullptr;
  }
  Args args;
  args.push_back(std::move(ex));
  return build.call("cast", target, std::move(args), std::move(kernel));
}

}  // namespace foz::sql
