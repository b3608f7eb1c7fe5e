// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What systemd wants to hear of a service with Type=notify.
// https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace foz::net {

// "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=text"; several are lines. Nothing happens when no
// one listens (no NOTIFY_SOCKET).
void notify_service_manager(std::string_view state);

// How often "WATCHDOG=1" is to be said: twice in the time (WATCHDOG_USEC) after which the manager
// takes this process for dead; nullopt when it does not watch.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace foz::net
