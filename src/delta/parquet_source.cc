// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/parquet_source_internal.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <fmt/format.h>

#include <atomic>

#include "base/bytes.h"
#include "delta/parquet_footer_internal.h"

namespace foz::delta {
namespace {

// Carries the store's error code through Arrow.
class StoreDetail final : public arrow::StatusDetail {
 public:
  explicit StoreDetail(ErrorCode code) : code_(code) {}
  const char* type_id() const override { return "foz::store"; }
  std::string ToString() const override { return std::string(foz::to_string(code_)); }
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

// An object as Arrow's random access file. Reads may come from several threads.
class ObjectFile final : public arrow::io::RandomAccessFile {
 public:
  ObjectFile(const store::ObjectStore& store, std::string path, int64_t size)
      : store_(store), path_(std::move(path)), size_(size) {}

  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return at_; }
  arrow::Status Seek(int64_t position) override {
    at_ = position;
    return arrow::Status::OK();
  }
  arrow::Result<int64_t> GetSize() override { return size_; }

  arrow::Result<int64_t> ReadAt(int64_t position, int64_t count, void* out) override {
    if (position < 0 || count < 0 || position > size_) {
      return arrow::Status::Invalid("a read beyond the end of ", path_);
    }
    count = std::min(count, size_ - position);
    auto read = store_.get_range(path_, position,
                                 {static_cast<std::byte*>(out), static_cast<size_t>(count)});
    if (!read) {
      return arrow::Status::IOError(read.error().message())
          .WithDetail(std::make_shared<StoreDetail>(read.error().code()));
    }
    return static_cast<int64_t>(*read);
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t count) override {
    if (position < 0 || count < 0 || position > size_) {
      return arrow::Status::Invalid("a read beyond the end of ", path_);
    }
    count =
        std::min(count, size_ - position);  // before allocating: damaged footers ask for anything
    ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(count));
    ARROW_ASSIGN_OR_RAISE(const int64_t got, ReadAt(position, count, buffer->mutable_data()));
    ARROW_RETURN_NOT_OK(buffer->Resize(got));
    ARROW_RETURN_NOT_OK(check_end(position, {buffer->data_as<std::byte>(), size_t(got)}));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }
  arrow::Result<int64_t> Read(int64_t count, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t got, ReadAt(at_, count, out));
    at_ += got;
    return got;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t count) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(at_, count));
    at_ += buffer->size();
    return buffer;
  }

 private:
  // Parquet reads the file's last bytes first; when they do not hold the footer, all of that.
  arrow::Status check_end(int64_t position, Bytes read) const {
    constexpr int64_t kTail = 8;
    const int64_t end = position + std::ssize(read);
    if (end == size_ && std::ssize(read) >= kTail) {
      const int64_t length = load_little<uint32_t>(read.data() + read.size() - kTail);
      read = read.first(read.size() - kTail);
      if (length > std::ssize(read)) return arrow::Status::OK();
      read = read.last(static_cast<size_t>(length));
    } else if (end != size_ - kTail) {
      return arrow::Status::OK();
    }
    const auto checked = check_footer(read);
    return checked ? arrow::Status::OK() : arrow::Status::Invalid(checked.error().message());
  }

  const store::ObjectStore& store_;
  const std::string path_;
  const int64_t size_;
  int64_t at_ = 0;
  std::atomic<bool> closed_ = false;
};

Result<std::unique_ptr<parquet::arrow::FileReader>> open_sized(const store::ObjectStore& store,
                                                               const std::string& path,
                                                               int64_t size) {
  return guard_parquet([&]() -> Result<std::unique_ptr<parquet::arrow::FileReader>> {
    parquet::arrow::FileReaderBuilder builder;
    parquet::ReaderProperties pages = parquet::default_reader_properties();
    pages.set_page_checksum_verification(true);
    TRY_ARROW(builder.Open(std::make_shared<ObjectFile>(store, path, size), pages));
    parquet::ArrowReaderProperties properties(/*use_threads=*/false);
    properties.set_batch_size(int64_t{1} << 16);
    properties.set_pre_buffer(true);
    properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
    builder.properties(properties);
    return TRY_ARROW(builder.Build());
  });
}

}  // namespace

Error arrow_error(const arrow::Status& status) {
  if (const auto* detail = dynamic_cast<const StoreDetail*>(status.detail().get())) {
    return Error(detail->code(), status.message());
  }
  if (status.IsOutOfMemory()) return Error(ErrorCode::kOverloaded, status.message());
  if (status.IsNotImplemented()) return Error(ErrorCode::kUnsupported, status.message());
  return Error(ErrorCode::kCorrupt, status.message());
}

void collect_leaves(const parquet::arrow::SchemaField& field, std::vector<int>& leaves) {
  if (field.is_leaf()) leaves.push_back(field.column_index);
  for (const auto& child : field.children) collect_leaves(child, leaves);
}

Result<OpenedParquet> open_parquet_sized(const store::ObjectStore& store, const std::string& path,
                                         int64_t size) {
  if (size > 0) {
    auto reader = open_sized(store, path, size);
    if (reader) return OpenedParquet{*std::move(reader), size};
    if (reader.error().code() != ErrorCode::kCorrupt) return reader.error().within(path);
    const int64_t actual = TRY(store.head(path)).size;
    if (actual == size) return reader.error().within(path);
    size = actual;
  } else {
    size = TRY(store.head(path)).size;
  }
  return OpenedParquet{TRY(open_sized(store, path, size).within(path)), size};
}

Result<std::unique_ptr<parquet::arrow::FileReader>> open_parquet(const store::ObjectStore& store,
                                                                 const std::string& path,
                                                                 int64_t size) {
  return TRY(open_parquet_sized(store, path, size)).reader;
}

}  // namespace foz::delta
