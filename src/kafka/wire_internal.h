// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The primitive types of Kafka's wire protocol (https://kafka.apache.org/protocol#protocol_types),
// for the generated codec. "Flexible" message versions write lengths as unsigned varints plus one
// and end each struct with tagged fields.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/uuid.h"

namespace foz::kafka {

// Bytes and who keeps them alive; nobody for what lies in a request.
struct Piece {
  std::shared_ptr<const void> owner;
  Bytes bytes;
};

// Record batches inside a message, never copied: a view into a request, or slices of the log in a
// response.
struct Records {
  bool null = false;
  std::vector<Piece> pieces;

  size_t size() const {
    size_t total = 0;
    for (const Piece& piece : pieces) total += piece.bytes.size();
    return total;
  }
};

// Never reads outside its bytes; after the first fault everything is empty and ok() is false. The
// elements of all arrays of a message are bounded together, so that a short hostile message cannot
// ask for much memory.
class MessageReader {
 public:
  static constexpr size_t kMaxElements = 200000;
  explicit MessageReader(Bytes bytes, size_t max_elements = kMaxElements)
      : in_(bytes), elements_left_(max_elements) {}

  bool ok() const { return in_.ok(); }
  size_t remaining() const { return in_.remaining(); }

  template <std::integral T>
  T big() {
    return in_.big<T>();
  }
  Uuid uuid() {
    Uuid value;
    const Bytes bytes = in_.bytes(value.bytes.size());
    if (!bytes.empty()) std::memcpy(value.bytes.data(), bytes.data(), bytes.size());
    return value;
  }
  std::optional<std::string> nullable_text(bool flexible) {
    const int64_t length = flexible ? compact_length() : in_.big<int16_t>();
    if (length == -1) return std::nullopt;
    if (length < 0 || length > INT16_MAX) {
      in_.fail();
      return std::nullopt;
    }
    return std::string(as_text(in_.bytes(static_cast<size_t>(length))));
  }
  std::string text(bool flexible) {
    std::optional<std::string> value = nullable_text(flexible);
    if (!value) in_.fail();
    return std::move(value).value_or("");
  }
  std::string blob(bool flexible) {
    return std::string(as_text(block(flexible).value_or(Bytes())));
  }
  Records records(bool flexible) {
    const std::optional<Bytes> bytes = block(flexible);
    if (!bytes) return {.null = true, .pieces = {}};
    return {.null = false, .pieces = {{nullptr, *bytes}}};
  }

  // Makes room for the elements; false when there are none to read.
  template <class T>
  bool array(std::vector<T>& to, bool flexible, bool nullable) {
    const int64_t count = array_length(flexible);
    if (count == -1 && !nullable) in_.fail();
    if (count <= 0 || !in_.ok()) return false;
    to.resize(static_cast<size_t>(count));
    return true;
  }
  template <class T>
  bool array(std::optional<std::vector<T>>& to, bool flexible, bool nullable) {
    const int64_t count = array_length(flexible);
    to.reset();
    if (count == -1 && !nullable) in_.fail();
    if (count < 0 || !in_.ok()) return false;
    to.emplace(static_cast<size_t>(count));
    return count > 0;
  }

  // Calls `each(tag, value)` for every tagged field; the value's reader sees that field alone.
  template <class Each>
  void tags(Each&& each) {
    for (uint32_t left = in_.unsigned_varint(); left > 0 && in_.ok(); --left) {
      const uint32_t tag = in_.unsigned_varint();
      MessageReader value(in_.bytes(in_.unsigned_varint()), elements_left_);
      each(tag, value);
      elements_left_ = value.elements_left_;
      if (!value.ok()) in_.fail();
    }
  }
  void skip_tags() {
    tags([](uint32_t, MessageReader&) {});
  }

 private:
  int64_t compact_length() { return int64_t{in_.unsigned_varint()} - 1; }
  std::optional<Bytes> block(bool flexible) {
    const int64_t length = flexible ? compact_length() : in_.big<int32_t>();
    if (length == -1) return std::nullopt;
    if (length < 0) {
      in_.fail();
      return std::nullopt;
    }
    return in_.bytes(static_cast<size_t>(length));
  }
  int64_t array_length(bool flexible) {
    const int64_t count = flexible ? compact_length() : in_.big<int32_t>();
    if (count <= 0) {
      if (count < -1) in_.fail();
      return count;
    }
    const auto wanted = static_cast<size_t>(count);
    if (wanted > in_.remaining() || wanted > elements_left_) {  // an element has a byte at least
      in_.fail();
      return 0;
    }
    elements_left_ -= wanted;
    return count;
  }

