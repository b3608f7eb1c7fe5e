// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer_builder.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>

#include <algorithm>
#include <array>

#include "log/record_batch.h"
#include "table/bronze.h"

namespace foz::table {
namespace {

// With the batch that is being decoded the 32-bit offsets of Arrow do not overflow.
constexpr int64_t kMostBytes = 1LL << 30;
static_assert(kMostBytes + static_cast<int64_t>(log::kMaxUnpackedBytes) < INT32_MAX);
constexpr int64_t kReservedRows = 4096;
// A damaged batch may claim two thousand million offsets.
constexpr int64_t kMostDamagedRows = 65536;
// 0001-01-01 and the last millisecond of 9999.
constexpr int64_t kFirstMs = -62135596800000;
constexpr int64_t kLastMs = 253402300799999;

Status checked(const arrow::Status& status) {
  if (status.ok()) return {};
  return Error(ErrorCode::kOverloaded, "bronze rows: " + status.ToString());
}

// Of the UTF-8 sequence that `text` begins with; 0: it is none.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0; };
  const int first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const int second = byte(1);  // not overlong, no surrogate, not beyond U+10FFFF
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
  if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
  return length;
}

// With U+FFFD for each byte that is no UTF-8; nullopt: all of it is.
std::optional<std::string> mended_utf8(std::string_view text) {
  std::string mended;
  bool valid = true;
  for (size_t at = 0; at < text.size();) {
    const size_t length = utf8_length(text.substr(at));
    valid &= length > 0;
    mended += length > 0 ? text.substr(at, length) : "\xef\xbf\xbd";
    at += std::max<size_t>(1, length);
  }
  return valid ? std::nullopt : std::optional(std::move(mended));
}

template <class T>
class FixedColumn {
 public:
  Status reserve(int64_t rows) {
    return checked(values_.Reserve(rows * static_cast<int64_t>(sizeof(T))));
  }
  void append(T value) { values_.UnsafeAppend(&value, sizeof value); }
  Status fill(int64_t count, T value) {
    TRY(reserve(count));
    T* at = reinterpret_cast<T*>(values_.mutable_data() + values_.length());
    std::fill_n(at, count, value);
    values_.UnsafeAdvance(count * static_cast<int64_t>(sizeof(T)));
    return {};
  }
  int64_t rows() const { return values_.length() / static_cast<int64_t>(sizeof(T)); }
  void truncate(int64_t rows) { values_.Rewind(rows * static_cast<int64_t>(sizeof(T))); }
  Result<std::shared_ptr<arrow::Buffer>> take() {
    auto buffer = values_.Finish();
    TRY(checked(buffer.status()));
    return *buffer;
  }
  Result<std::shared_ptr<arrow::ArrayData>> finish(std::shared_ptr<arrow::DataType> type) {
    const int64_t count = rows();
    return arrow::ArrayData::Make(std::move(type), count, {nullptr, TRY(take())}, 0);
  }

