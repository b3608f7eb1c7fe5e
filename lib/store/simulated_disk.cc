// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "store/simulated_disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/clock.h"

namespace foz::store {
namespace {

// A change of a file's content: bytes from `offset` on, or the new size.
struct Write {
  int64_t offset = 0;
  std::string bytes;
  bool resizes = false;

  void apply(std::string& content) const {
    const auto at = static_cast<size_t>(offset);
    if (resizes) content.resize(at);
    if (bytes.empty()) return;
    content.resize(std::max(content.size(), at + bytes.size()));
    content.replace(at, bytes.size(), bytes);
  }
};

struct Node;
using NodePtr = std::shared_ptr<Node>;
using Names = std::map<std::string, NodePtr>;

// A file or a directory: what the running machine sees of it, and what the disk holds.
struct Node {
  bool is_directory = false;
  int64_t modified_ms = 0;
  std::string content;
  std::string durable_content;
  std::vector<Write> unsynced;  // leads from durable_content to content
  Names names;
  Names durable_names;

  void sync_content() {
    for (const Write& write : std::exchange(unsynced, {})) write.apply(durable_content);
  }
};

struct NameChange {
  NodePtr directory;
  std::string name;
  NodePtr node;  // none: the name is taken away

  void apply(Names& names) const {
    if (node) {
      names[name] = node;
    } else {
      names.erase(name);
    }
  }
};

// The changes of one call, on disk together or not at all.
struct NameOperation {
  std::vector<NameChange> changes;
  bool certain = false;  // part of it was synced, with another directory
};

// A directory and a name in it.
struct Place {
  NodePtr directory;
  std::string name;
  NodePtr node;  // none: the name is free
};

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (segment == ".." && !segments.empty()) segments.pop_back();
    if (!segment.empty() && segment != "." && segment != "..") segments.emplace_back(segment);
  }
  return segments;
}

NodePtr child(const NodePtr& directory, const std::string& name) {
  const auto at = directory->names.find(name);
  return at == directory->names.end() ? nullptr : at->second;
}

DirEntry entry_of(std::string name, const Node& node) {
  return {std::move(name), node.is_directory, static_cast<int64_t>(node.content.size()),
          node.modified_ms};
}

Error not_found(const std::string& path) {
  return Error(ErrorCode::kNotFound, fmt::format("no '{}' on the simulated disk", path));
}
Error exists(const std::string& path) {
  return Error(ErrorCode::kAlreadyExists, fmt::format("'{}' exists on the simulated disk", path));
}

}  // namespace

struct SimulatedDisk::State {
  State(Random& seeded, const Clock* given)
      : random(seeded), clock(given ? *given : system_clock) {}

  Random& random;
  const SystemClock system_clock;
  const Clock& clock;
  std::mutex mutex;
  NodePtr root = make_node(true);
  std::vector<NameOperation> unsynced_names;
  int64_t operations = 0;
  int64_t crash_at = 0;
  int64_t restarts = 0;
  bool crashed = false;
  std::optional<int64_t> capacity;

  NodePtr make_node(bool is_directory) const {
    auto node = std::make_shared<Node>();
    node->is_directory = is_directory;
    node->modified_ms = clock.now_ms();
    return node;
  }

  Status alive() const {
    if (crashed) return Error(ErrorCode::kIo, "the simulated machine has crashed");
    return {};
  }

  // Counts and makes a change. If the machine goes at this one, it is left unsynced.
  template <class Apply>
  Status change(Apply apply) {
    ++operations;
    crashed = crash_at != 0 && operations >= crash_at;
    apply();
    return alive();
  }

  Status change_names(std::vector<NameChange> changes) {
    return change([&] {
      for (const NameChange& each : changes) {
        each.apply(each.directory->names);
        each.directory->modified_ms = clock.now_ms();
      }
      unsynced_names.push_back({std::move(changes)});
    });
  }

