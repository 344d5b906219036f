"""The first readers of the pages come at once, when nothing is loaded yet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import own_demo

__all__ = ["own_demo"]

TIMES = 4
"""Without one lock for all decoders about every second of these programs ended with a segmentation fault."""

PROGRAM = """
import sys
from threading import Barrier, Thread

from tracker.model.event import EventFilter
from tracker.store import Store

sys.setswitchinterval(1e-6)
together, found = Barrier(4), []


def read() -> None:
    with Store.open(sys.argv[1]) as store:
        together.wait()
        found.append(len(list(store.events(EventFilter()))))


readers = [Thread(target=read) for _ in range(4)]
for reader in readers:
    reader.start()
for reader in readers:
    reader.join()
print(*found)
"""


def test_threads_that_read_the_first_events_at_once_end_no_process(own_demo: Path) -> None:
    [database] = own_demo.glob("*.db")
    for _ in range(TIMES):
        ended = subprocess.run(
            [sys.executable, "-c", PROGRAM, f"sqlite:///{database}"], capture_output=True, text=True, check=False
        )
        assert (ended.returncode, ended.stderr) == (0, "")
        assert len(set(ended.stdout.split())) == 1
