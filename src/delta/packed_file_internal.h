// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A file action in one block of memory: a table may have millions of them, and as structs of
// strings and maps each would take three times as much.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "delta/actions.h"

namespace foz::delta {

// The key of a logical file: its path and deletion vector. Views what it was made of.
struct FileKey {
  struct Vector {
    std::string_view storage_type, path_or_inline;
    std::optional<int32_t> offset;
    bool operator==(const Vector&) const = default;
  };
  std::string_view path;
  std::optional<Vector> vector = {};
  bool any_vector = false;
  // Finds the file of that path, whatever its deletion vector.
  static FileKey any_vector_of(std::string_view path) { return {path, std::nullopt, true}; }
  bool operator==(const FileKey& other) const {
    return path == other.path && (any_vector || other.any_vector || vector == other.vector);
  }
};
FileKey key_of(std::string_view path, const std::optional<DeletionVector>& vector);
inline FileKey key_of(const AddFile& add) { return key_of(add.path, add.deletion_vector); }
inline FileKey key_of(const RemoveFile& remove) {
  return key_of(remove.path, remove.deletion_vector);
}
uint64_t hash_file_key(const FileKey& key);

// Statistics without their values, which are nearly the same text for each file of a table. A copy
// costs a pointer, and those that a copy adds are its own.
class StatisticsForms {
 public:
  // The number of a form, from 1 on, and the values in its places; 0 when there are too many forms
  // already, or it is no JSON text.
  size_t take(std::string_view json, std::vector<std::string_view>& values);
  const std::string& form(size_t number) const { return (*forms_)[number - 1]; }
  // The form with their numbers, from 0 on, in place of its values.
  std::string numbered_form(size_t number) const;

 private:
  std::shared_ptr<const std::vector<std::string>> forms_ =
      std::make_shared<std::vector<std::string>>();
};

// Reads a block from the left. What it gives are views into the block.
class Unpacker {
 public:
  explicit Unpacker(const char* at) : at_(at) {}
  uint64_t number() {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }
  int64_t integer() {
    const uint64_t value = number();
    return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }
  std::string_view text() {
    const size_t size = number();
    return {std::exchange(at_, at_ + size), size};
  }
  std::optional<std::string_view> text_or_null() {
    if (number() == 0) return std::nullopt;
    return text();
  }
  template <class Value>
  void map(std::map<std::string, Value>& out) {
    for (uint64_t left = number(); left > 0; --left) {
      const std::string_view key = text();
      value(out.emplace_hint(out.end(), key, Value())->second);
    }
  }

 private:
  void value(std::string& out) { out = text(); }
  void value(std::optional<std::string>& out) { out = text_or_null(); }

  const char* at_;
};

// Immutable; copies share the block. Empty ones are false. Whoever packs keeps the forms.
template <class File>  // AddFile or RemoveFile
class PackedFile {
 public:
  PackedFile() = default;
  PackedFile(const File& file, StatisticsForms& forms);
  explicit operator bool() const { return block_ != nullptr; }
  FileKey key() const;
  // null when it is empty
  std::shared_ptr<const File> file(const StatisticsForms& forms) const;
  // Of two actions that are alive, the same only for copies of one.
  const void* identity() const { return block_.get(); }
  // Begins to load the block, which most are as long as.
  void fetch() const {
    for (size_t at = 0; at < 4; ++at) __builtin_prefetch(block_.get() + 64 * at);
  }

  // What planning asks for, read in place. Calls take(column, value) for each partition value,
  // until it returns false.
  template <class Take>
  void each_partition_value(Take&& take) const {
    Unpacker in = at_partition_values();
    for (uint64_t left = in.number(); left > 0; --left) {
      const std::string_view column = in.text();
      if (!take(column, in.text_or_null())) return;
    }
  }
  // The number of their form and its values, or 0 and the text.
  Unpacker at_statistics() const
    requires std::same_as<File, AddFile>;
  std::string statistics(const StatisticsForms& forms) const
    requires std::same_as<File, AddFile>;

 private:
  Unpacker at_partition_values() const;

  std::shared_ptr<const char[]> block_;
};

}  // namespace foz::delta