  Status write(Node& node, Write write) {
    return change([&] {
      write.apply(node.content);
      node.modified_ms = clock.now_ms();
      node.unsynced.push_back(std::move(write));
    });
  }

  void sync_names(const NodePtr& directory) {
    directory->durable_names = directory->names;
    for (NameOperation& operation : unsynced_names) {
      const auto here = [&](const NameChange& each) { return each.directory == directory; };
      if (std::erase_if(operation.changes, here) > 0) operation.certain = true;
    }
    std::erase_if(unsynced_names, [](const NameOperation& each) { return each.changes.empty(); });
  }

  void survive(Node& node) {
    for (Write& write : std::exchange(node.unsynced, {})) {
      const auto fate = random.below(write.resizes ? 2 : 4);
      const size_t cut = random.below(write.bytes.size() + 1);
      if (fate == 0) continue;
      if (fate == 2) write.bytes.resize(cut);
      if (fate == 3) {
        write.bytes.erase(0, cut);
        write.offset += static_cast<int64_t>(cut);
      }
      write.apply(node.durable_content);
    }
    node.content = node.durable_content;
    node.names = node.durable_names;
    for (const auto& [name, below] : node.names) survive(*below);
  }

  int64_t free_bytes() const {
    if (!capacity) return int64_t{1} << 40;
    std::unordered_set<const Node*> counted;
    return std::max<int64_t>(0, *capacity - used(*root, counted));
  }

  static int64_t used(const Node& node, std::unordered_set<const Node*>& counted) {
    if (!counted.insert(&node).second) return 0;
    auto bytes = static_cast<int64_t>(node.content.size());
    for (const auto& [name, below] : node.names) bytes += used(*below, counted);
    return bytes;
  }

  Result<NodePtr> find(const std::string& path) const {
    NodePtr node = root;
    for (const std::string& segment : segments_of(path)) {
      node = child(node, segment);
      if (!node) return not_found(path);
    }
    return node;
  }

  Result<NodePtr> find_directory(const std::string& path) const {
    NodePtr node = TRY(find(path));
    if (!node->is_directory) return not_found(path);
    return node;
  }

  Result<Place> place(const std::string& path) const {
    const std::vector<std::string> segments = segments_of(path);
    if (segments.empty()) return invalid(fmt::format("'{}' is the simulated disk's root", path));
    NodePtr directory = root;
    for (size_t i = 0; i + 1 < segments.size(); ++i) {
      directory = child(directory, segments[i]);
      if (!directory) return not_found(path);
    }
    if (!directory->is_directory) return not_found(path);
    return Place{directory, segments.back(), child(directory, segments.back())};
  }

  Status remove_all(const NodePtr& directory, const std::string& name) {
    const NodePtr node = child(directory, name);
    while (!node->names.empty()) TRY(remove_all(node, node->names.begin()->first));
    return change_names({{directory, name, nullptr}});
  }
};

class SimulatedDisk::OpenFile final : public File {
 public:
  OpenFile(std::shared_ptr<State> state, NodePtr node, bool direct)
      : state_(std::move(state)),
        node_(std::move(node)),
        direct_(direct),
        restarts_(state_->restarts) {}

  Status write_at(int64_t offset, Bytes bytes) override {
    const std::lock_guard lock(state_->mutex);
    TRY(alive());
    if (direct_ && !in_blocks(offset, bytes)) {
      return invalid("a direct write is not in whole blocks on the simulated disk");
    }
    // A full disk takes what fits.
    const int64_t fits = size_of_node() + state_->free_bytes() - offset;
    const int64_t wanted = static_cast<int64_t>(bytes.size());
    const int64_t count = std::clamp<int64_t>(fits, 0, wanted);
    const std::string_view taken = as_text(bytes).substr(0, static_cast<size_t>(count));
    TRY(state_->write(*node_, {offset, std::string(taken), false}));
    if (count < wanted) return full();
    return {};
  }

