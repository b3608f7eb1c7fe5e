// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// gzip: RFC 1952 members. lz4: the LZ4 frame format. zstd: RFC 8878 frames. snappy: either one raw
// block, or xerial's stream, which Java's clients write:
//   0 magic 82 53 4e 41 50 50 59 00    8 version int32    12 compatible version int32
//  16 chunks: length int32, one raw block each
#include "log/compression_internal.h"

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>

namespace foz::log {
namespace {

constexpr size_t kFirstRoom = 64 << 10;
constexpr size_t kXerialBlock = 32 << 10;
constexpr std::array<unsigned char, 16> kXerialHeader = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0,
                                                         0,    0,   0,   1,   0,   0,   0,   1};

Error damaged(std::string_view codec) {
  return Error(ErrorCode::kCorrupt, std::string(codec) + " block of a record batch is malformed");
}
Error too_long(std::string_view codec) {
  return Error(ErrorCode::kCorrupt,
               std::string(codec) + " block of a record batch unpacks to more than is allowed");
}

void resize_unset(std::string& text, size_t size) {
  // Not its argument, which GCC 12 gives as the new capacity.
  text.resize_and_overwrite(size, [size](char*, size_t) { return size; });
}

// Output that doubles as bytes really arrive.
class Growing {
 public:
  // One byte more than the limit, so that what has just the limit's length can end.
  Growing(size_t packed_size, size_t limit) : limit_(limit + 1) {
    resize_unset(text_, std::min(limit_, std::max(kFirstRoom, packed_size * 4)));
  }
  char* at() { return text_.data() + used_; }
  size_t room() const { return text_.size() - used_; }
  void used(size_t count) { used_ += count; }
  // False at the limit.
  bool grow() {
    if (text_.size() >= limit_) return false;
    resize_unset(text_, std::min(limit_, text_.size() * 2));
    return true;
  }
  Result<std::string> take(std::string_view codec) {
    if (used_ == limit_) return too_long(codec);
    text_.resize(used_);
    return std::move(text_);
  }

 private:
  size_t limit_;
  std::string text_;
  size_t used_ = 0;
};

Result<std::string> unpack_gzip(Bytes packed, size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) {
    return Error(ErrorCode::kOverloaded, "zlib has no memory");
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  Growing out(packed.size(), limit);
  while (true) {
    const size_t room = out.room();
    stream.next_out = reinterpret_cast<Bytef*>(out.at());
    stream.avail_out = static_cast<uInt>(room);
    const int outcome = inflate(&stream, Z_NO_FLUSH);
    out.used(room - stream.avail_out);
    if (outcome == Z_STREAM_END) {
      if (stream.avail_in == 0) return out.take("gzip");
      if (inflateReset(&stream) != Z_OK) return damaged("gzip");
      continue;
    }
    if (outcome != Z_OK && outcome != Z_BUF_ERROR) return damaged("gzip");
    if (stream.avail_out > 0) return damaged("gzip");  // wants input that is not there
    if (!out.grow()) return too_long("gzip");
  }
}

Status unpack_snappy_block(Bytes packed, size_t limit, std::string& out) {
  size_t length = 0;
  const auto* data = reinterpret_cast<const char*>(packed.data());
  if (!snappy::GetUncompressedLength(data, packed.size(), &length)) return damaged("snappy");
  // No element of the format yields more than 64 bytes from 3.
  if (length > packed.size() * 22) return damaged("snappy");
  if (length > limit - out.size()) return too_long("snappy");
  const size_t before = out.size();
  resize_unset(out, before + length);
  if (!snappy::RawUncompress(data, packed.size(), out.data() + before)) return damaged("snappy");
  return {};
}

Result<std::string> unpack_snappy(Bytes packed, size_t limit) {
  std::string out;
  const bool xerial = packed.size() >= kXerialHeader.size() &&
                      std::memcmp(packed.data(), kXerialHeader.data(), 8) == 0;
  if (!xerial) {
    TRY(unpack_snappy_block(packed, limit, out));
    return out;
  }
  ByteReader reader(packed.subspan(kXerialHeader.size()));
  while (reader.remaining() > 0) {
    const auto length = reader.big<int32_t>();
    const Bytes block = length > 0 ? reader.bytes(static_cast<size_t>(length)) : Bytes();
    if (!reader.ok() || block.empty()) return damaged("snappy");
    TRY(unpack_snappy_block(block, limit, out));
  }
  return out;
}

Result<std::string> unpack_lz4(Bytes packed, size_t limit) {
  LZ4F_dctx* raw = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&raw, LZ4F_VERSION))) {
    return Error(ErrorCode::kOverloaded, "lz4 has no memory");
  }
  const std::unique_ptr<LZ4F_dctx, size_t (*)(LZ4F_dctx*)> context(raw,
                                                                   LZ4F_freeDecompressionContext);
  Growing out(packed.size(), limit);
  size_t hint = 1;
  while (true) {
    size_t taken = packed.size();
    size_t given = out.room();
    hint = LZ4F_decompress(raw, out.at(), &given, packed.data(), &taken, nullptr);
    if (LZ4F_isError(hint)) return damaged("lz4");
    out.used(given);
    packed = packed.subspan(taken);
    if (hint == 0 && packed.empty()) return out.take("lz4");
    if (out.room() == 0) {
      if (!out.grow()) return too_long("lz4");
    } else if (packed.empty()) {
      return damaged("lz4");
    }
  }
}

