"""A registry, a mail server and a database between two of the registry's days: what killed programs work on."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import BigInteger, Column, LargeBinary

from tests.chaos.killing import Ended, Kill, Program, Step, telling
from tests.lab import Mailbox
from tests.world import SENDS, World, study
from tracker import clock
from tracker.store import Store
from tracker.store.columns import UtcDateTime
from tracker.store.tables import metadata

Content = dict[str, list[tuple[object, ...]]]
"""Table -> its rows in order, without what differs from one time of day to another."""

WATCH = '[[watch]]\nname = "mine"\nsearch = "https://clinicaltrials.gov/search?cond=Testitis"\n' + SENDS

PASSING = frozenset({"leases", "schedule", "hosts"})
"""Tables that say when something was done, and by whom."""

EARLIER_SAYS_NOTHING = {"messages.sending", "trials.fingerprint"}
"""What was added since an earlier release, and is not known of what that one wrote."""
TIDIED = "source_state.digest_version"
"""How far the tidying after a pass has got: a pass that is killed leaves it to the next."""
TRIES = "messages.attempts"
"""A try that a kill cut short counts as one."""

DATED = frozenset({"events.body", "messages.text", "messages.html"})
"""Texts that quote the time of day. What the events say stands in the headlines of their stories as well."""


class Listener(Mailbox):
    """A mail server that does something when it has accepted a letter, before the sender hears of it."""

    def __init__(self) -> None:
        super().__init__()
        self.accepted: Callable[[], None] = lambda: None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        self.accepted()
        return answer


class Stage:
    """``trials`` are known from the first day. On the second three of them have changed and one is new.

    ``fresh`` makes a folder with configuration and database as they are before the second day is looked at: a pass there
    finds four changes and sends an alert, a digest and a word to the operator that nothing had run for days.
    """

    def __init__(self, folder: Path, trials: int = 12) -> None:
        self.folder, self._count = folder, 0
        self.world = World(folder / "first-day")
        self.world.mailbox.close()
        self.world.mailbox = self.mailbox = Listener()
        self.world.now = clock.now() - timedelta(days=5)
        numbers = [f"NCT{number:08d}" for number in range(101, 101 + trials)]
        self.world.studies = {number: study(number) for number in numbers}
        # Whatever the hour: no digest comes due while the tests run.
        self.world.configure(WATCH, extra=f'[digest]\nat = "{clock.now() + timedelta(hours=12):%H:%M}"\n')
        self.world.day()
        self.world.store.close()
        self.world.now += timedelta(days=1)
        completed, raised, slipped = numbers[:3]
        self.world.amend(completed, statusModule__overallStatus="COMPLETED")
        self.world.amend(raised, designModule__enrollmentInfo={"count": 300, "type": "ESTIMATED"})
        self.world.amend(slipped, statusModule__primaryCompletionDateStruct={"date": "2028-06", "type": "ESTIMATED"})
        posted = {"date": self.world.now.date().isoformat(), "type": "ACTUAL"}
        self.world.studies["NCT00000100"] = study(
            "NCT00000100", statusModule__studyFirstPostDateStruct=posted, statusModule__overallStatus="NOT_YET_RECRUITING"
        )
        self.world.show()

    def fresh(self, database: Path | None = None) -> Path:
        """A folder to work in, with another database if one is given; what was asked and sent before is forgotten."""
        self._count += 1
        folder = self.folder / str(self._count)
        folder.mkdir()
        first = self.world.folder
        shutil.copy(database or first / "tracker.db", folder / "tracker.db")
        text = self.world.config.read_text("utf-8").replace(str(first / "tracker.db"), "tracker.db")
        (folder / "config.toml").write_text(text, "utf-8")
        self.world.registry.requests.clear()
        self.mailbox.letters.clear()
        return folder

    def letters(self) -> Counter[str]:
        """How often each message was handed in, by its Message-ID."""
        return Counter(str(letter.message["Message-ID"]) for letter in self.mailbox.letters)

    def fetched(self) -> set[str]:
        """The trials whose records were asked for."""
        asked = (dict(request.params).get("filter.ids", "") for request in self.world.registry.requests)
        return {f"ctgov:{number}" for numbers in asked for number in numbers.split(",") if number}


@contextmanager
def staged(folder: Path, trials: int = 12) -> Iterator[Stage]:
    """A stage for as long as it is needed."""
    (folder / "first-day").mkdir()
    stage = Stage(folder, trials)
    with stage.world:
        yield stage


class Undisturbed(NamedTuple):
    """What a pass over the second day does that nothing happens to. ``longest`` is its longest file, in bytes."""

    steps: tuple[Step, ...]
    content: Content
    letters: Counter[str]
    requests: int
    longest: int


def undisturbed_pass(stage: Stage, program: Program) -> Undisturbed:
    """What every disturbed pass must come to."""
    folder = stage.fresh()
    ended = program.run("sync", folder=folder)
    assert ended.code == 0, ended.said
    kept = content(folder / "tracker.db")
    assert len(kept["events"]) == 4
    letters, requests = stage.letters(), len(stage.world.registry.requests)
    assert len(letters) == 3
    # Its housekeeping at the end makes SQLite's log short again, so the files are looked at before that.
    folder = stage.fresh()
    stopped = program.run("sync", folder=folder, kill=Kill(step=telling(ended.steps, "delivery")[-1], by=signal.SIGSTOP))
    longest = max(file.stat().st_size for file in folder.glob("tracker.db*"))
    assert program.go_on(stopped.pid).code == 0
    return Undisturbed(ended.steps, kept, letters, requests, longest)


def wreck(folder: Path) -> Path:
    """A copy of the database just as a dead process left it: the original is for the next process to recover."""
    copies = folder / "wreck"
    copies.mkdir(exist_ok=True)
    for file in folder.glob("tracker.db*"):
        shutil.copy(file, copies)
    return copies / "tracker.db"


def damage(file: Path) -> list[str]:
    """What is damaged in a database, a sentence each: by SQLite's own checks and the store's."""
    with Store.open(f"sqlite:///{file}", must_be_current=False) as store:
        return store.integrity()


def finished(file: Path, data_timestamp: str) -> set[str]:
    """The trials that need not be asked for any more at this data version."""
    staged = "SELECT trial FROM checks JOIN runs ON runs.id = run WHERE runs.state = 'open' AND checks.status <> 'failed'"
    accepted = "SELECT key FROM trials WHERE checked_data_timestamp = ?"
    with closing(sqlite3.connect(file)) as connection:
        found = [*connection.execute(staged), *connection.execute(accepted, (data_timestamp,))]
    return {trial for (trial,) in found}


def recorded(file: Path) -> set[str]:
    """The Message-IDs of what is recorded as sent."""
    with closing(sqlite3.connect(file)) as connection:
        return {found for (found,) in connection.execute("SELECT message_id FROM messages WHERE state = 'sent'")}


def next_pass(program: Program, folder: Path) -> Ended:
    """A pass after a kill, and then the minute in which a message waits whose try was cut short."""
    ended = program.run("sync", folder=folder)
    with closing(sqlite3.connect(folder / "tracker.db")) as connection:
        waits = connection.execute("SELECT 1 FROM messages WHERE state = 'waiting'").fetchone()
    return program.run("outbox", "retry", folder=folder) if waits and ended.code == 0 else ended


def content(file: Path) -> Content:
    """All that a database keeps, except times, row numbers and runs in which nothing was to be read."""
    with closing(sqlite3.connect(file)) as connection:
        found: Content = {}
        for table in metadata.sorted_tables:
            if table.name in PASSING:
                continue
            columns = [column for column in table.columns if _lasts(column)]
            names = ", ".join(f'"{column.name}"' for column in columns)
            rows = connection.execute(f'SELECT {names} FROM "{table.name}"').fetchall()
            if table.name == "runs":
                at = [column.name for column in columns].index("counts")
                rows = [row for row in rows if msgspec.json.decode(row[at]).get("checked")]
            found[table.name] = sorted(rows, key=repr)
    return found


def _lasts(column: Column[object]) -> bool:
    name = f"{column.table.name}.{column.name}"
    dated = isinstance(column.type, UtcDateTime) or name in DATED
    passing = name in {TRIES, TIDIED, *EARLIER_SAYS_NOTHING}
    return not dated and not passing and not isinstance(column.type, BigInteger | LargeBinary)
