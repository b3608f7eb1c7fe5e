// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Writes into a table in turns with other writers: test/clients/delta_turns.py names table and turn
// and knows what the rows must be then.
#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/util/decimal.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <sstream>

#include "delta/alter.h"
#include "delta/changed_tables_internal.h"
#include "delta/variant_builder_internal.h"
#include "delta/whole_files.h"
#include "store/disk.h"

namespace foz::delta {
namespace {

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// "key=value" in each line.
std::map<std::string, std::string> settings_of(const std::string& text) {
  std::map<std::string, std::string> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    out[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
  return out;
}

class Turn {
 public:
  Turn(const std::string& folder, int64_t number) : number_(number) {
    store_ = store::open_local_store(*disk_, folder).value();
    table_.emplace(*store_, "", clock_, random_);
  }

  // What is no property: "partition", "cluster" (a column), "ruled" (columns with rules) and
  // "variant" (a column v).
  void create(std::map<std::string, std::string> properties) {
    Schema schema{{{"id", {.kind = TypeKind::kLong}, true, {}},
                   {"name", {.kind = TypeKind::kString}, true, {}},
                   {"part", {.kind = TypeKind::kString}, true, {}},
                   {"small", {.kind = TypeKind::kInteger}, true, {}}}};
    const std::string partition = take(properties, "partition");
    const std::string cluster = take(properties, "cluster");
    if (!take(properties, "ruled").empty()) {
      for (Field& field : ruled_schema().fields) {
        field.metadata.erase("delta.invariants");
        if (field.name != "id") schema.fields.push_back(std::move(field));
      }
    }
    if (!take(properties, "variant").empty())
      schema.fields.push_back({"v", {.kind = TypeKind::kVariant}, true, {}});
    CreateOptions request{.schema = schema, .properties = properties};
    if (!partition.empty()) request.partition_columns = {partition};
    base_ = table_->create(request).value();
    if (!cluster.empty()) commit(cluster_by(*base_, {{cluster}}).value());
    if (schema.find("nr"))
      commit(add_constraint(*table_, base_, "positive", "id >= 0", checker_).value());
  }

  // Old rows whose id modulo seven is the turn's go, of the others those modulo five get a new
  // name; then ten rows come.
  void take_turn() {
    base_ = table_->latest().value();
    RowChanges changes;
    std::vector<std::string> columns;
    for (const Field& field : base_->schema().fields) columns.push_back(field.name);
    columns.push_back(kRowIndex);
    base_->each_file([&](const std::shared_ptr<const AddFile>& file) {
      RowDeletion deleted{file->path, {}}, updated{file->path, {}};
      const Status status = read_data_file(*table_, *base_, *file, columns, [&](auto batch) {
        choose(*batch, deleted.rows, updated.rows, changes.after);
        return Status();
      });
      EXPECT_TRUE(status.has_value()) << status.error().message();
      if (!deleted.rows.empty()) changes.deleted.push_back(std::move(deleted));
      if (!updated.rows.empty()) changes.updated.push_back(std::move(updated));
      return true;
    });
    changes.inserted = {fresh_rows()};
    const RowWriter writer{*table_, base_, random_, clock_, {}, &checker_};
    CommitRequest request = change_rows(writer, changes).value();
    if (!has_deletion_vectors(*base_)) {
      const Status copied = copy_on_write(writer, request);
      ASSERT_TRUE(copied.has_value()) << copied.error().message();
    }
    commit(request);
  }

 private:
  static std::string take(std::map<std::string, std::string>& from, const std::string& key) {
    auto node = from.extract(key);
    return node ? node.mapped() : "";
  }

  void commit(const CommitRequest& request) {
    auto outcome = table_->commit(base_, request);
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message();
    ASSERT_TRUE(std::holds_alternative<Committed>(*outcome));
    base_ = std::get<Committed>(*outcome).snapshot;
  }

  static std::shared_ptr<arrow::Array> texts(int64_t count, const std::string& text) {
    return arrow::MakeArrayFromScalar(arrow::StringScalar(text), count).ValueOrDie();
  }

  // A value of each type that variants have in Spark; nanoseconds and UUIDs are not among them.
  static void every_type(VariantBuilder& out, int64_t row) {
    std::vector<VariantObject::Field> fields;
    const auto field = [&](const char* name) { fields.push_back({out.name(name), out.at()}); };
    field("texts");
    out.text("short");
    field("long");
    out.text(std::string(100, 'x'));
    for (int bits = 7; bits <= 63; bits = 2 * bits + 1) {
      field(fmt::format("int of {} bits", bits).c_str());
      out.integer((int64_t{-1} << bits) + row);
    }
    field("double");
    out.number(1.0 / 3);
    field("float");
    out.number(0.1f);
    field("decimals");
    const size_t list = out.at();
    std::vector<size_t> elements;
    for (const auto& [digits, scale] : {std::pair("150", 2),
                                        {"-123456789012", 4},
                                        {"12345678901234567890123456789012345678", 10}}) {
      elements.push_back(out.at());
      out.decimal(arrow::Decimal128(digits), scale);
    }
    out.close_array(list, elements);
    field("day");
    out.date(-719'162 + static_cast<int32_t>(row));
    field("at");
    out.timestamp(kTimestamp, 1'700'000'000'123'456);
    field("ntz");
    out.timestamp(kTimestampNtz, -1);
    field("bytes");
    out.binary(std::string("\0\xff", 2));
    field("none");
    out.null();
    field("yes");
    out.boolean(true);
    CHECK(out.close_object(0, std::move(fields)));
  }

  static std::shared_ptr<arrow::Array> variants(int64_t count) {
    arrow::BinaryBuilder metadata, value;
    for (int64_t row = 0; row < count; ++row) {
      VariantBuilder builder;
      every_type(builder, row);
      const Variant variant = builder.finish();
      CHECK(metadata.Append(variant.metadata).ok() && value.Append(variant.value).ok());
    }
    const arrow::ArrayVector parts{metadata.Finish().ValueOrDie(), value.Finish().ValueOrDie()};
    return std::make_shared<arrow::StructArray>(variant_arrow_type(), count, parts);
  }

  void choose(const arrow::RecordBatch& batch, std::vector<int64_t>& deleted,
              std::vector<int64_t>& updated, Batches& after) const {
    const auto& ids = static_cast<const arrow::Int64Array&>(*batch.GetColumnByName("id"));
    const auto& rows = static_cast<const arrow::Int64Array&>(*batch.GetColumnByName(kRowIndex));
    arrow::BooleanBuilder changed;
    for (int64_t i = 0; i < batch.num_rows(); ++i) {
      const bool goes = ids.Value(i) % 7 == number_ % 7, stays = ids.Value(i) % 5 != number_ % 5;
      if (goes) deleted.push_back(rows.Value(i));
      if (!goes && !stays) updated.push_back(rows.Value(i));
      CHECK(changed.Append(!goes && !stays).ok());
    }
    const auto mask = changed.Finish().ValueOrDie();
    auto chosen = arrow::compute::Filter(batch.Slice(0), mask).ValueOrDie().record_batch();
    const int name = chosen->schema()->GetFieldIndex("name");
    chosen = chosen->RemoveColumn(chosen->num_columns() - 1).ValueOrDie();
    after.push_back(chosen
                        ->SetColumn(name, chosen->schema()->field(name),
                                    texts(chosen->num_rows(), fmt::format("foz {}u", number_)))
                        .ValueOrDie());
  }

  // Columns that the table fills by itself are left out.
  std::shared_ptr<arrow::RecordBatch> fresh_rows() const {
    constexpr int64_t kRows = 10;
    arrow::Int64Builder id;
    arrow::StringBuilder part;
    for (int64_t i = 100 * number_; i < 100 * number_ + kRows; ++i) {
      CHECK(id.Append(i).ok());
      CHECK((i % 3 == 0 ? part.AppendNull() : part.Append(fmt::format("p/ {}%", i % 3))).ok());
    }
    arrow::FieldVector fields;
    arrow::ArrayVector columns;
    for (const Field& field : base_->schema().fields) {
      const auto& known = field.metadata;
      if (known.contains("delta.generationExpression") || known.contains("CURRENT_DEFAULT") ||
          known.contains("delta.identity.start"))
        continue;
      fields.push_back(base_->arrow_schema()->GetFieldByName(field.name));
      if (field.name == "id") {
        columns.push_back(id.Finish().ValueOrDie());
      } else if (field.name == "name") {
        columns.push_back(texts(kRows, fmt::format("foz {}", number_)));
      } else if (field.name == "part") {
        columns.push_back(part.Finish().ValueOrDie());
      } else if (field.name == "v") {
        columns.push_back(variants(kRows));
      } else {
        columns.push_back(arrow::MakeArrayOfNull(fields.back()->type(), kRows).ValueOrDie());
      }
    }
    return arrow::RecordBatch::Make(arrow::schema(fields), kRows, columns);
  }

  const int64_t number_;
  const SystemClock clock_;
  Random random_{Random::system_seed()};
  const SampleChecker checker_;
  const std::unique_ptr<store::Disk> disk_ = store::make_posix_disk();
  std::unique_ptr<store::ObjectStore> store_;
  std::optional<Table> table_;
  SnapshotPtr base_;
};

TEST(Turns, IsTaken) {
  const std::string folder = setting("FOZ_TURN_TABLE");
  if (folder.empty()) GTEST_SKIP() << "FOZ_TURN_TABLE names no table";
  const std::string create = setting("FOZ_TURN_CREATE");
  Turn turn(folder, std::atoll(setting("FOZ_TURN").c_str()));
  if (!create.empty()) return turn.create(settings_of(create));
  turn.take_turn();
}

}  // namespace
}  // namespace foz::delta
