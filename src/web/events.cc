// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "web/events.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/json_writer.h"

namespace foz::web {
namespace {

constexpr size_t kShelf = 300;       // events of a shelf
constexpr size_t kTextBytes = 2000;  // of an event
constexpr int64_t kRepeatMs = 60'000;

}  // namespace

void Events::add(int64_t at_ms, std::string_view kind, std::string_view about,
                 std::string_view text, int64_t count) {
  auto& events = shelf(kind);
  Event fresh{.id = ++last_id_,
              .kind = std::string(kind),
              .about = std::string(about),
              .text = std::string(text.substr(0, kTextBytes)),
              .first_ms = at_ms,
              .at_ms = at_ms,
              .count = count};
  const auto same = std::ranges::find_if(events.rbegin(), events.rend(), [&](const Event& event) {
    return event.kind == kind && event.about == about && at_ms - event.first_ms < kRepeatMs;
  });
  if (same != events.rend()) {
    fresh.first_ms = same->first_ms;
    fresh.count += same->count;
    events.erase(std::next(same).base());
  }
  events.push_back(std::move(fresh));
  if (events.size() > kShelf) events.pop_front();
}

std::string Events::json(int64_t after) const {
  std::vector<const Event*> fresh;
  for (const auto* events : {&commits_, &others_}) {
    for (const Event& event : *events) {
      if (event.id > after) fresh.push_back(&event);
    }
  }
  std::ranges::sort(fresh, {}, &Event::id);
  JsonWriter json;
  json.begin_object().field("started_ms", started_ms_).key("events").begin_array();
  for (const Event* event : fresh) {
    json.begin_object().field("id", event->id).field("kind", event->kind);
    json.field("about", event->about).field("first_ms", event->first_ms);
    json.field("at_ms", event->at_ms).field("count", event->count).field("text", event->text);
    json.end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace foz::web
