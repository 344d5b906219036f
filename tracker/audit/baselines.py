"""Which version of a record is the baseline of an audit, as far as versions and the registry's index are known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import msgspec

from tracker.events.outcome_matching import FIELDS
from tracker.model.history import OriginalData, RegistryVersion, StoredHistory
from tracker.model.record import TrialRecord

Start = Literal["first", "start", "primary_completion", "results"]
SECTION = "outcome"
"""What the registry's word for a section with outcomes has in it."""
BACKFILL = "`tracker backfill --versions needed` fetches it"

_TITLES: dict[Start, str] = {
    "first": "registration",
    "start": "start",
    "primary_completion": "primary completion",
    "results": "before results",
}


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A stored version as an audit needs it: since when it stood, its number at the registry, its record, how we got it."""

    day: dt.date
    number: int | None
    record: TrialRecord
    imported: bool = False


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit compares with: a stored version, or what the index says of the first. ``place`` is that of the version."""

    name: str
    record: TrialRecord
    day: dt.date
    number: int | None
    place: int | None = None
    from_index: bool = False


def starts(wanted: Start | None) -> tuple[Start, ...]:
    """The baselines asked for; both registration and start unless one is named."""
    return (wanted,) if wanted else ("first", "start")


def baseline(wanted: Start, versions: Sequence[Held], index: StoredHistory | None) -> Baseline | str:
    """The baseline, or why it is not known. ``versions`` are in the order in which the registry showed them, at least one."""
    if wanted == "first":
        return _registration(versions, index)
    moment = _moment(wanted, versions[-1].record)
    return moment if isinstance(moment, str) else _in_force(wanted, moment, versions, index)


def title(wanted: Start) -> str:
    """The name of a baseline in words."""
    return _TITLES[wanted]


def flags(versions: Sequence[Held], index: StoredHistory | None) -> tuple[int, int]:
    """How often the index marks outcomes as touched between two kept neighbours, and in how many of these no text differs."""
    kept = {version.number: version.record for version in versions}
    listed = index.history.versions if index else ()
    flagged = [
        (kept[old.number], kept[new.number])
        for old, new in pairwise(listed)
        if touches_outcomes(new) and old.number in kept and new.number in kept
    ]
    return len(flagged), sum(all(getattr(old, field) == getattr(new, field) for field in FIELDS) for old, new in flagged)


def touches_outcomes(version: RegistryVersion) -> bool:
    """Whether the registry's index marks a version's outcomes as edited."""
    return any(SECTION in section.casefold() for section in version.touched)


def _registration(versions: Sequence[Held], index: StoredHistory | None) -> Baseline | str:
    first = versions[0]
    listed = index.history.versions if index else ()
    if first.number is not None and first.number == (listed[0].number if listed else 0):
        return _of(_TITLES["first"], first, 0)
    if listed and index and index.history.original.primary_outcomes is not None:
        return Baseline(
            name=_TITLES["first"],
            record=_as_registered(versions[-1].record, index.history.original),
            day=listed[0].date,
            number=listed[0].number,
            from_index=True,
        )
    if len(listed) == 1 or _never_updated(first.record):
        return _of(_TITLES["first"], first, 0)
    return f"the version at registration is not known: the first one kept is of {first.day}; `tracker backfill` asks for it"


def _never_updated(record: TrialRecord) -> bool:
    """Whether a record was posted first and updated last on the same day: it is as it was registered."""
    posted, updated = record.first_posted, record.last_update_posted
    return posted is not None and updated is not None and posted.first is not None and posted.date == updated.date


def _as_registered(record: TrialRecord, original: OriginalData) -> TrialRecord:
    """The record with the outcomes of its first version; a list that the index leaves out counts as unchanged."""
    given = {field: outcomes for field in FIELDS if (outcomes := getattr(original, field)) is not None}
    return msgspec.structs.replace(record, **given)


def _moment(wanted: Start, record: TrialRecord) -> dt.date | str:
    """The last day on which the baseline may have begun, by the dates as now known."""
    if wanted == "results":
        days = sorted(filter(None, (step.date for step in record.results_submissions or () if step.type == "RELEASE")))
        posted = record.results_first_posted
        day = _day(days[0]) if days else posted.first if posted else None
        return day - dt.timedelta(days=1) if day else "the record says of no results when they were submitted or posted"
    given = record.start_date if wanted == "start" else record.primary_completion_date
    what = "start date" if wanted == "start" else "primary completion date"
    if given is None or given.first is None:
        return f"the record states no {what}"
    return given.first


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _in_force(wanted: Start, moment: dt.date, versions: Sequence[Held], index: StoredHistory | None) -> Baseline | str:
    """The version that stood on a day; one that only earlier sections differ from counts as it, by the index."""
    latest = versions[-1]
    if moment > latest.day and latest.record.recruitment_status == "NOT_YET_RECRUITING" and wanted == "start":
        return f"the trial has not begun: its start is planned for {moment}"
    listed = [version for version in index.history.versions if version.date <= moment] if index else []
    if index and index.history.versions and not listed:
        return f"there was no version yet on {moment}: the trial was registered on {index.history.versions[0].date}"
    if listed:
        return _by_index(wanted, moment, versions, listed)
    standing = [place for place, version in enumerate(versions) if version.day <= moment]
    if not standing:
        return f"the version in force on {moment} is not known: the first one kept is of {versions[0].day}; {BACKFILL}"
    place = standing[-1]
    if versions[place].imported and not _follow(versions[place : place + 2]):
        return (
            f"it is not known whether there was a version between {versions[place].day} and {moment}; "
            "`tracker backfill` asks for the index"
        )
    return _of(_TITLES[wanted], versions[place], place)


def _follow(versions: Sequence[Held]) -> bool:
    """Whether two versions have consecutive numbers at the registry: there was none between them."""
    numbers = [version.number for version in versions]
    return len(numbers) == 2 and numbers[0] is not None and numbers[1] == numbers[0] + 1


def _by_index(wanted: Start, moment: dt.date, versions: Sequence[Held], listed: Sequence[RegistryVersion]) -> Baseline | str:
    """The stored version that the index says stood, or one before it with the same outcomes."""
    standing = listed[-1]
    for version in reversed(listed):
        for place, held in enumerate(versions):
            if held.number == version.number:
                return _of(_TITLES[wanted], held, place)
        if touches_outcomes(version):
            break
    return f"version {standing.number} of {standing.date}, in force on {moment}, is not kept; {BACKFILL}"


def _of(name: str, held: Held, place: int) -> Baseline:
    return Baseline(name=name, record=held.record, day=held.day, number=held.number, place=place)


def numbered(held: Held, index: StoredHistory | None) -> Held:
    """A version with its number at the registry: of one seen live, that of the last one sent in by its date of update."""
    updated = held.record.last_update_posted
    if held.number is not None or index is None or updated is None or updated.last is None:
        return held
    sent = [version for version in index.history.versions if version.date <= min(updated.last, held.day)]
    return msgspec.structs.replace(held, number=sent[-1].number, day=sent[-1].date) if sent else held
