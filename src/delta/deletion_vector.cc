// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/deletion_vector_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "base/uuid.h"
#include "delta/paths_internal.h"

namespace foz::delta {
namespace {

constexpr uint32_t kArrayMax = 4096;
constexpr size_t kUuidCharacters = 20;

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
      if (reader.ok())
        inside = rows.add_word((base + value) & ~uint64_t{63}, uint64_t{1} << value % 64);
    }
  } else {
    for (uint64_t word = 0; word < 1024 && reader.ok() && inside; ++word) {
      inside = rows.add_word(base + word * 64, reader.little<uint64_t>());
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

int64_t offset_of(const DeletionVector& vector) {
  return vector.offset.value_or(1);  // behind the version byte
}

// The bitmap of a frame: its size, itself, its checksum.
Result<std::string_view> open_frame(std::string_view frame, std::string_view path) {
  const Bytes bytes = as_bytes(frame);
  const size_t size = frame.size() - 8;
  if (load_big<uint32_t>(bytes.data()) != size)
    return corrupt(fmt::format("wrong size in {}", path));
  const std::string_view bitmap = frame.substr(4, size);
  if (load_big<uint32_t>(bytes.data() + 4 + size) != crc32(bitmap)) {
    return corrupt(fmt::format("wrong checksum in {}", path));
  }
  return bitmap;
}

Result<std::string> vector_object(const store::ObjectStore& store, const std::string& root,
                                  const DeletionVector& vector) {
  if (vector.storage_type == "p") return resolve_path(store, root, vector.path_or_inline);
  return join_path(root, TRY(vector_path(vector)));
}

// Part of a file from the first to the last of some of its vectors.
struct FilePart {
  int64_t begin = INT64_MAX, end = 0, wanted_bytes = 0;
  std::vector<size_t> vectors;
};

Result<std::string> read_part(const store::ObjectStore& store, const std::string& path,
                              int64_t begin, int64_t end) {
  const auto file_size = TRY(store.head(path)).size;
  if (begin < 0 || end > file_size) {
    return corrupt(fmt::format("{} is shorter than the log says", path));
  }
  std::string part(static_cast<size_t>(end - begin), '\0');
  const size_t got = TRY(store.get_range(path, begin, std::as_writable_bytes(std::span(part))));
  if (got != part.size()) return corrupt(fmt::format("{} is cut short", path));
  return part;
}

Status decode_vector(std::string_view bitmap, const DeletionVector& vector, DeletedRows& rows) {
  TRY(decode_bitmap(as_bytes(bitmap), rows));
  if (rows.count() != vector.cardinality) {
    return corrupt(
        fmt::format("it holds {} rows where the log says {}", rows.count(), vector.cardinality));
  }
  return {};
}

}  // namespace

uint32_t crc32(std::string_view text) {
  // Eight bytes a step: the n-th table is for a byte with n more behind it.
  static constexpr auto kTables = [] {
    std::array<std::array<uint32_t, 256>, 8> tables{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (value & 1 ? 0xedb88320 : 0);
      tables[0][i] = value;
    }
    for (size_t n = 1; n < 8; ++n) {
      for (size_t i = 0; i < 256; ++i) {
        const uint32_t before = tables[n - 1][i];
        tables[n][i] = (before >> 8) ^ tables[0][before & 0xff];
      }
    }
    return tables;
  }();
  uint32_t crc = ~uint32_t{0};
  for (; text.size() >= 8; text.remove_prefix(8)) {
    const auto word = load_little<uint64_t>(as_bytes(text).data()) ^ crc;
    crc = 0;
    for (size_t n = 0; n < 8; ++n) crc ^= kTables[7 - n][(word >> (8 * n)) & 0xff];
  }
  for (const char c : text) crc = kTables[0][(crc ^ static_cast<uint8_t>(c)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

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
      const size_t digit = kZ85Alphabet.find(c);
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
  if (reader.little<uint32_t>() != kBitmapMagic)
    return corrupt("the bitmap's magic number is wrong");
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

Result<std::vector<DeletedRows>> load_deletion_vectors(const store::ObjectStore& store,
                                                       const std::string& root,
                                                       const std::vector<VectorToLoad>& wanted) {
  // Vectors further apart than this are worth requests of their own.
  constexpr int64_t kMostWaste = 8 << 20;
  std::vector<DeletedRows> out;
  std::map<std::string, std::vector<FilePart>> files;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const DeletionVector& vector = *wanted[i].vector;
    DeletedRows& rows = out.emplace_back(wanted[i].file_rows);
    if (vector.size_bytes < 0) return corrupt("its size is negative");
    if (vector.storage_type == "i") {
      const std::string bitmap = TRY(decode_z85(vector.path_or_inline));
      const auto size = static_cast<size_t>(vector.size_bytes);
      if (size > bitmap.size()) return corrupt("its inline text is cut short");
      TRY(decode_vector(std::string_view(bitmap).substr(0, size), vector, rows));
      continue;
    }
    auto& parts = files[TRY(vector_object(store, root, vector))];
    const int64_t begin = offset_of(vector), end = begin + vector.size_bytes + 8;
    if (!parts.empty()) {
      FilePart& last = parts.back();
      const int64_t span = std::max(end, last.end) - std::min(begin, last.begin);
      if (span - last.wanted_bytes > kMostWaste) parts.emplace_back();
    } else {
      parts.emplace_back();
    }
    FilePart& part = parts.back();
    part.begin = std::min(part.begin, begin);
    part.end = std::max(part.end, end);
    part.wanted_bytes += end - begin;
    part.vectors.push_back(i);
  }
  for (const auto& [path, parts] : files) {
    for (const FilePart& part : parts) {
      const std::string bytes = TRY(read_part(store, path, part.begin, part.end));
      for (const size_t i : part.vectors) {
        const DeletionVector& vector = *wanted[i].vector;
        const auto at = static_cast<size_t>(offset_of(vector) - part.begin);
        const auto frame =
            std::string_view(bytes).substr(at, static_cast<size_t>(vector.size_bytes) + 8);
        TRY(decode_vector(TRY(open_frame(frame, path)), vector, out[i]));
      }
    }
  }
  return out;
}

Result<DeletedRows> load_deletion_vector(const store::ObjectStore& store, const std::string& root,
                                         const DeletionVector& vector, int64_t file_rows) {
  return std::move(TRY(load_deletion_vectors(store, root, {{&vector, file_rows}})).front());
}

}  // namespace foz::delta
