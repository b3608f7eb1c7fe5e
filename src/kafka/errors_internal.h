// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The error codes of https://kafka.apache.org/protocol#protocol_error_codes that we send.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace foz::kafka {

enum ErrorNumber : int16_t {
  kNone = 0,
  kOffsetOutOfRange = 1,
  kCorruptMessage = 2,  // clients send it again
  kUnknownTopicOrPartition = 3,
  kLeaderNotAvailable = 5,   // clients retry
  kNotLeaderOrFollower = 6,  // clients retry
  kMessageTooLarge = 10,
  kOffsetMetadataTooLarge = 12,
  kCoordinatorLoadInProgress = 14,  // clients retry
  kCoordinatorNotAvailable = 15,    // clients retry
  kInvalidTopic = 17,
  kInvalidRequiredAcks = 21,
  kIllegalGeneration = 22,
  kInconsistentGroupProtocol = 23,
  kInvalidGroupId = 24,
  kUnknownMemberId = 25,  // clients join again
  kInvalidSessionTimeout = 26,
  kRebalanceInProgress = 27,  // clients join again
  kInvalidCommitOffsetSize = 28,
  kUnsupportedVersion = 35,
  kTopicAlreadyExists = 36,
  kInvalidPartitions = 37,
  kInvalidReplicationFactor = 38,
  kInvalidReplicaAssignment = 39,
  kInvalidConfig = 40,
  kInvalidRequest = 42,
  kUnsupportedForMessageFormat = 43,
  kPolicyViolation = 44,
  kOutOfOrderSequence = 45,
  kInvalidProducerEpoch = 47,
  kInvalidTxnState = 48,
  kInvalidProducerIdMapping = 49,
  kInvalidTransactionTimeout = 50,
  kConcurrentTransactions = 51,  // clients retry
  kOperationNotAttempted = 55,
  kKafkaStorageError = 56,  // clients retry
  kUnknownProducerId = 59,
  kNonEmptyGroup = 68,
  kGroupIdNotFound = 69,
  kFetchSessionIdNotFound = 70,
  kUnknownLeaderEpoch = 75,
  kUnsupportedCompression = 76,
  kMemberIdRequired = 79,
  kGroupMaxSizeReached = 81,
  kFencedInstanceId = 82,
  kInvalidRecord = 87,
  kUnstableOffsetCommit = 88,  // clients retry
  kProducerFenced = 90,
  kUnknownTopicId = 100,
  kTransactionalIdNotFound = 105,
  kMismatchedEndpointType = 114,
  kUnsupportedEndpointType = 115,
  kUnknownServerError = -1,
};

// Why a part of a request is refused.
struct Refusal {
  ErrorNumber error = kNone;
  std::string message;
};

// Of what the log says to a change of topics. `invalid` is what a request that can never succeed
// means there.
inline ErrorNumber number_of(const Error& error, ErrorNumber invalid) {
  switch (error.code()) {
    case ErrorCode::kInvalid: return invalid;
    case ErrorCode::kAlreadyExists: return kTopicAlreadyExists;
    case ErrorCode::kNotFound: return kUnknownTopicOrPartition;
    case ErrorCode::kOverloaded:
    case ErrorCode::kUnavailable:
    case ErrorCode::kIo: return kKafkaStorageError;
    default: return kUnknownServerError;
  }
}

}  // namespace foz::kafka