 private:
  arrow::BufferBuilder values_;
};

// A bitmap of `rows` ones but for the rows in `nulls`.
Result<std::shared_ptr<arrow::Buffer>> validity(int64_t rows, const std::vector<int32_t>& nulls) {
  if (nulls.empty()) return std::shared_ptr<arrow::Buffer>();
  auto bitmap = arrow::AllocateEmptyBitmap(rows);
  TRY(checked(bitmap.status()));
  uint8_t* bits = (*bitmap)->mutable_data();
  arrow::bit_util::SetBitsTo(bits, 0, rows, true);
  for (const int32_t row : nulls) arrow::bit_util::ClearBit(bits, row);
  return *std::move(bitmap);
}

class BinaryColumn {
 public:
  // Data grows as it comes: what a batch unpacks to is known only then.
  Status reserve(int64_t rows) { return ends_.reserve(rows); }
  Status reserve_data(int64_t bytes) { return checked(data_.Reserve(bytes)); }
  Status append(const std::optional<Bytes>& value) {
    if (value) {
      if (auto grown = data_.Append(value->data(), static_cast<int64_t>(value->size()));
          !grown.ok()) [[unlikely]] {
        return checked(grown);
      }
    } else {
      nulls_.push_back(static_cast<int32_t>(ends_.rows()));
    }
    ends_.append(static_cast<int32_t>(data_.length()));
    return {};
  }
  void append_nulls(int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      nulls_.push_back(static_cast<int32_t>(ends_.rows()));
      ends_.append(static_cast<int32_t>(data_.length()));
    }
  }
  int64_t rows() const { return ends_.rows(); }
  int64_t data_bytes() const { return data_.length(); }
  void truncate(int64_t rows, int64_t data_bytes) {
    ends_.truncate(rows);
    data_.Rewind(data_bytes);
    while (!nulls_.empty() && nulls_.back() >= rows) nulls_.pop_back();
  }
  Result<std::shared_ptr<arrow::ArrayData>> finish(std::shared_ptr<arrow::DataType> type) {
    const int64_t count = rows();
    auto valid = TRY(validity(count, nulls_));
    auto offsets = arrow::AllocateBuffer((count + 1) * static_cast<int64_t>(sizeof(int32_t)));
    TRY(checked(offsets.status()));
    auto ends = TRY(ends_.take());
    auto* at = reinterpret_cast<int32_t*>((*offsets)->mutable_data());
    at[0] = 0;
    if (count > 0) std::memcpy(at + 1, ends->data(), static_cast<size_t>(count) * sizeof(int32_t));
    auto data = data_.Finish();
    TRY(checked(data.status()));
    const auto null_count = static_cast<int64_t>(nulls_.size());
    nulls_.clear();
    return arrow::ArrayData::Make(std::move(type), count,
                                  {std::move(valid), *std::move(offsets), *std::move(data)},
                                  null_count);
  }

 private:
  FixedColumn<int32_t> ends_;
  arrow::BufferBuilder data_;
  std::vector<int32_t> nulls_;
};

}  // namespace

struct BronzeDecoder::Impl {
  explicit Impl(std::string name) : topic(std::move(name)) {}

  struct Mark {
    int64_t rows = 0, key_bytes = 0, value_bytes = 0, headers = 0, header_key_bytes = 0,
            header_value_bytes = 0;
  };

  const std::string topic;
  BinaryColumn keys, values;
  FixedColumn<int32_t> partitions, timestamp_types;
  FixedColumn<int64_t> offsets, timestamps;
  // Headers of all rows one after the other, and where those of each row end; ends stay empty until
  // a row has headers.
  BinaryColumn header_keys, header_values;
  FixedColumn<int32_t> header_ends;
  bool any_headers = false;
  log::Record record;  // reused: its header list keeps its room

  int64_t rows() const { return offsets.rows(); }

  Mark mark() const {
    return {.rows = rows(),
            .key_bytes = keys.data_bytes(),
            .value_bytes = values.data_bytes(),
            .headers = header_keys.rows(),
            .header_key_bytes = header_keys.data_bytes(),
            .header_value_bytes = header_values.data_bytes()};
  }

  void truncate(const Mark& to);
  Status reserve(int64_t more);
  Status append_header(std::string_view key, const std::optional<Bytes>& value);
  // The rows so far had none. `reserved`: rows that reserve() has promised room for.
  Status begin_headers(int64_t reserved);
  Status append_batch(Bytes batch, log::Offset from, log::Offset to);
  Status append_headers(bool timestamp_in_range, int64_t reserved);
  Status append_damaged(Bytes batch, const log::BatchHeader& header, std::string_view why,
                        log::Offset from, log::Offset to);
  Status append(log::PartitionId partition, Bytes rest, log::Offset from, log::Offset to);
  Result<std::shared_ptr<arrow::ArrayData>> finish_headers(std::shared_ptr<arrow::DataType> type);
};

void BronzeDecoder::Impl::truncate(const Mark& to) {
  keys.truncate(to.rows, to.key_bytes);
  values.truncate(to.rows, to.value_bytes);
  offsets.truncate(to.rows);
  timestamps.truncate(to.rows);
  partitions.truncate(std::min(partitions.rows(), to.rows));
  timestamp_types.truncate(std::min(timestamp_types.rows(), to.rows));
  header_keys.truncate(to.headers, to.header_key_bytes);
  header_values.truncate(to.headers, to.header_value_bytes);
  if (any_headers) header_ends.truncate(to.rows);
}

