// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The oracle is Kafka itself: testdata/messages.txt holds every version of our messages as its own
// serializers write them (testdata/GoldenMessages.java).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "kafka_codec/messages.h"

namespace foz::kafka {
namespace {

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string to_text(const std::vector<Piece>& pieces) {
  std::string text;
  for (const Piece& piece : pieces) text += as_text(piece.bytes);
  return text;
}

// Decodes and encodes again; what comes out must be what went in, behind the frame's length.
template <class Message>
void survive(int16_t version, const std::string& bytes) {
  Message message;
  MessageReader in(as_bytes(bytes));
  message.decode(in, version);
  ASSERT_TRUE(in.ok());
  EXPECT_EQ(in.remaining(), 0U);
  MessageWriter out;
  message.encode(out, version);
  EXPECT_EQ(out.size(), bytes.size());
  EXPECT_EQ(to_text(out.take_frame()).substr(4), bytes);
}

// No cut and no changed byte makes the reader leave its bytes or ask for much memory.
template <class Message>
void withstand(int16_t version, const std::string& bytes) {
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::string cut = bytes.substr(0, size);
    MessageReader in(as_bytes(cut));
    Message message;
    message.decode(in, version);
    EXPECT_FALSE(in.ok() && in.remaining() > 0);
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (const char changed : {'\x00', '\x7f', '\x80', '\xff'}) {
      std::string damaged = bytes;
      damaged[at] = changed;
      MessageReader in(as_bytes(damaged));
      Message message;
      message.decode(in, version);
    }
  }
}

template <class... Messages>
struct Each {
  template <class Check>
  static bool run(const std::string& name, Check&& check) {
    return (check.template operator()<Messages>(name) || ...);
  }
};
using All = Each<
    ApiVersionsRequest, ApiVersionsResponse, MetadataRequest, MetadataResponse, ProduceRequest,
    ProduceResponse, FetchRequest, FetchResponse, ListOffsetsRequest, ListOffsetsResponse,
    CreateTopicsRequest, CreateTopicsResponse, InitProducerIdRequest, InitProducerIdResponse,
    DescribeClusterRequest, DescribeClusterResponse, FindCoordinatorRequest,
    FindCoordinatorResponse, JoinGroupRequest, JoinGroupResponse, SyncGroupRequest,
    SyncGroupResponse, HeartbeatRequest, HeartbeatResponse, LeaveGroupRequest, LeaveGroupResponse,
    OffsetCommitRequest, OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse,
    DescribeGroupsRequest, DescribeGroupsResponse, ListGroupsRequest, ListGroupsResponse,
    DeleteGroupsRequest, DeleteGroupsResponse, OffsetDeleteRequest, OffsetDeleteResponse,
    OffsetCommitKey, OffsetCommitValue, GroupMetadataKey, GroupMetadataValue, DeleteTopicsRequest,
    DeleteTopicsResponse, DeleteRecordsRequest, DeleteRecordsResponse, DescribeConfigsRequest,
    DescribeConfigsResponse, AlterConfigsRequest, AlterConfigsResponse,
    IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, CreatePartitionsRequest,
    CreatePartitionsResponse, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
    OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse, AddPartitionsToTxnRequest, AddPartitionsToTxnResponse,
    AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, EndTxnRequest, EndTxnResponse,
    TxnOffsetCommitRequest, TxnOffsetCommitResponse, ListTransactionsRequest,
    ListTransactionsResponse, DescribeTransactionsRequest, DescribeTransactionsResponse,
    TransactionLogKey, TransactionLogValue>;

template <class Message>
constexpr std::string_view kName = "";
#define FOZ_NAME(message) \
  template <>             \
  constexpr std::string_view kName<message> = #message
FOZ_NAME(ApiVersionsRequest);
FOZ_NAME(ApiVersionsResponse);
FOZ_NAME(MetadataRequest);
FOZ_NAME(MetadataResponse);
FOZ_NAME(ProduceRequest);
FOZ_NAME(ProduceResponse);
FOZ_NAME(FetchRequest);
FOZ_NAME(FetchResponse);
FOZ_NAME(ListOffsetsRequest);
FOZ_NAME(ListOffsetsResponse);
FOZ_NAME(CreateTopicsRequest);
FOZ_NAME(CreateTopicsResponse);
FOZ_NAME(InitProducerIdRequest);
FOZ_NAME(InitProducerIdResponse);
FOZ_NAME(DescribeClusterRequest);
FOZ_NAME(DescribeClusterResponse);
FOZ_NAME(FindCoordinatorRequest);
FOZ_NAME(FindCoordinatorResponse);
FOZ_NAME(JoinGroupRequest);
FOZ_NAME(JoinGroupResponse);
FOZ_NAME(SyncGroupRequest);
FOZ_NAME(SyncGroupResponse);
FOZ_NAME(HeartbeatRequest);
FOZ_NAME(HeartbeatResponse);
FOZ_NAME(LeaveGroupRequest);
FOZ_NAME(LeaveGroupResponse);
FOZ_NAME(OffsetCommitRequest);
FOZ_NAME(OffsetCommitResponse);
FOZ_NAME(OffsetFetchRequest);
FOZ_NAME(OffsetFetchResponse);
FOZ_NAME(DescribeGroupsRequest);
FOZ_NAME(DescribeGroupsResponse);
FOZ_NAME(ListGroupsRequest);
FOZ_NAME(ListGroupsResponse);
FOZ_NAME(DeleteGroupsRequest);
FOZ_NAME(DeleteGroupsResponse);
FOZ_NAME(OffsetDeleteRequest);
FOZ_NAME(OffsetDeleteResponse);
FOZ_NAME(OffsetCommitKey);
FOZ_NAME(OffsetCommitValue);
FOZ_NAME(GroupMetadataKey);
FOZ_NAME(GroupMetadataValue);
FOZ_NAME(DeleteTopicsRequest);
FOZ_NAME(DeleteTopicsResponse);
FOZ_NAME(DeleteRecordsRequest);
FOZ_NAME(DeleteRecordsResponse);
FOZ_NAME(DescribeConfigsRequest);
FOZ_NAME(DescribeConfigsResponse);
FOZ_NAME(AlterConfigsRequest);
FOZ_NAME(AlterConfigsResponse);
FOZ_NAME(IncrementalAlterConfigsRequest);
FOZ_NAME(IncrementalAlterConfigsResponse);
FOZ_NAME(CreatePartitionsRequest);
FOZ_NAME(CreatePartitionsResponse);
FOZ_NAME(DescribeTopicPartitionsRequest);
FOZ_NAME(DescribeTopicPartitionsResponse);
FOZ_NAME(OffsetForLeaderEpochRequest);
FOZ_NAME(OffsetForLeaderEpochResponse);
FOZ_NAME(ListPartitionReassignmentsRequest);
FOZ_NAME(ListPartitionReassignmentsResponse);
FOZ_NAME(AddPartitionsToTxnRequest);
FOZ_NAME(AddPartitionsToTxnResponse);
FOZ_NAME(AddOffsetsToTxnRequest);
FOZ_NAME(AddOffsetsToTxnResponse);
FOZ_NAME(EndTxnRequest);
FOZ_NAME(EndTxnResponse);
FOZ_NAME(TxnOffsetCommitRequest);
FOZ_NAME(TxnOffsetCommitResponse);
FOZ_NAME(ListTransactionsRequest);
FOZ_NAME(ListTransactionsResponse);
FOZ_NAME(DescribeTransactionsRequest);
FOZ_NAME(DescribeTransactionsResponse);
FOZ_NAME(TransactionLogKey);
FOZ_NAME(TransactionLogValue);

TEST(Codec, ReadsAndWritesWhatKafkaWrites) {
  std::ifstream file("src/kafka/testdata/messages.txt");
  ASSERT_TRUE(file) << "run from the root of the project";
  std::string line;
  size_t messages = 0;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string name;
    std::string hex;
    int16_t version = 0;
    words >> name >> version >> hex;
    SCOPED_TRACE(name + " " + std::to_string(version));
    const std::string bytes = from_hex(hex);
    const bool known = All::run(name, [&]<class Message>(const std::string& wanted) {
      if (wanted != kName<Message>) return false;
      survive<Message>(version, bytes);
      withstand<Message>(version, bytes);
      return true;
    });
    EXPECT_TRUE(known);
    ++messages;
  }
  EXPECT_GT(messages, 190U);
}

