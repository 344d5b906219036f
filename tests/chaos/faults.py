"""Faults of registries as data: how an answer is spoilt, where, and when; and the days on which that happens."""

from __future__ import annotations

import copy
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import create_engine, text

from tests.chaos import SEED
from tests.lab import Day, LoopbackRegistry, Reply, Request
from tests.lab.demo_days import MEDDATAX_PAGE, MIRRORED, TRIALX_PAGE, days
from tests.world import SENDS, World
from tracker.fetch import Fetcher, Limits
from tracker.model.event import EventFilter
from tracker.passes import note_trouble
from tracker.render.kinds import headline
from tracker.sync import SyncReport, sync

Spoil = Callable[[Request, Reply], Reply | None]
"""What comes in place of the true answer; None leaves it as it is."""

# --- how ------------------------------------------------------------------------------------------------------------

HTML = {"Content-Type": "text/html; charset=utf-8"}
JSON = {"Content-Type": "application/json"}
MAINTENANCE = b"<!doctype html><title>Maintenance</title><p>We are improving our service. Please come back later.</p>"
NEW_LAYOUT = """<!doctype html><html><head><title>{title}</title></head><body><div id="app"><h1>{title}</h1>
<div class="card"><b>State</b> see below</div><div class="card"><b>About</b> Everything about this study, nicer than ever.</div>
<div class="card"><b>Where</b> Many places.</div></div></body></html>"""


def plain(status: int, body: bytes = b"", **headers: str) -> Spoil:
    """The same reply to everything."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request, answer: Reply(status=status, headers=named, body=body)


def of_studies(change: Callable[[dict[str, Any]], None]) -> Spoil:
    """Change every whole study of an answer."""

    def spoil(request: Request, answer: Reply) -> Reply | None:
        held = _studies(answer)
        if held is None or "fields" in dict(request.params):
            return None
        decoded, studies = held
        for study in studies:
            change(study)
        return replace(answer, body=json.dumps(decoded).encode())

    return spoil


def _studies(answer: Reply) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """An answer's JSON and the studies in it, to be changed in place."""
    if answer.status != 200 or b'"protocolSection"' not in answer.body:
        return None
    decoded = json.loads(answer.body)
    return decoded, decoded.get("studies", [decoded])


def blank_status(study: dict[str, Any]) -> None:
    study["protocolSection"]["statusModule"]["overallStatus"] = ""


def rename(study: dict[str, Any], *path: str, to: str) -> bool:
    """Give a field another name, in every entry of the lists on the way; whether it was there."""
    *steps, last = path
    nodes: list[Any] = [study]
    for step in steps:
        nodes = [inner for node in nodes if step in node for inner in _entries(node[step])]
    found = [node for node in nodes if isinstance(node, dict) and last in node]
    for node in found:
        node[to] = node.pop(last)
    return bool(found)


def _entries(node: object) -> list[Any]:
    return [one for one in (node if isinstance(node, list) else [node]) if isinstance(one, dict)]


def renamed_enrollment(study: dict[str, Any]) -> None:
    rename(study, "protocolSection", "designModule", "enrollmentInfo", to="enrollmentDetails")