  Result<size_t> read_at(int64_t offset, std::span<std::byte> out) const override {
    const std::lock_guard lock(state_->mutex);
    TRY(alive());
    const Bytes content = as_bytes(node_->content);
    const size_t begin = std::min(static_cast<size_t>(offset), content.size());
    const size_t count = std::min(out.size(), content.size() - begin);
    std::ranges::copy(content.subspan(begin, count), out.begin());
    return count;
  }

  Result<int64_t> size() const override {
    const std::lock_guard lock(state_->mutex);
    TRY(alive());
    return size_of_node();
  }

  Status truncate(int64_t size) override {
    const std::lock_guard lock(state_->mutex);
    TRY(alive());
    return state_->write(*node_, {size, "", true});
  }

  Status sync() override {
    const std::lock_guard lock(state_->mutex);
    TRY(alive());
    return state_->change([&] {
      if (!state_->crashed) node_->sync_content();
    });
  }

  Status allocate(int64_t size) override {
    const std::lock_guard lock(state_->mutex);
    TRY(alive());
    if (size <= size_of_node()) return {};
    if (size - size_of_node() > state_->free_bytes()) return full();
    return state_->write(*node_, {size, "", true});
  }

 private:
  Status alive() const {
    TRY(state_->alive());
    if (restarts_ == state_->restarts) return {};
    return Error(ErrorCode::kIo, "this file was open when the simulated machine crashed");
  }
  int64_t size_of_node() const { return static_cast<int64_t>(node_->content.size()); }
  static Error full() { return Error(ErrorCode::kOverloaded, "the simulated disk is full"); }
  static bool in_blocks(int64_t offset, Bytes bytes) {
    const auto whole = [](uint64_t number) { return number % kDirectBlock == 0; };
    return whole(static_cast<uint64_t>(offset)) && whole(bytes.size()) &&
           whole(reinterpret_cast<uintptr_t>(bytes.data()));
  }

  const std::shared_ptr<State> state_;
  const NodePtr node_;
  const bool direct_;
  const int64_t restarts_;
};

SimulatedDisk::SimulatedDisk(Random& random, const Clock* clock)
    : state_(std::make_shared<State>(random, clock)) {}
SimulatedDisk::~SimulatedDisk() = default;

void SimulatedDisk::crash_after(int64_t count) {
  const std::lock_guard lock(state_->mutex);
  state_->crash_at = count == 0 ? 0 : state_->operations + count;
}

bool SimulatedDisk::crashed() const {
  const std::lock_guard lock(state_->mutex);
  return state_->crashed;
}

void SimulatedDisk::restart() {
  const std::lock_guard lock(state_->mutex);
  for (const NameOperation& operation : std::exchange(state_->unsynced_names, {})) {
    const bool survives = state_->random.chance(1, 2);
    if (!survives && !operation.certain) continue;
    for (const NameChange& each : operation.changes) each.apply(each.directory->durable_names);
  }
  state_->survive(*state_->root);
  state_->crashed = false;
  state_->crash_at = 0;
  ++state_->restarts;
}

int64_t SimulatedDisk::operations() const {
  const std::lock_guard lock(state_->mutex);
  return state_->operations;
}

void SimulatedDisk::set_capacity(int64_t bytes) {
  const std::lock_guard lock(state_->mutex);
  state_->capacity = bytes;
}

Status SimulatedDisk::flip_bit(const std::string& path, int64_t offset, int bit) {
  const std::lock_guard lock(state_->mutex);
  const NodePtr node = TRY(state_->find(path));
  if (offset < 0 || offset >= static_cast<int64_t>(node->content.size())) {
    return invalid(fmt::format("'{}' has no byte {}", path, offset));
  }
  char& byte = node->content[static_cast<size_t>(offset)];
  byte = static_cast<char>(byte ^ (1 << bit));
  node->durable_content = node->content;
  node->unsynced.clear();
  return {};
}

