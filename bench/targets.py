"""What was set out to be reached, and what the disk itself takes."""

import os
import pathlib
import time


class Targets:
    """Says of each figure whether it reached what was set out."""

    def __init__(self):
        self.missed = 0

    def check(self, what: str, reached: bool, figure: str) -> None:
        self.missed += not reached
        print(f"  {'reached' if reached else 'MISSED '}  {what}: {figure}", flush=True)


def disk_sync(folder: pathlib.Path, count: int = 500) -> dict:
    """What one durable write of a batch costs on this disk: write 64 KiB, fdatasync."""
    path = folder / "sync.bin"
    fd = os.open(path, os.O_CREAT | os.O_RDWR)
    os.posix_fallocate(fd, 0, count * 65536)
    os.fsync(fd)
    took = []
    for i in range(count):
        began = time.monotonic()
        os.pwrite(fd, b"x" * 65536, i * 65536)
        os.fdatasync(fd)
        took.append(time.monotonic() - began)
    os.close(fd)
    path.unlink()
    took.sort()
    return {"p50": took[count // 2] * 1000, "p99": took[int(count * 0.99)] * 1000, "max": took[-1] * 1000}
