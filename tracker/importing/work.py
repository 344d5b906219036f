"""The import of one file: which source reads it, which of its trials are wanted, and a run over these like any other."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable, Collection, Mapping
from typing import BinaryIO

import msgspec

from tracker.clock import Clock
from tracker.config import Settings
from tracker.detect import age
from tracker.errors import UsageError
from tracker.extract.saved import what_it_is
from tracker.importing.opening import readable
from tracker.importing.spool import Spool
from tracker.model.ids import REGISTRIES, recognise, split_key
from tracker.model.source import DataVersion, FileTrouble, FromFiles, Source, Versioned
from tracker.model.watch import Join
from tracker.store import Store
from tracker.store.processes import holder_name
from tracker.sync import Progress, SourceReport, no_progress
from tracker.sync.source_run import SourceRun

_PORTAL = "ICTRP Search Portal"
_NUMBER = re.compile(r"[A-Za-z]{2,}[A-Za-z0-9/-]{6,30}")

OPENING = 1 << 16
"""Bytes by which a file is recognised."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which trials of a file are wanted: those with the number of one that is followed, or ``watch`` follows all of them.

    ``as_of`` is when the file was made, where it does not say so itself or says it wrongly.
    """

    watch: str | None = None
    as_of: DataVersion | None = None


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one file: how many trials it ``held``, how many of them are ``wanted``, and which ``joined`` a watch by it.

    ``run`` is None where none of its trials is wanted.
    """

    name: str
    source: str
    made_at: str | None
    held: int
    wanted: int
    joined: int = 0
    troubles: tuple[FileTrouble, ...] = ()
    run: SourceReport | None = None


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """What imports work with."""

    settings: Settings
    store: Store
    sources: Mapping[str, Source]
    clock: Clock
    progress: Progress = no_progress
    stop: Callable[[], bool] = lambda: False


def import_file(work: Import, name: str, file: BinaryIO, wanted: Wanted) -> ImportReport:
    """Read one file and accept what it says of the trials that are wanted. Raises UsageError for a file that is not read."""
    with readable(name):
        opening = file.read(OPENING)
        file.seek(0)
    source = _reader(work.sources, name, opening)
    assert isinstance(source, FromFiles)
    now = work.clock()
    with Spool(name, now) as spool:
        following = _following(work.store)
        with readable(name):
            spool.fill(source, file, None if wanted.watch else following.keys())
        spool.made_at = wanted.as_of or spool.made_at
        if spool.trials and isinstance(source, Versioned) and spool.made_at is None:
            raise UsageError(
                f"{name} does not say when it was exported, or says what cannot be.",
                remedy="Name the day: --as-of 2026-10-04.",
            )
        joined = _join(work, source, spool, wanted, following)
        return ImportReport(
            name=name,
            source=source.info.key,
            made_at=spool.made_at.timestamp if spool.made_at else None,
            held=spool.held,
            wanted=len(spool.trials),
            joined=joined,
            troubles=tuple(spool.troubles),
            run=_run(work, source, spool) if spool.trials else None,
        )


def _reader(sources: Mapping[str, Source], name: str, opening: bytes) -> Source:
    """The source whose file this is. Raises UsageError, which says what else it is and what to download."""
    for source in sources.values():
        if isinstance(source, FromFiles) and source.is_file(opening):
            return source
    for source in sources.values():
        if not source.info.from_files and source.sniff(opening):
            raise UsageError(
                f"{name} is a record of {source.info.title}, which is asked directly.",
                remedy="Follow the trial with `tracker add`; `tracker backfill --from` brings in versions of the past.",
            )
    looks = _whose(opening) or what_it_is(opening) or "It is no export or record known here"
    kinds = " ".join(f"{one.info.title}: {one.info.download}" for one in sources.values() if one.info.from_files)
    raise UsageError(f"{name} is not read. {looks}. What is read:", remedy=kinds)


def _whose(opening: bytes) -> str:
    """Whose page or export a file seems to be, by the first trial's number in it; nothing where it names none."""
    text = opening.decode("utf-8", "replace")
    if _PORTAL in text:
        return "It is a page of the WHO ICTRP portal, which is not read: export the search instead"
    for token in _NUMBER.findall(text):
        found = recognise(token)
        if found:
            title = next(registry.title for registry in REGISTRIES if registry.source == found.source)
            said = "which is not read as a file of this form: import the trial from an export of WHO ICTRP"
            return f"It seems to be of {title} ({found.number}), {said}"
    return ""


def _following(store: Store) -> dict[str, set[str]]:
    """The numbers of all trials that are followed, each with the watches that follow it otherwise than beside another."""
    found: dict[str, set[str]] = {}
    for member in store.memberships():
        if member.how != "beside":
            found.setdefault(split_key(member.trial).number, set()).add(member.watch)
    return found


def _join(work: Import, source: Source, spool: Spool, wanted: Wanted, following: Mapping[str, Collection[str]]) -> int:
    """Let the trials of a file that is not older than the last one join the watches; gives how many did."""
    state = work.store.source_states().get(source.info.key)
    accepted = state.data_timestamp if state else None
    if spool.made_at and age.is_older_data(spool.made_at.timestamp, accepted, work.clock()):
        return 0
    joins = []
    for trial in spool.trials:
        watches = following.get(split_key(trial).number, ())
        joins += [Join(watch=watch, trial=trial, how="beside") for watch in sorted(watches) if watch != wanted.watch]
        if wanted.watch:
            joins.append(Join(watch=wanted.watch, trial=trial, how="import"))
    new = work.store.join_imported(joins, work.clock())
    for watch in sorted({join.watch for join in new}):
        count = sum(join.watch == watch for join in new)
        said = "1 trial was" if count == 1 else f"{count:,} trials were"
        work.store.add_note(watch, f"{said} added to watch “{watch}” by the import of {spool.name}.", work.clock())
    return len({join.trial for join in new})


def _run(work: Import, source: Source, spool: Spool) -> SourceReport:
    homes_read = threading.Event()
    homes_read.set()
    return SourceRun(
        settings=work.settings,
        store=work.store,
        source=source,
        sources=work.sources,
        fetcher=spool,
        clock=work.clock,
        holder=holder_name(),
        only=frozenset(),
        full=True,
        progress=work.progress,
        stop=work.stop,
        homes_read=homes_read,
        offered=frozenset(spool.trials),
    ).run()


def day_of(text: str) -> DataVersion:
    """A day, or a day and time, as a data version. Raises UsageError for anything else."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--as-of {text} is no day.", remedy="Write it as 2026-10-04, or 2026-10-04T04:51.") from error
    return DataVersion(timestamp=moment.isoformat(), date=moment.date().isoformat())
