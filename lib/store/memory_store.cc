// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "base/clock.h"
#include "store/object_store.h"
#include "store/path_internal.h"

namespace foz::store {
namespace {

class MemoryStore final : public ObjectStore {
 public:
  explicit MemoryStore(const Clock* clock) : clock_(clock ? *clock : system_clock_) {}

  Result<std::string> get(std::string_view path) const override {
    const Object object = TRY(find(path));
    return *object.bytes;
  }

  Result<size_t> get_range(std::string_view path, int64_t offset,
                           std::span<std::byte> out) const override {
    if (offset < 0) return invalid(fmt::format("negative offset {} in '{}'", offset, path));
    const Object object = TRY(find(path));
    const size_t begin = std::min(static_cast<size_t>(offset), object.bytes->size());
    const size_t count = std::min(out.size(), object.bytes->size() - begin);
    std::ranges::copy(as_bytes(*object.bytes).subspan(begin, count), out.begin());
    return count;
  }

  Result<ObjectMeta> head(std::string_view path) const override {
    const Object object = TRY(find(path));
    return object.meta(path);
  }

  Result<std::vector<ObjectMeta>> list(std::string_view prefix, std::string_view start_after,
                                       size_t limit) const override {
    TRY(check_prefix(prefix));
    std::vector<ObjectMeta> found;
    const std::lock_guard lock(mutex_);
    auto at =
        start_after < prefix ? objects_.lower_bound(prefix) : objects_.upper_bound(start_after);
    for (; at != objects_.end() && at->first.starts_with(prefix); ++at) {
      found.push_back(at->second.meta(at->first));
      if (found.size() == limit) break;
    }
    return found;
  }

  Result<std::vector<std::string>> list_names(std::string_view prefix) const override {
    TRY(check_folder(prefix));
    std::vector<std::string> names;
    const std::lock_guard lock(mutex_);
    auto at = objects_.lower_bound(prefix);
    while (at != objects_.end() && at->first.starts_with(prefix)) {
      const size_t slash = at->first.find('/', prefix.size());
      if (slash == std::string::npos) {
        names.push_back(at->first.substr(prefix.size()));
        ++at;
      } else {
        names.push_back(at->first.substr(prefix.size(), slash + 1 - prefix.size()));
        // '0' is the byte after '/': past everything in the folder.
        at = objects_.lower_bound(at->first.substr(0, slash) + '0');
      }
    }
    return names;
  }

  Status put(std::string_view path, Bytes bytes) override {
    TRY(check_path(path));
    Object object = made_of(bytes);
    const std::lock_guard lock(mutex_);
    objects_.insert_or_assign(std::string(path), std::move(object));
    return {};
  }

  Result<PutOutcome> put_if_absent(std::string_view path, Bytes bytes) override {
    TRY(check_path(path));
    Object object = made_of(bytes);
    const std::lock_guard lock(mutex_);
    const bool created = objects_.try_emplace(std::string(path), std::move(object)).second;
    return created ? PutOutcome::kCreated : PutOutcome::kExists;
  }

  Status remove(std::string_view path) override {
    TRY(check_path(path));
    const std::lock_guard lock(mutex_);
    if (const auto at = objects_.find(path); at != objects_.end()) objects_.erase(at);
    return {};
  }

  std::string url() const override { return "memory://"; }

 private:
  struct Object {
    std::shared_ptr<const std::string> bytes;
    int64_t modified_ms = 0;

    ObjectMeta meta(std::string_view path) const {
      return {std::string(path), static_cast<int64_t>(bytes->size()), modified_ms};
    }
  };

  Object made_of(Bytes bytes) const {
    return {std::make_shared<const std::string>(as_text(bytes)), clock_.now_ms()};
  }

  Result<Object> find(std::string_view path) const {
    TRY(check_path(path));
    const std::lock_guard lock(mutex_);
    const auto at = objects_.find(path);
    if (at == objects_.end()) {
      return Error(ErrorCode::kNotFound, fmt::format("no object '{}'", path));
    }
    return at->second;
  }

  const SystemClock system_clock_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Object, std::less<>> objects_;
};

}  // namespace

std::unique_ptr<ObjectStore> make_memory_store(const Clock* clock) {
  return std::make_unique<MemoryStore>(clock);
}

}  // namespace foz::store
