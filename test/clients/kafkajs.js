// kafkajs: records, offsets, groups, transactions, topics and settings. Its words are those of transcript.py.
const crypto = require("crypto");
const { Kafka, CompressionTypes, ConfigResourceTypes, ResourcePatternTypes, AclResourceTypes, AclOperationTypes, AclPermissionTypes, logLevel } =
  require("kafkajs");

const prefix = `run-${crypto.randomBytes(4).toString("hex")}-`;
const named = (name) => prefix + name;
const kafka = new Kafka({ clientId: "me", brokers: [process.argv[2]], logLevel: logLevel.NOTHING, retry: { retries: 2 } });
const admin = kafka.admin();
const START = 1_700_000_000_000;

// As Python's json.dumps with sorted keys writes it.
function json(value) {
  if (Array.isArray(value)) return `[${value.map(json).join(", ")}]`;
  if (value === undefined) return "null";
  if (Buffer.isBuffer(value)) return JSON.stringify(value.toString());
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}: ${json(value[key])}`).join(", ")}}`;
}

function tell(question, answer) {
  console.log(`${question}\t${json(answer).replaceAll(prefix, "")}`);
}

// Tells what call() comes to, or the type of the protocol's error.
async function ask(question, call) {
  try {
    tell(question, await call());
  } catch (error) {
    const type = error.type || error.errors?.[0]?.type || error.cause?.type || error.groups?.[0]?.errorCode;
    if (!type && !["KafkaJSNonRetriableError", "KafkaJSServerDoesNotSupportApiKey"].includes(error.name)) throw error;
    tell(question, `refused: ${type || error.message}`);
  }
}

// Runs a consumer until `count` messages came, and returns them in the order of their partitions and offsets.
async function read(topic, count, { group = `reading-${topic}-${crypto.randomBytes(4).toString("hex")}`, commit = false, uncommitted = false } = {}) {
  const consumer = kafka.consumer({ groupId: named(group), readUncommitted: uncommitted, sessionTimeout: 10000, heartbeatInterval: 500, maxWaitTimeInMs: 200 });
  await consumer.connect();
  await consumer.subscribe({ topics: [named(topic)], fromBeginning: true });
  const found = [];
  await new Promise((resolve, reject) => {
    consumer.on("consumer.crash", ({ payload }) => reject(payload.error));
    consumer.run({
      autoCommit: commit,
      eachMessage: async ({ partition, message }) => {
        found.push({ partition, offset: message.offset, key: message.key, value: message.value, headers: message.headers, timestamp: message.timestamp });
        if (found.length === count) resolve();
      },
    }).catch(reject);
  });
  if (commit) await consumer.commitOffsets(next(topic, found));
  await consumer.disconnect();
  return found.sort((a, b) => a.partition - b.partition || Number(a.offset) - Number(b.offset));
}

function next(topic, found) {
  const offsets = {};
  for (const message of found) offsets[message.partition] = Math.max(offsets[message.partition] || 0, Number(message.offset) + 1);
  return Object.entries(offsets).map(([partition, offset]) => ({ topic: named(topic), partition: Number(partition), offset: String(offset) }));
}

async function create(topic, numPartitions = 1, settings = {}, replicationFactor = 1) {
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  return admin.createTopics({ topics: [{ topic: named(topic), numPartitions, replicationFactor, configEntries }] });
}

