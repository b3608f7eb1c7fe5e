// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <fmt/format.h>

#include "kafka/session_internal.h"

namespace foz::kafka {

template <class Request>
Status KafkaSession::decode(MessageReader& in, const ReplyTo& to, Request& request) const {
  request.decode(in, to.version);
  if (in.ok()) return {};
  return invalid(fmt::format("client \"{}\": malformed request, api key {} version {}", client_id_,
                             Request::kApiKey, to.version));
}

}  // namespace foz::kafka
