// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/deletion_vector_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/uuid.h"
#include "delta/paths_internal.h"

namespace foz::delta {
namespace {

constexpr uint32_t kMagic = 1681511377;
constexpr uint16_t kCookieWithRuns = 12347;
constexpr uint32_t kCookieWithoutRuns = 12346;
// Below this many containers, a bitmap with runs has no offset table.
constexpr uint32_t kNoOffsetThreshold = 4;
constexpr uint32_t kArrayMax = 4096;
constexpr size_t kUuidCharacters = 20;

// The checksum of zlib and Ethernet (RFC 1952, section 8).
uint32_t crc32(std::string_view text) {
  static constexpr auto kTable = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (value & 1 ? 0xedb88320 : 0);
      table[i] = value;
    }
    return table;
  }();
  uint32_t crc = ~uint32_t{0};
  for (const char c : text) crc = kTable[(crc ^ static_cast<uint8_t>(c)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

Error corrupt(std::string_view what) {
  return Error(ErrorCode::kCorrupt, fmt::format("deletion vector: {}", what));
}

Status decode_container(ByteReader& reader, bool is_run, uint32_t cardinality, uint64_t base,
                        DeletedRows& rows) {
  bool inside = true;
  if (is_run) {
    const uint32_t runs = reader.little<uint16_t>();
    for (uint32_t i = 0; i < runs && reader.ok() && inside; ++i) {
      const uint64_t first = reader.little<uint16_t>();
      const uint64_t count = uint64_t{reader.little<uint16_t>()} + 1;
      if (first + count > 65536) return corrupt("a run leaves its container");
      if (reader.ok()) inside = rows.add(base + first, count);
    }
  } else if (cardinality <= kArrayMax) {
    for (uint32_t i = 0; i < cardinality && reader.ok() && inside; ++i) {
      const uint64_t value = reader.little<uint16_t>();
      if (reader.ok()) inside = rows.add(base + value, 1);
    }
  } else {
    for (uint64_t word = 0; word < 1024 && reader.ok() && inside; ++word) {
      for (auto bits = reader.little<uint64_t>(); bits && inside; bits &= bits - 1) {
        inside = rows.add(base + word * 64 + static_cast<uint64_t>(std::countr_zero(bits)), 1);
      }
    }
  }
  if (!inside) return corrupt("it names a row that the file does not have");
  return {};
}

// A 32-bit Roaring bitmap in the portable format.
Status decode_roaring(ByteReader& reader, uint64_t base, DeletedRows& rows) {
  const auto cookie = reader.little<uint32_t>();
  const bool has_runs = (cookie & 0xffff) == kCookieWithRuns;
  uint32_t containers = (cookie >> 16) + 1;
  Bytes run_flags;
  if (has_runs) {
    run_flags = reader.bytes((containers + 7) / 8);
  } else {
    if (cookie != kCookieWithoutRuns) return corrupt("the bitmap's cookie is wrong");
    containers = reader.little<uint32_t>();
    if (containers > 65536) return corrupt("the bitmap has too many containers");
  }
  ByteReader heads(reader.bytes(size_t{containers} * 4));
  if (!has_runs || containers >= kNoOffsetThreshold) reader.skip(size_t{containers} * 4);
  if (!reader.ok()) return corrupt("the bitmap is cut short");
  for (uint32_t i = 0; i < containers; ++i) {
    const uint64_t key = heads.little<uint16_t>();
    const uint32_t cardinality = uint32_t{heads.little<uint16_t>()} + 1;
    const bool is_run = has_runs && (static_cast<uint8_t>(run_flags[i / 8]) >> (i % 8)) & 1;
    TRY(decode_container(reader, is_run, cardinality, base + (key << 16), rows));
  }
  if (!reader.ok()) return corrupt("the bitmap is cut short");
  return {};
}

Result<std::string> read_frame(const store::ObjectStore& store, const std::string& path,
                               const DeletionVector& vector) {
  if (vector.size_bytes < 0) return corrupt("its size is negative");
  const int64_t offset = vector.offset.value_or(1);  // behind the version byte
  const auto size = static_cast<size_t>(vector.size_bytes);
  const auto file_size = TRY(store.head(path)).size;
  if (offset < 0 || offset + 8 + vector.size_bytes > file_size) {
    return corrupt(fmt::format("{} is shorter than the log says", path));
  }
  std::string frame(size + 8, '\0');
  const size_t got = TRY(store.get_range(path, offset, std::as_writable_bytes(std::span(frame))));
  if (got != frame.size()) return corrupt(fmt::format("{} is cut short", path));
  const Bytes bytes = as_bytes(frame);
  if (load_big<uint32_t>(bytes.data()) != size)
    return corrupt(fmt::format("wrong size in {}", path));
  const std::string_view bitmap = std::string_view(frame).substr(4, size);
  if (load_big<uint32_t>(bytes.data() + 4 + size) != crc32(bitmap)) {
    return corrupt(fmt::format("wrong checksum in {}", path));
  }
  return std::string(bitmap);
}

}  // namespace

int64_t DeletedRows::count() const {
  int64_t count = 0;
  for (const uint64_t word : words_) count += std::popcount(word);
  return count;
}

DeletedRows DeletedRows::except(const DeletedRows& other) const {
  DeletedRows out = *this;
  for (size_t i = 0; i < out.words_.size(); ++i) out.words_[i] &= ~other.words_[i];
  return out;
}

DeletedRows DeletedRows::others() const {
  DeletedRows all(static_cast<int64_t>(rows_));
  all.add(0, rows_);
  return all.except(*this);
}

bool DeletedRows::add(uint64_t first, uint64_t count) {
  if (first > rows_ || count > rows_ - first) return false;
  for (uint64_t row = first; row < first + count;) {
    const uint64_t in_word = row % 64;
    const uint64_t take = std::min(64 - in_word, first + count - row);
    const uint64_t mask = take == 64 ? ~uint64_t{0} : (uint64_t{1} << take) - 1;
    words_[row / 64] |= mask << in_word;
    row += take;
  }
  return true;
}

Result<std::string> decode_z85(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  if (text.size() % 5 != 0) return corrupt("Z85 text is not a multiple of 5 long");
  std::string out;
  out.reserve(text.size() / 5 * 4);
  for (size_t at = 0; at < text.size(); at += 5) {
    std::string_view group = text.substr(at, 5);
    // delta-rs ends bytes that do not fill a group with one that Z85 has no meaning for: a "#" for
    // each missing byte.
    size_t missing = 0;
    if (at + 5 == text.size()) missing = std::min(group.find_first_not_of('#'), group.size());
    if (missing > 3) return corrupt("Z85 text is out of range");
    group.remove_prefix(missing);
    uint64_t value = 0;
    for (const char c : group) {
      const size_t digit = kAlphabet.find(c);
      if (digit == std::string_view::npos) return corrupt("Z85 text has a foreign character");
      value = value * 85 + digit;
    }
    const size_t bytes = 4 - missing;
    if (value >> (8 * bytes)) return corrupt("Z85 text is out of range");
    for (size_t i = bytes; i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i)));
  }
  return out;
}

