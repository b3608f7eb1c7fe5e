// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A block: a number of flags, the key, then the other fields. Numbers are LEB128, signed ones
// zigzag; a text is its length and its bytes. Statistics are the number of their form and their
// values; of form 0 they are one text. Only this program reads a block, in the process that wrote
// it.
#include "delta/packed_file_internal.h"

#include <algorithm>
#include <cstring>

namespace foz::delta {
namespace {

enum Flag : uint64_t {
  kDataChange = 1,
  kVector = 2,
  kVectorOffset = 4,
  kRowId = 8,
  kRowVersion = 16,
  kProvider = 32,
  kTime = 64,
  kSize = 128,
  kExtended = 256,      // extended_file_metadata is set
  kExtendedTrue = 512,  // and true
};

class Packer {
 public:
  Packer& number(uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<char>(value | 0x80));
    out_.push_back(static_cast<char>(value));
    return *this;
  }
  Packer& integer(int64_t value) {
    return number((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  }
  Packer& text(std::string_view value) {
    number(value.size());
    out_.append(value);
    return *this;
  }
  template <class Value>
  Packer& map(const std::map<std::string, Value>& values) {
    number(values.size());
    for (const auto& [key, value] : values) text(key).value(value);
    return *this;
  }
  std::shared_ptr<const char[]> block() const {
    auto block = std::make_shared_for_overwrite<char[]>(out_.size());
    std::memcpy(block.get(), out_.data(), out_.size());
    return block;
  }

 private:
  void value(const std::string& value) { text(value); }
  void value(const std::optional<std::string>& value) {
    number(value.has_value());
    if (value) text(*value);
  }

  std::string out_;
};

constexpr char kValue = '\x01';  // stands for a value in a form; no JSON text has it
constexpr size_t kMostForms = 64;

// Takes the values of members out of a JSON text: {"a":"x","b":[1]} has the value x. False when it
// cannot be put together again.
bool take_values(std::string_view json, std::string& form, std::vector<std::string_view>& values) {
  constexpr std::string_view kSpace = " \t\r\n", kEnds = ",}] \t\r\n";
  bool is_value = false;
  for (size_t at = 0; at < json.size();) {
    const char c = json[at];
    const bool is_text = c == '"', is_space = kSpace.contains(c);
    size_t end = at + 1;
    if (is_text) {
      while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
      if (end++ >= json.size()) return false;
    } else if (is_value && c != '{' && c != '[' && !kEnds.contains(c)) {
      end = std::min(json.find_first_of(kEnds, at), json.size());
    } else if (!is_space) {
      is_value = false;
    }
    const std::string_view token = json.substr(at, end - at);
    if (token.contains(kValue)) return false;
    if (is_value && is_text) {
      form.append({'"', kValue, '"'});
      values.push_back(token.substr(1, token.size() - 2));
    } else if (is_value && !is_space) {
      form.push_back(kValue);
      values.push_back(token);
    } else {
      form.append(token);
    }
    is_value = c == ':' || (is_value && is_space);
    at = end;
  }
  return true;
}

// The values that make `json` of the form; false when none do.
bool match_form(std::string_view json, std::string_view form,
                std::vector<std::string_view>& values) {
  values.clear();
  while (true) {
    const size_t size = std::min(form.find(kValue), form.size());
    if (!json.starts_with(form.substr(0, size))) return false;
    json.remove_prefix(size);
    if (size == form.size()) return json.empty();
    size_t end = 0;
    if (size > 0 && form[size - 1] == '"') {
      while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
    } else {
      while (end < json.size() && json[end] != ',' && json[end] != '}') ++end;
    }
    if (end > json.size()) return false;
    values.push_back(json.substr(0, end));
    json.remove_prefix(end);
    form.remove_prefix(size + 1);
  }
}

void pack_statistics(const std::string& json, StatisticsForms& forms, Packer& out) {
  std::vector<std::string_view> values;
  const size_t number = forms.take(json, values);
  out.number(number);
  if (number == 0) {
    out.text(json);
  } else {
    for (const std::string_view value : values) out.text(value);
  }
}

std::string unpack_statistics(Unpacker& in, const StatisticsForms& forms) {
  const size_t number = in.number();
  if (number == 0) return std::string(in.text());
  std::string json;
  std::string_view form = forms.form(number);
  while (true) {
    const size_t size = std::min(form.find(kValue), form.size());
    json.append(form.substr(0, size));
    if (size == form.size()) return json;
    json.append(in.text());
    form.remove_prefix(size + 1);
  }
}

template <class File>
uint64_t common_flags(const File& file) {
  uint64_t flags = 0;
  if (file.data_change) flags |= kDataChange;
  if (file.deletion_vector) flags |= kVector;
  if (file.deletion_vector && file.deletion_vector->offset) flags |= kVectorOffset;
  if (file.base_row_id) flags |= kRowId;
  if (file.default_row_commit_version) flags |= kRowVersion;
  return flags;
}

uint64_t flags_of(const AddFile& file) {
  uint64_t flags = common_flags(file);
  if (file.clustering_provider) flags |= kProvider;
  return flags;
}

uint64_t flags_of(const RemoveFile& file) {
  uint64_t flags = common_flags(file);
  if (file.deletion_timestamp_ms) flags |= kTime;
  if (file.size) flags |= kSize;
  if (file.extended_file_metadata) flags |= kExtended;
  if (file.extended_file_metadata.value_or(false)) flags |= kExtendedTrue;
  return flags;
}

void pack(const AddFile& file, StatisticsForms& forms, Packer& out) {
  out.integer(file.size).integer(file.modification_time_ms);
  pack_statistics(file.stats, forms, out);
  if (file.clustering_provider) out.text(*file.clustering_provider);
}

void pack(const RemoveFile& file, StatisticsForms&, Packer& out) {
  if (file.deletion_timestamp_ms) out.integer(*file.deletion_timestamp_ms);
  if (file.size) out.integer(*file.size);
}

void unpack(Unpacker& in, uint64_t flags, const StatisticsForms& forms, AddFile& file) {
  file.size = in.integer();
  file.modification_time_ms = in.integer();
  file.stats = unpack_statistics(in, forms);
  if (flags & kProvider) file.clustering_provider = in.text();
}

void unpack(Unpacker& in, uint64_t flags, const StatisticsForms&, RemoveFile& file) {
  if (flags & kTime) file.deletion_timestamp_ms = in.integer();
  if (flags & kSize) file.size = in.integer();
  if (flags & kExtended) file.extended_file_metadata = (flags & kExtendedTrue) != 0;
}

FileKey unpack_key(Unpacker& in, uint64_t flags) {
  FileKey key{in.text()};
  if (flags & kVector) {
    auto& vector = key.vector.emplace();
    vector.storage_type = in.text();
    vector.path_or_inline = in.text();
    if (flags & kVectorOffset) vector.offset = static_cast<int32_t>(in.integer());
  }
  return key;
}

}  // namespace

FileKey key_of(std::string_view path, const std::optional<DeletionVector>& vector) {
  FileKey key{path};
  if (vector) key.vector = {vector->storage_type, vector->path_or_inline, vector->offset};
  return key;
}

uint64_t hash_file_key(const FileKey& key) {
  uint64_t hash = std::hash<std::string_view>{}(key.path);
  if (key.vector) {
    constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
    hash = (hash ^ std::hash<std::string_view>{}(key.vector->path_or_inline)) * kOdd;
    hash ^= static_cast<uint64_t>(key.vector->offset.value_or(0)) * kOdd;
  }
  return hash;
}

size_t StatisticsForms::take(std::string_view json, std::vector<std::string_view>& values) {
  for (size_t i = 0; i < forms_->size(); ++i) {
    if (match_form(json, (*forms_)[i], values)) return i + 1;
  }
  std::string form;
  values.clear();
  if (forms_->size() >= kMostForms || !take_values(json, form, values)) return 0;
  auto more = *forms_;
  more.push_back(std::move(form));
  forms_ = std::make_shared<std::vector<std::string>>(std::move(more));
  return forms_->size();
}

std::string StatisticsForms::numbered_form(size_t number) const {
  std::string out;
  size_t value = 0;
  for (const char c : form(number)) {
    if (c == kValue) {
      out.append(std::to_string(value++));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

template <class File>
PackedFile<File>::PackedFile(const File& file, StatisticsForms& forms) {
  Packer out;
  out.number(flags_of(file)).text(file.path);
  if (const auto& vector = file.deletion_vector) {
    out.text(vector->storage_type).text(vector->path_or_inline);
    if (vector->offset) out.integer(*vector->offset);
    out.integer(vector->size_bytes).integer(vector->cardinality);
  }
  out.map(file.partition_values).map(file.tags);
  if (file.base_row_id) out.integer(*file.base_row_id);
  if (file.default_row_commit_version) out.integer(*file.default_row_commit_version);
  pack(file, forms, out);
  block_ = out.block();
}

template <class File>
FileKey PackedFile<File>::key() const {
  Unpacker in(block_.get());
  const uint64_t flags = in.number();
  return unpack_key(in, flags);
}

template <class File>
std::shared_ptr<const File> PackedFile<File>::file(const StatisticsForms& forms) const {
  if (!block_) return nullptr;
  auto out = std::make_shared<File>();
  Unpacker in(block_.get());
  const uint64_t flags = in.number();
  const FileKey key = unpack_key(in, flags);
  out->path = key.path;
  out->data_change = (flags & kDataChange) != 0;
  if (key.vector) {
    auto& vector = out->deletion_vector.emplace();
    vector.storage_type = key.vector->storage_type;
    vector.path_or_inline = key.vector->path_or_inline;
    vector.offset = key.vector->offset;
    vector.size_bytes = static_cast<int32_t>(in.integer());
    vector.cardinality = in.integer();
  }
  in.map(out->partition_values);
  in.map(out->tags);
  if (flags & kRowId) out->base_row_id = in.integer();
  if (flags & kRowVersion) out->default_row_commit_version = in.integer();
  unpack(in, flags, forms, *out);
  return out;
}

template <class File>
Unpacker PackedFile<File>::at_partition_values() const {
  Unpacker in(block_.get());
  const uint64_t flags = in.number();
  in.text();
  if (flags & kVector) {
    in.text();
    in.text();
    if (flags & kVectorOffset) in.integer();
    in.integer();
    in.integer();
  }
  return in;
}

template <class File>
Unpacker PackedFile<File>::at_statistics() const
  requires std::same_as<File, AddFile>
{
  const uint64_t flags = Unpacker(block_.get()).number();
  Unpacker in = at_partition_values();
  for (uint64_t left = in.number(); left > 0; --left) {
    in.text();
    in.text_or_null();
  }
  for (uint64_t left = in.number(); left > 0; --left) {
    in.text();
    in.text();
  }
  if (flags & kRowId) in.integer();
  if (flags & kRowVersion) in.integer();
  in.integer();
  in.integer();
  return in;
}

template <class File>
std::string PackedFile<File>::statistics(const StatisticsForms& forms) const
  requires std::same_as<File, AddFile>
{
  Unpacker in = at_statistics();
  return unpack_statistics(in, forms);
}

template class PackedFile<AddFile>;
template class PackedFile<RemoveFile>;

}  // namespace foz::delta
