// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// https://trino.io/docs/current/functions/array.html

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "sql/query_batches_internal.h"
#include "sql/trino_kernel_internal.h"
#include "sql/trino_list_internal.h"
#include "sql/trino_operators_internal.h"
#include "sql/trino_themes_internal.h"

namespace foz::sql {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::idx_t;
using duckdb::list_entry_t;
using duckdb::LogicalType;
using duckdb::Vector;

namespace {

using Places = std::vector<idx_t>;
using Keys = std::unordered_set<std::string_view>;

constexpr size_t kMostPicked = 1 << 24;  // elements that the arrays of one chunk of rows may have

void check_picked(size_t count) {
  if (count > kMostPicked)
    throw duckdb::OutOfMemoryException("arrays have more than %d elements at once",
                                       static_cast<int64_t>(kMostPicked));
}

// A function of arrays with what its rows need.
template <void (*Execute)(DataChunk&, ExpressionState&, Vector&)>
BoundExpression list_kernel(TrinoCall& made) {
  auto function = kernel_function(made.name, made.arguments, made.result, Execute);
  return call(made.context, std::move(function), std::move(made.arguments));
}

void set_null(Vector& result, idx_t row) { duckdb::FlatVector::SetNull(result, row, true); }

// ---- Sets ---------------------------------------------------------------------------------------

// Keep(own key, keys of the second array) of each element that is not there twice.
enum class Set { kDistinct, kExcept, kIntersect };

template <Set Kind>
void set_of(DataChunk& input, ExpressionState& state, Vector& result) {
  const idx_t rows = input.size();
  const Lists lists(input.data[0], rows);
  const SortKeys keys(lists.elements(), lists.size());
  std::optional<Lists> others;
  std::optional<SortKeys> other_keys;
  if (Kind != Set::kDistinct) {
    others.emplace(input.data[1], rows);
    other_keys.emplace(others->elements(), others->size());
  }
  ListPicker picker(result, lists.elements());
  for (idx_t row = 0; row < rows; ++row) {
    kernels::check_interrupt(state);
    if (lists.is_null(row) || (others && others->is_null(row))) {
      set_null(result, row);
      continue;
    }
    Keys wanted, seen;
    if (others) {
      const auto entry = others->at(row);
      for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i)
        wanted.insert((*other_keys)[i]);
    }
    Places picked;
    const auto entry = lists.at(row);
    for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      const bool keep =
          Kind == Set::kDistinct || wanted.contains(keys[i]) == (Kind == Set::kIntersect);
      if (keep && seen.insert(keys[i]).second) picked.push_back(i);
    }
    picker.row(row, picked);
  }
}

void both_of(DataChunk& input, ExpressionState& state, Vector& result) {
  const idx_t rows = input.size();
  const Lists a(input.data[0], rows), b(input.data[1], rows);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  for (idx_t row = 0; row < rows; ++row) {
    kernels::check_interrupt(state);
    if (a.is_null(row) || b.is_null(row)) {
      set_null(result, row);
      continue;
    }
    const idx_t offset = duckdb::ListVector::GetListSize(result);
    for (const Lists* each : {&a, &b}) {
      const auto list = each->at(row);
      duckdb::ListVector::Append(result, each->elements(), list.offset + list.length, list.offset);
    }
    const idx_t end = duckdb::ListVector::GetListSize(result);
    check_picked(end);
    duckdb::FlatVector::GetData<list_entry_t>(result)[row] = {offset, end - offset};
  }
}

BoundExpression array_union(TrinoCall& made) {
  auto both = concat_arrays(made.context, std::move(made.arguments));
  made.arguments = list_of(std::move(both));
  return list_kernel<set_of<Set::kDistinct>>(made);
}

// ---- Searching, in three-valued logic -----------------------------------------------------------

// (array, element)
template <class Result, class F>
void search(DataChunk& input, Vector& result, F row_of) {
  const idx_t rows = input.size();
  const Lists lists(input.data[0], rows);
  const SortKeys keys(lists.elements(), lists.size());
  const SortKeys wanted(input.data[1], rows);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  for (idx_t row = 0; row < rows; ++row) {
    std::optional<Result> found;
    if (!lists.is_null(row) && !wanted.is_null(row))
      found = row_of(keys, lists.at(row), wanted[row], row);
    if (found) {
      duckdb::FlatVector::GetData<Result>(result)[row] = *found;
    } else {
      set_null(result, row);
    }
  }
}

