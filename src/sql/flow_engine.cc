// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/flow_engine.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>

#include "duckdb.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "sql/arrow_duck_internal.h"
#include "sql/flow_compiler_internal.h"

namespace foz::sql {

using duckdb::DataChunk;
using duckdb::idx_t;

namespace {

// What all statements share; the last of them ends it.
struct Core {
  duckdb::DuckDB database;
  duckdb::Connection connection;
  RowErrors errors;  // of the run at hand

  explicit Core(duckdb::DBConfig& config) : database(nullptr, &config), connection(database) {}
};

// A level ready to run: executors over its expressions, and the chunk it fills.
class Stage {
 public:
  Stage(duckdb::ClientContext& context, const Level& level) {
    duckdb::vector<LogicalType> types;
    for (const auto& filter : level.filters) {
      filters_.push_back(duckdb::make_uniq<duckdb::ExpressionExecutor>(context, *filter));
    }
    for (const auto& projection : level.projections) types.push_back(projection->return_type);
    projections_ = duckdb::make_uniq<duckdb::ExpressionExecutor>(context, level.projections);
    out_.Initialize(duckdb::Allocator::DefaultAllocator(), types);
  }

  // Null when no row is left. `in` may be sliced.
  DataChunk* run(DataChunk& in) {
    for (auto& filter : filters_) {
      duckdb::SelectionVector rows(STANDARD_VECTOR_SIZE);
      const idx_t count = filter->SelectExpression(in, rows);
      if (count == 0) return nullptr;
      if (count < in.size()) in.Slice(rows, count);
    }
    out_.Reset();
    projections_->Execute(in, out_);
    return &out_;
  }

 private:
  duckdb::vector<duckdb::unique_ptr<duckdb::ExpressionExecutor>> filters_;
  duckdb::unique_ptr<duckdb::ExpressionExecutor> projections_;
  DataChunk out_;
};

class Statement final : public FlowStatement {
 public:
  static Result<std::unique_ptr<Statement>> make(std::shared_ptr<Core> core, Plan plan) {
    std::unique_ptr<Statement> statement(new Statement(std::move(core), std::move(plan)));
    TRY(statement->initialize());
    return statement;
  }

  const std::pair<std::string, std::string>& source() const override { return plan_.source; }
  const std::shared_ptr<arrow::Schema>& output_schema() const override { return schema_; }

  Result<FlowOutput> run(const std::shared_ptr<arrow::RecordBatch>& input) override {
    const int columns = input->num_columns();
    if (columns != static_cast<int>(plan_.source_columns.size()))
      return invalid("the batch has not the source's columns");
    core_->errors.begin(input->num_rows());
    // Made anew: without what a run that failed has left.
    builder_ = TRY(BatchBuilder::make(schema_, builder_types(), input->num_rows()));
    FlowOutput output;
    output.violations.resize(plan_.conditions);
    for (int64_t begin = 0; begin < input->num_rows(); begin += STANDARD_VECTOR_SIZE) {
      TRY(run_range(*input, begin,
                    std::min<int64_t>(STANDARD_VECTOR_SIZE, input->num_rows() - begin), output));
    }
    output.rows = TRY(builder_->finish());
    output.errors = core_->errors.take();
    return output;
  }

 private:
  Statement(std::shared_ptr<Core> core, Plan plan)
      : core_(std::move(core)), plan_(std::move(plan)) {}

  Status initialize() {
    duckdb::vector<duckdb::string> names;
    duckdb::vector<LogicalType> types;
    for (const auto& output : plan_.outputs) {
      names.push_back(output.name);
      types.push_back(output.type);
    }
    schema_ = TRY(arrow_schema(names, types));
    TRY(BatchBuilder::make(schema_, types));
    for (const auto& level : plan_.levels)
      stages_.push_back(std::make_unique<Stage>(*core_->connection.context, level));
    in_.Initialize(duckdb::Allocator::DefaultAllocator(), plan_.source_types);
    return {};
  }

  // What throws is halved until the row that does it stands alone.
  Status run_range(const arrow::RecordBatch& input, int64_t begin, int64_t count,
                   FlowOutput& output) {
    try {
      return run_rows(input, begin, count, output);
    } catch (const std::bad_alloc&) {
      return Error(ErrorCode::kOverloaded, "out of memory");
    } catch (const duckdb::OutOfMemoryException& exception) {
      return Error(ErrorCode::kOverloaded, exception.what());
    } catch (const std::exception& exception) {
      const duckdb::ErrorData error(exception);
      if (error.Type() == duckdb::ExceptionType::INTERNAL ||
          error.Type() == duckdb::ExceptionType::FATAL) {
        return Error(ErrorCode::kInternal, error.Message());
      }
      if (count == 1) {
        core_->errors.note(static_cast<int32_t>(begin), [&] { return error.RawMessage(); });
        return {};
      }
    }
    TRY(run_range(input, begin, count / 2, output));
    return run_range(input, begin + count / 2, count - count / 2, output);
  }

