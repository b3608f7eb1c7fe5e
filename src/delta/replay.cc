// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/replay_internal.h"

#include <fmt/format.h>

#include <charconv>

#include "delta/features_internal.h"
#include "delta/statistics_internal.h"

namespace foz::delta {

std::optional<int64_t> physical_rows(const AddFile& file) {
  // Nearly every writer puts numRecords first; the text is hostile all the same.
  constexpr std::string_view kFirst = "{\"numRecords\":";
  if (file.stats.starts_with(kFirst)) {
    const char* begin = file.stats.data() + kFirst.size();
    const char* end = file.stats.data() + file.stats.size();
    int64_t rows = 0;
    const auto parsed = std::from_chars(begin, end, rows);
    const bool whole = parsed.ptr != end && (*parsed.ptr == ',' || *parsed.ptr == '}');
    if (parsed.ec == std::errc() && whole && rows >= 0) return rows;
  }
  return statistics_rows(file.stats);
}

State State::edit() const {
  State next = *this;
  next.files = files.edit();
  next.tombstones = tombstones.edit();
  next.transactions = transactions.edit();
  return next;
}

void State::count(const AddFile& file, int64_t sign) {
  // Sizes come from outside: wrap rather than overflow.
  const auto plus = [](int64_t a, int64_t b, int64_t times) {
    const auto change = static_cast<uint64_t>(b) * static_cast<uint64_t>(times);
    return static_cast<int64_t>(static_cast<uint64_t>(a) + change);
  };
  total_bytes = plus(total_bytes, file.size, sign);
  if (const auto physical = physical_rows(file)) {
    rows = plus(rows, *physical, sign);
    if (file.deletion_vector) rows = plus(rows, file.deletion_vector->cardinality, -sign);
  } else {
    files_without_rows += sign;
  }
}

void State::add(const AddFile& file) {
  tombstones.erase(key_of(file));
  count(file, 1);
  if (const auto before = files.put(file)) count(*before, -1);
}

void State::remove(const RemoveFile& remove) {
  if (const auto before = files.erase(key_of(remove))) count(*before, -1);
  tombstones.put(remove);
}

void State::apply(std::vector<Action>&& actions) {
  for (Action& action : actions) {
    if (const auto* gone = std::get_if<RemoveFile>(&action)) remove(*gone);
  }
  for (Action& action : actions) {
    if (const auto* file = std::get_if<AddFile>(&action)) {
      add(*file);
    } else if (auto* transaction = std::get_if<SetTransaction>(&action)) {
      transactions.put(std::make_shared<SetTransaction>(std::move(*transaction)));
    } else if (auto* protocol = std::get_if<Protocol>(&action)) {
      new_protocol = std::move(*protocol);
    } else if (auto* metadata = std::get_if<Metadata>(&action)) {
      new_metadata = std::move(*metadata);
    } else if (auto* domain = std::get_if<DomainMetadata>(&action)) {
      auto next = domains ? std::make_shared<std::map<std::string, DomainMetadata>>(*domains)
                          : std::make_shared<std::map<std::string, DomainMetadata>>();
      if (domain->removed) {
        next->erase(domain->domain);
      } else {
        next->insert_or_assign(domain->domain, std::move(*domain));
      }
      domains = std::move(next);
    }
  }
}

Status State::finish() {
  if (!new_protocol && !new_metadata && shape) return {};
  auto next = shape ? std::make_shared<Shape>(*shape) : std::make_shared<Shape>();
  if (!shape && !new_protocol) return Error(ErrorCode::kCorrupt, "the log has no protocol action");
  if (new_protocol) next->protocol = std::move(*new_protocol);
  TRY(check_readable(next->protocol, catalog));
  if (!shape && !new_metadata) return Error(ErrorCode::kCorrupt, "the log has no metaData action");
  if (new_metadata) {
    next->metadata = std::move(*new_metadata);
    auto schema = parse_schema(next->metadata.schema_string);
    if (!schema && schema.error().code() == ErrorCode::kInvalid) {
      return Error(ErrorCode::kCorrupt, schema.error().message());
    }
    next->schema = TRY(std::move(schema));
    TRY(check_type_changes(next->schema.fields));
    next->arrow_schema = TRY(to_arrow(next->schema));
    for (const std::string& column : next->metadata.partition_columns) {
      if (!next->schema.find(column)) {
        return Error(ErrorCode::kCorrupt,
                     fmt::format("partition column {} is not in the schema", column));
      }
    }
  }
  new_protocol.reset();
  new_metadata.reset();
  shape = std::move(next);
  return {};
}

std::optional<int64_t> LoadedSnapshot::row_count() const {
  if (state_.files_without_rows > 0) return std::nullopt;
  return state_.rows;
}

void LoadedSnapshot::each_file(
    const std::function<bool(const std::shared_ptr<const AddFile>&)>& visit) const {
  state_.files.each(visit);
}

std::optional<int64_t> LoadedSnapshot::transaction_version(std::string_view app_id) const {
  const auto found = state_.transactions.find(app_id);
  if (!found) return std::nullopt;
  return found->version;
}

std::vector<SetTransaction> LoadedSnapshot::transactions() const {
  std::vector<SetTransaction> out;
  state_.transactions.each([&](const std::shared_ptr<const SetTransaction>& transaction) {
    out.push_back(*transaction);
    return true;
  });
  return out;
}

std::vector<DomainMetadata> LoadedSnapshot::domains() const {
  std::vector<DomainMetadata> out;
  if (!state_.domains) return out;
  for (const auto& [name, domain] : *state_.domains) out.push_back(domain);
  return out;
}

std::optional<std::string> Snapshot::property(const std::string& name) const {
  const auto& configuration = metadata().configuration;
  const auto found = configuration.find(name);
  if (found == configuration.end()) return std::nullopt;
  return found->second;
}

}  // namespace foz::delta
