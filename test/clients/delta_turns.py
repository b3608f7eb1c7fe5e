"""Spark, delta-rs and foz write into one table in turns, for each feature that writers must know and each of them as its maker.

A turn deletes old rows, renames others and adds ten. After each, every reader must see the rows that a plain dictionary holds; in
the end also the older versions, the change feed and, where rows are tracked, ids that stayed.
"""

import json
import os
import pathlib
import subprocess

import deltalake
import pyarrow

from delta_session import Spark, SparkError

V, MAPPED = {"delta.enableDeletionVectors": "true"}, {"delta.columnMapping.mode": "name"}
TRACKED, FED = {"delta.enableRowTracking": "true"}, {"delta.enableChangeDataFeed": "true"}
V2 = {"delta.checkpointPolicy": "v2", "delta.checkpointInterval": "3"}
TIMED, WIDENED = {"delta.enableInCommitTimestamps": "true"}, {"delta.enableTypeWidening": "true"}
# What a table is made with. "partition", "cluster", "ruled" and "variant" are no properties.
TABLES = {
    "plain": {}, "partitioned": {"partition": "part"}, "vectors": V, "mapped": MAPPED, "mapped_by_id": {"delta.columnMapping.mode": "id"},
    "tracked": {**TRACKED, **V}, "tracked_copies": TRACKED, "fed": FED, "fed_vectors": {**FED, **V}, "checkpoints_v2": V2, "timed": TIMED,
    "widened": WIDENED, "clustered": {"cluster": "id"}, "ruled": {"ruled": "yes"}, "variant": {"variant": "yes", **FED},
    "iceberg": {"delta.columnMapping.mode": "name", "delta.enableIcebergCompatV2": "true", "partition": "part"},
    "all": {**V, **MAPPED, **TRACKED, **FED, **V2, **TIMED, **WIDENED, "cluster": "id"},
    "all_partitioned": {**V, "delta.columnMapping.mode": "id", **TRACKED, **FED, **V2, **TIMED, **WIDENED, "partition": "part"},
}
VARIANT = ("to_variant_object(named_struct('day', DATE'2024-02-29', 'at', TIMESTAMP'2024-02-29 12:00:00.5Z', 'price', 1.50BD, "
           "'bytes', X'00ff', 'list', array(1, NULL), 'real', FLOAT(0.1)))")
ORDER = ["foz", "spark", "delta-rs", "spark", "foz", "delta-rs", "foz", "spark"]


class Refused(Exception):
    """A writer says that it does not know the table's features."""


