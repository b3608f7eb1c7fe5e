"""What a company runs today for the same job, in a Python with pyspark: a Kafka topic into a bronze Delta table, that into silver.

    spark_river.py BROKER JARS FOLDER SELECT

Reads steps from its input, a line each, and answers each with a line: "bronze TOPIC" and "silver TOPIC" take in what is there
and end, "stream TOPIC" starts both without an end.
"""

import glob
import json
import sys

from pyspark.sql import SparkSession

broker, jars, folder, select = sys.argv[1:]
answers = sys.stdout
sys.stdout = sys.stderr

builder = SparkSession.builder.appName("river").master("local[2]")
for key, value in {
    "spark.jars": ",".join(sorted(glob.glob(f"{jars}/*.jar"))),
    "spark.driver.extraClassPath": f"{jars}/*",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.driver.memory": "4g", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "WARN",
    "spark.sql.session.timeZone": "UTC", "spark.local.dir": f"{folder}/tmp", "spark.sql.warehouse.dir": f"{folder}/warehouse",
    # What an engineer sets on a machine of two cores.
    "spark.sql.shuffle.partitions": "2", "spark.databricks.delta.snapshotPartitions": "2",
}.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()


def start(step: str, topic: str, once: bool):
    if step == "bronze":
        rows = (spark.readStream.format("kafka").option("kafka.bootstrap.servers", broker).option("subscribe", topic)
                .option("startingOffsets", "earliest").option("includeHeaders", "true").load())
    else:
        spark.readStream.format("delta").load(f"{folder}/lake/bronze/{topic}").createOrReplaceTempView(f"bronze_{topic}")
        rows = spark.sql(select.replace("{source}", f"bronze_{topic}"))
    writer = rows.writeStream.format("delta").option("checkpointLocation", f"{folder}/checkpoints/{step}_{topic}")
    if once:
        writer = writer.trigger(availableNow=True)
    return writer.start(f"{folder}/lake/{step}/{topic}")


def answer(value) -> None:
    print(json.dumps(value), file=answers, flush=True)


pid = spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid()
answer({"pid": pid})
for line in sys.stdin:
    step, topic = line.split()
    if step == "stream":
        bronze = start("bronze", topic, once=False)
        while not bronze.recentProgress:
            bronze.awaitTermination(0.2)
        start("silver", topic, once=False)
    else:
        start(step, topic, once=True).awaitTermination()
    answer(step)
spark.stop()
