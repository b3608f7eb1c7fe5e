// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Dates and timestamps. https://spark.apache.org/docs/latest/api/sql/ The session's zone is UTC.

#include <fmt/format.h>

#include <limits>

#include "duckdb/common/types/interval.hpp"
#include "sql/flow_arithmetic_internal.h"
#include "sql/spark_date_pattern.h"
#include "sql/spark_text.h"

namespace foz::sql {

using duckdb::date_t;
using duckdb::string_t;
using duckdb::timestamp_t;
using duckdb::Value;
using duckdb::Vector;
using spark::kMicrosPerDay;
using spark::kMicrosPerSecond;

namespace {

Ex argument(Build& build, const Expr& call, Args& args, size_t i, const LogicalType& type) {
  const auto from = args[i]->return_type.id();
  const bool timestamp_to_date =
      type.id() == LogicalTypeId::DATE &&
      (from == LogicalTypeId::TIMESTAMP || from == LogicalTypeId::TIMESTAMP_TZ);
  if (timestamp_to_date ||
      (type.id() == LogicalTypeId::TIMESTAMP_TZ && from == LogicalTypeId::TIMESTAMP)) {
    return build.cast(call.args[i]->span, std::move(args[i]), type, OnError::kNote);
  }
  return build.implicit(call.args[i]->span, std::move(args[i]), type);
}

std::string constant_text(const Expr& call, const Args& args, size_t i, std::string_view what) {
  const auto value = Build::value_of(args[i]);
  if (!value || value->IsNull() || value->type().id() != LogicalTypeId::VARCHAR) {
    Build::refuse(call.args[i]->span, fmt::format("{} must be a constant string", what));
  }
  return duckdb::StringValue::Get(*value);
}

// --- fields

using Field = int32_t (*)(int64_t days, int64_t micros_of_day);

int32_t iso_week(int64_t days) {
  const int64_t thursday = days - spark::floor_mod(days + 3, 7) + 3;
  const int64_t year = spark::civil_from_days(thursday).year;
  return static_cast<int32_t>((thursday - spark::days_from_civil(year, 1, 1)) / 7 + 1);
}

struct FieldName {
  std::string_view name;
  bool time;  // of the day
  Field field;
};
constexpr FieldName kFields[] = {
    {"year", false,
     [](int64_t d, int64_t) { return static_cast<int32_t>(spark::civil_from_days(d).year); }},
    {"quarter", false,
     [](int64_t d, int64_t) { return (spark::civil_from_days(d).month + 2) / 3; }},
    {"month", false, [](int64_t d, int64_t) { return int32_t{spark::civil_from_days(d).month}; }},
    {"week", false, [](int64_t d, int64_t) { return iso_week(d); }},
    {"weekofyear", false, [](int64_t d, int64_t) { return iso_week(d); }},
    {"day", false, [](int64_t d, int64_t) { return int32_t{spark::civil_from_days(d).day}; }},
    {"dayofmonth", false,
     [](int64_t d, int64_t) { return int32_t{spark::civil_from_days(d).day}; }},
    {"dayofweek", false,
     [](int64_t d, int64_t) { return static_cast<int32_t>(spark::floor_mod(d + 4, 7) + 1); }},
    {"dow", false,
     [](int64_t d, int64_t) { return static_cast<int32_t>(spark::floor_mod(d + 4, 7) + 1); }},
    {"weekday", false,
     [](int64_t d, int64_t) { return static_cast<int32_t>(spark::floor_mod(d + 3, 7)); }},
    {"dayofyear", false,
     [](int64_t d, int64_t) {
       return static_cast<int32_t>(
           d - spark::days_from_civil(spark::civil_from_days(d).year, 1, 1) + 1);
     }},
    {"doy", false,
     [](int64_t d, int64_t) {
       return static_cast<int32_t>(
           d - spark::days_from_civil(spark::civil_from_days(d).year, 1, 1) + 1);
     }},
    {"hour", true, [](int64_t, int64_t t) { return static_cast<int32_t>(t / 3'600'000'000); }},
    {"minute", true, [](int64_t, int64_t t) { return static_cast<int32_t>(t / 60'000'000 % 60); }},
    {"second", true, [](int64_t, int64_t t) { return static_cast<int32_t>(t / 1'000'000 % 60); }},
};

Ex field_of(Build& build, const Expr& call, const FieldName& field, Args& args, size_t i) {
  Ex value =
      argument(build, call, args, i, field.time ? LogicalType::TIMESTAMP_TZ : LogicalType::DATE);
  const Field compute = field.field;
  if (!field.time) {
    return build.call(call.text, LogicalType::INTEGER, list(std::move(value)),
                      rows<int32_t, date_t>([compute](Vector&, int32_t& out, date_t in) {
                        out = compute(in.days, 0);
                        return true;
                      }));
  }
  return build.call(call.text, LogicalType::INTEGER, list(std::move(value)),
                    rows<int32_t, timestamp_t>([compute](Vector&, int32_t& out, timestamp_t in) {
                      out = compute(0, spark::floor_mod(in.value, kMicrosPerDay));
                      return true;
                    }));
}

const FieldName* find_field(std::string name) {
  name = duckdb::StringUtil::Lower(name);
  for (const auto& field : kFields) {
    if (field.name == name || (name == std::string(field.name) + "s")) return &field;
  }
  return nullptr;
}

Ex field(Build& build, const Expr& call, Args& args) {
  return field_of(build, call, *find_field(call.text), args, 0);
}

Ex extract(Build& build, const Expr& call, Args& args) {
  const std::string name = constant_text(call, args, 0, "the field");
  const FieldName* found = find_field(name);
  if (found == nullptr)
    Build::refuse(call.args[0]->span, fmt::format("there is no field {} to extract", name));
  if (found->name != "second") return field_of(build, call, *found, args, 1);
  Ex value = argument(build, call, args, 1, LogicalType::TIMESTAMP_TZ);
  return build.call(call.text, LogicalType::DECIMAL(8, 6), list(std::move(value)),
                    rows<int32_t, timestamp_t>([](Vector&, int32_t& out, timestamp_t in) {
                      out = static_cast<int32_t>(spark::floor_mod(in.value, 60 * kMicrosPerSecond));
                      return true;
                    }));
}

// --- truncation

// Days at the begin of a unit; false: no such unit.
bool truncate_days(const std::string& unit, int64_t& days) {
  const spark::Civil civil = spark::civil_from_days(days);
  if (unit == "YEAR" || unit == "YYYY" || unit == "YY") {
    days = spark::days_from_civil(civil.year, 1, 1);
  } else if (unit == "QUARTER") {
    days = spark::days_from_civil(civil.year, (civil.month - 1) / 3 * 3 + 1, 1);
  } else if (unit == "MONTH" || unit == "MM" || unit == "MON") {
    days = spark::days_from_civil(civil.year, civil.month, 1);
  } else if (unit == "WEEK") {
    days -= spark::floor_mod(days + 3, 7);
  } else {
    return false;
  }
  return true;
}

int64_t unit_micros(const std::string& unit) {
  if (unit == "DAY" || unit == "DD") return kMicrosPerDay;
  if (unit == "HOUR") return 3600 * kMicrosPerSecond;
  if (unit == "MINUTE") return 60 * kMicrosPerSecond;
  if (unit == "SECOND") return kMicrosPerSecond;
  if (unit == "MILLISECOND") return 1000;
  return unit == "MICROSECOND" ? 1 : 0;
}

Ex date_trunc(Build& build, const Expr& call, Args& args) {
  const std::string unit = duckdb::StringUtil::Upper(constant_text(call, args, 0, "the unit"));
  const int64_t micros = unit_micros(unit);
  Ex value = argument(build, call, args, 1, LogicalType::TIMESTAMP_TZ);
  return build.call(
      "date_trunc", LogicalType::TIMESTAMP_TZ, list(std::move(value)),
      rows<timestamp_t, timestamp_t>([unit, micros](Vector&, timestamp_t& out, timestamp_t in) {
        if (micros != 0)
          return out = timestamp_t(spark::floor_div(in.value, micros) * micros), true;
        int64_t days = spark::floor_div(in.value, kMicrosPerDay);
        if (!truncate_days(unit, days)) return false;
        out = timestamp_t(days * kMicrosPerDay);
        return true;
      }));
}

Ex trunc(Build& build, const Expr& call, Args& args) {
  const std::string unit = duckdb::StringUtil::Upper(constant_text(call, args, 1, "the unit"));
  return build.call("trunc", LogicalType::DATE,
                    list(argument(build, call, args, 0, LogicalType::DATE)),
                    rows<date_t, date_t>([unit](Vector&, date_t& out, date_t in) {
                      int64_t days = in.days;
                      if (!truncate_days(unit, days)) return false;
                      out = date_t(static_cast<int32_t>(days));
                      return true;
                    }));
}

// --- arithmetic

Ex add_days(Build& build, Ex date, Ex days, bool subtract) {
  auto kernel = checked_rows<date_t, date_t, int32_t>(
      build.errors(OnError::kNote),
      [subtract](Vector&, date_t& out, date_t in, int32_t by) {
        return subtract ? !__builtin_sub_overflow(in.days, by, &out.days)
                        : !__builtin_add_overflow(in.days, by, &out.days);
      },
      [](date_t in, int32_t by) {
        return fmt::format("{} and {} days failed: out of range", spark::write_date(in.days), by);
      });
  return build.checked("date_add", LogicalType::DATE, list(std::move(date), std::move(days)),
                       std::move(kernel));
}

Ex date_add(Build& build, const Expr& call, Args& args) {
  const bool subtract = call.text == "date_sub";
  if (!is_integral(args[1]->return_type) && !is_string(args[1]))
    Build::refuse(call.args[1]->span, "the days must be an INT");
  return add_days(build, argument(build, call, args, 0, LogicalType::DATE),
                  argument(build, call, args, 1, LogicalType::INTEGER), subtract);
}

Ex datediff(Build& build, const Expr& call, Args& args) {
  return build.call(
      "datediff", LogicalType::INTEGER,
      list(argument(build, call, args, 0, LogicalType::DATE),
           argument(build, call, args, 1, LogicalType::DATE)),
      rows<int32_t, date_t, date_t>([](Vector&, int32_t& out, date_t end, date_t start) {
        return !__builtin_sub_overflow(end.days, start.days, &out);
      }));
}

bool add_months(int64_t days, int64_t months, int64_t& out) {
  const spark::Civil civil = spark::civil_from_days(days);
  const int64_t total = civil.year * 12 + civil.month - 1 + months;
  const int64_t year = spark::floor_div(total, 12);
  const int month = static_cast<int>(spark::floor_mod(total, 12)) + 1;
  if (year < -290'000 || year > 294'000) return false;
  out = spark::days_from_civil(year, month, std::min(civil.day, spark::days_in_month(year, month)));
  return true;
}

Ex add_months_call(Build& build, const Expr& call, Args& args) {
  auto kernel = checked_rows<date_t, date_t, int32_t>(
      build.errors(OnError::kNote),
      [](Vector&, date_t& out, date_t in, int32_t months) {
        int64_t days = 0;
        if (!add_months(in.days, months, days)) return false;
        out = date_t(static_cast<int32_t>(days));
        return true;
      },
      [](date_t in, int32_t by) {
        return fmt::format("add_months({}, {}) failed: out of range", spark::write_date(in.days),
                           by);
      });
  return build.checked("add_months", LogicalType::DATE,
                       list(argument(build, call, args, 0, LogicalType::DATE),
                            argument(build, call, args, 1, LogicalType::INTEGER)),
                       std::move(kernel));
}

Ex last_day(Build& build, const Expr& call, Args& args) {
  return build.call(
      "last_day", LogicalType::DATE, list(argument(build, call, args, 0, LogicalType::DATE)),
      rows<date_t, date_t>([](Vector&, date_t& out, date_t in) {
        const spark::Civil civil = spark::civil_from_days(in.days);
        out = date_t(in.days - civil.day + spark::days_in_month(civil.year, civil.month));
        return true;
      }));
}

Ex add_interval(Build& build, Ex time, duckdb::interval_t by, LogicalType type) {
  auto kernel = checked_rows<timestamp_t, timestamp_t>(
      build.errors(OnError::kNote),
      [by](Vector&, timestamp_t& out, timestamp_t in) {
        int64_t days = spark::floor_div(in.value, kMicrosPerDay);
        const int64_t time_of_day = spark::floor_mod(in.value, kMicrosPerDay);
        if (by.months != 0 && !add_months(days, by.months, days)) return false;
        int64_t micros = 0;
        return !__builtin_mul_overflow(days + by.days, kMicrosPerDay, &micros) &&
               !__builtin_add_overflow(micros, time_of_day, &micros) &&
               !__builtin_add_overflow(micros, by.micros, &out.value);
      },
      [](timestamp_t in) {
        return fmt::format("{} and an interval failed: out of range",
                           spark::write_timestamp(in.value));
      });
  return build.checked("+", std::move(type), list(std::move(time)), std::move(kernel));
}

}  // namespace

Ex time_arithmetic(Build& build, const Expr& call, Args& args) {
  const auto is_date = [](const Ex& ex) { return ex->return_type.id() == LogicalTypeId::DATE; };
  const auto is_timestamp = [](const Ex& ex) {
    return ex->return_type.id() == LogicalTypeId::TIMESTAMP ||
           ex->return_type.id() == LogicalTypeId::TIMESTAMP_TZ;
  };
  const auto is_interval = [](const Ex& ex) {
    return ex->return_type.id() == LogicalTypeId::INTERVAL;
  };
  const bool minus = call.text == "-";
  size_t time = 0, by = 1;
  if (!minus && (is_interval(args[0]) || (is_date(args[1]) && is_integral(args[0]->return_type))))
    std::swap(time, by);
  if (is_interval(args[by])) {
    const auto value = Build::value_of(args[by]);
    if (!value || value->IsNull()) Build::refuse(call.span, "an interval must be a constant");
    duckdb::interval_t interval = value->GetValue<duckdb::interval_t>();
    if (minus) interval = {-interval.months, -interval.days, -interval.micros};
    const bool date = is_date(args[time]) && interval.micros == 0;
    if (!is_timestamp(args[time])) {
      args[time] =
          build.implicit(call.args[time]->span, std::move(args[time]), LogicalType::TIMESTAMP_TZ);
    }
    const LogicalType type = args[time]->return_type;
    Ex sum = add_interval(build, std::move(args[time]), interval, type);
    return date ? build.cast(call.span, std::move(sum), LogicalType::DATE, OnError::kNote)
                : std::move(sum);
  }
  if (is_date(args[time]) && is_integral(args[by]->return_type)) {
    Ex days = build.implicit(call.args[by]->span, std::move(args[by]), LogicalType::INTEGER);
    return add_days(build, std::move(args[time]), std::move(days), minus);
  }
  if (is_date(args[0]) || is_date(args[1]) || is_timestamp(args[0]) || is_timestamp(args[1])) {
    Build::refuse(
        call.span,
        minus ? "the difference of two times is an interval: use datediff() or unix_micros()"
              : "to a time one adds an interval or, to a date, days");
  }
  return nullptr;
}

namespace {

// --- text

spark::DatePattern pattern_of(const Expr& call, const Args& args, size_t i) {
  std::string error;
  auto pattern = spark::DatePattern::compile(constant_text(call, args, i, "the pattern"), error);
  if (!pattern) Build::refuse(call.args[i]->span, error);
  return std::move(*pattern);
}

// A timestamp by a pattern, of what is text.
Ex parse(Build& build, const Expr& call, Args& args, OnError on_error) {
  auto pattern = pattern_of(call, args, 1);
  const std::string shown_pattern = constant_text(call, args, 1, "the pattern");
  Ex text = build.implicit(call.args[0]->span, std::move(args[0]), LogicalType::VARCHAR);
  auto kernel = checked_rows<timestamp_t, string_t>(
      build.errors(on_error),
      [pattern = std::move(pattern)](Vector&, timestamp_t& out, const string_t& in) {
        return pattern.parse(view(in), out.value);
      },
      [name = call.text, shown_pattern](const string_t& in) {
        return fmt::format("{}({}, {}) failed: the text does not match the pattern", name,
                           shown(view(in)), shown(shown_pattern));
      });
  return build.checked(call.text, LogicalType::TIMESTAMP_TZ, list(std::move(text)),
                       std::move(kernel));
}

bool is_text(const Args& args) {
  return is_string(args[0]) || args[0]->return_type.id() == LogicalTypeId::SQLNULL;
}

template <OnError kOnError>
Ex to_time(Build& build, const Expr& call, Args& args) {
  const bool date = call.text == "to_date" || call.text == "try_to_date" || call.text == "date";
  const LogicalType type = date ? LogicalType::DATE : LogicalType::TIMESTAMP_TZ;
  if (args.size() == 2 && is_text(args)) {
    return build.cast(call.span, parse(build, call, args, kOnError), type, OnError::kNote);
  }
  return build.cast(call.span, std::move(args[0]), type, kOnError);
}

Ex date_format(Build& build, const Expr& call, Args& args) {
  auto pattern = pattern_of(call, args, 1);
  return build.call("date_format", LogicalType::VARCHAR,
                    list(argument(build, call, args, 0, LogicalType::TIMESTAMP_TZ)),
                    rows<string_t, timestamp_t>([pattern = std::move(pattern)](
                                                    Vector& result, string_t& out, timestamp_t in) {
                      out = duckdb::StringVector::AddString(result, pattern.format(in.value));
                      return true;
                    }));
}

// --- seconds since the epoch

Ex scaled(Build& build, const Expr& call, Ex value, int64_t unit) {
  auto kernel = checked_rows<timestamp_t, int64_t>(
      build.errors(OnError::kNote),
      [unit](Vector&, timestamp_t& out, int64_t in) {
        return !__builtin_mul_overflow(in, unit, &out.value);
      },
      [name = call.text](int64_t in) {
        return fmt::format("{}({}) failed: out of range", name, in);
      });
  return build.checked(call.text, LogicalType::TIMESTAMP_TZ, list(std::move(value)),
                       std::move(kernel));
}

Ex timestamp_of(Build& build, const Expr& call, Args& args) {
  if (call.text == "timestamp_seconds" && !is_integral(args[0]->return_type)) {
    return build.cast(call.span, std::move(args[0]), LogicalType::TIMESTAMP_TZ, OnError::kNote);
  }
  const int64_t unit = call.text == "timestamp_seconds"  ? kMicrosPerSecond
                       : call.text == "timestamp_millis" ? 1000
                                                         : 1;
  return scaled(build, call, argument(build, call, args, 0, LogicalType::BIGINT), unit);
}

Ex from_unixtime(Build& build, const Expr& call, Args& args) {
  if (args.size() == 1) args.push_back(Build::constant(Value("yyyy-MM-dd HH:mm:ss")));
  std::string error;
  auto pattern = args.size() == call.args.size()
                     ? pattern_of(call, args, 1)
                     : *spark::DatePattern::compile("yyyy-MM-dd HH:mm:ss", error);
  Ex time =
      scaled(build, call, argument(build, call, args, 0, LogicalType::BIGINT), kMicrosPerSecond);
  return build.call("from_unixtime", LogicalType::VARCHAR, list(std::move(time)),
                    rows<string_t, timestamp_t>([pattern = std::move(pattern)](
                                                    Vector& result, string_t& out, timestamp_t in) {
                      out = duckdb::StringVector::AddString(result, pattern.format(in.value));
                      return true;
                    }));
}

Ex unix_of(Build& build, const Expr& call, Args& args) {
  const int64_t unit = call.text == "unix_micros"   ? 1
                       : call.text == "unix_millis" ? 1000
                                                    : kMicrosPerSecond;
  Ex time = args.size() == 2 && is_text(args)
                ? parse(build, call, args, OnError::kNote)
                : argument(build, call, args, 0, LogicalType::TIMESTAMP_TZ);
  return build.call(call.text, LogicalType::BIGINT, list(std::move(time)),
                    rows<int64_t, timestamp_t>([unit](Vector&, int64_t& out, timestamp_t in) {
                      out = spark::floor_div(in.value, unit);
                      return true;
                    }));
}

Ex unix_date(Build& build, const Expr& call, Args& args) {
  const bool back = call.text != "unix_date";
  const LogicalType in = back ? LogicalType::INTEGER : LogicalType::DATE,
                    out = back ? LogicalType::DATE : LogicalType::INTEGER;
  return build.call(call.text, out, list(argument(build, call, args, 0, in)),
                    [](duckdb::DataChunk& chunk, duckdb::ExpressionState&, Vector& result) {
                      result.Reinterpret(chunk.data[0]);
                    });
}

// --- from parts

bool valid_date(int64_t year, int64_t month, int64_t day) {
  return year >= -290'000 && year <= 294'000 && month >= 1 && month <= 12 && day >= 1 &&
         day <= spark::days_in_month(year, static_cast<int>(month));
}

Ex make_date(Build& build, const Expr& call, Args& args) {
  for (size_t i = 0; i < 3; i++) args[i] = argument(build, call, args, i, LogicalType::INTEGER);
  auto kernel = checked_rows<date_t, int32_t, int32_t, int32_t>(
      build.errors(OnError::kNote),
      [](Vector&, date_t& out, int32_t year, int32_t month, int32_t day) {
        if (!valid_date(year, month, day)) return false;
        out = date_t(static_cast<int32_t>(spark::days_from_civil(year, month, day)));
        return true;
      },
      [](int32_t year, int32_t month, int32_t day) {
        return fmt::format("make_date({}, {}, {}) failed: no such date", year, month, day);
      });
  return build.checked("make_date", LogicalType::DATE, std::move(args), std::move(kernel));
}

Ex make_timestamp(Build& build, const Expr& call, Args& args) {
  int64_t zone = 0;
  if (args.size() == 7) {
    const std::string name = constant_text(call, args, 6, "the time zone");
    if (!spark::read_zone(name, zone))
      Build::refuse(call.args[6]->span,
                    fmt::format("time zone {} is not supported: use an offset", name));
    args.pop_back();
  }
  for (size_t i = 0; i < 5; i++) args[i] = argument(build, call, args, i, LogicalType::INTEGER);
  args[5] = build.cast(call.args[5]->span, std::move(args[5]), LogicalType::DECIMAL(16, 6),
                       OnError::kNote);
  auto kernel = checked_rows<timestamp_t, int32_t, int32_t, int32_t, int32_t, int32_t, int64_t>(
      build.errors(OnError::kNote),
      [zone](Vector&, timestamp_t& out, int32_t year, int32_t month, int32_t day, int32_t hour,
             int32_t minute, int64_t micros) {
        const bool time = hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && micros >= 0 &&
                          micros <= 60'000'000;
        if (!time || !valid_date(year, month, day)) return false;
        const int64_t seconds = (hour * 60 + minute) * 60 - zone;
        out = timestamp_t(spark::days_from_civil(year, month, day) * kMicrosPerDay +
                          seconds * kMicrosPerSecond + micros);
        return true;
      },
      [](int32_t year, int32_t month, int32_t day, int32_t hour, int32_t minute, int64_t micros) {
        return fmt::format("make_timestamp({}, {}, {}, {}, {}, {}) failed: no such time", year,
                           month, day, hour, minute, static_cast<double>(micros) / 1e6);
      });
  return build.checked("make_timestamp", LogicalType::TIMESTAMP_TZ, std::move(args),
                       std::move(kernel));
}

constexpr Function kFunctions[] = {
    {"year", 1, 1, field},
    {"quarter", 1, 1, field},
    {"month", 1, 1, field},
    {"weekofyear", 1, 1, field},
    {"day", 1, 1, field},
    {"dayofmonth", 1, 1, field},
    {"dayofweek", 1, 1, field},
    {"weekday", 1, 1, field},
    {"dayofyear", 1, 1, field},
    {"hour", 1, 1, field},
    {"minute", 1, 1, field},
    {"second", 1, 1, field},
    {"extract", 2, 2, extract},
    {"date_part", 2, 2, extract},
    {"datepart", 2, 2, extract},
    {"date_trunc", 2, 2, date_trunc},
    {"trunc", 2, 2, trunc},
    {"date_add", 2, 2, date_add},
    {"dateadd", 2, 2, date_add},
    {"date_sub", 2, 2, date_add},
    {"datediff", 2, 2, datediff},
    {"date_diff", 2, 2, datediff},
    {"add_months", 2, 2, add_months_call},
    {"last_day", 1, 1, last_day},
    {"to_date", 1, 2, to_time<OnError::kNote>},
    {"date", 1, 1, to_time<OnError::kNote>},
    {"to_timestamp", 1, 2, to_time<OnError::kNote>},
    {"timestamp", 1, 1, to_time<OnError::kNote>},
    {"try_to_date", 1, 2, to_time<OnError::kNull>},
    {"try_to_timestamp", 1, 2, to_time<OnError::kNull>},
    {"date_format", 2, 2, date_format},
    {"timestamp_seconds", 1, 1, timestamp_of},
    {"timestamp_millis", 1, 1, timestamp_of},
    {"timestamp_micros", 1, 1, timestamp_of},
    {"from_unixtime", 1, 2, from_unixtime},
    {"unix_timestamp", 1, 2, unix_of},
    {"to_unix_timestamp", 1, 2, unix_of},
    {"unix_seconds", 1, 1, unix_of},
    {"unix_millis", 1, 1, unix_of},
    {"unix_micros", 1, 1, unix_of},
    {"unix_date", 1, 1, unix_date},
    {"date_from_unix_date", 1, 1, unix_date},
    {"make_date", 3, 3, make_date},
    {"make_timestamp", 6, 7, make_timestamp},
};

}  // namespace

std::span<const Function> time_functions() { return kFunctions; }

}  // namespace foz::sql