def shrunk(request: Request, answer: Reply) -> Reply | None:
    """A well-formed list with a tenth of what it should hold, and nothing that says so."""
    held = _studies(answer)
    if held is None or "studies" not in held[0]:
        return None
    decoded, studies = held
    few = {"studies": studies[: len(studies) // 10]}
    return replace(answer, body=json.dumps(few | ({"totalCount": 0} if "totalCount" in decoded else {})).encode())


def moved() -> Spoil:
    """The data move between two pages of a list, once: what stood first on the second page has slipped to the first."""
    slipped: list[bool] = []

    def spoil(request: Request, answer: Reply) -> Reply | None:
        held = _studies(answer)
        if slipped or held is None or "pageToken" not in dict(request.params):
            return None
        slipped.append(True)
        held[1].pop(0)
        return replace(answer, body=json.dumps(held[0]).encode())

    return spoil


def new_layout(request: Request, answer: Reply) -> Reply | None:
    title = re.search(rb"<title>(.*?)</title>", answer.body)
    if answer.status != 200 or title is None:
        return None
    return Reply(status=200, headers=HTML, body=NEW_LAYOUT.replace("{title}", title[1].decode()).encode())


def new_label(request: Request, answer: Reply) -> Reply | None:
    """A page that gives some of its fields other names."""
    body = answer.body.replace(b"Recruitment Status", b"State of Play").replace(b"Study Start Date", b"Kick-off")
    return replace(answer, body=body) if body != answer.body else None


FAULTS: Mapping[str, Callable[[], Spoil]] = {
    "500": lambda: plain(500, b"oops"),
    "503": lambda: plain(503, MAINTENANCE, Content_Type="text/html"),
    "429": lambda: plain(429),
    "429, wait a little": lambda: plain(429, Retry_After="20"),
    "429, wait for hours": lambda: plain(429, Retry_After="7200"),
    "403 with a page": lambda: plain(403, b"<html>Forbidden</html>", Content_Type="text/html"),
    "maintenance page with 200": lambda: plain(200, MAINTENANCE, Content_Type="text/html"),
    "empty body": lambda: plain(200, Content_Type="application/json"),
    "empty object": lambda: plain(200, b"{}", Content_Type="application/json"),
    "error object with 200": lambda: plain(200, b'{"error": {"code": 17}}', Content_Type="application/json"),
    "truncated": lambda: lambda request, answer: replace(answer, body=answer.body[: len(answer.body) * 2 // 3]),
    "cut off": lambda: lambda request, answer: replace(answer, truncate=len(answer.body) // 2),
    "wrong content type": lambda: lambda request, answer: replace(answer, headers={"Content-Type": "application/octet-stream"}),
    "reset": lambda: lambda request, answer: Reply(reset=True),
    "slow": lambda: lambda request, answer: replace(answer, delay=60),
    "redirect loop": lambda: lambda request, answer: Reply(status=302, headers={"Location": request.target}),
    "login": lambda: plain(302, Location="/login?next=/"),
    "moved while paging": moved,
    "a tenth of the list": lambda: shrunk,
    "every status blank": lambda: of_studies(blank_status),
    "renamed field": lambda: of_studies(renamed_enrollment),
    "new layout": lambda: new_layout,
    "new labels": lambda: new_label,
}
"""Name -> a fresh fault."""

# --- where ----------------------------------------------------------------------------------------------------------


def _is_api(request: Request) -> bool:
    return request.path.startswith("/api/v2")


def _asks(request: Request, *, ids: bool, later: bool) -> bool:
    names = dict(request.params)
    return request.path.endswith("/studies") and ("filter.ids" in names) == ids and ("pageToken" in names) == later


PLACES: Mapping[str, Callable[[Request], bool]] = {
    "version": lambda request: request.path.endswith("/version"),
    "search, page 1": lambda request: _asks(request, ids=False, later=False),
    "search, page 2": lambda request: _asks(request, ids=False, later=True),
    "numbers, page 1": lambda request: _asks(request, ids=True, later=False),
    "numbers, page 2": lambda request: _asks(request, ids=True, later=True),
    "the registry": _is_api,
    "robots.txt": lambda request: request.path == "/robots.txt",
    "meddatax": lambda request: request.path.startswith("/meddatax/"),
    "trialx": lambda request: request.path.startswith("/trialx/"),
    "everything": lambda request: True,
}

# --- when -----------------------------------------------------------------------------------------------------------

TIMES: Mapping[str, Callable[[int], bool]] = {
    "always": lambda number: True,
    "the first time": lambda number: number == 0,
    "the second time": lambda number: number == 1,
    "from the second time on": lambda number: number > 0,
    "now and then": lambda number: random.Random(SEED * 1000 + number).random() < 0.5,
}
"""Name -> whether the fault shows at the so-manieth request there, counted from 0 on each day."""


@dataclass(frozen=True)
class Point:
    """A fault at a place, at its times, for so many days in a row."""

    fault: str
    place: str
    when: str = "always"
    days: int = 1

    def __str__(self) -> str:
        return f"{self.fault} at {self.place}, {self.when}" + (f", {self.days} days" if self.days > 1 else "")


@dataclass
class Weather:
    """The registry's answers on one day of a point: small pages, so that lists have several, and the fault."""

    registry: LoopbackRegistry
    point: Point | None = None
    struck: int = 0
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self._spoil = FAULTS[self.point.fault]() if self.point else None

    def __call__(self, request: Request) -> Reply | None:
        sizes = {"pageSize": "4" if "filter.ids" in dict(request.params) else "2"}
        params = tuple((name, sizes.get(name, value)) for name, value in request.params)
        answer = self.registry.answer(replace(request, params=params))
        if self.point is None or self._spoil is None or not PLACES[self.point.place](request):
            return answer
        spoilt = self._spoil(request, answer) if TIMES[self.point.when](next(self._numbers)) else None
        self.struck += spoilt is not None
        return spoilt or answer


# --- the days -------------------------------------------------------------------------------------------------------

LISTED = [MIRRORED, "NCT06801119", *(f"NCT0990000{number}" for number in (1, 2, 5, 6, 8)), "NCT09900011"]
LEAVER = "NCT09900010"
WATCHES = (
    f'[[watch]]\nname = "listed"\ntrials = {LISTED}\npages = ["{{meddatax}}{MEDDATAX_PAGE}", "{{trialx}}{TRIALX_PAGE}"]\n'
    + SENDS
    + '[[watch]]\nname = "search"\nsearch = "https://clinicaltrials.gov/search?cond=Vasculitis%20OR%20Systemic%20Sclerosis"\n'
    + SENDS
)
FIRST = datetime.fromisoformat("2026-02-10T10:00:00+00:00")
RECOVERY_DAYS = 3
KEPT_TABLES = ("trials", "memberships", "snapshots", "events", "stories", "source_state")
"""Tables that must hold the same rows in the end, whatever failed meanwhile. The others keep books on runs and messages."""


@cache
def before_and_after() -> tuple[Day, Day]:
    """The registry before the fault and from its first day on: what all of the demo's days change, and a trial that leaves."""
    first, _, last = days()
    leaver = copy.deepcopy(dict(last.study(LEAVER)))
    protocol = leaver["protocolSection"]
    protocol["conditionsModule"] = {"conditions": ["Raynaud Phenomenon"]}
    protocol["identificationModule"] |= {"briefTitle": "Warm Gloves for Cold Hands", "officialTitle": "A Study of Warm Gloves"}
    protocol["descriptionModule"] = {"briefSummary": "Gloves are compared with none."}
    return first, replace(last, studies={**last.studies, LEAVER: msgspec.json.encode(leaver)})


class ChaosWorld(World):
    """The demo's registry and sites, asked with short patience."""

    def __init__(self, folder: Path) -> None:
        self.shown = before_and_after()[0]
        super().__init__(folder)
        self.now = FIRST
        self.weather = Weather(self.registry)
        self.configure(WATCHES.replace("{meddatax}", self.registry.meddatax_url).replace("{trialx}", self.registry.trialx_url))

    def sync_shown(self, *, only: tuple[str, ...] = (), full: bool = False) -> SyncReport:
        """One pass that waits for nothing long; a machine that is busy is no fault of the registry's."""
        slow = self.weather.point is not None and self.weather.point.fault == "slow"
        limits = Limits(read_timeout=0.2 if slow else 20, attempts=2, circuit=2)
        with Fetcher(user_agent="tracker-tests/1", sleep=lambda _: None, limits=limits) as fetcher:
            report = sync(self.settings, self.store, self.sources, fetcher, self.clock, only=only, full=full)
        note_trouble(self.settings, self.store, report, self.now)
        return report

    def strike(self, point: Point | None) -> None:
        """From now on the registry answers as the point says."""
        self.weather = Weather(self.registry, point)
        self.registry.fault = self.weather

    def _today(self) -> Day:
        return replace(self.shown, data_timestamp=f"{self.now:%Y-%m-%d}T09:00:05")


Log = Counter[tuple[str, str, str]]
"""The change log as it must come out, whenever it was found: (trial, kind, changes)."""


@dataclass(frozen=True)
class Outcome:
    """What is there after some day: the log, how often each headline was mailed, and what the store holds.

    ``troubles`` counts what the operator was told of trouble that began or ended, ``notes`` of words never met before.

    What a page repeats is left out of ``mailed``: where its registry cannot be read, the page tells it first.
    """

    state: str
    log: Log
    mailed: Counter[str]
    rows: Mapping[str, int]
    snapshot_bytes: int
    issues: int
    notes: int
    troubles: int
    struck: int


def lived(folder: Path, point: Point | None, fault_days: int) -> list[Outcome]:
    """The outcomes of each day: a healthy one, those of the fault while the registry changes, and those of recovery."""
    outcomes = []
    with ChaosWorld(folder) as world:
        for number in range(1 + fault_days + RECOVERY_DAYS):
            faulty = 1 <= number <= fault_days
            world.strike(point if faulty else None)
            if number:
                world.shown = before_and_after()[1]
            report = world.day(after=timedelta(days=1))
            outcomes.append(_outcome(world, report))
    return outcomes


def _outcome(world: ChaosWorld, report: SyncReport) -> Outcome:
    events = list(world.store.events(EventFilter()))
    parts = [letter.message.get_body(("plain",)) for letter in world.mailbox.to("me@example.org")]
    flat = [" ".join(part.get_content().split()) for part in parts if part]
    headlines = [headline(event) for event in events if MIRRORED not in event.trial]
    rows, size, issues = _stored(world)
    return Outcome(
        state=report.state,
        log=Counter((event.trial, event.kind, msgspec.json.encode(event.changes).decode()) for event in events),
        mailed=Counter({told: sum(told in body for body in flat) for told in headlines}),
        rows=rows,
        snapshot_bytes=size,
        issues=issues,
        notes=sum("something new" in subject for subject in world.subjects("operator@example.org")),
        troubles=sum("something new" not in subject for subject in world.subjects("operator@example.org")),
        struck=world.weather.struck,
    )


def _stored(world: ChaosWorld) -> tuple[dict[str, int], int, int]:
    """The rows of the tables that are kept, the bytes of all snapshots, and how many words and fields were noted."""
    engine = create_engine(world.settings.store_url)
    with engine.connect() as connection:
        rows = {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in KEPT_TABLES}
        size = connection.execute(text("SELECT coalesce(sum(size), 0) FROM snapshots")).scalar_one()
        issues = connection.execute(text("SELECT count(*) FROM issues")).scalar_one()
    engine.dispose()
    return rows, size, issues