  ByteReader in_;
  size_t elements_left_;
};

class TagWriter;

// A message as pieces, in order: text of its own, and records where they lie.
class MessageWriter {
 public:
  template <std::integral T>
  void big(T value) {
    out_.big(value);
  }
  void uuid(const Uuid& value) { out_.bytes(std::as_bytes(std::span(value.bytes))); }
  void text(std::string_view value, bool flexible) {
    // Only messages of our own making could be too long for the field.
    value = value.substr(0, INT16_MAX);
    if (flexible) {
      out_.unsigned_varint(static_cast<uint32_t>(value.size()) + 1);
    } else {
      out_.big(static_cast<int16_t>(value.size()));
    }
    out_.text(value);
  }
  void text(const std::optional<std::string>& value, bool flexible) {
    if (value) return text(std::string_view(*value), flexible);
    flexible ? out_.unsigned_varint(0) : out_.big(int16_t{-1});
  }
  void text(const std::string& value, bool flexible) { text(std::string_view(value), flexible); }
  void blob(std::string_view value, bool flexible) {
    block_length(value.size(), flexible);
    out_.text(value);
  }
  void records(const Records& records, bool flexible) {
    if (records.null) {
      flexible ? out_.unsigned_varint(0) : out_.big(int32_t{-1});
      return;
    }
    const size_t size = records.size();
    block_length(size, flexible);
    for (const Piece& piece : records.pieces) {
      if (size <= kCopied) {
        out_.bytes(piece.bytes);
      } else {
        flush();
        outside_ += piece.bytes.size();
        pieces_.push_back(piece);
      }
    }
  }
  template <class T>
  void array(const std::vector<T>& value, bool flexible) {
    const auto count = static_cast<uint32_t>(value.size());
    flexible ? out_.unsigned_varint(count + 1) : out_.big(static_cast<int32_t>(count));
  }
  template <class T>
  void array(const std::optional<std::vector<T>>& value, bool flexible) {
    if (value) return array(*value, flexible);
    flexible ? out_.unsigned_varint(0) : out_.big(int32_t{-1});
  }
  void no_tags() { out_.unsigned_varint(0); }
  void tags(const TagWriter& tags);

  size_t size() const { return outside_ + out_.size(); }
  // The whole, behind its length: a frame as it goes over the wire.
  std::vector<Piece> take_frame() {
    const auto length = static_cast<int32_t>(size());
    flush();
    auto front = std::make_shared<std::string>(4, '\0');
    store_big(reinterpret_cast<std::byte*>(front->data()), length);
    // Nearly every message is one piece: the length goes in front of it then.
    if (!pieces_.empty() && first_) {
      front->append(*first_);
      pieces_.front() = {front, as_bytes(*front)};
    } else {
      pieces_.insert(pieces_.begin(), {front, as_bytes(*front)});
    }
    return std::move(pieces_);
  }
  // Without records.
  const std::string& text_so_far() const { return out_.buffer(); }

 private:
  static constexpr size_t kCopied =
      4096;  // so little is cheaper copied than sent as a piece of its own

  void block_length(size_t size, bool flexible) {
    if (flexible) {
      out_.unsigned_varint(static_cast<uint32_t>(size) + 1);
    } else {
      out_.big(static_cast<int32_t>(size));
    }
  }
  void flush() {
    if (out_.size() == 0) return;
    auto owner = std::make_shared<std::string>(out_.take());
    out_ = ByteWriter();
    outside_ += owner->size();
    if (pieces_.empty()) first_ = owner;
    pieces_.push_back({owner, as_bytes(*owner)});
  }

  ByteWriter out_;
  std::vector<Piece> pieces_;
  std::shared_ptr<std::string> first_;  // the first piece, when it is text
  size_t outside_ = 0;                  // bytes of pieces_
};

// The tagged fields of one struct, in the order of their tags.
class TagWriter {
 public:
  void add(uint32_t tag, const MessageWriter& value) {
    ++count_;
    out_.unsigned_varint(tag);
    out_.unsigned_varint(static_cast<uint32_t>(value.size()));
    out_.text(value.text_so_far());
  }
  uint32_t count() const { return count_; }
  const std::string& text() const { return out_.buffer(); }

 private:
  uint32_t count_ = 0;
  ByteWriter out_;
};

inline void MessageWriter::tags(const TagWriter& tags) {
  out_.unsigned_varint(tags.count());
  out_.text(tags.text());
}

}  // namespace foz::kafka
