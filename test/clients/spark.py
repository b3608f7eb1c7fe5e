"""Spark 4: its Kafka source and sink, in batches and streaming; and with a LAKE, that Delta's reader finds in bronze and silver just what
the Kafka source reads, row for row.

Run by a Python that has pyspark, as spark.py BOOTSTRAP [LAKE]. SPARK_JARS names a folder of spark-sql-kafka, delta-spark and what they need.
What it reads was sent by feed(), which also says what silver is made by.
"""

import glob
import os
import pathlib
import shutil
import sys
import tempfile

TOPIC, COUNT, PARTITIONS = "trips", 5000, 3
START = 1_700_000_000_000
SENT = [*range(COUNT), *(COUNT + round_ * 100 + i for round_ in (1, 3, 5) for i in range(100))]  # and not aborted
IN_BRONZE, IN_SILVER = len(SENT), sum(1 for i in SENT if i % 50 != 49 and i % 97)
FIELDS = "id BIGINT, name STRING, fare DECIMAL(10,2), at TIMESTAMP, tags ARRAY<STRING>"
PIPELINE = f"""
CREATE OR REFRESH STREAMING TABLE trips (CONSTRAINT has_id EXPECT (id IS NOT NULL) ON VIOLATION DROP ROW)
AS SELECT t.id, t.name, t.fare, t.at, t.tags, partition, offset
FROM (SELECT from_json(CAST(value AS STRING), '{FIELDS}') AS t, partition, offset FROM STREAM bronze.trips);
"""


def feed(kafka: str) -> None:
    """Records of all kinds over three partitions, some in transactions of which every other is aborted."""
    import json
    from confluent_kafka import Producer
    from confluent_kafka.admin import AdminClient, NewTopic
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1, config={"retention.ms": "-1"})])[TOPIC].result(30)

    def send(producer, numbers):
        for i in numbers:
            trip = {"id": None if i % 50 == 49 else i, "name": f"näme {i % 9}", "fare": f"{i * 7 % 1000}.{i % 100:02}",
                    "at": f"2026-01-{1 + i % 28:02}T{i % 24:02}:00:00Z", "tags": [f"t{n}" for n in range(i % 4)]}
            headers = [("h", b"\x01\xff"), ("none", None)] if i % 3 == 0 else []
            producer.produce(TOPIC, None if i % 97 == 0 else json.dumps(trip).encode(), None if i % 5 == 0 else b"k%d" % (i % 11), headers=headers,
                             partition=i % PARTITIONS, timestamp=START + i)
            producer.poll(0)
        assert producer.flush(60) == 0

    send(Producer({"bootstrap.servers": kafka, "compression.type": "zstd", "linger.ms": 5}), range(COUNT))
    transactional = Producer({"bootstrap.servers": kafka, "transactional.id": "trips"})
    transactional.init_transactions(60)
    for round_ in range(6):
        transactional.begin_transaction()
        send(transactional, range(COUNT + round_ * 100, COUNT + round_ * 100 + 100))
        transactional.commit_transaction(60) if round_ % 2 else transactional.abort_transaction(60)


def start_spark(folder):
    from pyspark.sql import SparkSession
    jars = sorted(glob.glob(os.environ["SPARK_JARS"] + "/*.jar"))
    settings = {"spark.jars": ",".join(jars), "spark.driver.extraClassPath": os.environ["SPARK_JARS"] + "/*",
                "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
                "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
                "spark.driver.memory": "2g", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1", "spark.ui.enabled": "false",
                "spark.ui.showConsoleProgress": "false", "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "2",
                "spark.databricks.delta.snapshotPartitions": "2", "spark.local.dir": f"{folder}/tmp", "spark.sql.warehouse.dir": f"{folder}/warehouse",
                "spark.log.level": "ERROR"}
    builder = SparkSession.builder.appName("clients").master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def source(spark, kafka, **options):
    reader = (spark.readStream if options.pop("stream", False) else spark.read).format("kafka")
    settings = {"kafka.bootstrap.servers": kafka, "subscribe": TOPIC, "startingOffsets": "earliest", "includeHeaders": "true",
                "kafka.isolation.level": "read_committed", **options}
    for name, value in settings.items():
        reader = reader.option(name, value)
    return reader.load()