void contains(DataChunk& input, ExpressionState&, Vector& result) {
  search<bool>(input, result,
               [](const SortKeys& keys, list_entry_t list, std::string_view key, idx_t) {
                 bool any_null = false;
                 for (idx_t i = list.offset; i < list.offset + list.length; ++i) {
                   if (keys.is_null(i)) {
                     any_null = true;
                   } else if (keys[i] == key) {
                     return std::optional(true);
                   }
                 }
                 return any_null ? std::nullopt : std::optional(false);
               });
}

void position(DataChunk& input, ExpressionState&, Vector& result) {
  search<int64_t>(input, result,
                  [](const SortKeys& keys, list_entry_t list, std::string_view key, idx_t) {
                    for (idx_t i = list.offset; i < list.offset + list.length; ++i) {
                      if (!keys.is_null(i) && keys[i] == key)
                        return std::optional(static_cast<int64_t>(i - list.offset) + 1);
                    }
                    return std::optional<int64_t>(0);
                  });
}

void remove(DataChunk& input, ExpressionState& state, Vector& result) {
  const idx_t rows = input.size();
  const Lists lists(input.data[0], rows);
  const SortKeys keys(lists.elements(), lists.size());
  const SortKeys unwanted(input.data[1], rows);
  ListPicker picker(result, lists.elements());
  for (idx_t row = 0; row < rows; ++row) {
    kernels::check_interrupt(state);
    if (lists.is_null(row) || unwanted.is_null(row)) {
      set_null(result, row);
      continue;
    }
    Places picked;
    const auto list = lists.at(row);
    for (idx_t i = list.offset; i < list.offset + list.length; ++i) {
      if (keys.is_null(i) || keys[i] != unwanted[row]) picked.push_back(i);
    }
    picker.row(row, picked);
  }
}

// (array, array)
template <bool Overlap>
void compare_arrays(DataChunk& input, ExpressionState& state, Vector& result) {
  const idx_t rows = input.size();
  const Lists a(input.data[0], rows), b(input.data[1], rows);
  const SortKeys keys_a(a.elements(), a.size()), keys_b(b.elements(), b.size());
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  for (idx_t row = 0; row < rows; ++row) {
    kernels::check_interrupt(state);
    if (a.is_null(row) || b.is_null(row)) {
      set_null(result, row);
      continue;
    }
    const auto la = a.at(row), lb = b.at(row);
    bool found = false, any_null = false;
    if (Overlap) {
      Keys wanted;
      for (idx_t i = lb.offset; i < lb.offset + lb.length; ++i) {
        any_null |= keys_b.is_null(i);
        if (!keys_b.is_null(i)) wanted.insert(keys_b[i]);
      }
      for (idx_t i = la.offset; i < la.offset + la.length; ++i) {
        any_null |= keys_a.is_null(i);
        found |= !keys_a.is_null(i) && wanted.contains(keys_a[i]);
      }
      any_null &= la.length > 0 && lb.length > 0;
    } else {  // b as a run of a
      for (idx_t begin = 0; begin + lb.length <= la.length && !found; ++begin) {
        found = true;
        for (idx_t i = 0; i < lb.length && found; ++i)
          found = keys_a[la.offset + begin + i] == keys_b[lb.offset + i];
      }
    }
    duckdb::FlatVector::GetData<bool>(result)[row] = found;
    if (!found && any_null) set_null(result, row);
  }
}

// ---- Answers for all elements
// ---------------------------------------------------------------------

// What `wanted` is for one element, it is for the array.
template <bool Wanted, bool Found>
void match(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t rows = input.size();
  const Lists lists(input.data[0], rows);
  duckdb::UnifiedVectorFormat answers;
  lists.elements().ToUnifiedFormat(lists.size(), answers);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  for (idx_t row = 0; row < rows; ++row) {
    bool any_null = lists.is_null(row), found = false;
    const auto list = any_null ? list_entry_t{0, 0} : lists.at(row);
    for (idx_t i = list.offset; i < list.offset + list.length; ++i) {
      const idx_t at = answers.sel->get_index(i);
      const bool valid = answers.validity.RowIsValid(at);
      any_null |= !valid;
      found |= valid && duckdb::UnifiedVectorFormat::GetData<bool>(answers)[at] == Wanted;
    }
    duckdb::FlatVector::GetData<bool>(result)[row] = found == Found;
    if (any_null && !found) set_null(result, row);
  }
}

// ---- The largest and the smallest ---------------------------------------------------------------

