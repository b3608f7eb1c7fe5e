"""Kills foz with SIGKILL at random moments under load. FOZ_CRASH_ROUNDS (default 5) and FOZ_SEED choose how often and when."""

import os
import random
import threading
import time

ROUNDS = int(os.environ.get("FOZ_CRASH_ROUNDS", "5"))
SEED = int(os.environ.get("FOZ_SEED", str(random.randrange(1 << 32))))
SETTINGS = "commits: {interval: 100ms, slow_interval: 100ms}\nlimits: {free_disk: 16MB, memory: 2GB}\n"


def kill_under_load(foz, run, progress, at_first_start=lambda: None) -> None:
    """`run(kafka, stop)` is the load of a round, `progress()` grows when something was done; foz runs when this returns."""
    print(f"seed {SEED}, {ROUNDS} rounds")
    rng = random.Random(SEED)
    (foz.project / "foz.yaml").write_text(SETTINGS)
    for round_ in range(ROUNDS):
        foz.start()
        if round_ == 0:
            at_first_start()
        stop = threading.Event()
        producing = threading.Thread(target=run, args=(foz.kafka, stop))
        producing.start()
        before = progress()
        deadline = time.monotonic() + 30
        while progress() == before and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(rng.random() * 0.7)  # the random moment: the length of the run, not a wait for something
        foz.kill()
        stop.set()
        producing.join()
    foz.start()
