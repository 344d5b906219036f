"""A small world for scenarios told in days: a loopback registry, a mail server, a database, and the real sync between them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from tests.lab import Day, LoopbackRegistry, Mailbox
from tests.lab.ctis_portal import LoopbackPortal
from tests.lab.drks_register import LoopbackDrks
from tests.lab.eu_register import LoopbackEuRegister
from tests.lab.history import RecordPast
from tests.lab.isrctn_registry import LoopbackIsrctn
from tracker import events, sources
from tracker.archive import Archive
from tracker.config import Settings, load
from tracker.deliver import DeliveryReport, deliver
from tracker.fetch import Fetcher
from tracker.model.event import Event, EventFilter
from tracker.passes import note_trouble
from tracker.store import Store, migrate
from tracker.sync import SyncReport, sync

Study = dict[str, Any]
FIRST_DAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

NOWHERE = "http://127.0.0.1:9"
"""The address of a source that the world does not serve: nothing answers there."""

MAIL = """
[mail]
host = "127.0.0.1"
port = {port}
security = "none"
from = "Tracker <tracker@example.org>"

[operator]
channel = "operator"

[[channel]]
name = "me"
url = "mailto:me@example.org"

[[channel]]
name = "operator"
url = "mailto:operator@example.org"
"""

SENDS = """
[[watch.send]]
to = "me"
when = "immediate"
min_severity = "major"

[[watch.send]]
to = "me"
when = "daily"
min_severity = "notable"
"""


def accepted(store: Store, report: SyncReport) -> list[Event]:
    """The events of a pass, as the change log has them."""
    return list(Archive(store=store, sources={}).run_events(report.accepted_runs))


def study(nct: str, **changes: Any) -> Study:
    """A plain recruiting study; ``changes`` map a path with ``__`` for dots, below protocolSection, to a value."""
    made: Study = {
        "protocolSection": {
            "identificationModule": {
                "nctId": nct,
                "orgStudyIdInfo": {"id": f"ORG-{nct[-3:]}"},
                "organization": {"fullName": "Invented Institute", "class": "OTHER"},
                "briefTitle": f"An Invented Study {nct[-3:]}",
            },
            "statusModule": {
                "statusVerifiedDate": "2026-02",
                "overallStatus": "RECRUITING",
                "startDateStruct": {"date": "2025-06-01", "type": "ACTUAL"},
                "primaryCompletionDateStruct": {"date": "2027-06", "type": "ESTIMATED"},
                "completionDateStruct": {"date": "2027-12", "type": "ESTIMATED"},
                "studyFirstSubmitDate": "2025-05-01",
                "studyFirstSubmitQcDate": "2025-05-01",
                "studyFirstPostDateStruct": {"date": "2025-05-04", "type": "ACTUAL"},
                "lastUpdateSubmitDate": "2026-02-01",
                "lastUpdatePostDateStruct": {"date": "2026-02-03", "type": "ACTUAL"},
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Invented Institute", "class": "OTHER"}},
            "descriptionModule": {"briefSummary": "A summary written for a test."},
            "conditionsModule": {"conditions": ["Testitis"]},
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "phases": ["PHASE2"],
                "enrollmentInfo": {"count": 100, "type": "ESTIMATED"},
            },
            "eligibilityModule": {"sex": "ALL", "stdAges": ["ADULT"], "eligibilityCriteria": "Inclusion Criteria:\n\n* Adults"},
        },
        "derivedSection": {"miscInfoModule": {"versionHolder": "2026-03-02"}},
        "hasResults": False,
    }
    for path, value in changes.items():
        put(made, path, value)
    return made


def put(made: Study, path: str, value: Any) -> Study:
    """Set one value of a study in place; the path is below protocolSection, with ``__`` between its steps."""
    *steps, last = path.split("__")
    node = made["protocolSection"]
    for step in steps:
        node = node.setdefault(step, {})
    node[last] = value
    return made


@cache
def empty_database() -> bytes:
    """A SQLite database with all tables and no rows: the migrations run once for all scenarios of a process."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "tracker.db"
        migrate(f"sqlite:///{file}", now=FIRST_DAY)
        return file.read_bytes()