template <bool Largest>
void extreme(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t rows = input.size();
  const Lists lists(input.data[0], rows);
  const SortKeys keys(lists.elements(), lists.size());
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  for (idx_t row = 0; row < rows; ++row) {
    std::optional<idx_t> best;
    bool null = lists.is_null(row);
    const auto list = null ? list_entry_t{0, 0} : lists.at(row);
    for (idx_t i = list.offset; i < list.offset + list.length; ++i) {
      null |= keys.is_null(i);
      // Nothing is more or less than NaN.
      if (!best || keys.is_nan(*best) ||
          (!keys.is_nan(i) && (Largest ? keys[i] > keys[*best] : keys[i] < keys[*best])))
        best = i;
    }
    if (null || !best) {
      set_null(result, row);
    } else {
      duckdb::VectorOperations::Copy(lists.elements(), result, *best + 1, *best, row);
    }
  }
}

// ---- Parts --------------------------------------------------------------------------------------

int64_t integer_at(const duckdb::UnifiedVectorFormat& format, idx_t row) {
  return duckdb::UnifiedVectorFormat::GetData<int64_t>(format)[format.sel->get_index(row)];
}

// (array), and up to two numbers.
template <Places (*Pick)(list_entry_t, int64_t, int64_t)>
void pick(DataChunk& input, ExpressionState& state, Vector& result) {
  const idx_t rows = input.size();
  const Lists lists(input.data[0], rows);
  std::array<duckdb::UnifiedVectorFormat, 2> numbers;
  const idx_t given = input.ColumnCount() - 1;
  for (idx_t i = 0; i < given; ++i) input.data[i + 1].ToUnifiedFormat(rows, numbers[i]);
  ListPicker picker(result, lists.elements());
  size_t sum = 0;
  for (idx_t row = 0; row < rows; ++row) {
    kernels::check_interrupt(state);
    bool null = lists.is_null(row);
    for (idx_t i = 0; i < given; ++i)
      null |= !numbers[i].validity.RowIsValid(numbers[i].sel->get_index(row));
    if (null) {
      set_null(result, row);
      continue;
    }
    const Places picked = Pick(lists.at(row), given > 0 ? integer_at(numbers[0], row) : 0,
                               given > 1 ? integer_at(numbers[1], row) : 0);
    check_picked(sum += picked.size());
    picker.row(row, picked);
  }
}

Places range(idx_t begin, idx_t count) {
  Places out(count);
  for (idx_t i = 0; i < count; ++i) out[i] = begin + i;
  return out;
}

Places slice(list_entry_t list, int64_t start, int64_t count) {
  if (count < 0) invalid_argument("length must be greater than or equal to 0");
  if (start == 0) invalid_argument("SQL array indices start at 1");
  const auto length = static_cast<int64_t>(list.length);
  if (start > length || start < -length) return {};
  const int64_t from = start > 0 ? start - 1 : length + start;
  return range(list.offset + static_cast<idx_t>(from),
               static_cast<idx_t>(std::min(count, length - from)));
}

Places reversed(list_entry_t list, int64_t, int64_t) {
  Places out = range(list.offset, list.length);
  std::ranges::reverse(out);
  return out;
}

Places trim_array(list_entry_t list, int64_t count, int64_t) {
  if (count < 0) invalid_argument(fmt::format("size must not be negative: {}", count));
  if (count > static_cast<int64_t>(list.length))
    invalid_argument(
        fmt::format("size must not exceed array cardinality {}: {}", list.length, count));
  return range(list.offset, list.length - static_cast<idx_t>(count));
}

constexpr int64_t kMostRepetitions = 10000;  // Trino's own limits
constexpr size_t kMostRepeatedBytes = 1000000;

// (element, count): an element that is NULL too.
void repeat(DataChunk& input, ExpressionState& state, Vector& result) {
  const idx_t rows = input.size();
  duckdb::UnifiedVectorFormat counts;
  input.data[1].ToUnifiedFormat(rows, counts);
  std::vector<size_t> bytes(rows);
  add_bytes(input.data[0], bytes);
  ListPicker picker(result, input.data[0]);
  for (idx_t row = 0; row < rows; ++row) {
    kernels::check_interrupt(state);
    if (!counts.validity.RowIsValid(counts.sel->get_index(row))) {
      set_null(result, row);
      continue;
    }
    const int64_t count = integer_at(counts, row);
    if (count > kMostRepetitions)
      invalid_argument(fmt::format(
          "count argument of repeat function must be less than or equal to {}", kMostRepetitions));
    if (count < 0)
      invalid_argument("count argument of repeat function must be greater than or equal to 0");
    if (bytes[row] * static_cast<size_t>(count) > kMostRepeatedBytes)
      invalid_argument(fmt::format("result of repeat function must not take more than {} bytes",
                                   kMostRepeatedBytes));
    picker.row(row, Places(static_cast<size_t>(count), row));
  }
}