Result<std::unique_ptr<File>> SimulatedDisk::open(const std::string& path, OpenMode mode) {
  const std::lock_guard lock(state_->mutex);
  TRY(state_->alive());
  Place place = TRY(state_->place(path));
  if (place.node && mode == OpenMode::kCreate) return exists(path);
  if (place.node && place.node->is_directory) {
    if (mode == OpenMode::kRead) return not_found(path);
    return invalid(fmt::format("'{}' is a directory on the simulated disk", path));
  }
  if (!place.node) {
    if (mode == OpenMode::kRead) return not_found(path);
    place.node = state_->make_node(false);
    TRY(state_->change_names({{place.directory, place.name, place.node}}));
  }
  return std::make_unique<OpenFile>(state_, place.node, mode == OpenMode::kDirect);
}

Status SimulatedDisk::make_directories(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  TRY(state_->alive());
  NodePtr directory = state_->root;
  for (const std::string& segment : segments_of(path)) {
    NodePtr next = child(directory, segment);
    if (!next) {
      next = state_->make_node(true);
      TRY(state_->change_names({{directory, segment, next}}));
    }
    if (!next->is_directory) return invalid(fmt::format("a file is in the way of '{}'", path));
    directory = next;
  }
  return {};
}

Status SimulatedDisk::sync_directory(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  TRY(state_->alive());
  const NodePtr directory = TRY(state_->find_directory(path));
  return state_->change([&] {
    if (!state_->crashed) state_->sync_names(directory);
  });
}

Status SimulatedDisk::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(state_->mutex);
  TRY(state_->alive());
  const Place source = TRY(state_->place(from));
  const Place target = TRY(state_->place(to));
  if (!source.node) return not_found(from);
  if (source.node == target.node) return {};
  if (target.node && target.node->is_directory != source.node->is_directory) {
    return invalid(fmt::format("'{}' and '{}' are not both files", from, to));
  }
  if (target.node && !target.node->names.empty()) return exists(to);
  return state_->change_names(
      {{source.directory, source.name, nullptr}, {target.directory, target.name, source.node}});
}

Status SimulatedDisk::link(const std::string& from, const std::string& to) {
  const std::lock_guard lock(state_->mutex);
  TRY(state_->alive());
  const Place source = TRY(state_->place(from));
  const Place target = TRY(state_->place(to));
  if (!source.node) return not_found(from);
  if (target.node) return exists(to);
  return state_->change_names({{target.directory, target.name, source.node}});
}

Status SimulatedDisk::remove(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  TRY(state_->alive());
  const Place place = TRY(state_->place(path));
  if (!place.node || place.node->is_directory) return not_found(path);
  return state_->change_names({{place.directory, place.name, nullptr}});
}

Status SimulatedDisk::remove_all(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  TRY(state_->alive());
  const Result<Place> place = state_->place(path);
  if (!place || !place->node) return {};
  return state_->remove_all(place->directory, place->name);
}

Result<std::vector<DirEntry>> SimulatedDisk::list(const std::string& path,
                                                  const NameFilter& wanted) {
  const std::lock_guard lock(state_->mutex);
  TRY(state_->alive());
  const NodePtr directory = TRY(state_->find_directory(path));
  std::vector<DirEntry> entries;
  for (const auto& [name, node] : directory->names) {
    if (!wanted || wanted(name)) entries.push_back(entry_of(name, *node));
  }
  return entries;
}

Result<DirEntry> SimulatedDisk::stat(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  TRY(state_->alive());
  const NodePtr node = TRY(state_->find(path));
  const std::vector<std::string> segments = segments_of(path);
  return entry_of(segments.empty() ? "" : segments.back(), *node);
}

Result<int64_t> SimulatedDisk::free_bytes(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  TRY(state_->alive());
  TRY(state_->find(path));
  return state_->free_bytes();
}

}  // namespace foz::store
