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
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "delta/actions.h"
#include "store/object_store.h"

namespace foz::delta {

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

 private:
  uint64_t rows_;
  std::vector<uint64_t> words_;
};

Result<std::string> decode_z85(std::string_view text);
// Adds the rows of a bitmap (from its magic on). kCorrupt for damage or rows that the file does not
// have.
Status decode_bitmap(Bytes bitmap, DeletedRows& rows);
// Path of a vector with storage type "u", relative to the table's root.
Result<std::string> vector_path(const DeletionVector& vector);

Result<DeletedRows> load_deletion_vector(const store::ObjectStore& store, const std::string& root,
                                         const DeletionVector& vector, int64_t file_rows);

}  // namespace foz::delta
