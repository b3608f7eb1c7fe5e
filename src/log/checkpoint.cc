// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "log/checkpoint_internal.h"

#include "base/crc32c.h"

namespace foz::log {
namespace {

constexpr std::string_view kMagic = "fozC";
constexpr uint32_t kVersion = 3;
constexpr uint32_t kOldestVersion = 1;  // the same, without what its records could not say
constexpr size_t kCheckedFrom = 12;
constexpr size_t kPayloadFrom = 20;

std::string closed_text(uint64_t sequence) { return "closed " + std::to_string(sequence) + "\n"; }

}  // namespace

void encode_head(ByteWriter& out, const CheckpointHead& head) {
  out.little(head.salt);
  out.little(head.position.sequence);
  out.little(head.position.file);
  out.little(head.position.offset);
  out.little(head.producer_ids_below);
}

CheckpointHead decode_head(ByteReader& in) {
  CheckpointHead head;
  head.salt = in.little<uint64_t>();
  head.position.sequence = in.little<uint64_t>();
  head.position.file = in.little<uint32_t>();
  head.position.offset = in.little<int64_t>();
  head.producer_ids_below = in.little<int64_t>();
  return head;
}

Status write_checkpoint(store::Disk& disk, const std::string& directory, std::string_view payload) {
  ByteWriter out;
  out.text(kMagic);
  out.little(kVersion);
  out.little<uint32_t>(0);
  out.little(static_cast<uint64_t>(payload.size()));
  out.text(payload);
  store_little(out.at(8), crc32c(as_bytes(out.buffer()).subspan(kCheckedFrom)));

  const std::string fresh = directory + "/checkpoint.new";
  {
    const auto file = TRY(disk.open(fresh, store::OpenMode::kReadWrite));
    TRY(file->truncate(0));
    TRY(file->write_at(0, as_bytes(out.buffer())));
    TRY(file->sync());
  }
  TRY(disk.rename(fresh, directory + "/checkpoint"));
  return final_sync(disk.sync_directory(directory));
}

Result<std::optional<std::string>> read_checkpoint(store::Disk& disk,
                                                   const std::string& directory) {
  const std::string path = directory + "/checkpoint";
  auto file = disk.open(path, store::OpenMode::kRead);
  if (!file && file.error().code() == ErrorCode::kNotFound) return std::optional<std::string>();
  if (!file) return file.error();
  std::string bytes(static_cast<size_t>(TRY((*file)->size())), '\0');
  bytes.resize(TRY((*file)->read_at(0, std::as_writable_bytes(std::span(bytes)))));
  ByteReader in(as_bytes(bytes));
  const bool magic = as_text(in.bytes(kMagic.size())) == kMagic;
  const auto version = in.little<uint32_t>();
  const auto crc = in.little<uint32_t>();
  const auto length = in.little<uint64_t>();
  if (!in.ok() || !magic || length != bytes.size() - kPayloadFrom ||
      crc32c(as_bytes(bytes).subspan(kCheckedFrom)) != crc) {
    return Error(ErrorCode::kCorrupt, "the log's checkpoint " + path +
                                          " is damaged (its checksum over bytes 12 to " +
                                          std::to_string(bytes.size()) + " does not match)");
  }
  if (version < kOldestVersion || version > kVersion) {
    return Error(ErrorCode::kUnsupported, path + " has version " + std::to_string(version));
  }
  return std::optional(bytes.substr(kPayloadFrom));
}

Status mark_closed(store::Disk& disk, const std::string& directory, uint64_t sequence) {
  const auto file = TRY(disk.open(directory + "/closed", store::OpenMode::kReadWrite));
  TRY(file->write_at(0, as_bytes(closed_text(sequence))));
  TRY(file->sync());
  return disk.sync_directory(directory);
}

Result<bool> take_closed_mark(store::Disk& disk, const std::string& directory, uint64_t sequence) {
  const std::string path = directory + "/closed";
  const auto file = disk.open(path, store::OpenMode::kRead);
  if (!file && file.error().code() == ErrorCode::kNotFound) return false;
  if (!file) return file.error();
  const std::string expected = closed_text(sequence);
  std::string found(expected.size() + 1, '\0');
  found.resize(TRY((*file)->read_at(0, std::as_writable_bytes(std::span(found)))));
  TRY(disk.remove(path));
  TRY(disk.sync_directory(directory));
  return found == expected;
}

}  // namespace foz::log
