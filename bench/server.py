"""The foz that a bench measures: started over an own folder, watched from outside, stopped, killed, started again."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

import trino

TICKS = os.sysconf("SC_CLK_TCK")
SETTINGS = "commits: {interval: 5s, slow_interval: 5s}\nlimits: {free_disk: 64MB}\n"


def cpu_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_mb(pid: int) -> float:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0


class Foz:
    def __init__(self, binary: str, folder: pathlib.Path, pipeline: str | None, settings: str = SETTINGS,
                 wrapper: list[str] | None = None, lake: pathlib.Path | None = None):
        shutil.rmtree(folder, ignore_errors=True)
        self.binary, self.folder, self.wrapper = binary, folder, wrapper or []
        self.project, self.lake = folder / "project", lake or folder / "lake"
        (self.project / "pipelines").mkdir(parents=True)
        (self.project / "foz.yaml").write_text("name: bench\n" + settings)
        if pipeline:
            (self.project / "pipelines" / "river.sql").write_text(pipeline)
        self.start()

    def start(self) -> None:
        addresses = self.folder / "addresses.json"
        addresses.unlink(missing_ok=True)
        log = open(self.folder / "foz.log", "ab")
        began = time.monotonic()
        self.process = subprocess.Popen(
            [*self.wrapper, self.binary, "up", str(self.project), "--lake", str(self.lake), "--data", str(self.folder / "data"),
             "--kafka", "127.0.0.1:0", "--http", "127.0.0.1:0", "--addresses", str(addresses)], stdout=log, stderr=log)
        while not addresses.exists():
            if self.process.poll() is not None:
                sys.exit((self.folder / "foz.log").read_text()[-4000:])
            time.sleep(0.002)
        self.start_s = time.monotonic() - began
        where = json.loads(addresses.read_text())
        self.kafka, self.http, self.pid = where["kafka"], where["http"], where["pid"]
        self.start_cpu_s = cpu_seconds(self.pid)

    def connect(self):
        host, port = self.http.removeprefix("http://").split(":")
        return trino.dbapi.connect(host=host, port=int(port), user="bench", catalog="lake", schema="silver")

    def value(self, sql: str):
        cursor = self.connect().cursor()
        cursor.execute(sql)
        return cursor.fetchall()[0][0]

    def overview(self) -> dict:
        return json.load(urllib.request.urlopen(f"{self.http}/api/overview"))

    def metrics(self) -> dict[str, float]:
        """The sum over all labels, by name; of histograms, their sums, counts and buckets (`name le`)."""
        sums: dict[str, float] = {}
        for line in urllib.request.urlopen(f"{self.http}/metrics").read().decode().splitlines():
            if line.startswith("#"):
                continue
            series, value = line.rsplit(" ", 1)
            name, _, labels = series.partition("{")
            if name.endswith("_bucket"):
                name += " " + labels.rsplit('le="', 1)[1].rstrip('"}')
            sums[name] = sums.get(name, 0) + float(value)
        return sums

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.process.wait()
