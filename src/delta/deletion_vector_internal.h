// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Deletion vectors: which rows of a file are gone.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#deletion-vector-format
//
//   file:    version byte 1, then frames: size (4 bytes, big-endian), bitmap, CRC-32 of the bitmap
//   (big-endian) bitmap:  magic 1681511377 (little-endian), count of 32-bit bitmaps (8 bytes),
//   each: key (4 bytes),
//            then a 32-bit Roaring bitmap (https://github.com/RoaringBitmap/RoaringFormatSpec)
//   inline:  Z85 (https://rfc.zeromq.org/spec/32/) of the bitmap
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "delta/actions.h"
#include "store/object_store.h"

namespace foz::delta {

inline constexpr uint32_t kBitmapMagic = 1681511377;
inline constexpr uint16_t kCookieWithRuns = 12347;
inline constexpr uint32_t kCookieWithoutRuns = 12346;
// Below this many containers, a bitmap with runs has no offset table.
inline constexpr uint32_t kNoOffsetThreshold = 4;
inline constexpr std::string_view kZ85Alphabet =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

// The checksum of zlib and Ethernet (RFC 1952, section 8).
uint32_t crc32(std::string_view text);

// One bit a physical row. Sized by the data file, so hostile bitmaps cannot make it large.
class DeletedRows {
 public:
  explicit DeletedRows(int64_t rows)
      : rows_(static_cast<uint64_t>(rows)), words_((rows_ + 63) / 64) {}

  bool contains(int64_t row) const {
    return (words_[static_cast<uint64_t>(row) / 64] >> (row % 64)) & 1;
  }
  int64_t count() const;
  // The rows that are in this set and not in `other`, which is of the same file.
  DeletedRows except(const DeletedRows& other) const;
  // The file's rows that are not in this set.
  DeletedRows others() const;
  // False when the range leaves the file.
  bool add(uint64_t first, uint64_t count);
  // 64 rows from `first` on, a multiple of 64, of which the bits say some.
  bool add_word(uint64_t first, uint64_t bits) {
    if (bits == 0) return true;
    if (first >= rows_ || (rows_ - first < 64 && bits >> (rows_ - first))) return false;
    words_[first / 64] |= bits;
    return true;
  }
  int64_t rows() const { return static_cast<int64_t>(rows_); }
  std::span<const uint64_t> words() const { return words_; }

 private:
  uint64_t rows_;
  std::vector<uint64_t> words_;
};

// Of whole groups of four bytes.
std::string encode_z85(Bytes bytes);
Result<std::string> decode_z85(std::string_view text);
// Adds the rows of a bitmap (from its magic on). kCorrupt for damage or rows that the file does not
// have.
Status decode_bitmap(Bytes bitmap, DeletedRows& rows);
// The smallest containers each: arrays, bitmaps or runs.
std::string encode_bitmap(const DeletedRows& rows);
// Path of a vector with storage type "u", relative to the table's root.
Result<std::string> vector_path(const DeletionVector& vector);

Result<DeletedRows> load_deletion_vector(const store::ObjectStore& store, const std::string& root,
                                         const DeletionVector& vector, int64_t file_rows);

struct VectorToLoad {
  const DeletionVector* vector;
  int64_t file_rows;
};
// The same for many: those that share a file are read with one request. In the order asked for.
Result<std::vector<DeletedRows>> load_deletion_vectors(const store::ObjectStore& store,
                                                       const std::string& root,
                                                       const std::vector<VectorToLoad>& wanted);

// Many vectors in one file with a fresh name.
class VectorFile {
 public:
  explicit VectorFile(Random& random);
  Result<DeletionVector> add(const DeletedRows& rows);
  // Nothing where no vector was added.
  Status put(store::ObjectStore& store, const std::string& root) const;

 private:
  Uuid uuid_;
  ByteWriter file_;
  size_t vectors_ = 0;
};

}  // namespace foz::delta
