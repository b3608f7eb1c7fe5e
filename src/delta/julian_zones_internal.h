// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// How the clocks of time zones before 1900 differ between Java's two calendars: the old one knows
// of a zone only its standard time of today, the new one its local mean time.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace foz::delta {

struct JulianZone {
  int64_t standard_s = 0;    // east of UTC, of the old calendar's clock
  int64_t difference_s = 0;  // what an old instant needs to show the same time of day
  // From an instant on, in seconds since the epoch, another difference.
  std::vector<std::pair<int64_t, int64_t>> later = {};
};

// Of a name of the zone database, or of an offset. nullopt: not a zone that Spark's table has.
std::optional<JulianZone> julian_zone(std::string_view name);

}  // namespace foz::delta