TEST(Codec, ShortMessagesCannotAskForMuchMemory) {
  // Two thousand million topics in eight bytes; the same in flexible encoding.
  MetadataRequest request;
  MessageReader classic(as_bytes(std::string_view("\x7f\xff\xff\xff\x00\x00\x00\x00", 8)));
  request.decode(classic, 8);
  EXPECT_FALSE(classic.ok());
  MessageReader flexible(as_bytes(std::string_view("\xff\xff\xff\xff\x0f\x00\x00\x00", 8)));
  request.decode(flexible, 9);
  EXPECT_FALSE(flexible.ok());
  // As many as there are bytes is still more than any client asks for.
  const std::string many = std::string("\x00\x4c\x4b\x40", 4) + std::string(5000000, '\0');
  MessageReader wide(as_bytes(many));
  request.decode(wide, 8);
  EXPECT_FALSE(wide.ok());
}

TEST(Codec, RecordsAreSentFromWhereTheyLie) {
  const auto batches = std::make_shared<const std::string>(100000, 'r');
  FetchResponse response;
  auto& partition = response.responses.emplace_back().partitions.emplace_back();
  partition.records.pieces = {{batches, as_bytes(*batches).first(60000)},
                              {batches, as_bytes(*batches).last(40000)}};
  MessageWriter out;
  response.encode(out, 12);
  const size_t size = out.size();
  const std::vector<Piece> frame = out.take_frame();
  ASSERT_EQ(frame.size(), 4U);
  EXPECT_EQ(frame[1].bytes.data(), as_bytes(*batches).data());
  EXPECT_EQ(load_big<uint32_t>(frame[0].bytes.data()), size);
  const std::string text = to_text(frame);
  MessageReader in(as_bytes(text).subspan(4));
  FetchResponse again;
  again.decode(in, 12);
  EXPECT_EQ(again.responses[0].partitions[0].records.size(), 100000U);
  EXPECT_TRUE(in.ok());
}

}  // namespace
}  // namespace foz::kafka
