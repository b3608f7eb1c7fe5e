// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/scan_plan.h"

#include <arrow/scalar.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "delta/column_mapping.h"
#include "delta/json_internal.h"
#include "delta/partition_value_internal.h"
#include "delta/replay_internal.h"
#include "delta/statistics_internal.h"

namespace foz::delta {
namespace {

constexpr size_t kMostVerdicts = 1 << 16;  // of a partition column, remembered

struct PartitionColumn {
  std::string physical, logical;
  DataType type;
};

Result<PartitionColumn> partition_column(const Snapshot& snapshot, const std::string& column) {
  const auto& partitions = snapshot.metadata().partition_columns;
  const Field* field = snapshot.schema().find(column);
  if (!field || std::ranges::find(partitions, field->name) == partitions.end()) {
    return invalid(fmt::format("{} is not a partition column", column));
  }
  return PartitionColumn{physical_name(*field, TRY(column_mapping(snapshot))), field->name,
                         field->type};
}

// Judges files by the values of one partition column.
class PartitionJudge {
 public:
  PartitionJudge(PartitionColumn column, const ScanFilter::Partition& asked)
      : column_(std::move(column)), asked_(asked) {}

  bool admits(const PackedFile<AddFile>& file) {
    std::optional<std::string_view> value;
    file.each_partition_value([&](std::string_view column, const auto& text) {
      const bool physical = column == column_.physical;
      if (physical || column == column_.logical) value = text;
      return !physical;
    });
    return value ? admits(*value) : admits_null();
  }

 private:
  bool admits(std::string_view text) {
    if (const auto known = verdicts_.find(text); known != verdicts_.end()) return known->second;
    std::string copy(text);
    const bool verdict = asked_.admits(copy);
    if (verdicts_.size() < kMostVerdicts) verdicts_.emplace(std::move(copy), verdict);
    return verdict;
  }
  bool admits_null() {
    if (!of_null_) of_null_ = asked_.admits(std::nullopt);
    return *of_null_;
  }

  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  const PartitionColumn column_;
  const ScanFilter::Partition& asked_;
  std::unordered_map<std::string, bool, Hash, std::equal_to<>> verdicts_;
  std::optional<bool> of_null_;
};

// The statistics of some columns, read out of packed files. Where each stands among a form's values
// is looked up once; what is put together otherwise is parsed as text.
class PackedStatistics {
 public:
  PackedStatistics(StatisticsColumns columns, const StatisticsForms& forms)
      : columns_(std::move(columns)), forms_(forms) {
    for (const auto& [name, column] : columns_) statistics_.columns.try_emplace(column->name);
  }

  // Null: there are none, or none that can be read. Until the next call.
  const FileStatistics* of(const PackedFile<AddFile>& file) {
    statistics_.rows.reset();
    for (auto& [name, bounds] : statistics_.columns) bounds = {};
    Unpacker in = file.at_statistics();
    const std::vector<Place>* places = places_of(in.number());
    if (places && take(in, *places)) return &statistics_;
    return parse(file);
  }

 private:
  struct Place {
    size_t value = 0;  // its number in the form
    bool quoted = false;
    Statistic what = Statistic::kRows;
    const Field* column = nullptr;  // these two unless it is kRows
    ColumnBounds* bounds = nullptr;
  };
  struct Form {
    bool known = false;
    std::optional<std::vector<Place>> places;  // nullopt: its texts must be parsed
  };

  const std::vector<Place>* places_of(size_t number) {
    if (number == 0) return nullptr;
    if (forms_seen_.size() <= number) forms_seen_.resize(number + 1);
    Form& form = forms_seen_[number];
    if (!std::exchange(form.known, true)) form.places = find_places(number);
    return form.places ? &*form.places : nullptr;
  }

  // Each value stands for a scalar, whichever it is: so the form is parsed as a text is.
  std::optional<std::vector<Place>> find_places(size_t number) {
    std::vector<Place> places;
    bool plain = true;
    const auto walked =
        each_statistic(forms_.numbered_form(number),
                       [&](Statistic what, std::string_view name, std::string_view json) {
                         const auto column = columns_.find(name);
                         if (what != Statistic::kRows && column == columns_.end()) return;
                         Place place{.quoted = json.starts_with('"'), .what = what};
                         if (place.quoted) json = json.substr(1, json.size() - 2);
                         if (what != Statistic::kRows) {
                           place.column = column->second;
                           place.bounds = &statistics_.columns.at(place.column->name);
                         }
                         const char* end = json.data() + json.size();
                         const auto [at, error] = std::from_chars(json.data(), end, place.value);
                         plain &= error == std::errc() && at == end;
                         places.push_back(place);
                       });
    if (!walked || !plain) return std::nullopt;
    return places;
  }

  // False: a value is not what its place lets one think.
  bool take(Unpacker& in, const std::vector<Place>& places) {
    size_t at = 0;
    for (const Place& place : places) {
      for (; at < place.value; ++at) in.text();
      const std::string_view value = in.text();
      ++at;
      if (place.quoted) {
        quoted_.assign(1, '"').append(value).push_back('"');
        put_statistic(place.what, *place.column, quoted_, *place.bounds);
      } else if (value != "null" && !take_plain(place, value)) {
        return false;
      }
    }
    return true;
  }