Result<std::string> unpack_zstd(Bytes packed, size_t limit) {
  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                   ZSTD_freeDCtx);
  if (!context) return Error(ErrorCode::kOverloaded, "zstd has no memory");
  Growing out(packed.size(), limit);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  while (true) {
    ZSTD_outBuffer into{out.at(), out.room(), 0};
    const size_t hint = ZSTD_decompressStream(context.get(), &into, &in);
    if (ZSTD_isError(hint)) return damaged("zstd");
    out.used(into.pos);
    if (hint == 0 && in.pos == in.size) return out.take("zstd");
    if (out.room() == 0) {
      if (!out.grow()) return too_long("zstd");
    } else if (in.pos == in.size) {
      return damaged("zstd");
    }
  }
}

Result<std::string> pack_gzip(Bytes plain) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return Error(ErrorCode::kOverloaded, "zlib has no memory");
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, deflateEnd);
  std::string out;
  resize_unset(out, deflateBound(&stream, plain.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  return out;
}

std::string pack_snappy(Bytes plain) {
  std::string out(reinterpret_cast<const char*>(kXerialHeader.data()), kXerialHeader.size());
  std::string block;
  while (!plain.empty()) {
    const Bytes part = plain.first(std::min(plain.size(), kXerialBlock));
    snappy::Compress(reinterpret_cast<const char*>(part.data()), part.size(), &block);
    std::array<std::byte, 4> length;
    store_big(length.data(), static_cast<int32_t>(block.size()));
    out.append(as_text(length)).append(block);
    plain = plain.subspan(part.size());
  }
  return out;
}

Result<std::string> pack_lz4(Bytes plain) {
  LZ4F_preferences_t how{};
  how.frameInfo.blockSizeID = LZ4F_max64KB;
  how.frameInfo.blockMode = LZ4F_blockIndependent;  // Java's client reads no other
  std::string out;
  resize_unset(out, LZ4F_compressFrameBound(plain.size(), &how));
  const size_t size = LZ4F_compressFrame(out.data(), out.size(), plain.data(), plain.size(), &how);
  if (LZ4F_isError(size)) return Error(ErrorCode::kInternal, LZ4F_getErrorName(size));
  out.resize(size);
  return out;
}

Result<std::string> pack_zstd(Bytes plain) {
  std::string out;
  resize_unset(out, ZSTD_compressBound(plain.size()));
  const size_t size =
      ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), ZSTD_CLEVEL_DEFAULT);
  if (ZSTD_isError(size)) return Error(ErrorCode::kInternal, ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

}  // namespace

Result<std::string> unpack(Compression compression, Bytes packed, size_t limit) {
  switch (compression) {
    case Compression::kNone: break;
    case Compression::kGzip: return unpack_gzip(packed, limit);
    case Compression::kSnappy: return unpack_snappy(packed, limit);
    case Compression::kLz4: return unpack_lz4(packed, limit);
    case Compression::kZstd: return unpack_zstd(packed, limit);
  }
  return invalid("record batch names no known compression");
}

Result<std::string> pack(Compression compression, Bytes plain) {
  switch (compression) {
    case Compression::kNone: break;
    case Compression::kGzip: return pack_gzip(plain);
    case Compression::kSnappy: return pack_snappy(plain);
    case Compression::kLz4: return pack_lz4(plain);
    case Compression::kZstd: return pack_zstd(plain);
  }
  return invalid("record batch names no known compression");
}

}  // namespace foz::log
