// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What the workloads of delta_workload_bench.cc are made of.
#pragma once

#include <arrow/api.h>
#include <fmt/format.h>

#include <atomic>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "delta/rows.h"

namespace foz::delta {

// Twelve columns, as an event has them.
inline Schema event_schema() {
  const auto field = [](const char* name, TypeKind kind) {
    return Field{name, {.kind = kind}, true, {}};
  };
  return {{{"id", {.kind = TypeKind::kLong}, false, {}},
           field("customer", TypeKind::kLong),
           field("kind", TypeKind::kString),
           field("city", TypeKind::kString),
           field("amount", TypeKind::kDouble),
           field("price", TypeKind::kDouble),
           field("quantity", TypeKind::kInteger),
           field("flags", TypeKind::kInteger),
           field("at", TypeKind::kTimestamp),
           field("day", TypeKind::kDate),
           field("note", TypeKind::kString),
           field("source", TypeKind::kLong)}};
}

inline std::shared_ptr<arrow::RecordBatch> event_rows(int64_t first, int64_t count) {
  static const auto schema = to_arrow(event_schema()).value();
  const auto mixed = [](int64_t id) {
    return static_cast<uint64_t>(id + 1) * 0x9e3779b97f4a7c15 >> 20;
  };
  arrow::Int64Builder id, customer, source;
  arrow::StringBuilder kind, city, note;
  arrow::DoubleBuilder amount, price;
  arrow::Int32Builder quantity, flags;
  arrow::TimestampBuilder at(schema->field(8)->type(), arrow::default_memory_pool());
  arrow::Date32Builder day;
  for (int64_t each = first; each < first + count; ++each) {
    const uint64_t m = mixed(each);
    CHECK(id.Append(each).ok() && customer.Append(static_cast<int64_t>(m % 1'000'000)).ok());
    CHECK(source.Append(static_cast<int64_t>(m % 7)).ok());
    CHECK(kind.Append(m % 3 ? "page_view" : "add_to_cart").ok());
    CHECK(city.Append(fmt::format("city-{}", m % 500)).ok());
    CHECK(note.Append(fmt::format("note {:x}", m)).ok());
    CHECK(amount.Append(static_cast<double>(m % 100'000) / 100).ok());
    CHECK(price.Append(static_cast<double>(m % 10'000) / 100).ok());
    CHECK(quantity.Append(static_cast<int32_t>(m % 20)).ok());
    CHECK(flags.Append(static_cast<int32_t>(m % 16)).ok());
    CHECK(at.Append(1'700'000'000'000'000 + each * 1000).ok());
    CHECK(day.Append(static_cast<int32_t>(19'000 + each / 100'000)).ok());
  }
  const auto done = [](auto& builder) { return builder.Finish().ValueOrDie(); };
  return arrow::RecordBatch::Make(
      schema, count,
      {done(id), done(customer), done(kind), done(city), done(amount), done(price), done(quantity),
       done(flags), done(at), done(day), done(note), done(source)});
}

// A table of files that nobody reads: only the log is looked at.
inline Schema file_schema() {
  return {{{"id", {.kind = TypeKind::kLong}, true, {}},
           {"name", {.kind = TypeKind::kString}, true, {}},
           {"amount", {.kind = TypeKind::kDouble}, true, {}},
           {"day", {.kind = TypeKind::kInteger}, true, {}}}};
}

inline AddFile file_action(int64_t i) {
  const auto mixed = static_cast<uint64_t>(i + 1) * 0x9e3779b97f4a7c15;
  return {
      .path = fmt::format("day={}/part-00000-{:016x}-{:012x}-c000.zstd.parquet", i / 100, mixed, i),
      .partition_values = {{"day", std::to_string(i / 100)}},
      .size = 123'456 + i % 1000,
      .modification_time_ms = 1'700'000'000'000 + i,
      .stats =
          fmt::format(R"({{"numRecords":1000,"minValues":{{"id":{},"name":"a{}","amount":0.5}},)"
                      R"("maxValues":{{"id":{},"name":"z{}","amount":999.25}},)"
                      R"("nullCount":{{"id":0,"name":3,"amount":0}}}})",
                      i * 1000, i % 977, i * 1000 + 999, i % 977)};
}

// Counts requests, and takes its time for each.
class SlowStore final : public store::ObjectStore {
 public:
  SlowStore(store::ObjectStore& behind, std::chrono::milliseconds delay)
      : behind_(behind), delay_(delay) {}
  Result<std::string> get(std::string_view path) const override { return slow().get(path); }
  Result<size_t> get_range(std::string_view path, int64_t offset,
                           std::span<std::byte> out) const override {
    return slow().get_range(path, offset, out);
  }
  Result<store::ObjectMeta> head(std::string_view path) const override { return slow().head(path); }
  Result<std::vector<store::ObjectMeta>> list(std::string_view prefix, std::string_view start_after,
                                              size_t limit) const override {
    return slow().list(prefix, start_after, limit);
  }
  Result<std::vector<std::string>> list_names(std::string_view prefix) const override {
    return slow().list_names(prefix);
  }
  Status put(std::string_view path, Bytes bytes) override { return slow().put(path, bytes); }
  Result<store::PutOutcome> put_if_absent(std::string_view path, Bytes bytes) override {
    return slow().put_if_absent(path, bytes);
  }
  Status remove(std::string_view path) override { return slow().remove(path); }
  std::string url() const override { return behind_.url(); }

  mutable std::atomic<int64_t> requests = 0;

 private:
  store::ObjectStore& slow() const {
    ++requests;
    std::this_thread::sleep_for(delay_);
    return behind_;
  }
  store::ObjectStore& behind_;
  const std::chrono::milliseconds delay_;
};

}  // namespace foz::delta