Status decode_bitmap(Bytes bitmap, DeletedRows& rows) {
  ByteReader reader(bitmap);
  if (reader.little<uint32_t>() != kMagic) return corrupt("the bitmap's magic number is wrong");
  const auto count = reader.little<uint64_t>();
  if (count > reader.remaining() / 8) return corrupt("the bitmap is cut short");
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t key = reader.little<uint32_t>();
    TRY(decode_roaring(reader, key << 32, rows));
  }
  return {};
}

Result<std::string> vector_path(const DeletionVector& vector) {
  if (vector.storage_type != "u") {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("deletion vector storage '{}'", vector.storage_type));
  }
  const std::string& text = vector.path_or_inline;
  if (text.size() < kUuidCharacters) return corrupt("the name of its file is cut short");
  const size_t prefix = text.size() - kUuidCharacters;
  const std::string raw = TRY(decode_z85(std::string_view(text).substr(prefix)));
  Uuid uuid;
  std::copy(raw.begin(), raw.end(), uuid.bytes.begin());
  const std::string name = fmt::format("deletion_vector_{}.bin", uuid.to_string());
  return prefix == 0 ? name : fmt::format("{}/{}", text.substr(0, prefix), name);
}

Result<DeletedRows> load_deletion_vector(const store::ObjectStore& store, const std::string& root,
                                         const DeletionVector& vector, int64_t file_rows) {
  DeletedRows rows(file_rows);
  std::string bitmap;
  if (vector.storage_type == "i") {
    bitmap = TRY(decode_z85(vector.path_or_inline));
    if (vector.size_bytes < 0 || static_cast<size_t>(vector.size_bytes) > bitmap.size()) {
      return corrupt("its inline text is cut short");
    }
    bitmap.resize(static_cast<size_t>(vector.size_bytes));
  } else {
    const std::string path = vector.storage_type == "p"
                                 ? TRY(resolve_path(store, root, vector.path_or_inline))
                                 : join_path(root, TRY(vector_path(vector)));
    bitmap = TRY(read_frame(store, path, vector));
  }
  TRY(decode_bitmap(as_bytes(bitmap), rows));
  if (rows.count() != vector.cardinality) {
    return corrupt(
        fmt::format("it holds {} rows where the log says {}", rows.count(), vector.cardinality));
  }
  return rows;
}

}  // namespace foz::delta
