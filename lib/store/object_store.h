// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Where tables live: a flat map from path to immutable bytes, the part that local disks, GCS and S3
// have in common. A request may take 30 ms, fail, or succeed without an answer: kAmbiguous says so,
// and only a read tells.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace foz {
class Clock;
}

namespace foz::store {

struct ObjectMeta {
  std::string path;
  int64_t size = 0;
  int64_t modified_ms = 0;
};

enum class PutOutcome { kCreated, kExists };

// Paths are relative to the store's root, at most 1,024 bytes, with "/" between segments; a segment
// is not empty, not "." or "..", and does not begin with ".tmp-" (kInvalid). An object appears
// wholly or not at all, durable once the call has returned. Thread-safe.
// The suite in object_store_contract.h holds for every implementation.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  virtual Result<std::string> get(std::string_view path) const = 0;
  // Reads up to out.size() bytes from `offset`; fewer only at the end of the object.
  virtual Result<size_t> get_range(std::string_view path, int64_t offset,
                                   std::span<std::byte> out) const = 0;
  virtual Result<ObjectMeta> head(std::string_view path) const = 0;
  // Objects whose path begins with `prefix` and sorts after `start_after`, sorted by the bytes of
  // the path; at most `limit` of them, 0 for all.
  virtual Result<std::vector<ObjectMeta>> list(std::string_view prefix,
                                               std::string_view start_after = "",
                                               size_t limit = 0) const = 0;
  // Names directly under `prefix` ("" or ending in "/"), sorted: folders end in "/".
  virtual Result<std::vector<std::string>> list_names(std::string_view prefix) const = 0;
  // Creates or replaces.
  virtual Status put(std::string_view path, Bytes bytes) = 0;
  // Creates, or says that the path is taken: of many racing callers exactly one is told kCreated.
  virtual Result<PutOutcome> put_if_absent(std::string_view path, Bytes bytes) = 0;
  // Succeeds when there is nothing to remove. A crash of the machine may bring a local object back.
  virtual Status remove(std::string_view path) = 0;
  // For people and for clients that open the same place: "file:///srv/lake", "memory://".
  virtual std::string url() const = 0;
};

class Disk;

// Objects are stamped by `clock`, which must outlive the store; by the system without one.
std::unique_ptr<ObjectStore> make_memory_store(const Clock* clock = nullptr);
// `root` is made when missing. Objects are files; put_if_absent is a synced temporary file linked
// to its name. Where a folder stands, no object can, and the other way round (kInvalid). The disk
// must outlive the store.
Result<std::unique_ptr<ObjectStore>> open_local_store(Disk& disk, std::string root);
// The path of a local store's URL ("file:///x", "/x", "x"); kUnsupported for another scheme, which
// it names.
Result<std::string> local_path(std::string_view url);

}  // namespace foz::store