class World:
    """The registry, mailbox, database (a file in the folder unless named) and configuration of one scenario."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self.folder = folder
        self.database = database or f"sqlite:///{folder / 'tracker.db'}"
        self.now = FIRST_DAY
        self.studies: dict[str, Study | bytes] = {}
        self.pages: dict[str, str] = {}
        self.histories: dict[str, RecordPast] = {}
        self.registry = LoopbackRegistry(self._today())
        self.portal: LoopbackPortal | None = None
        self.isrctn: LoopbackIsrctn | None = None
        self.drks: LoopbackDrks | None = None
        self.eu_register: LoopbackEuRegister | None = None
        self.mailbox = Mailbox()
        self.config = folder / "config.toml"
        self.sources = sources.load()
        self.canaries: dict[str, str] = {}
        self._store: Store | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._store:
            self._store.close()
        self.mailbox.close()
        self.registry.close()

    def configure(self, watches: str, *, extra: str = "") -> Settings:
        """Write the configuration: the given ``[[watch]]`` text and everything a scenario needs around it."""
        head = "".join(self._source(key) for key in sources.load())
        store = f'[store]\nurl = "{self.database}"\n[http]\ncontact = "me@example.org"\n'
        self.config.write_text(store + head + MAIL.format(port=self.mailbox.port) + watches + extra, encoding="utf-8")
        return self.settings

    def _source(self, key: str) -> str:
        """The settings of a source: the loopback registry stands in for it, or it is off and nothing leaves the machine."""
        registry = self.registry
        served = {"ctgov": registry.base_url, "meddatax": registry.meddatax_url, "trialx": registry.trialx_url}
        if self.portal:
            served["ctis"] = self.portal.base_url
        if self.isrctn:
            served["isrctn"] = self.isrctn.base_url
        if self.drks:
            served["drks"] = self.drks.base_url
        if self.eu_register:
            served["euctr"] = self.eu_register.base_url
        if key not in served:
            return f'[sources.{key}]\nbase_url = "{NOWHERE}"\nenabled = false\n'
        canary = f'canary = "{self.canaries[key]}"\n' if key in self.canaries else ""
        return f'[sources.{key}]\nbase_url = "{served[key]}"\npace = 1000\n{canary}'

    @property
    def settings(self) -> Settings:
        return load(
            self.config,
            sources={key: source.info for key, source in sources.load().items()},
            kinds={name: frozenset(kind.effects) for name, kind in events.KINDS.items()},
            environ={},
            page_of=sources.page_of,
            read_search=sources.read_search,
        )

    @property
    def store(self) -> Store:
        if self._store is None:
            file = self.folder / "tracker.db"
            if self.database == f"sqlite:///{file}" and not file.exists():
                file.write_bytes(empty_database())
            migrate(self.settings.store_url, now=self.now)
            self._store = Store.open(self.settings.store_url)
        return self._store

    def clock(self) -> datetime:
        return self.now

    def sync(self, *, only: tuple[str, ...] = (), full: bool = False) -> SyncReport:
        """One pass over the scenario's studies and pages as they are now."""
        self.show()
        return self.sync_shown(only=only, full=full)

    def show(self) -> None:
        """The registry shows the scenario's studies and pages as they are now."""
        self.registry.show(self._today())

    def sync_shown(self, *, only: tuple[str, ...] = (), full: bool = False) -> SyncReport:
        """One pass over whatever the registry was made to show."""
        with Fetcher(user_agent="tracker-tests/1", sleep=lambda _: None) as fetcher:
            report = sync(self.settings, self.store, self.sources, fetcher, self.clock, only=only, full=full)
        note_trouble(self.settings, self.store, report, self.now)
        return report

    def deliver(self) -> DeliveryReport:
        return deliver(self.settings, self.store, self.sources, self.clock)

    def day(self, *, after: timedelta = timedelta(days=1), change: Callable[[], None] | None = None) -> SyncReport:
        """Let time pass, apply a change to the registry, sync and deliver."""
        self.now += after
        if change:
            change()
        report = self.sync()
        self.deliver()
        return report

    def amend(self, nct: str, **changes: Any) -> None:
        """The registry's record changes: a new version of the study takes the place of the old one."""
        made = copy.deepcopy(self.studies[nct])
        assert isinstance(made, dict)
        for path, value in changes.items():
            put(made, path, value)
        self.studies[nct] = made

    def kinds(self) -> list[tuple[str, str]]:
        """The change log: (trial, kind), in order."""
        return [(event.trial, event.kind) for event in self.store.events(EventFilter())]

    def subjects(self, recipient: str = "me@example.org") -> list[str]:
        """Subjects of the mails a reader got, in order."""
        return [str(letter.message["Subject"]) for letter in self.mailbox.to(recipient)]

    def _today(self) -> Day:
        studies: Mapping[str, Study | bytes] = dict(self.studies)
        return Day(
            data_timestamp=f"{self.now:%Y-%m-%d}T09:00:05",
            studies=studies,
            pages=dict(self.pages),
            histories=dict(self.histories),
        )
