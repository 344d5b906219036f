"""Replay and copy over the size of a database: the commands as they are called, over trials with seven versions each."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

from benchmarks import studies
from benchmarks.figures import Bar, Figure, Size
from benchmarks.measuring import Cost, environ, run, tracker
from benchmarks.registry import noon
from benchmarks.stage import by_number, configure, days
from tracker.model.run import Check, CheckStatus, RunCounts
from tracker.model.source import DataVersion, Document
from tracker.model.staging import Batch, StagedCheck, StagedSnapshot
from tracker.store import Store, migrate

NAME = "replaying"
_COUNTS: dict[Size, tuple[int, ...]] = {"tiny": (12,), "usual": (100, 300, 1_000), "large": (1_000, 3_000, 10_000)}
_VERSIONS = 7
_TOGETHER = 500
WHOLE = 4_330_000
"""Versions of a whole registry: some 620,000 trials with seven each."""


def measure(size: Size, folder: Path) -> list[Figure]:
    """How many versions each command gets through in a second of processor time, and the memory of its largest process."""
    figures: list[Figure] = []
    for count in _COUNTS[size]:
        at = folder / str(count)
        _fill(at, count)
        config = ("--config", at / "config.toml")
        for name, arguments in (("replay", ("replay",)), ("copy", ("copy", "--to", "sqlite:///copy.db"))):
            cost = run(tracker(*arguments, *config), folder=at, environ=environ())
            figures += _figures(name, count, cost)
    return figures


def _fill(folder: Path, count: int) -> None:
    """A database of so many trials, amended on each of six days, whose change log is empty: nobody has compared them yet."""
    folder.mkdir()
    settings = configure(folder, by_number(count))
    first, *later = days(_VERSIONS)
    migrate(settings.store_url, now=noon(first))
    with Store.open(settings.store_url) as store:
        store.sync_watches(settings.watches, set(), noon(first))
        for times, day in enumerate((first, *later)):
            _stored_day(store, count, times, day)


def _stored_day(store: Store, count: int, times: int, day: str) -> None:
    now, data = noon(day), DataVersion(timestamp=f"{day}T09:00:05", date=day)
    lease = store.acquire_lease("source:ctgov", "bench", now, timedelta(hours=1))
    run_id = store.open_run(lease, "ctgov", now, data).run.id
    status: CheckStatus = "changed" if times else "baseline"
    for start in range(0, count, _TOGETHER):
        places = range(start, min(start + _TOGETHER, count))
        snapshots = tuple(_snapshot(place, times, day) for place in places)
        checks = tuple(StagedCheck(check=Check(trial=one.document.trial, status=status), checked_at=now) for one in snapshots)
        store.stage(lease, run_id, Batch(checks=checks, snapshots=snapshots), now)
    store.accept(lease, run_id, now, RunCounts(checked=count))
    store.release_lease(lease, now)


def _snapshot(place: int, times: int, day: str) -> StagedSnapshot:
    body = studies.varied(place, day)
    body = studies.amended(body, times, day) if times else body
    sha256, now = hashlib.sha256(body).hexdigest(), noon(day)
    document = Document(
        source="ctgov",
        trial=f"ctgov:{studies.nct(place)}",
        url="",
        body=body,
        content_type="application/json",
        fetched_at=now,
        as_of=now,
        data_version=day,
    )
    return StagedSnapshot(document=document, sha256=sha256, digest=sha256, digest_version=1, seen_at=now)


def _figures(name: str, count: int, cost: Cost) -> list[Figure]:
    versions = count * _VERSIONS
    of = f"{name}, {count:,} trials by {_VERSIONS} versions"
    whole = f"{WHOLE:,} versions by proportion: {WHOLE / versions * cost.cpu / 3600:.3g} h of one core"
    return [
        Figure(name=of, figure=versions / cost.cpu, unit="versions/s", note=whole),
        Figure(
            name=f"{of}, memory",
            figure=cost.peak_mb,
            unit="MB",
            bar=Bar(150, of="figure"),
            note=f"{cost.wall:.3g} s by the clock, {cost.cpu:.3g} s of processor time",
        ),
    ]