BoundExpression repeat_call(TrinoCall& made) {
  auto function = kernel_function(made.name, made.arguments, made.result, repeat);
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  return call(made.context, std::move(function), std::move(made.arguments));
}

// ---- Arrays of arrays ---------------------------------------------------------------------------

// Places of each inner array.
template <std::vector<Places> (*Pick)(list_entry_t, int64_t)>
void pick_many(DataChunk& input, ExpressionState& state, Vector& result) {
  const idx_t rows = input.size();
  const Lists lists(input.data[0], rows);
  duckdb::UnifiedVectorFormat number;
  input.data[1].ToUnifiedFormat(rows, number);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  size_t sum = 0;
  for (idx_t row = 0; row < rows; ++row) {
    kernels::check_interrupt(state);
    if (lists.is_null(row) || !number.validity.RowIsValid(number.sel->get_index(row))) {
      set_null(result, row);
      continue;
    }
    const auto picked = Pick(lists.at(row), integer_at(number, row));
    const idx_t offset = duckdb::ListVector::GetListSize(result);
    duckdb::ListVector::Reserve(result, offset + picked.size());
    ListPicker inner(duckdb::ListVector::GetEntry(result), lists.elements());
    for (idx_t i = 0; i < picked.size(); ++i) {
      check_picked(sum += picked[i].size());
      inner.row(offset + i, picked[i]);
    }
    duckdb::ListVector::SetListSize(result, offset + picked.size());
    duckdb::FlatVector::GetData<list_entry_t>(result)[row] = {offset, picked.size()};
  }
}

std::vector<Places> ngrams(list_entry_t list, int64_t n) {
  if (n <= 0) invalid_argument("N must be positive");
  const auto size = std::min<idx_t>(static_cast<idx_t>(n), list.length);
  std::vector<Places> out;
  check_picked(size * (list.length - size + 1));
  for (idx_t begin = 0; begin + size <= list.length; ++begin)
    out.push_back(range(list.offset + begin, size));
  return out;
}

std::vector<Places> combinations(list_entry_t list, int64_t n) {
  if (n < 0) invalid_argument("combination size must not be negative");
  if (n > 5) invalid_argument("combination size must not exceed 5: " + std::to_string(n));
  std::vector<Places> out;
  const auto size = static_cast<idx_t>(n);
  if (size > list.length) return out;
  Places at = range(0, size);
  for (;;) {
    Places places;
    for (const idx_t i : at) places.push_back(list.offset + i);
    out.push_back(std::move(places));
    if (out.size() > 100000) invalid_argument("combinations exceed max size");
    idx_t last = size;
    while (last > 0 && at[last - 1] == list.length - size + last - 1) --last;
    if (last == 0) return out;
    ++at[last - 1];
    for (idx_t i = last; i < size; ++i) at[i] = at[i - 1] + 1;
  }
}

// ---- Texts --------------------------------------------------------------------------------------

template <class T>
void number_texts(DataChunk& input, ExpressionState& state, Vector& result) {
  const idx_t rows = input.size();
  const Lists lists(input.data[0], rows);
  duckdb::UnifiedVectorFormat numbers;
  lists.elements().ToUnifiedFormat(lists.size(), numbers);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  for (idx_t row = 0; row < rows; ++row) {
    kernels::check_interrupt(state);
    if (lists.is_null(row)) {
      set_null(result, row);
      continue;
    }
    std::vector<std::optional<std::string>> texts;
    const auto list = lists.at(row);
    for (idx_t i = list.offset; i < list.offset + list.length; ++i) {
      const idx_t at = numbers.sel->get_index(i);
      texts.emplace_back(
          numbers.validity.RowIsValid(at)
              ? std::optional(trino_number(duckdb::UnifiedVectorFormat::GetData<T>(numbers)[at]))
              : std::nullopt);
    }
    kernels::write(result, row, std::move(texts));
  }
}

BoundExpression array_join(TrinoCall& made) {
  auto& array = made[0];
  const LogicalType element = duckdb::ListType::GetChildType(array->return_type);
  if (is_float(element)) {
    Arguments given = list_of(std::move(array));
    auto function = kernel_function(
        "number_texts", given, LogicalType::LIST(LogicalType::VARCHAR),
        element.id() == duckdb::LogicalTypeId::FLOAT ? number_texts<float> : number_texts<double>);
    array = call(made.context, std::move(function), std::move(given));
  }
  return join_texts(made.context, std::move(array), std::move(made[1]),
                    made.size() == 3 ? std::move(made[2]) : nullptr);
}