Status BronzeDecoder::Impl::reserve(int64_t more) {
  TRY(keys.reserve(more));
  TRY(values.reserve(more));
  TRY(offsets.reserve(more));
  TRY(timestamps.reserve(more));
  return any_headers ? header_ends.reserve(more) : Status();
}

Status BronzeDecoder::Impl::append_header(std::string_view key, const std::optional<Bytes>& value) {
  TRY(header_keys.reserve(1));
  TRY(header_values.reserve(1));
  TRY(header_keys.append(as_bytes(key)));
  return header_values.append(value);
}

Status BronzeDecoder::Impl::begin_headers(int64_t reserved) {
  any_headers = true;
  TRY(header_ends.reserve(rows() + reserved));
  return header_ends.fill(rows(), 0);
}

Status BronzeDecoder::Impl::append_batch(Bytes batch, log::Offset from, log::Offset to) {
  auto reader = TRY(log::RecordReader::open(batch));
  const log::BatchHeader& header = reader.header();
  const int64_t first = rows();
  // Reserved step by step: the count is a producer's word, and decides no allocation.
  int64_t room = 0;
  while (TRY(reader.next(record))) {
    if (record.offset < from || record.offset >= to) continue;  // the rest is still checked
    if (room-- == 0) {
      room = std::min<int64_t>(header.last_offset() - record.offset, kReservedRows);
      TRY(reserve(room + 1));
    }
    const bool in_range = record.timestamp_ms >= kFirstMs && record.timestamp_ms <= kLastMs;
    if (!record.headers.empty() || !in_range) [[unlikely]] {
      TRY(append_headers(in_range, room + 1));
    }
    TRY(keys.append(record.key));
    TRY(values.append(record.value));
    offsets.append(record.offset.value());
    timestamps.append(std::clamp(record.timestamp_ms, kFirstMs, kLastMs) * 1000);
    if (any_headers) header_ends.append(static_cast<int32_t>(header_keys.rows()));
  }
  return timestamp_types.fill(rows() - first, header.log_append_time() ? 1 : 0);
}

Status BronzeDecoder::Impl::append_headers(bool timestamp_in_range, int64_t reserved) {
  if (!any_headers) TRY(begin_headers(reserved));
  for (const auto& header : record.headers) {
    const auto mended = mended_utf8(header.key);
    TRY(append_header(mended ? *mended : header.key, header.value));
    if (mended) TRY(append_header("foz.header", as_bytes(header.key)));
  }
  if (timestamp_in_range) return {};
  return append_header("foz.timestamp", as_bytes(std::to_string(record.timestamp_ms)));
}

Status BronzeDecoder::Impl::append_damaged(Bytes batch, const log::BatchHeader& header,
                                           std::string_view why, log::Offset from, log::Offset to) {
  const log::Offset first = std::max(header.base_offset, from);
  const log::Offset end = std::min(header.next_offset(), to);
  const int64_t count = std::min(end - first, kMostDamagedRows);
  std::string reason = "the batch of offsets " + std::to_string(header.base_offset.value()) +
                       " to " + std::to_string(header.last_offset().value()) +
                       " is damaged: " + std::string(why);
  if (count < end - first) {
    reason += "; only its first " + std::to_string(kMostDamagedRows) + " offsets have rows";
  }
  TRY(reserve(count));
  if (!any_headers) TRY(begin_headers(count));
  for (int64_t i = 0; i < count; ++i) {
    TRY(append_header("foz.error", as_bytes(reason)));
    if (first + i == header.base_offset) TRY(append_header("foz.batch", batch));
    keys.append_nulls(1);
    values.append_nulls(1);
    offsets.append((first + i).value());
    header_ends.append(static_cast<int32_t>(header_keys.rows()));
  }
  TRY(timestamps.fill(count, std::clamp(header.base_timestamp_ms, kFirstMs, kLastMs) * 1000));
  return timestamp_types.fill(count, header.log_append_time() ? 1 : 0);
}