async function topics() {
  await ask("a topic made", () => create("three", 3));
  await ask("a topic that exists", () => create("three", 3));
  await ask("a topic with a bad name", () => create("bad/name"));
  await ask("a topic of three copies", () => create("copies", 1, {}, 3));
  await ask("a topic with a bad setting", () => create("settings", 1, { "no.such.setting": "1" }));
  await ask("topics", async () => (await admin.listTopics()).filter((name) => name.startsWith(prefix)));
  await ask("a described topic", async () => (await admin.fetchTopicMetadata({ topics: [named("three")] })).topics.map(({ name, partitions }) =>
    [name, partitions.map((p) => [p.partitionId, p.partitionErrorCode, p.replicas.length, p.isr.length, p.offlineReplicas]).sort()]));
  await ask("a topic that does not exist", () => admin.fetchTopicMetadata({ topics: [named("none")] }));
  await ask("more partitions", () => admin.createPartitions({ topicPartitions: [{ topic: named("three"), count: 4 }] }));
  await ask("fewer partitions", () => admin.createPartitions({ topicPartitions: [{ topic: named("three"), count: 2 }] }));
  await ask("the cluster", async () => {
    const cluster = await admin.describeCluster();
    return [cluster.brokers.length, typeof cluster.controller, Boolean(cluster.clusterId)];
  });
  const resource = { type: ConfigResourceTypes.TOPIC, name: named("three") };
  await ask("settings altered", async () => (await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries: [{ name: "retention.ms", value: "60000" }] }] }))
    .resources.map((r) => [r.errorCode, r.errorMessage, r.resourceName]));
  await ask("settings", async () => (await admin.describeConfigs({ resources: [{ ...resource, configNames: ["retention.ms", "cleanup.policy"] }], includeSynonyms: false }))
    .resources.map((r) => [r.resourceName, r.configEntries.map((e) => [e.configName, e.configValue, e.readOnly, e.isDefault, e.configSource]).sort()]));
  await ask("a bad setting", () => admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries: [{ name: "retention.ms", value: "soon" }] }] }));
  await ask("a deleted topic", () => admin.deleteTopics({ topics: [named("three")] }));
  await ask("a topic deleted again", () => admin.deleteTopics({ topics: [named("three")] }));
  await ask("rules", () => admin.describeAcls({ resourceType: AclResourceTypes.ANY, resourcePatternType: ResourcePatternTypes.ANY,
    operation: AclOperationTypes.ANY, permissionType: AclPermissionTypes.ANY }));
}

async function records() {
  await create("records", 3, { "retention.ms": "-1" });
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner: require("kafkajs").Partitioners.DefaultPartitioner });
  await producer.connect();
  for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
    const messages = [...Array(30).keys()].map((i) => ({ key: i % 3 ? `k${i % 7}` : null, value: i % 5 ? `v${i}` : null, partition: 0,
      headers: i % 2 ? { h: "1", two: ["a", "b"] } : {}, timestamp: String(START + i) }));
    await ask(`sent with codec ${compression}`, async () => (await producer.send({ topic: named("records"), compression, messages }))
      .map((r) => [r.topicName, r.partition, r.errorCode, r.baseOffset, r.logAppendTime, r.logStartOffset]));
  }
  tell("read", await read("records", 60));
  await producer.send({ topic: named("records"), messages: [...Array(20).keys()].map((i) => ({ key: `k${i}`, value: "by key" })) });
  tell("partitions by key", (await read("records", 80)).filter((m) => m.value?.toString() === "by key").map((m) => [m.partition, m.key]));
  await ask("offsets", async () => (await admin.fetchTopicOffsets(named("records"))).sort((a, b) => a.partition - b.partition).slice(0, 1).map((p) => [p.partition, p.low]));
  await ask("offsets by time", async () => (await admin.fetchTopicOffsetsByTimestamp(named("records"), START + 7)).filter((p) => p.partition === 0));
  await ask("deleted records", () => admin.deleteTopicRecords({ topic: named("records"), partitions: [{ partition: 0, offset: "50" }] }));
  await ask("the low offset", async () => (await admin.fetchTopicOffsets(named("records"))).find((p) => p.partition === 0).low);
  await ask("records deleted beyond the end", () => admin.deleteTopicRecords({ topic: named("records"), partitions: [{ partition: 0, offset: "5000" }] }));
  await create("small", 1, { "max.message.bytes": "1000" });
  const loose = kafka.producer({ createPartitioner: require("kafkajs").Partitioners.DefaultPartitioner });
  await loose.connect();
  await ask("a message too large", () => loose.send({ topic: named("small"), messages: [{ value: "x".repeat(2000) }] }));
  for (const acks of [0, 1, -1]) await ask(`acks ${acks}`, async () => (await loose.send({ topic: named("small"), acks, messages: [{ value: "x" }] })).length);
  await loose.disconnect();
  await producer.disconnect();
}