BoundExpression shuffle(TrinoCall& made) { return std::move(made[0]); }

constexpr TrinoFunction kFunctions[] = {
    {"$all_true", "array(boolean) -> boolean", list_kernel<match<false, false>>},
    {"$any_true", "array(boolean) -> boolean", list_kernel<match<true, true>>},
    {"array_distinct", "array(E) -> array(E)", list_kernel<set_of<Set::kDistinct>>,
     "Remove duplicate values from the given array"},
    {"array_except", "array(E), array(E) -> array(E)", list_kernel<set_of<Set::kExcept>>,
     "Returns an array of elements that are in the first array but not the second, without "
     "duplicates."},
    {"array_intersect", "array(E), array(E) -> array(E)", list_kernel<set_of<Set::kIntersect>>,
     "Intersects elements of the two given arrays"},
    {"array_join", "array(E), varchar -> varchar", array_join,
     "Concatenates the elements of the given array using a delimiter and an optional string to "
     "replace nulls"},
    {"array_join", "array(E), varchar, varchar -> varchar", array_join,
     "Concatenates the elements of the given array using a delimiter and an optional string to "
     "replace nulls"},
    {"array_max", "array(E) -> E", list_kernel<extreme<true>>, "Get maximum value of array"},
    {"array_min", "array(E) -> E", list_kernel<extreme<false>>, "Get minimum value of array"},
    {"array_position", "array(E), E -> bigint", list_kernel<position>,
     "Returns the position of the first occurrence of the given value in array (or 0 if not "
     "found)"},
    {"array_remove", "array(E), E -> array(E)", list_kernel<remove>,
     "Remove specified values from the given array"},
    {"array_union", "array(E), array(E) -> array(E)", array_union,
     "Union elements of the two given arrays"},
    {"arrays_overlap", "array(E), array(E) -> boolean", list_kernel<compare_arrays<true>>,
     "Returns true if arrays have common elements"},
    {"combinations", "array(E), bigint -> array(array(E))", list_kernel<pick_many<combinations>>,
     "Returns n-element combinations from array"},
    {"contains", "array(E), E -> boolean", list_kernel<contains>,
     "Determines whether given value exists in the array"},
    {"contains_sequence", "array(E), array(E) -> boolean", list_kernel<compare_arrays<false>>,
     "Determines whether an array contains a sequence, with the values in the exact order"},
    {"cosine_distance", "array(double), array(double) -> double", same_as<"list_cosine_distance">,
     "Calculates the cosine distance between two vectors"},
    {"cosine_similarity", "array(double), array(double) -> double",
     same_as<"list_cosine_similarity">, "Calculates the cosine similarity between two vectors"},
    {"dot_product", "array(double), array(double) -> double", same_as<"list_inner_product">,
     "Calculates the dot product between two vectors"},
    {"euclidean_distance", "array(double), array(double) -> double", same_as<"list_distance">,
     "Calculates the euclidean distance between two vectors"},
    {"ngrams", "array(E), bigint -> array(array(E))", list_kernel<pick_many<ngrams>>,
     "Return N-grams for the input"},
    {"$none_true", "array(boolean) -> boolean", list_kernel<match<true, false>>},
    {"repeat", "E, bigint -> array(E)", repeat_call,
     "Repeat an element for a given number of times"},
    {"reverse", "array(E) -> array(E)", list_kernel<pick<reversed>>,
     "Returns an array which has the reversed order of the given array."},
    {"shuffle", "array(E) -> array(E)", shuffle,
     "Generates a random permutation of the given array."},
    {"slice", "array(E), bigint, bigint -> array(E)", list_kernel<pick<slice>>,
     "Subsets an array given an offset (1-indexed) and length"},
    {"trim_array", "array(E), bigint -> array(E)", list_kernel<pick<trim_array>>,
     "Remove elements from the end of array"},
};

}  // namespace

BoundExpression concat_arrays(duckdb::ClientContext& context, Arguments arrays) {
  const LogicalType type = arrays[0]->return_type;
  auto function = kernel_function("concat", arrays, type, both_of);
  return call(context, std::move(function), std::move(arrays));
}

std::span<const TrinoFunction> array_functions() { return kFunctions; }

}  // namespace foz::sql
