# Copyright 2026 The foz authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the golden batches beside this file, with kafka-python's own record builder.

  pip install kafka-python python-snappy lz4 zstandard crc32c; python capture.py
"""
import pathlib

from kafka.record.default_records import DefaultRecordBatchBuilder

CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


def batch(codec, transactional=0, producer=(-1, -1, -1)):
    builder = DefaultRecordBatchBuilder(2, CODECS[codec], transactional, *producer, 1 << 20)
    for i in range(100):
        key = None if i % 10 == 0 else b"key-%d" % i
        value = None if i % 7 == 0 else b'{"n":%d,"text":"%s"}' % (i, b"x" * i)
        headers = [("trace", b"%d" % i), ("empty", None)] if i % 3 == 0 else []
        builder.append(i, timestamp=1_700_000_000_000 + i * 3 - (i % 5), key=key, value=value,
                       headers=headers)
    return bytes(builder.build())


here = pathlib.Path(__file__).parent
for name in CODECS:
    (here / f"kafka_python_{name}.batch").write_bytes(batch(name))
(here / "kafka_python_transactional.batch").write_bytes(batch("none", 1, (4711, 3, 2147483600)))
