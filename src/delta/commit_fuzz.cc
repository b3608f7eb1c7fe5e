// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any bytes as a commit: parsed or refused; what was parsed replays, and means the same when
// written and parsed again.
#include <cstddef>
#include <cstdint>

#include "delta/actions_internal.h"
#include "delta/replay_internal.h"
#include "delta/seal_internal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foz;
  using namespace foz::delta;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto actions = parse_commit(text);
  if (!actions) return 0;
  std::string written, again;
  for (const Action& action : *actions) written.append(to_json(action)).push_back('\n');
  seal_commit(written);
  const auto reparsed = parse_commit(written);
  CHECK(reparsed.has_value() && reparsed->size() == actions->size());
  for (const Action& action : *reparsed) again.append(to_json(action)).push_back('\n');
  seal_commit(again);
  CHECK(written == again);
  for (const Action& action : *actions) {
    if (const auto* info = std::get_if<CommitInfo>(&action)) {
      commit_facts(*info);
      history_entry(*info);
    }
  }
  State state;
  state.apply(std::move(*actions));
  (void)state.finish().has_value();
  return 0;
}