  Status run_rows(const arrow::RecordBatch& input, int64_t begin, int64_t count,
                  FlowOutput& output) {
    show_input(input, begin, count);
    DataChunk* chunk = &in_;
    for (const auto& stage : stages_) {
      chunk = stage->run(*chunk);
      if (chunk == nullptr) return {};
    }
    // Only now are all errors of these rows known.
    duckdb::UnifiedVectorFormat ids;
    chunk->data[0].ToUnifiedFormat(chunk->size(), ids);
    const auto* id = duckdb::UnifiedVectorFormat::GetData<int32_t>(ids);
    duckdb::SelectionVector good(STANDARD_VECTOR_SIZE);
    idx_t passed = 0;
    const auto first = static_cast<int32_t>(output.input_rows.size());
    for (idx_t row = 0; row < chunk->size(); row++) {
      const int32_t origin = id[ids.sel->get_index(row)];
      if (core_->errors.contains(origin)) continue;
      good.set_index(passed++, row);
      output.input_rows.push_back(origin);
    }
    if (passed == 0) return {};
    find_violations(*chunk, good, passed, first, output);
    return append(*chunk, good, passed);
  }

  void show_input(const arrow::RecordBatch& input, int64_t begin, int64_t count) {
    in_.Reset();
    auto* ids = duckdb::FlatVector::GetData<int32_t>(in_.data[0]);
    for (int64_t i = 0; i < count; i++) ids[i] = static_cast<int32_t>(begin + i);
    for (size_t i = 0; i < plan_.source_columns.size(); i++) {
      if (plan_.source_columns[i] < 0) continue;
      show_rows(*input.column_data(static_cast<int>(i)), begin, static_cast<idx_t>(count),
                in_.data[i + 1]);
    }
    in_.SetCardinality(static_cast<idx_t>(count));
  }

  void find_violations(DataChunk& chunk, const duckdb::SelectionVector& rows, idx_t count,
                       int32_t first, FlowOutput& output) {
    for (size_t c = 0; c < plan_.conditions; c++) {
      duckdb::UnifiedVectorFormat condition;
      chunk.data[1 + plan_.outputs.size() + c].ToUnifiedFormat(chunk.size(), condition);
      const bool* holds = duckdb::UnifiedVectorFormat::GetData<bool>(condition);
      for (idx_t i = 0; i < count; i++) {
        const idx_t at = condition.sel->get_index(rows.get_index(i));
        if (condition.validity.RowIsValid(at) && holds[at]) continue;
        output.violations[c].push_back(first + static_cast<int32_t>(i));
      }
    }
  }

  Status append(DataChunk& chunk, const duckdb::SelectionVector& rows, idx_t count) {
    DataChunk outputs;
    outputs.InitializeEmpty(builder_types());
    for (size_t i = 0; i < plan_.outputs.size(); i++) outputs.data[i].Reference(chunk.data[i + 1]);
    outputs.SetCardinality(chunk.size());
    return count == chunk.size() ? builder_->append(outputs)
                                 : builder_->append(outputs, rows, count);
  }

  duckdb::vector<LogicalType> builder_types() const {
    duckdb::vector<LogicalType> types;
    for (const auto& output : plan_.outputs) types.push_back(output.type);
    return types;
  }

  std::shared_ptr<Core> core_;
  Plan plan_;
  std::vector<std::unique_ptr<Stage>> stages_;
  DataChunk in_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<BatchBuilder> builder_;
};

class Engine final : public FlowEngine {
 public:
  explicit Engine(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  std::expected<std::unique_ptr<FlowStatement>, Diagnostic> prepare(
      const FlowText& text, const ResolveTable& resolve) override {
    const auto defect = [&](std::string message) {
      return std::unexpected(Diagnostic{std::move(message), text.line, text.column, 1});
    };
    try {
      std::expected<Plan, Diagnostic> plan = defect("not compiled");
      Build build(*core_->connection.context, core_->errors);
      core_->connection.context->RunFunctionInTransaction(
          [&] { plan = compile(build, text, resolve); });
      if (!plan) return std::unexpected(std::move(plan.error()));
      auto statement = Statement::make(core_, std::move(*plan));
      if (!statement) return defect(statement.error().message());
      return std::move(*statement);
    } catch (const std::exception& exception) {
      return defect(duckdb::ErrorData(exception).RawMessage());
    }
  }

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace

Result<std::unique_ptr<FlowEngine>> FlowEngine::make(int64_t memory_bytes) {
  try {
    duckdb::DBConfig config;
    config.SetOptionByName("threads", duckdb::Value::INTEGER(1));
    config.SetOptionByName("memory_limit", duckdb::Value(fmt::format("{}B", memory_bytes)));
    config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
    config.SetOptionByName("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
    return std::make_unique<Engine>(std::make_shared<Core>(config));
  } catch (const std::exception& exception) {
    return Error(ErrorCode::kInternal, duckdb::ErrorData(exception).Message());
  }
}

}  // namespace foz::sql
