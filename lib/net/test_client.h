// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A blocking TCP client for tests: the other end of a listener, without any code of ours behind it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "net/tcp.h"

namespace foz::net {

class TestClient {
 public:
  explicit TestClient(const Address& address, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0)
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    timeval limit{10, 0};  // a test that hangs fails instead
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(address.port);
    ::inet_pton(AF_INET, address.host.c_str(), &to.sin_addr);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;
  ~TestClient() { ::close(fd_); }

  bool connected() const { return connected_; }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  void end_sending() { ::shutdown(fd_, SHUT_WR); }
  // Exactly so many bytes; fewer when the peer closed or 10 s went by.
  std::string receive(size_t count) {
    std::string got;
    while (got.size() < count) {
      char buffer[65536];
      const ssize_t n = ::recv(fd_, buffer, std::min(sizeof buffer, count - got.size()), 0);
      if (n <= 0) break;
      got.append(buffer, static_cast<size_t>(n));
    }
    return got;
  }
  std::string receive_until(std::string_view end) {
    std::string got;
    while (!got.ends_with(end)) {
      const std::string next = receive(1);
      if (next.empty()) break;
      got += next;
    }
    return got;
  }
  // All until the peer closes.
  std::string receive_all() { return receive(std::string::npos); }

 private:
  int fd_;
  bool connected_ = false;
};

}  // namespace foz::net
