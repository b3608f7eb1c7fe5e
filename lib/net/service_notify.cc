// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "net/service_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace foz::net {

void notify_service_manager(std::string_view state) {
  const char* variable = std::getenv("NOTIFY_SOCKET");
  const std::string_view path = variable ? variable : "";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  std::ranges::copy(path, address.sun_path);
  if (path[0] == '@') address.sun_path[0] = '\0';  // the abstract namespace
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  // A manager that does not read has lost interest.
  [[maybe_unused]] const ssize_t sent =
      ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), length);
  ::close(fd);
}

std::optional<std::chrono::microseconds> watchdog_interval() {
  const auto number = [](const char* variable) {
    const char* text = std::getenv(variable);
    return text ? std::atoll(text) : 0;
  };
  const int64_t pid = number("WATCHDOG_PID"), usec = number("WATCHDOG_USEC");
  if (usec <= 0 || (pid != 0 && pid != ::getpid())) return std::nullopt;
  return std::chrono::microseconds(usec / 2);
}

}  // namespace foz::net