class Table:
    def __init__(self, spark: Spark, path: pathlib.Path, made_with: dict):
        self.spark, self.path, self.made_with = spark, path, made_with
        self.name = f"delta.`{path}`"
        self.rows, self.row_ids, self.variants = {}, {}, {}

    def foz(self, *arguments) -> str:
        return subprocess.run([os.environ["FOZ_BIN"], "table", *map(str, arguments)], check=True, capture_output=True, text=True).stdout

    def test_program(self, **environment) -> None:
        ran = subprocess.run([os.environ["FOZ_DELTA_TEST"], "--gtest_filter=Turns.IsTaken"], capture_output=True, text=True,
                             env={**os.environ, "FOZ_TURN_TABLE": str(self.path), **environment})
        if ran.returncode:
            raise RuntimeError(ran.stdout)

    def make(self, maker: str) -> None:
        properties = {key: value for key, value in self.made_with.items() if key.startswith("delta.")}
        if maker == "foz":
            self.path.mkdir()
            self.test_program(FOZ_TURN_CREATE="\n".join(f"{key}={value}" for key, value in self.made_with.items()) or "\n")
        elif maker == "spark":
            clauses = {"partition": "PARTITIONED BY ({})", "cluster": "CLUSTER BY ({})"}
            self.spark.sql(f"CREATE TABLE {self.name} (id BIGINT, name STRING, part STRING, small INT"
                           + (", v VARIANT" if "variant" in self.made_with else "") + ") USING delta "
                           + " ".join(clauses[key].format(value) for key, value in self.made_with.items() if key in clauses)
                           + (f" TBLPROPERTIES ({', '.join(f'{key!r}={value!r}' for key, value in properties.items())})" if properties else ""))
        else:
            schema = pyarrow.schema([("id", "int64"), ("name", "string"), ("part", "string"), ("small", "int32")])
            deltalake.DeltaTable.create(str(self.path), schema, configuration=properties,
                                        partition_by=[self.made_with["partition"]] if "partition" in self.made_with else None)

    def take_turn(self, writer: str, number: int) -> None:
        fresh = [(i, f"{writer} {number}", None if i % 3 == 0 else f"p/ {i % 3}%") for i in range(100 * number, 100 * number + 10)]
        {"foz": self.turn_of_foz, "spark": self.turn_of_spark, "delta-rs": self.turn_of_delta_rs}[writer](number, fresh)
        self.rows = {i: (f"{writer} {number}u" if i % 5 == number % 5 else name, part)
                     for i, (name, part) in self.rows.items() if i % 7 != number % 7}
        self.rows |= {i: (name, part) for i, name, part in fresh}

    def turn_of_foz(self, number: int, fresh: list) -> None:
        self.test_program(FOZ_TURN=str(number))
        if number == 5:
            self.foz("optimize", self.path)
        self.foz("checkpoint", self.path)

    def turn_of_spark(self, number: int, fresh: list) -> None:
        v, variant, null = (", v", f", {VARIANT}", ", CAST(NULL AS VARIANT) AS v") if "variant" in self.made_with else ("", "", "")
        values = ", ".join(f"({i}, '{name}', {'NULL' if part is None else repr(part)}{variant})" for i, name, part in fresh)
        if number % 4 == 2:
            self.spark.sql(f"DELETE FROM {self.name} WHERE id % 7 = {number % 7}")
            self.spark.sql(f"UPDATE {self.name} SET name = 'spark {number}u' WHERE id % 5 = {number % 5}")
            self.spark.sql(f"INSERT INTO {self.name} (id, name, part{v}) VALUES {values}")
        else:
            self.spark.sql(f"""
                MERGE INTO {self.name} AS t USING (SELECT id, CAST(NULL AS STRING) AS name, CAST(NULL AS STRING) AS part{null}
                  FROM {self.name} WHERE id % 7 = {number % 7} OR id % 5 = {number % 5} UNION ALL VALUES {values}) AS s ON t.id = s.id
                WHEN MATCHED AND t.id % 7 = {number % 7} THEN DELETE
                WHEN MATCHED THEN UPDATE SET t.name = 'spark {number}u'
                WHEN NOT MATCHED THEN INSERT (id, name, part{v}) VALUES (s.id, s.name, s.part{v.replace("v", "s.v")})""")
        if number == 4:
            self.spark.sql(f"OPTIMIZE {self.name}")
        if number == 4 and "delta.enableTypeWidening" in self.made_with:
            self.spark.sql(f"ALTER TABLE {self.name} ALTER COLUMN small TYPE BIGINT")

    def turn_of_delta_rs(self, number: int, fresh: list) -> None:
        if "ruled" in self.made_with or "variant" in self.made_with:
            raise Refused("identity columns and variants")
        try:
            deltalake.DeltaTable(str(self.path)).delete(f"id % 7 = {number % 7}")
        except (deltalake.exceptions.DeltaError, Exception) as error:
            raise Refused(str(error).splitlines()[0]) from error
        deltalake.DeltaTable(str(self.path)).update(updates={"name": f"'delta-rs {number}u'"}, predicate=f"id % 5 = {number % 5}")
        ids, names, parts = zip(*fresh)
        deltalake.write_deltalake(str(self.path), pyarrow.table({
            "id": pyarrow.array(ids, pyarrow.int64()), "name": names, "part": pyarrow.array(parts, pyarrow.string()),
            "small": pyarrow.nulls(len(ids), pyarrow.int32())}), mode="append")

    # --- readers

    def spark_rows(self, version: int | None = None) -> list:
        at = "" if version is None else f" VERSION AS OF {version}"
        return sorted(self.spark.sql(f"SELECT id, name, part FROM {self.name}{at}"))

    def foz_rows(self, *arguments) -> list:
        rows = map(json.loads, self.foz("read", self.path, *arguments).splitlines())
        return sorted([row["id"], row.get("name"), row.get("part")] for row in rows)

    def delta_rs_rows(self) -> list:
        read = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(str(self.path))).execute("SELECT id, name, part FROM t")
        return sorted(list(row.values()) for row in pyarrow.table(read.read_all()).to_pylist())

    def wrong(self) -> list:
        """What readers see that is not what must be there."""
        wanted = sorted([i, name, part] for i, (name, part) in self.rows.items())
        out = []
        for reader in (self.spark_rows, self.foz_rows, self.delta_rs_rows):
            try:
                found = reader()
            except Exception as error:
                if reader == self.delta_rs_rows and "eature" in str(error):
                    continue
                found = str(error).splitlines()[:3]
            if found != wanted:
                out.append(f"{reader.__name__}: {found} where {wanted} must be")
        if "delta.enableRowTracking" in self.made_with:
            ids = dict(self.spark.sql(f"SELECT id, _metadata.row_id FROM {self.name}"))
            moved = {i for i, row_id in self.row_ids.items() if ids.get(i, row_id) != row_id}
            if moved or len(set(ids.values())) != len(ids):
                out.append(f"row ids of {sorted(moved)} changed, or two are the same: {ids}")
            self.row_ids |= ids
        if "variant" in self.made_with:
            theirs = {i: (text, schema) for i, text, schema in
                      self.spark.sql(f"SELECT id, to_json(v), schema_of_variant(v) FROM {self.name}")}
            ours = {row["id"]: row["v"] for row in map(json.loads, self.foz("read", self.path).splitlines())}
            if ours != {i: text for i, (text, _) in theirs.items()}:
                out.append(f"variants are {theirs} in Spark and {ours} in foz")
            out += [f"the variant of {i} was {was} and is {theirs[i]}" for i, was in self.variants.items() if theirs.get(i, was) != was]
            self.variants |= theirs
        if "ruled" in self.made_with:
            ruled = self.spark.sql(f"SELECT id, double_id, word, nr FROM {self.name}")
            if any(row[1] != 2 * row[0] or row[2] != "none" for row in ruled) or len({row[3] for row in ruled}) != len(ruled):
                out.append(f"generated columns are {ruled}")
        return out

    def wrong_history(self) -> list:
        out = []
        newest = max(row[0] for row in self.spark.sql(f"DESCRIBE HISTORY {self.name}"))
        for version in range(newest + 1):
            if self.spark_rows(version) != self.foz_rows("--version", version):
                out.append(f"version {version}")
        if "delta.enableChangeDataFeed" in self.made_with:
            # Spark reads no changes through a column that was widened.
            first = 1 if "delta.enableTypeWidening" not in self.made_with else newest - 2
            theirs = sorted(self.spark.sql("SELECT _commit_version, _change_type, id, name, part FROM "
                                           f"table_changes_by_path('{self.path}', {first})"), key=repr)
            ours = [json.loads(line) for line in self.foz("read", self.path, "--changes", f"{first}..{newest}").splitlines()]
            ours = sorted(([row["_commit_version"], row["_change_type"], row["id"], row.get("name"), row.get("part")] for row in ours), key=repr)
            if ours != theirs:
                out.append(f"change feed: {len(theirs)} changes by Spark, {len(ours)} by foz")
        return out


