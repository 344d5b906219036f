"""Real processes that deliver from one database at the same time, and one that is killed in the middle."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deliver.conftest import Office
from tracker import clock
from tracker.deliver.plan import BACK_OFF

MESSAGES = 30
ROUNDS = 5


class Worker:
    """A process that delivers when told to."""

    def __init__(self, office: Office) -> None:
        command = [sys.executable, "-m", "tests.deliver.worker", office.url, str(office.mailbox.port)]
        root = Path(__file__).parents[2]
        self.process = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """Kill -9."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def pair(office: Office) -> Iterator[tuple[Worker, Worker]]:
    workers = Worker(office), Worker(office)
    assert [worker.hear() for worker in workers] == ["ready", "ready"]
    yield workers
    for worker in workers:
        worker.kill()


def test_two_processes_that_deliver_at_once_send_each_message_once(office: Office, pair: tuple[Worker, Worker]) -> None:
    for part in range(ROUNDS):
        for number in range(MESSAGES):
            office.put(f"alert:me:{part}-{number}")
        for worker in pair:
            worker.go()
        answers = {worker.hear() for worker in pair}
        assert f"sent {MESSAGES}" in answers
        assert answers <= {f"sent {MESSAGES}", "sent 0", "busy"}
    ids = Counter(str(letter.message["Message-ID"]) for letter in office.mailbox.letters)
    assert len(ids) == ROUNDS * MESSAGES
    assert set(ids.values()) == {1}
    assert office.store.outbox().messages == ()


def test_a_process_killed_in_the_middle_loses_nothing_and_doubles_at_most_the_letter_in_hand(
    office: Office, pair: tuple[Worker, Worker]
) -> None:
    """The server is made to hold its answer to the tenth letter, so that the kill finds the process waiting for it."""
    reached, release = threading.Event(), threading.Event()
    seen: list[str] = []

    def hold(address: str) -> str | None:
        seen.append(address)
        if len(seen) == 10:
            reached.set()
            release.wait(10)
        return None

    office.mailbox.refuse = hold
    for number in range(MESSAGES):
        office.put(f"alert:me:{number}")
    killed, other = pair
    killed.go()
    assert reached.wait(10)
    other.go()
    assert other.hear() == "busy", "the first one is still at work"
    killed.kill()
    release.set()
    office.mailbox.refuse = None
    office.now = clock.now() + BACK_OFF[0]  # how the try in hand ended is not known, so it waits as after a failure
    assert office.deliver().sent >= MESSAGES - 10
    ids = Counter(str(letter.message["Message-ID"]) for letter in office.mailbox.letters)
    assert len(ids) == MESSAGES, "nothing is lost"
    assert sum(ids.values()) <= MESSAGES + 1
