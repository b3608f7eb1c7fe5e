// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Prints messages as Kafka's own serializers write them, every version of those that we speak, as lines
// "name version hex". Every field differs from its default, unless that version cannot carry it.
//   java -cp kafka-clients-4.4.0.jar:kafka-group-coordinator-4.4.0.jar:kafka-transaction-coordinator-4.4.0.jar
//     GoldenMessages.java > messages.txt
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.*;
import org.apache.kafka.common.record.internal.*;
import org.apache.kafka.common.utils.internals.ImplicitLinkedHashCollection;

public class GoldenMessages {
  static Set<String> left = new HashSet<>();
  static int next = 1;

  static Object value(Type type) throws Exception {
    Class<?> c = (Class<?>) (type instanceof ParameterizedType p ? p.getRawType() : type);
    int n = next++;
    if (c == boolean.class) return true;
    if (c == byte.class) return (byte) (n % 100 + 1);
    if (c == short.class || c == Short.class) return (short) (n + 300);
    if (c == int.class || c == Integer.class) return n * 70001;
    if (c == long.class || c == Long.class) return n * 5000000001L;
    if (c == String.class) return "text-" + n + "\u00e9";
    if (c == byte[].class) return ("bytes-" + n).getBytes();
    if (c == Uuid.class) return new Uuid(n * 77777777777L, n);
    if (c == List.class) {
      Type element = ((ParameterizedType) type).getActualTypeArguments()[0];
      return new ArrayList<>(List.of(value(element), value(element)));
    }
    if (ImplicitLinkedHashCollection.class.isAssignableFrom(c)) {
      Collection<Object> all = (Collection<Object>) c.getDeclaredConstructor().newInstance();
      Type element = ((ParameterizedType) c.getGenericSuperclass()).getActualTypeArguments()[0];
      all.add(value(element));
      all.add(value(element));
      return all;
    }
    if (BaseRecords.class.isAssignableFrom(c))
      return MemoryRecords.readableRecords(ByteBuffer.wrap(("records-" + n).getBytes()));
    return message(c);
  }

  static Object message(Class<?> c) throws Exception {
    Object made = c.getDeclaredConstructor().newInstance();
    Method[] methods = c.getDeclaredMethods();
    Arrays.sort(methods, Comparator.comparing(Method::getName));
    for (Method m : methods) {
      if (!m.getName().startsWith("set") || m.getParameterCount() != 1) continue;
      String field = m.getName().substring(3);
      if (field.equals("Next") || field.equals("Prev") || left.contains(field.toLowerCase())) continue;
      m.invoke(made, value(m.getGenericParameterTypes()[0]));
    }
    return made;
  }

  // Adds to `left` what the version cannot carry, until it can be written.
  static void print(String name, Class<?> c, short version) throws Exception {
    left.clear();
    while (true) {
      next = 1;
      Message message = (Message) message(c);
      try {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer bytes = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(bytes), cache, version);
        System.out.println(name + " " + version + " " + HexFormat.of().formatHex(bytes.array()));
        return;
      } catch (org.apache.kafka.common.errors.UnsupportedVersionException e) {
        String[] words = e.getMessage().split(" ");  // "Attempted to write a non-default NAME at version N"
        if (!left.add(words[5].toLowerCase())) throw e;
      }
    }
  }

  static void printAll(String name, Class<?> c) throws Exception {
    short low = c.getField("LOWEST_SUPPORTED_VERSION").getShort(null);
    short high = c.getField("HIGHEST_SUPPORTED_VERSION").getShort(null);
    for (short version = low; version <= high; version++) print(name, c, version);
  }

  public static void main(String[] args) throws Exception {
    String[] names = {"ApiVersions", "Metadata", "Produce", "Fetch", "ListOffsets", "CreateTopics", "InitProducerId",
                      "DescribeCluster", "FindCoordinator", "JoinGroup", "SyncGroup", "Heartbeat", "LeaveGroup",
                      "OffsetCommit", "OffsetFetch", "DescribeGroups", "ListGroups", "DeleteGroups", "OffsetDelete",
                      "DeleteTopics", "DeleteRecords", "DescribeConfigs", "AlterConfigs", "IncrementalAlterConfigs",
                      "CreatePartitions", "DescribeTopicPartitions", "OffsetForLeaderEpoch",
                      "ListPartitionReassignments", "AddPartitionsToTxn", "AddOffsetsToTxn", "EndTxn",
                      "TxnOffsetCommit", "ListTransactions", "DescribeTransactions"};
    for (String name : names) {
      for (String kind : new String[] {"Request", "Response"})
        printAll(name + kind, Class.forName("org.apache.kafka.common.message." + name + kind + "Data"));
    }
    // The records of the topic __consumer_offsets.
    for (String name : new String[] {"OffsetCommitKey", "OffsetCommitValue", "GroupMetadataKey", "GroupMetadataValue"})
      printAll(name, Class.forName("org.apache.kafka.coordinator.group.generated." + name));
    // The records of the topic __transaction_state.
    for (String name : new String[] {"TransactionLogKey", "TransactionLogValue"})
      printAll(name, Class.forName("org.apache.kafka.coordinator.transaction.generated." + name));
  }
}
