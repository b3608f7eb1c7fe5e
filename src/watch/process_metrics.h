// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What the operating system says of this process, under Prometheus' standard names.
#pragma once

#include "base/metrics.h"

namespace foz::watch {

// Start time, resident memory, CPU seconds, open files: sets the gauges. Cheap enough for every
// scrape.
void sample_process(Metrics& metrics);

}  // namespace foz::watch
