// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/version_checksum_internal.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "delta/actions_internal.h"
#include "delta/retry_internal.h"

namespace foz::delta {
namespace {

namespace dom = simdjson::dom;

// The object as the action `name`, as it would stand in a commit.
template <class T>
std::optional<T> action_of(const char* name, dom::element object) {
  auto file = parse_log_file(fmt::format("{{\"{}\":{}}}", name, simdjson::minify(object)));
  if (!file || file->actions.size() != 1) return std::nullopt;
  if (auto* action = std::get_if<T>(&file->actions[0])) return std::move(*action);
  return std::nullopt;
}

template <class T>
bool read_all(const char* name, simdjson::simdjson_result<dom::element> list,
              std::optional<std::vector<T>>& out) {
  dom::array array;
  if (list.get(array) != simdjson::SUCCESS) return list.error() == simdjson::NO_SUCH_FIELD;
  out.emplace();
  for (const dom::element each : array) {
    auto action = action_of<T>(name, each);
    if (!action) return false;
    out->push_back(std::move(*action));
  }
  return true;
}

Error contradiction(std::string what) { return Error(ErrorCode::kCorrupt, std::move(what)); }

// Features are sets: Spark's checksums have them in another order than its log.
Protocol in_order(Protocol protocol) {
  std::ranges::sort(protocol.reader_features);
  std::ranges::sort(protocol.writer_features);
  return protocol;
}

Status compare_files(const std::vector<AddFile>& files, const State& state) {
  if (files.size() != state.files.size()) {
    return contradiction(fmt::format("the log has {} files where the checksum lists {}",
                                     state.files.size(), files.size()));
  }
  for (const AddFile& file : files) {
    const auto found = state.files.find(key_of(file));
    if (!found) return contradiction(fmt::format("the log does not have file {}", file.path));
    if (found->size != file.size || found->partition_values != file.partition_values) {
      return contradiction(fmt::format("the log has another size or partition for {}", file.path));
    }
  }
  return {};
}

}  // namespace

std::optional<VersionChecksum> parse_checksum(std::string_view json) {
  dom::parser parser;
  dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) return std::nullopt;
  VersionChecksum out;
  int64_t number = 0;
  if (object["numFiles"].get(number) == simdjson::SUCCESS) out.files = number;
  if (object["tableSizeBytes"].get(number) == simdjson::SUCCESS) out.bytes = number;
  dom::element part;
  if (object["protocol"].get(part) == simdjson::SUCCESS) {
    out.protocol = action_of<Protocol>("protocol", part);
    if (!out.protocol) return std::nullopt;
  }
  if (object["metadata"].get(part) == simdjson::SUCCESS) {
    out.metadata = action_of<Metadata>("metaData", part);
    if (!out.metadata) return std::nullopt;
  }
  const bool whole = read_all("txn", object["setTransactions"], out.transactions) &&
                     read_all("domainMetadata", object["domainMetadata"], out.domains) &&
                     read_all("add", object["allFiles"], out.all_files);
  if (!whole) return std::nullopt;
  return out;
}

Status compare(const VersionChecksum& checksum, const State& state) {
  if (checksum.files && static_cast<size_t>(*checksum.files) != state.files.size()) {
    return contradiction(fmt::format("the log has {} files and the checksum says {}",
                                     state.files.size(), *checksum.files));
  }
  if (checksum.bytes && *checksum.bytes != state.total_bytes) {
    return contradiction(fmt::format("the log has {} bytes and the checksum says {}",
                                     state.total_bytes, *checksum.bytes));
  }
  if (checksum.protocol && in_order(*checksum.protocol) != in_order(state.shape->protocol))
    return contradiction("the log has another protocol than the checksum");
  if (checksum.metadata && *checksum.metadata != state.shape->metadata)
    return contradiction("the log has other metadata than the checksum");
  if (checksum.transactions) {
    for (const SetTransaction& each : *checksum.transactions) {
      const auto found = state.transactions.find(each.app_id);
      if (!found || found->version != each.version) {
        return contradiction(
            fmt::format("the log has another version for the application {}", each.app_id));
      }
    }
  }
  if (checksum.domains) {
    for (const DomainMetadata& each : *checksum.domains) {
      const bool present = state.domains && state.domains->contains(each.domain);
      if (!present || state.domains->at(each.domain).configuration != each.configuration)
        return contradiction(fmt::format("the log has another domain {}", each.domain));
    }
  }
  if (checksum.all_files) return compare_files(*checksum.all_files, state);
  return {};
}

Status check_checksum(const store::ObjectStore& store, const std::string& path,
                      const State& state) {
  const auto text = retried([&] { return store.get(path); });
  if (!text && text.error().code() != ErrorCode::kNotFound) return text.error();
  const auto checksum = text ? parse_checksum(*text) : std::nullopt;
  if (!checksum) return {};
  return compare(*checksum, state).within(path);
}

}  // namespace foz::delta