def kafka_source(t, spark, kafka, folder):
    rows = source(spark, kafka)
    t.tell("schema", rows.dtypes)
    t.tell("rows", rows.count())
    t.tell("rows of a partition", [list(row) for row in rows.groupBy("partition").count().orderBy("partition").collect()])
    t.tell("sum of offsets", rows.selectExpr("sum(offset)", "count(key)", "count(value)", "count(headers)", "min(timestampType)").first().asDict())
    t.tell("checksum", rows.selectExpr("sum(crc32(value)) v", "sum(crc32(key)) k", "sum(cast(timestamp as double)) t").first().asDict())
    t.tell("uncommitted too", source(spark, kafka, **{"kafka.isolation.level": "read_uncommitted"}).count())
    t.tell("between offsets", source(spark, kafka, startingOffsets='{"trips":{"0":10,"1":-2,"2":7}}', endingOffsets='{"trips":{"0":20,"1":5,"2":-1}}').count())
    t.tell("from a time", source(spark, kafka, startingTimestamp=str(START + 4000)).selectExpr("min(offset)", "count(*)").first().asDict())
    t.tell("by pattern, in small pieces", source(spark, kafka, minPartitions="8").count())
    stream = source(spark, kafka, stream=True, maxOffsetsPerTrigger="1500")
    for _ in range(2):  # the second finds nothing more
        query = (stream.writeStream.format("parquet").option("path", f"{folder}/streamed").option("checkpointLocation", f"{folder}/checkpoint")
                 .trigger(availableNow=True).start())
        query.awaitTermination(300)
    streamed = spark.read.parquet(f"{folder}/streamed")
    t.tell("streamed", [streamed.count(), streamed.exceptAll(rows).count(), rows.exceptAll(streamed).count()])
    spark.range(1000).selectExpr("cast(id % 7 as string) key", "concat('value ', id) value", "array(named_struct('key', 'h', 'value', cast('x' as binary))) headers") \
        .write.format("kafka").option("kafka.bootstrap.servers", kafka).option("topic", "written").option("includeHeaders", "true").save()
    t.tell("written", source(spark, kafka, subscribe="written").selectExpr("count(*) n", "count(distinct value) d", "max(headers[0].key) h").first().asDict())


def lake_tables(spark, kafka, lake):
    from pyspark.sql import functions as f
    rows = source(spark, kafka)
    columns = [name for name, _ in rows.dtypes]

    def same(ours, theirs, what):
        more, less = ours.exceptAll(theirs).count(), theirs.exceptAll(ours).count()
        assert (more, less) == (0, 0), f"{what}: {more} rows that Kafka's source does not have, {less} that it has alone"

    bronze = spark.read.format("delta").load(f"{lake}/bronze/{TOPIC}")
    assert bronze.select(columns).dtypes == rows.dtypes, f"bronze is {bronze.dtypes}, the source {rows.dtypes}"
    same(bronze.select(columns), rows, "bronze")
    wanted = (rows.select(f.from_json(f.col("value").cast("string"), FIELDS).alias("t"), "partition", "offset").select("t.*", "partition", "offset")
              .where("id IS NOT NULL"))
    silver = spark.read.format("delta").load(f"{lake}/silver/{TOPIC}").select(*wanted.columns)
    same(silver, wanted, "silver")
    found = []
    query = (spark.readStream.format("delta").load(f"{lake}/silver/{TOPIC}").writeStream.foreachBatch(lambda batch, _: found.append(batch.count()))
             .trigger(availableNow=True).start())
    query.awaitTermination(300)
    assert sum(found) == silver.count(), f"streaming from silver: {found}"
    history = spark.sql(f"DESCRIBE HISTORY delta.`{lake}/bronze/{TOPIC}`")
    assert history.count() >= 1 and spark.sql(f"DESCRIBE DETAIL delta.`{lake}/bronze/{TOPIC}`").count() == 1


def main():
    from transcript import Transcript
    folder = tempfile.mkdtemp(prefix="spark-")
    spark = start_spark(folder)
    try:
        t = Transcript(lambda error: None)
        kafka_source(t, spark, sys.argv[1], pathlib.Path(folder))
        if len(sys.argv) > 2:
            lake_tables(spark, sys.argv[1], sys.argv[2])
    finally:
        spark.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