async function groups() {
  await create("grouped", 2);
  const producer = kafka.producer({ createPartitioner: require("kafkajs").Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic: named("grouped"), messages: [...Array(20).keys()].map((i) => ({ value: `${i}`, partition: i % 2 })) });
  tell("a member's messages", (await read("grouped", 20, { group: "g", commit: true })).map((m) => [m.partition, m.offset, m.value]));
  const offsets = async (group) => (await admin.fetchOffsets({ groupId: named(group), topics: [named("grouped")] }))
    .map(({ topic, partitions }) => [topic, partitions.map((p) => [p.partition, p.offset, p.metadata]).sort()]);
  await ask("committed", () => offsets("g"));
  await ask("a group without members", async () => (await admin.describeGroups([named("g")])).groups.map((g) => [g.groupId, g.errorCode, g.state, g.protocolType, g.protocol, g.members.length]));
  await ask("listed", async () => (await admin.listGroups()).groups.filter((g) => g.groupId === named("g")));
  await ask("a group that is none", async () => (await admin.describeGroups([named("nobody")])).groups.map((g) => [g.state, g.errorCode]));
  await ask("offsets set", async () => {
    await admin.setOffsets({ groupId: named("g"), topic: named("grouped"), partitions: [{ partition: 0, offset: "3" }] });
    return offsets("g");
  });
  await ask("offsets reset", async () => {
    await admin.resetOffsets({ groupId: named("g"), topic: named("grouped"), earliest: true });
    return offsets("g");
  });
  const member = kafka.consumer({ groupId: named("g") });
  await member.connect();
  await member.subscribe({ topics: [named("grouped")] });
  const joined = new Promise((resolve) => member.on("consumer.group_join", ({ payload }) => resolve(payload)));
  await member.run({ eachMessage: async () => {} });
  const { memberAssignment, isLeader, groupProtocol } = await joined;
  tell("a member's assignment", [memberAssignment[named("grouped")].sort(), isLeader, groupProtocol]);
  await ask("a group", async () => (await admin.describeGroups([named("g")])).groups.map((g) => [g.state, g.protocolType, g.protocol, g.members.map((m) => m.clientId)]));
  await ask("deleting a group with members", () => admin.deleteGroups([named("g")]));
  await member.disconnect();
  await ask("deleting a group", async () => (await admin.deleteGroups([named("g")])).map((g) => [g.groupId, g.errorCode]));
  await ask("offsets of a deleted group", () => offsets("g"));
  await producer.disconnect();
}

async function transactions() {
  await create("money");
  await create("spent");
  const producer = kafka.producer({ transactionalId: named("t"), idempotent: true, maxInFlightRequests: 1, createPartitioner: require("kafkajs").Partitioners.DefaultPartitioner });
  await producer.connect();
  for (const [value, end] of [["kept 1", "commit"], ["dropped", "abort"], ["kept 2", "commit"]]) {
    const transaction = await producer.transaction();
    await transaction.send({ topic: named("money"), messages: [{ value }] });
    await transaction.sendOffsets({ consumerGroupId: named("spender"), topics: [{ topic: named("spent"), partitions: [{ partition: 0, offset: value === "dropped" ? "7" : "5" }] }] });
    await transaction[end]();
  }
  tell("committed only", (await read("money", 2)).map((m) => [m.offset, m.value]));
  tell("all", (await read("money", 3, { uncommitted: true })).map((m) => [m.offset, m.value]));
  await ask("offsets of transactions", async () => (await admin.fetchOffsets({ groupId: named("spender"), topics: [named("spent")] }))[0].partitions);
  const second = kafka.producer({ transactionalId: named("t"), idempotent: true, maxInFlightRequests: 1, createPartitioner: require("kafkajs").Partitioners.DefaultPartitioner });
  await second.connect();
  const transaction = await second.transaction();
  await ask("a fenced producer", async () => {
    const late = await producer.transaction();
    await late.send({ topic: named("money"), messages: [{ value: "lost" }] });
    await late.commit();
  });
  await transaction.abort();
  await producer.disconnect();
  await second.disconnect();
}

async function main() {
  await admin.connect();
  for (const theme of [topics, records, groups, transactions]) await theme();
  await admin.disconnect();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
