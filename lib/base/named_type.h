// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Strong types for numbers that must not be mixed: an offset is not a version.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>

namespace foz {

template <class Tag, class T>
class NamedType {
 public:
  constexpr NamedType() = default;
  constexpr explicit NamedType(T value) : value_(value) {}

  constexpr T value() const { return value_; }
  constexpr auto operator<=>(const NamedType&) const = default;

  constexpr NamedType operator+(T count) const { return NamedType(value_ + count); }
  constexpr T operator-(NamedType other) const { return value_ - other.value_; }
  constexpr NamedType& operator++() {
    ++value_;
    return *this;
  }

 private:
  T value_{};
};

}  // namespace foz

template <class Tag, class T>
struct std::hash<foz::NamedType<Tag, T>> {
  std::size_t operator()(foz::NamedType<Tag, T> named) const noexcept {
    return std::hash<T>{}(named.value());
  }
};
