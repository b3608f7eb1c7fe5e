// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// CAST and TRY_CAST as Spark's ANSI mode has them.
// https://spark.apache.org/docs/latest/sql-ref-ansi-compliance.html#cast

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>

#include "duckdb/common/types/decimal.hpp"
#include "duckdb/common/types/hugeint.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "sql/flow_build_internal.h"
#include "sql/spark_text.h"

namespace foz::sql {

using duckdb::date_t;
using duckdb::hugeint_t;
using duckdb::string_t;
using duckdb::timestamp_t;
using duckdb::Value;
using duckdb::Vector;

namespace {

std::string failed(const std::string& value, const LogicalType& target, std::string_view why) {
  return fmt::format("CAST({} AS {}) failed: {}", value, spark_name(target), why);
}

Args one(Ex ex) {
  Args args;
  args.push_back(std::move(ex));
  return args;
}

Ex default_cast(Build& build, Ex ex, const LogicalType& target) {
  return duckdb::BoundCastExpression::AddCastToType(build.context(), std::move(ex), target);
}

// DuckDB's own cast, whose NULLs for values that do not fit are noted.
Ex try_cast(Build& build, Ex ex, const LogicalType& target, OnError on_error) {
  RowErrors* errors = build.errors(on_error);
  auto kernel = [errors, target](duckdb::DataChunk& args, duckdb::ExpressionState&, Vector& out) {
    std::string message;
    Vector& in = args.data[0];
    const duckdb::idx_t count = args.size();
    if (duckdb::VectorOperations::DefaultTryCast(in, out, count, &message) || errors == nullptr)
      return;
    duckdb::UnifiedVectorFormat before, after, ids;
    in.ToUnifiedFormat(count, before);
    out.ToUnifiedFormat(count, after);
    args.data[1].ToUnifiedFormat(count, ids);
    for (duckdb::idx_t row = 0; row < count; row++) {
      if (!before.validity.RowIsValid(before.sel->get_index(row))) continue;
      if (after.validity.RowIsValid(after.sel->get_index(row))) continue;
      errors->note(duckdb::UnifiedVectorFormat::GetData<int32_t>(ids)[ids.sel->get_index(row)],
                   [&] { return failed(in.GetValue(row).ToString(), target, "out of range"); });
    }
  };
  return build.checked("cast", target, one(std::move(ex)), kernel);
}

// Toward zero; NaN and what does not fit fail.
template <class Out>
Ex truncate_double(Build& build, Ex ex, const LogicalType& target, OnError on_error) {
  auto kernel = checked_rows<Out, double>(
      build.errors(on_error),
      [](Vector&, Out& out, double in) {
        const double whole = std::trunc(in);
        const double limit = std::ldexp(1.0, static_cast<int>(sizeof(Out) * 8 - 1));
        if (!(whole >= -limit && whole < limit)) return false;
        out = static_cast<Out>(whole);
        return true;
      },
      [target](double in) { return failed(spark::write_double(in), target, "out of range"); });
  return build.checked("cast", target, one(default_cast(build, std::move(ex), LogicalType::DOUBLE)),
                       kernel);
}

template <class Out>
Ex truncate_decimal(Build& build, Ex ex, const LogicalType& target, OnError on_error) {
  const int scale = duckdb::DecimalType::GetScale(ex->return_type);
  const hugeint_t divisor = duckdb::Hugeint::POWERS_OF_TEN[scale];
  auto kernel = checked_rows<Out, hugeint_t>(
      build.errors(on_error),
      [divisor](Vector&, Out& out, const hugeint_t& in) {
        return duckdb::Hugeint::TryCast<Out>(in / divisor, out);
      },
      [target, scale](const hugeint_t& in) {
        return failed(duckdb::Decimal::ToString(in, 38, static_cast<uint8_t>(scale)), target,
                      "out of range");
      });
  auto wide =
      default_cast(build, std::move(ex), LogicalType::DECIMAL(38, static_cast<uint8_t>(scale)));
  return build.checked("cast", target, one(std::move(wide)), kernel);
}

template <class Out>
Ex to_integral(Build& build, Ex ex, const LogicalType& target, OnError on_error) {
  if (ex->return_type.id() == LogicalTypeId::DECIMAL) {
    return truncate_decimal<Out>(build, std::move(ex), target, on_error);
  }
  return truncate_double<Out>(build, std::move(ex), target, on_error);
}

Ex numeric_cast(Build& build, Ex ex, const LogicalType& target, OnError on_error) {
  const LogicalType from = ex->return_type;
  if (is_integral(target) && !is_integral(from)) {
    switch (target.id()) {
      case LogicalTypeId::TINYINT:
        return to_integral<int8_t>(build, std::move(ex), target, on_error);
      case LogicalTypeId::SMALLINT:
        return to_integral<int16_t>(build, std::move(ex), target, on_error);
      case LogicalTypeId::INTEGER:
        return to_integral<int32_t>(build, std::move(ex), target, on_error);
      default: return to_integral<int64_t>(build, std::move(ex), target, on_error);
    }
  }
  const bool floating = target.id() == LogicalTypeId::DOUBLE || target.id() == LogicalTypeId::FLOAT;
  if (floating && from.id() == LogicalTypeId::DOUBLE) {  // to infinity, as Java
    return build.call("cast", target, one(std::move(ex)),
                      rows<float, double>([](Vector&, float& out, double in) {
                        out = static_cast<float>(in);
                        return true;
                      }));
  }
  const bool widens =
      is_integral(from) && is_integral(target) &&
      duckdb::GetTypeIdSize(from.InternalType()) < duckdb::GetTypeIdSize(target.InternalType());
  if (floating || widens) return default_cast(build, std::move(ex), target);
  return try_cast(build, std::move(ex), target, on_error);
}

template <class In>
Ex seconds_to_timestamp(Build& build, Ex ex, OnError on_error) {
  const LogicalType target = LogicalType::TIMESTAMP_TZ;
  auto kernel = checked_rows<timestamp_t, In>(
      build.errors(on_error),
      [](Vector&, timestamp_t& out, const In& in) {
        if constexpr (std::is_same_v<In, double>) {
          const double micros = in * 1e6;
          if (!(std::abs(micros) < 9.2e18)) return false;
          out = timestamp_t(static_cast<int64_t>(micros));
          return true;
        } else {
          return !__builtin_mul_overflow(in, spark::kMicrosPerSecond, &out.value);
        }
      },
      [target](const In& in) { return failed(fmt::format("{}", in), target, "out of range"); });
  return build.checked("cast", target, one(std::move(ex)), kernel);
}

Ex to_timestamp(Build& build, Ex ex, const LogicalType& target, OnError on_error) {
  const LogicalType& from = ex->return_type;
  if (from.id() == LogicalTypeId::DATE) {
    auto kernel = checked_rows<timestamp_t, date_t>(
        build.errors(on_error),
        [](Vector&, timestamp_t& out, date_t in) {
          return !__builtin_mul_overflow(int64_t{in.days}, spark::kMicrosPerDay, &out.value);
        },
        [target](date_t in) { return failed(spark::write_date(in.days), target, "out of range"); });
    return build.checked("cast", target, one(std::move(ex)), kernel);
  }
  const bool timestamp =
      from.id() == LogicalTypeId::TIMESTAMP || from.id() == LogicalTypeId::TIMESTAMP_TZ;
  if (timestamp) {  // the session's zone is UTC
    return build.call("cast", target, one(std::move(ex)),
                      [](duckdb::DataChunk& args, duckdb::ExpressionState&, Vector& out) {
                        out.Reinterpret(args.data[0]);
                      });
  }
  if (target.id() != LogicalTypeId::TIMESTAMP_TZ || !is_numeric(from)) return nullptr;
  if (is_integral(from)) {
    return seconds_to_timestamp<int64_t>(
        build, default_cast(build, std::move(ex), LogicalType::BIGINT), on_error);
  }
  return seconds_to_timestamp<double>(
      build, default_cast(build, std::move(ex), LogicalType::DOUBLE), on_error);
}

Ex from_timestamp(Build& build, Ex ex, const LogicalType& target, OnError on_error) {
  if (target.id() == LogicalTypeId::DATE) {
    return build.call(
        "cast", target, one(std::move(ex)),
        rows<date_t, timestamp_t>([](Vector&, date_t& out, timestamp_t in) {
          out = date_t(static_cast<int32_t>(spark::floor_div(in.value, spark::kMicrosPerDay)));
          return true;
        }));
  }
  if (ex->return_type.id() != LogicalTypeId::TIMESTAMP_TZ || !is_numeric(target)) return nullptr;
  if (is_integral(target)) {
    auto seconds = build.call("cast", LogicalType::BIGINT, one(std::move(ex)),
                              rows<int64_t, timestamp_t>([](Vector&, int64_t& out, timestamp_t in) {
                                out = spark::floor_div(in.value, spark::kMicrosPerSecond);
                                return true;
                              }));
    return build.cast({}, std::move(seconds), target, on_error);
  }
  auto seconds = build.call("cast", LogicalType::DOUBLE, one(std::move(ex)),
                            rows<double, timestamp_t>([](Vector&, double& out, timestamp_t in) {
                              out = static_cast<double>(in.value) / 1e6;
                              return true;
                            }));
  return build.cast({}, std::move(seconds), target, on_error);
}

Ex from_boolean(Build& build, Ex ex, const LogicalType& target) {
  return is_numeric(target) ? default_cast(build, std::move(ex), target) : nullptr;
}

// Arrays and structs whose parts convert without failing.
Ex nested_cast(Build& build, Ex ex, const LogicalType& target) {
  const LogicalType& from = ex->return_type;
  if (from.id() != LogicalTypeId::LIST || target.id() != LogicalTypeId::LIST) return nullptr;
  const auto& element = duckdb::ListType::GetChildType(from);
  const auto& wanted = duckdb::ListType::GetChildType(target);
  const bool safe = element.id() == LogicalTypeId::SQLNULL ||
                    (is_integral(element) && (wanted.id() == LogicalTypeId::DOUBLE ||
                                              wanted.id() == LogicalTypeId::BIGINT));
  return safe ? default_cast(build, std::move(ex), target) : nullptr;
}

Ex cast_value(Build& build, Ex ex, const LogicalType& target, OnError on_error) {
  const LogicalType from = ex->return_type;
  if (from.id() == LogicalTypeId::VARCHAR)
    return cast_from_string(build, std::move(ex), target, on_error);
  if (target.id() == LogicalTypeId::VARCHAR) {
    if (from.id() != LogicalTypeId::BLOB) return cast_to_string(build, std::move(ex));
    auto kernel = checked_rows<string_t, string_t>(
        build.errors(on_error),
        [](Vector&, string_t& out, const string_t& in) {
          out = in;
          return simdjson::validate_utf8(in.GetData(), in.GetSize());
        },
        [target](const string_t& in) {
          std::string hex;
          for (unsigned char c : view(in).substr(0, 20)) hex += fmt::format("{:02X}", c);
          return failed(fmt::format("X'{}'", hex), target, "not valid UTF-8");
        });
    // The result points into the argument's bytes.
    return build.checked(
        "cast", target, one(std::move(ex)),
        [kernel](duckdb::DataChunk& args, duckdb::ExpressionState& state, Vector& out) {
          kernel(args, state, out);
          duckdb::StringVector::AddHeapReference(out, args.data[0]);
        });
  }
  if (is_numeric(from) && is_numeric(target))
    return numeric_cast(build, std::move(ex), target, on_error);
  if (is_numeric(from) && target.id() == LogicalTypeId::BOOLEAN)
    return default_cast(build, std::move(ex), target);
  if (from.id() == LogicalTypeId::BOOLEAN) return from_boolean(build, std::move(ex), target);
  if (target.id() == LogicalTypeId::TIMESTAMP || target.id() == LogicalTypeId::TIMESTAMP_TZ) {
    return to_timestamp(build, std::move(ex), target, on_error);
  }
  const bool timestamp =
      from.id() == LogicalTypeId::TIMESTAMP || from.id() == LogicalTypeId::TIMESTAMP_TZ;
  if (timestamp) return from_timestamp(build, std::move(ex), target, on_error);
  return nested_cast(build, std::move(ex), target);
}

}  // namespace

Ex Build::cast(Span span, Ex ex, const LogicalType& target, OnError on_error) {
  const LogicalType from = ex->return_type;
  if (from == target) return ex;
  if (from.id() == LogicalTypeId::SQLNULL) return constant(Value(target));
  auto result = cast_value(*this, std::move(ex), target, on_error);
  if (!result)
    refuse(span, fmt::format("a {} cannot be cast to {}", spark_name(from), spark_name(target)));
  return fold(std::move(result));
}

}  // namespace foz::sql
