// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The error codes of https://kafka.apache.org/protocol#protocol_error_codes that we send.
#pragma once

#include <cstdint>

namespace foz::kafka {

enum ErrorNumber : int16_t {
  kNone = 0,
  kOffsetOutOfRange = 1,
  kCorruptMessage = 2,  // clients send it again
  kUnknownTopicOrPartition = 3,
  kLeaderNotAvailable = 5,   // clients retry
  kNotLeaderOrFollower = 6,  // clients retry
  kMessageTooLarge = 10,
  kInvalidTopic = 17,
  kInvalidRequiredAcks = 21,
  kUnsupportedVersion = 35,
  kTopicAlreadyExists = 36,
  kInvalidPartitions = 37,
  kInvalidReplicationFactor = 38,
  kInvalidReplicaAssignment = 39,
  kInvalidConfig = 40,
  kInvalidRequest = 42,
  kUnsupportedForMessageFormat = 43,
  kOutOfOrderSequence = 45,
  kInvalidProducerEpoch = 47,
  kKafkaStorageError = 56,  // clients retry
  kUnknownProducerId = 59,
  kFetchSessionIdNotFound = 70,
  kUnknownLeaderEpoch = 75,
  kUnsupportedCompression = 76,
  kInvalidRecord = 87,
  kUnknownTopicId = 100,
  kUnknownServerError = -1,
};

}  // namespace foz::kafka
