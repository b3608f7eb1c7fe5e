// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What a table is at one version: the outcome of replaying its log.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delta/actions.h"
#include "delta/types.h"

namespace arrow {
class Schema;
}

namespace foz::delta {

// Immutable; shared freely between threads. The next one shares what did not change.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  virtual Version version() const = 0;
  virtual int64_t timestamp_ms()
      const = 0;  // of the commit: in-commit timestamp, else the file's time
  virtual const Protocol& protocol() const = 0;
  virtual const Metadata& metadata() const = 0;
  virtual const Schema& schema() const = 0;
  virtual const std::shared_ptr<arrow::Schema>& arrow_schema() const = 0;

  virtual size_t file_count() const = 0;
  virtual int64_t total_bytes() const = 0;
  // Sum of the files' numRecords less deleted rows; nullopt when a file has no statistics.
  virtual std::optional<int64_t> row_count() const = 0;
  // In no particular order; stops when `visit` returns false.
  virtual void each_file(
      const std::function<bool(const std::shared_ptr<const AddFile>&)>& visit) const = 0;

  virtual std::optional<int64_t> transaction_version(std::string_view app_id) const = 0;
  virtual std::vector<SetTransaction> transactions() const = 0;
  // Those that are not removed, by name.
  virtual std::vector<DomainMetadata> domains() const = 0;
  // A table property ("delta.appendOnly"); nullopt when not set.
  std::optional<std::string> property(const std::string& name) const;
};

}  // namespace foz::delta
