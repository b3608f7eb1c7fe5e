// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A persistent hash map (hash array mapped trie, Bagwell 2001): a copy costs one pointer, a change
// copies one path, and everything else is shared. That makes the next snapshot of a million files
// cheap.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace foz::delta {

// `Traits` has Item, something cheap to copy that is false when empty, Key, key(Item), hash(Key)
// and fetch(Item), which begins to load what an item points to; keys compare with ==.
//
// Nodes are changed in place only by the edit that made them: begin with edit(), change, then share
// copies and never change that object again. A shared trie may be read from any thread.
template <class Traits>
class HashTrie {
 public:
  using Key = typename Traits::Key;
  using Item = typename Traits::Item;

  size_t size() const { return size_; }

  // A copy that may be changed without disturbing this one.
  HashTrie edit() const {
    HashTrie copy = *this;
    ++copy.epoch_;
    return copy;
  }

  Item find(const Key& key) const {
    const Node* node = root_.get();
    uint64_t hash = Traits::hash(key);
    for (int depth = 0; node; ++depth, hash >>= kBits) {
      if (depth == kMaxDepth) return find_in_bucket(*node, key);
      const uint32_t bit = bit_of(hash);
      if (node->branch_bits & bit) {
        node = node->branches[index(node->branch_bits, bit)].get();
      } else if (node->item_bits & bit) {
        const Item& item = node->items[index(node->item_bits, bit)];
        return Traits::key(item) == key ? item : Item();
      } else {
        return {};
      }
    }
    return {};
  }

  // Returns what stood under the key before.
  Item put(Item item) {
    const uint64_t hash = Traits::hash(Traits::key(item));
    Item before = put_at(root_, std::move(item), hash, 0);
    if (!before) ++size_;
    return before;
  }

  Item erase(const Key& key) {
    if (!root_) return {};
    Item before = find(key);
    if (!before) return {};
    erase_at(root_, key, Traits::hash(key), 0);
    --size_;
    return before;
  }

  // Stops when `visit` returns false; true when it never did.
  template <class Visit>
  bool each(Visit&& visit) const {
    return !root_ || each_at(*root_, visit);
  }

 private:
  static constexpr int kBits = 5;
  static constexpr int kMaxDepth = 64 / kBits;  // there the hash is used up: a plain list

  struct Node {
    uint64_t epoch = 0;
    uint32_t branch_bits = 0, item_bits = 0;
    std::vector<std::shared_ptr<Node>> branches;
    std::vector<Item> items;
  };

  static uint32_t bit_of(uint64_t hash) { return uint32_t{1} << (hash & 31); }
  static size_t index(uint32_t bits, uint32_t bit) {
    return static_cast<size_t>(std::popcount(bits & (bit - 1)));
  }
  template <class Vector>
  static auto at(Vector& vector, size_t position) {
    return vector.begin() + static_cast<std::ptrdiff_t>(position);
  }
  static Item find_in_bucket(const Node& node, const Key& key) {
    for (const Item& item : node.items) {
      if (Traits::key(item) == key) return item;
    }
    return {};
  }

  void own(std::shared_ptr<Node>& node) {
    if (node && node->epoch == epoch_) return;
    node = node ? std::make_shared<Node>(*node) : std::make_shared<Node>();
    node->epoch = epoch_;
  }

  Item put_at(std::shared_ptr<Node>& node, Item item, uint64_t hash, int depth) {
    own(node);
    if (depth == kMaxDepth) return put_in_bucket(*node, std::move(item));
    const uint32_t bit = bit_of(hash);
    if (node->branch_bits & bit) {
      auto& branch = node->branches[index(node->branch_bits, bit)];
      return put_at(branch, std::move(item), hash >> kBits, depth + 1);
    }
    const size_t position = index(node->item_bits, bit);
    if (!(node->item_bits & bit)) {
      node->item_bits |= bit;
      node->items.insert(at(node->items, position), std::move(item));
      return {};
    }
    Item& present = node->items[position];
    if (Traits::key(present) == Traits::key(item)) return std::exchange(present, std::move(item));
    // Two keys in one slot: both move a level down.
    std::shared_ptr<Node> branch;
    const uint64_t present_hash = Traits::hash(Traits::key(present));
    put_at(branch, std::move(present), present_hash >> (kBits * (depth + 1)), depth + 1);
    put_at(branch, std::move(item), hash >> kBits, depth + 1);
    node->items.erase(at(node->items, position));
    node->item_bits &= ~bit;
    node->branches.insert(at(node->branches, index(node->branch_bits, bit)), std::move(branch));
    node->branch_bits |= bit;
    return {};
  }

  static Item put_in_bucket(Node& node, Item item) {
    for (Item& present : node.items) {
      if (Traits::key(present) == Traits::key(item)) {
        return std::exchange(present, std::move(item));
      }
    }
    node.items.push_back(std::move(item));
    return {};
  }

  // The key is there. Empty nodes stay: they are few, and their slots are used again.
  void erase_at(std::shared_ptr<Node>& node, const Key& key, uint64_t hash, int depth) {
    own(node);
    if (depth == kMaxDepth) {
      std::erase_if(node->items, [&](const Item& item) { return Traits::key(item) == key; });
      return;
    }
    const uint32_t bit = bit_of(hash);
    if (node->branch_bits & bit) {
      erase_at(node->branches[index(node->branch_bits, bit)], key, hash >> kBits, depth + 1);
      return;
    }
    node->items.erase(at(node->items, index(node->item_bits, bit)));
    node->item_bits &= ~bit;
  }

  template <class Visit>
  static bool each_at(const Node& node, Visit& visit) {
    // They lie anywhere in memory.
    for (const Item& item : node.items) Traits::fetch(item);
    for (const auto& branch : node.branches) __builtin_prefetch(branch.get());
    for (const Item& item : node.items) {
      if (!visit(item)) return false;
    }
    for (const auto& branch : node.branches) __builtin_prefetch(branch->items.data());
    for (const auto& branch : node.branches) {
      if (!each_at(*branch, visit)) return false;
    }
    return true;
  }

  std::shared_ptr<Node> root_;
  size_t size_ = 0;
  uint64_t epoch_ = 0;
};

}  // namespace foz::delta
