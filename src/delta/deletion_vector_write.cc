// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <optional>

#include "delta/deletion_vector_internal.h"
#include "delta/paths_internal.h"
#include "delta/retry_internal.h"

namespace foz::delta {
namespace {

constexpr size_t kContainerWords = 1024;  // 65,536 rows
constexpr size_t kBitmapContainers = 65536;
constexpr uint32_t kArrayMax = 4096;
constexpr size_t kBitmapBytes = 8192;

// 65,536 rows of which some are gone.
struct Container {
  uint16_t key;
  uint32_t cardinality, runs;
  std::span<const uint64_t> words;

  size_t plain_bytes() const { return cardinality <= kArrayMax ? 2 * cardinality : kBitmapBytes; }
  size_t run_bytes() const { return 2 + size_t{4} * runs; }
  bool as_runs() const { return run_bytes() < plain_bytes(); }
};

Container look_at(uint16_t key, std::span<const uint64_t> words) {
  Container out{key, 0, 0, words};
  uint64_t last = 0;  // the highest bit of the word before
  for (const uint64_t word : words) {
    out.cardinality += static_cast<uint32_t>(std::popcount(word));
    out.runs += static_cast<uint32_t>(std::popcount(word & ~((word << 1) | last)));
    last = word >> 63;
  }
  return out;
}

template <class Visit>
void each_bit(std::span<const uint64_t> words, Visit&& visit) {
  for (size_t i = 0; i < words.size(); ++i) {
    for (uint64_t bits = words[i]; bits; bits &= bits - 1) {
      visit(static_cast<uint16_t>(i * 64 + static_cast<size_t>(std::countr_zero(bits))));
    }
  }
}

void write_runs(ByteWriter& out, const Container& container) {
  out.little(static_cast<uint16_t>(container.runs));
  std::optional<uint16_t> first;
  uint16_t last = 0;
  const auto flush = [&] {
    if (!first) return;
    out.little(*first);
    out.little(static_cast<uint16_t>(last - *first));
  };
  each_bit(container.words, [&](uint16_t bit) {
    if (!first || bit != last + 1) {
      flush();
      first = bit;
    }
    last = bit;
  });
  flush();
}

void write_container(ByteWriter& out, const Container& container) {
  if (container.as_runs()) return write_runs(out, container);
  if (container.cardinality <= kArrayMax) {
    each_bit(container.words, [&](uint16_t bit) { out.little(bit); });
    return;
  }
  for (const uint64_t word : container.words) out.little(word);
  for (size_t i = container.words.size(); i < kContainerWords; ++i) out.little(uint64_t{0});
}

// A 32-bit Roaring bitmap in the portable format.
void write_roaring(ByteWriter& out, std::span<const Container> containers) {
  const auto count = static_cast<uint32_t>(containers.size());
  const bool has_runs = std::ranges::any_of(containers, &Container::as_runs);
  const size_t start = out.size();
  if (has_runs) {
    out.little(uint32_t{kCookieWithRuns} | ((count - 1) << 16));
    std::string flags((count + 7) / 8, '\0');
    for (uint32_t i = 0; i < count; ++i) {
      if (containers[i].as_runs()) flags[i / 8] = static_cast<char>(flags[i / 8] | (1 << (i % 8)));
    }
    out.text(flags);
  } else {
    out.little(kCookieWithoutRuns);
    out.little(count);
  }
  for (const Container& container : containers) {
    out.little(container.key);
    out.little(static_cast<uint16_t>(container.cardinality - 1));
  }
  if (!has_runs || count >= kNoOffsetThreshold) {
    size_t at = out.size() - start + size_t{4} * count;
    for (const Container& container : containers) {
      out.little(static_cast<uint32_t>(at));
      at += container.as_runs() ? container.run_bytes() : container.plain_bytes();
    }
  }
  for (const Container& container : containers) write_container(out, container);
}

}  // namespace

std::string encode_bitmap(const DeletedRows& rows) {
  const std::span<const uint64_t> words = rows.words();
  ByteWriter out;
  out.little(kBitmapMagic);
  out.little(uint64_t{0});  // the count of bitmaps, known only in the end
  uint64_t bitmaps = 0;
  std::vector<Container> containers;
  const auto flush = [&](size_t high) {
    if (containers.empty()) return;
    out.little(static_cast<uint32_t>(high));
    write_roaring(out, containers);
    containers.clear();
    ++bitmaps;
  };
  size_t index = 0;
  for (size_t at = 0; at < words.size(); at += kContainerWords, ++index) {
    if (index > 0 && index % kBitmapContainers == 0) flush(index / kBitmapContainers - 1);
    const auto part = words.subspan(at, std::min(kContainerWords, words.size() - at));
    const Container container = look_at(static_cast<uint16_t>(index % kBitmapContainers), part);
    if (container.cardinality > 0) containers.push_back(container);
  }
  if (index > 0) flush((index - 1) / kBitmapContainers);
  store_little(out.at(4), bitmaps);
  return out.take();
}

std::string encode_z85(Bytes bytes) {
  std::string out;
  for (size_t at = 0; at + 4 <= bytes.size(); at += 4) {
    uint32_t value = load_big<uint32_t>(bytes.data() + at);
    std::array<char, 5> group{};
    for (size_t i = 5; i-- > 0; value /= 85) group[i] = kZ85Alphabet[value % 85];
    out.append(group.data(), group.size());
  }
  return out;
}

VectorFile::VectorFile(Random& random) : uuid_(random.uuid()) { file_.big(uint8_t{1}); }

Result<DeletionVector> VectorFile::add(const DeletedRows& rows) {
  const std::string bitmap = encode_bitmap(rows);
  if (file_.size() + bitmap.size() > std::numeric_limits<int32_t>::max()) {
    return Error(ErrorCode::kUnsupported, "the deletion vectors of a commit are above 2 GiB");
  }
  DeletionVector vector;
  vector.storage_type = "u";
  vector.path_or_inline = encode_z85(std::as_bytes(std::span(uuid_.bytes)));
  vector.offset = static_cast<int32_t>(file_.size());
  vector.size_bytes = static_cast<int32_t>(bitmap.size());
  vector.cardinality = rows.count();
  file_.big(static_cast<uint32_t>(bitmap.size()));
  file_.text(bitmap);
  file_.big(crc32(bitmap));
  ++vectors_;
  return vector;
}

Status VectorFile::put(store::ObjectStore& store, const std::string& root) const {
  if (vectors_ == 0) return {};
  const std::string path =
      join_path(root, fmt::format("deletion_vector_{}.bin", uuid_.to_string()));
  // The name is fresh, so that putting it again changes nothing.
  return retried([&] { return store.put(path, as_bytes(file_.buffer())); });
}

}  // namespace foz::delta