Status BronzeDecoder::Impl::append(log::PartitionId partition, Bytes rest, log::Offset from,
                                   log::Offset to) {
  while (!rest.empty()) {
    const log::BatchHeader header = TRY(log::parse_batch_header(rest));
    if (header.size() > rest.size()) {
      return Error(ErrorCode::kCorrupt, "a record batch goes beyond the bytes at hand");
    }
    const Bytes batch = rest.first(header.size());
    rest = rest.subspan(header.size());
    if (header.control() || header.next_offset() <= from || header.base_offset >= to) continue;
    const Mark before = mark();
    if (before.key_bytes + before.value_bytes + before.header_value_bytes > kMostBytes) {
      return Error(ErrorCode::kOverloaded, "bronze rows: too many bytes for one batch of rows");
    }
    if (auto done = append_batch(batch, from, to); !done) {
      if (done.error().code() == ErrorCode::kOverloaded) return done;
      truncate(before);
      TRY(append_damaged(batch, header, done.error().message(), from, to));
    }
    TRY(partitions.fill(rows() - before.rows, partition.value()));
  }
  return {};
}

Result<std::shared_ptr<arrow::ArrayData>> BronzeDecoder::Impl::finish_headers(
    std::shared_ptr<arrow::DataType> type) {
  const int64_t count = rows();
  if (!any_headers) {
    auto none = arrow::MakeArrayOfNull(type, count);
    TRY(checked(none.status()));
    return (*none)->data();
  }
  any_headers = false;
  auto ends = TRY(header_ends.take());
  const auto* end = reinterpret_cast<const int32_t*>(ends->data());
  auto starts = arrow::AllocateBuffer((count + 1) * static_cast<int64_t>(sizeof(int32_t)));
  TRY(checked(starts.status()));
  auto* at = reinterpret_cast<int32_t*>((*starts)->mutable_data());
  at[0] = 0;
  std::vector<int32_t> nulls;
  for (int32_t row = 0; row < static_cast<int32_t>(count); ++row) {
    at[row + 1] = end[row];
    if (at[row] == at[row + 1]) nulls.push_back(row);
  }
  const auto entry = type->field(0)->type();
  const int64_t entries = header_keys.rows();
  auto entry_data = arrow::ArrayData::Make(entry, entries, {nullptr},
                                           {TRY(header_keys.finish(entry->field(0)->type())),
                                            TRY(header_values.finish(entry->field(1)->type()))},
                                           0);
  return arrow::ArrayData::Make(std::move(type), count,
                                {TRY(validity(count, nulls)), *std::move(starts)},
                                {std::move(entry_data)}, static_cast<int64_t>(nulls.size()));
}

BronzeDecoder::BronzeDecoder(std::string topic) : impl_(std::make_unique<Impl>(std::move(topic))) {}
BronzeDecoder::~BronzeDecoder() = default;

Status BronzeDecoder::append(log::PartitionId partition, const log::BatchSlice& slice,
                             log::Offset from, log::Offset to) {
  const Impl::Mark before = impl_->mark();
  auto done = impl_->append(partition, slice.bytes, from, to);
  if (!done) impl_->truncate(before);
  return done;
}

Status BronzeDecoder::expect(int64_t bytes) { return impl_->values.reserve_data(bytes); }

int64_t BronzeDecoder::rows() const { return impl_->rows(); }

int64_t BronzeDecoder::bytes() const {
  constexpr int64_t kFixed = 4 * sizeof(int64_t) + 2 * sizeof(int32_t);
  return impl_->keys.data_bytes() + impl_->values.data_bytes() + impl_->header_keys.data_bytes() +
         impl_->header_values.data_bytes() +
         rows() * (kFixed + static_cast<int64_t>(impl_->topic.size()));
}

Result<std::shared_ptr<arrow::RecordBatch>> BronzeDecoder::finish() {
  const auto schema = bronze_schema();
  const auto type = [&](int column) { return schema->field(column)->type(); };
  const int64_t count = rows();
  auto topics = arrow::MakeArrayFromScalar(arrow::StringScalar(impl_->topic), count);
  TRY(checked(topics.status()));
  auto headers = TRY(impl_->finish_headers(type(7)));
  std::vector<std::shared_ptr<arrow::ArrayData>> columns{
      TRY(impl_->keys.finish(type(0))),
      TRY(impl_->values.finish(type(1))),
      (*topics)->data(),
      TRY(impl_->partitions.finish(type(3))),
      TRY(impl_->offsets.finish(type(4))),
      TRY(impl_->timestamps.finish(type(5))),
      TRY(impl_->timestamp_types.finish(type(6))),
      std::move(headers)};
  return arrow::RecordBatch::Make(schema, count, std::move(columns));
}

}  // namespace foz::table
