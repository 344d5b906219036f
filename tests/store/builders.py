"""Small values for store tests: a trial, a run, a day. Only what matters to a test is said in it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from tracker.model.alert import Alert, Message
from tracker.model.details import Details, RecruitmentStatusDetails
from tracker.model.event import Event, Story
from tracker.model.run import Check, CheckStatus, OpenRun, Run, RunCounts, Verdict
from tracker.model.source import DataVersion, Document, Validators
from tracker.model.staging import AcceptReport, Batch, NewIssue, StagedCheck, StagedEvent, StagedSnapshot
from tracker.model.upkeep import Lease
from tracker.model.vocabulary import Cause, Severity, When
from tracker.model.watch import Page, Watch
from tracker.store import Store
from tracker.store import tables as t

DAY_0 = datetime(2026, 1, 5, 6, tzinfo=UTC)
TTL = timedelta(minutes=10)
A, B, C = "ctgov:NCT00000001", "ctgov:NCT00000002", "ctgov:NCT00000003"
PAGE = Page(source="meddatax", trial="meddatax:NCT00000001", url="https://pages.example/NCT00000001")


def day(number: float) -> datetime:
    return DAY_0 + timedelta(days=number)


def data(number: int) -> DataVersion:
    date = day(number).date().isoformat()
    return DataVersion(timestamp=f"{date}T09:00:05", date=date)


def watch(name: str = "lupus", *trials: str, exclude: tuple[str, ...] = (), pages: tuple[Page, ...] = ()) -> Watch:
    return Watch(name=name, trials=trials, exclude=frozenset(exclude), pages=pages)


def lease(store: Store, now: datetime = DAY_0, name: str = "source:ctgov", holder: str = "host:1") -> Lease:
    return store.acquire_lease(name, holder, now, TTL)


def document(trial: str = A, body: bytes = b'{"nctId": 1}', now: datetime = DAY_0) -> Document:
    return Document(
        source=trial.partition(":")[0],
        trial=trial,
        url=f"https://registry.example/{trial.partition(':')[2]}",
        body=body,
        content_type="application/json",
        fetched_at=now,
        as_of=now,
        data_version=now.date().isoformat(),
    )


def snapshot(
    trial: str = A, body: bytes = b'{"nctId": 1}', now: datetime = DAY_0, *, valid_from: datetime | None = None
) -> StagedSnapshot:
    sha256 = hashlib.sha256(body).hexdigest()
    served = document(trial, body, now)
    return StagedSnapshot(document=served, sha256=sha256, digest=sha256, digest_version=1, seen_at=now, valid_from=valid_from)


def check(
    trial: str = A,
    status: CheckStatus = "baseline",
    now: datetime = DAY_0,
    *,
    error: str = "",
    emptied: tuple[str, ...] = (),
    validators: Validators | None = None,
    nct_number: str | None = None,
    merged_into: str | None = None,
    fingerprint: str | None = None,
) -> StagedCheck:
    return StagedCheck(
        check=Check(trial=trial, status=status, error=error, emptied=emptied),
        checked_at=now,
        validators=validators,
        nct_number=nct_number,
        merged_into=merged_into,
        fingerprint=fingerprint,
    )


def event(
    event_id: str = "e1",
    trial: str = A,
    now: datetime = DAY_0,
    *,
    kind: str = "recruitment_status_changed",
    severity: Severity = "major",
    cause: Cause = "record",
    effective_at: datetime | None = None,
    story: str = "s1",
) -> Event:
    return Event(
        id=event_id,
        kind=kind,
        trial=trial,
        label="a trial",
        severity=severity,
        rule="the rule",
        cause=cause,
        details=RecruitmentStatusDetails(old="RECRUITING", new="TERMINATED", why_stopped="Größe \u0000 of ∞")
        if kind == "recruitment_status_changed"
        else Details(),
        detected_at=now,
        seen_between=(None, now),
        effective_at=effective_at or now,
        story=story,
    )


def story(story_id: str = "s1", trial: str = A, parts: tuple[str, ...] = ("e1",)) -> Story:
    return Story(id=story_id, trial=trial, severity="major", parts=parts)


def alert(event_id: str = "e1", watch: str = "lupus", channel: str = "me", when: When = "immediate") -> Alert:
    return Alert(event=event_id, watch=watch, channel=channel, when=when)


def message(key: str = "me/run-1", now: datetime = DAY_0, channel: str = "me", events: tuple[str, ...] = ("e1",)) -> Message:
    return Message(
        key=key,
        channel=channel,
        kind="alert",
        subject="Now recruiting",
        text="text",
        html="<p>text</p>",
        message_id=f"<{key}@tracker.example>",
        created_at=now,
        events=events,
    )


class Pass:
    """A run of ctgov on one day, in the steps that sync takes."""

    def __init__(self, store: Store, number: float, source: str = "ctgov", *, dated: bool = True) -> None:
        self.store, self.now = store, day(number)
        self.lease = store.acquire_lease(f"source:{source}", "host:1", self.now, TTL)
        self.opened: OpenRun = store.open_run(self.lease, source, self.now, data(int(number)) if dated else None)
        self.id = self.opened.run.id

    def stage(self, **batch: object) -> tuple[NewIssue, ...]:
        return self.store.stage(self.lease, self.id, Batch(**batch), self.now)  # type: ignore[arg-type]

    def accept(self, **more: object) -> AcceptReport:
        report = self.store.accept(self.lease, self.id, self.now, RunCounts(), **more)  # type: ignore[arg-type]
        self.leave()
        return report

    def hold(self, **more: object) -> None:
        self.store.hold(self.lease, self.id, self.now, RunCounts(), Verdict(sick="too much"), **more)  # type: ignore[arg-type]
        self.leave()

    def leave(self) -> None:
        """Give the lease back; a killed process would not."""
        self.store.release_lease(self.lease, self.now)


def baseline(store: Store, *trials: str, number: float = 0, watches: tuple[Watch, ...] = ()) -> None:
    """The first accepted run: each trial's first version."""
    store.sync_watches(watches or (watch("lupus", *trials),), {"me"}, day(number))
    run = Pass(store, number)
    run.stage(
        checks=tuple(check(trial, "baseline", run.now) for trial in trials),
        snapshots=tuple(snapshot(trial, b"first of " + trial.encode(), run.now) for trial in trials),
    )
    run.accept()


def changed(
    trial: str, body: bytes, now: datetime, event_id: str, old_snapshot: int, channels: tuple[str, ...] = ("me",)
) -> dict[str, object]:
    """What a batch holds for one changed trial."""
    staged = snapshot(trial, body, now)
    found = event(event_id, trial, now, story=f"story of {event_id}")
    return {
        "checks": (check(trial, "changed", now),),
        "snapshots": (staged,),
        "events": (StagedEvent(event=found, old=old_snapshot, new=staged.version),),
        "stories": (story(f"story of {event_id}", trial, (event_id,)),),
        "alerts": tuple(alert(event_id, channel=channel) for channel in channels),
    }


def the_run(store: Store, run_id: int) -> Run:
    """A run, whatever became of it."""
    return next(run for run in store.runs(99) if run.id == run_id)


def compared(store: Store, event_id: str) -> tuple[bytes | None, bytes | None]:
    """What the two versions hold that an event compares."""
    columns = (t.events.c.old_snapshot, t.events.c.new_snapshot)
    with store.reading() as connection:
        pair = connection.execute(select(*columns).where(t.events.c.id == event_id)).one()
    old, new = (None if snapshot_id is None else store.document(snapshot_id).body for snapshot_id in pair)
    return old, new