def makers_of(made_with: dict) -> list:
    # delta-rs makes no tables of most features, and SQL by path none with rules.
    if "ruled" in made_with:
        return ["foz"]
    if "variant" in made_with:
        return ["foz", "spark"]
    simple = set(made_with) <= {"partition", "delta.enableChangeDataFeed", "delta.enableDeletionVectors"}
    return ["foz", "spark", "delta-rs"] if simple else ["foz", "spark"]


def take_turns(spark: Spark, folder: pathlib.Path, only: list | None) -> int:
    """Returns how many tables went wrong."""
    failures = 0
    for name, made_with in TABLES.items():
        if only and name not in only:
            continue
        for maker in makers_of(made_with):
            table = Table(spark, folder / f"{name} by {maker}", made_with)
            wrong, refusals = [], set()
            try:
                table.make(maker)
                for number, writer in enumerate(ORDER, 1):
                    try:
                        table.take_turn(writer, number)
                    except Refused as error:
                        refusals.add(f"{writer}: {error}"[:120])
                    wrong += [f"after {writer}'s turn {number}: {what}" for what in table.wrong()]
                    if wrong:
                        break
                wrong += table.wrong_history()
            except (SparkError, RuntimeError, subprocess.CalledProcessError) as error:
                wrong.append(f"{error} {getattr(error, 'stderr', '')}"[:3000])
            failures += bool(wrong)
            print(f"{'WRONG' if wrong else 'right'}  {name}, made by {maker}" + "".join(f"; not written by {text}" for text in sorted(refusals)), flush=True)
            for text in wrong:
                print(f"       {text}", flush=True)
    return failures