  bool take_plain(const Place& place, std::string_view value) {
    const bool is_number = std::ranges::all_of(value, is_in_number) && !value.empty();
    if (place.what == Statistic::kRows) {
      if (is_number) statistics_.rows = json_integer(value);
      return statistics_.rows.has_value();
    }
    if (!is_number && value != "true" && value != "false") return false;
    put_statistic(place.what, *place.column, value, *place.bounds);
    return true;
  }

  static bool is_in_number(char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '+' || c == 'e' || c == 'E';
  }

  const FileStatistics* parse(const PackedFile<AddFile>& file) {
    const std::string json = file.statistics(forms_);
    auto parsed = parse_statistics(columns_, json);
    if (json.empty() || !parsed) return nullptr;
    statistics_.rows = parsed->rows;
    for (auto& [name, bounds] : statistics_.columns) bounds = std::move(parsed->columns[name]);
    return &statistics_;
  }

  const StatisticsColumns columns_;
  const StatisticsForms& forms_;
  std::vector<Form> forms_seen_;  // by number
  FileStatistics statistics_;
  std::string quoted_;
};

class ScanPlanner {
 public:
  static Result<ScanPlanner> make(const Snapshot& snapshot, const ScanFilter& filter) {
    ScanPlanner planner(filter.wants);
    for (const ScanFilter::Partition& asked : filter.partitions) {
      planner.partitions_.emplace_back(TRY(partition_column(snapshot, asked.column)), asked);
    }
    if (!filter.wants) return planner;
    StatisticsColumns columns = TRY(statistics_columns(snapshot));
    std::erase_if(columns, [&](const auto& each) {
      return std::ranges::find(filter.columns, each.second->name) == filter.columns.end();
    });
    planner.statistics_.emplace(std::move(columns), state_of(snapshot).files.forms());
    return planner;
  }

  bool lets_in(const PackedFile<AddFile>& file) {
    for (PartitionJudge& partition : partitions_) {
      if (!partition.admits(file)) return false;
    }
    if (!statistics_) return true;
    const FileStatistics* statistics = statistics_->of(file);
    return !statistics || wants_(*statistics);
  }

 private:
  explicit ScanPlanner(const WantsRows& wants) : wants_(wants) {}

  const WantsRows& wants_;
  std::vector<PartitionJudge> partitions_;
  std::optional<PackedStatistics> statistics_;
};

}  // namespace

Status plan_scan(const Snapshot& snapshot, const ScanFilter& filter,
                 const VisitPlannedFile& visit) {
  ScanPlanner planner = TRY(ScanPlanner::make(snapshot, filter));
  const auto& files = state_of(snapshot).files;
  int64_t next = 0;
  files.each_packed([&](const PackedFile<AddFile>& file) {
    const int64_t number = next++;
    return !planner.lets_in(file) || visit(number, files.unpack(file));
  });
  return {};
}

std::map<int64_t, std::shared_ptr<const AddFile>> files_at(const Snapshot& snapshot,
                                                           const std::set<int64_t>& numbers) {
  std::map<int64_t, std::shared_ptr<const AddFile>> found;
  const auto& files = state_of(snapshot).files;
  auto wanted = numbers.begin();
  int64_t next = 0;
  files.each_packed([&](const PackedFile<AddFile>& file) {
    if (wanted == numbers.end()) return false;
    if (next++ == *wanted) found.emplace_hint(found.end(), *wanted++, files.unpack(file));
    return true;
  });
  return found;
}

Result<ScanFilter> scan_filter(const Snapshot& snapshot, const PartitionFilter& filter) {
  ScanFilter out;
  for (const auto& [column, texts] : filter) {
    const DataType type = TRY(partition_column(snapshot, column)).type;
    std::vector<std::shared_ptr<arrow::Scalar>> values;
    for (const auto& text : texts) {
      auto value = partition_scalar(type, text);
      if (!value) {
        return invalid(fmt::format("column {}: {}", column, value.error().message()));
      }
      values.push_back(std::move(*value));
    }
    // Writers write one value in several ways, so that values are compared and not texts. What
    // cannot be read may be anything.
    const auto admits = [type, values = std::move(values)](const std::optional<std::string>& text) {
      const auto value = partition_scalar(type, text);
      return !value || std::ranges::any_of(values, [&](const auto& one) {
        return one->Equals(**value, arrow::EqualOptions::Defaults().nans_equal(true));
      });
    };
    out.partitions.push_back({column, admits});
  }
  return out;
}

Result<FileFilter> file_filter(const Snapshot& snapshot, ScanFilter filter) {
  std::vector<PartitionColumn> columns;
  for (const ScanFilter::Partition& asked : filter.partitions) {
    columns.push_back(TRY(partition_column(snapshot, asked.column)));
  }
  return FileFilter(
      [columns = std::move(columns), asked = std::move(filter.partitions)](const AddFile& file) {
        for (size_t i = 0; i < columns.size(); ++i) {
          const auto& [physical, logical, type] = columns[i];
          if (!asked[i].admits(partition_text(file, physical, logical))) return false;
        }
        return true;
      });
}

}  // namespace foz::delta
