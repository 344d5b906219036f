"""Linked registries that disagree: on whether a trial recruits or is over, and on whether its results are there. Pure.

Only words that leave no doubt are compared. What a registry does not state, states coarsely or states of its own countries
alone is no disagreement.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from tracker.duties import facts, has_results
from tracker.duties.registrations import RegisteredTrial, over_registrations
from tracker.model.details import MirrorDetails, RecruitmentStatusDetails
from tracker.model.event import Event
from tracker.model.record import TrialRecord
from tracker.model.source import SourceInfo
from tracker.model.vocabulary import ENDED_STATUSES, OPEN_STATUSES, KindName

STANDS = dt.timedelta(days=30)
"""Registries may take their time with an update: a disagreement is told once both were seen to differ for so long."""

LOOKED_AT: tuple[KindName, ...] = (
    "registries_disagree",
    "recruitment_status_changed",
    "results_posted",
    "results_submission_changed",
)
"""The past events by which is known since when a registry says what it says, and what was told."""

Field = Literal["recruitment_status", "results_state"]
FIELDS: tuple[Field, ...] = ("recruitment_status", "results_state")

Verdict = Literal["differ", "agree", "silent"]
"""``silent``: one of the two says nothing that could be held against the other."""

_GROUPS = {
    **dict.fromkeys(OPEN_STATUSES, "recruiting"),
    **dict.fromkeys(
        ("NOT_YET_RECRUITING", "ACTIVE_NOT_RECRUITING", "SUSPENDED", "TEMPORARILY_NOT_AVAILABLE"), "not recruiting"
    ),
    **dict.fromkeys(ENDED_STATUSES, "ended"),
}
"""What a status says of a trial to those who want to take part. Unknown and coarse ones say nothing."""

_OPENNESS = ("recruiting", "not recruiting", "ended")

_OWED_NOW = frozenset({"due", "grace", "overdue"})
_OWED_LATER = frozenset({"ahead", "projected"})


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One registry's record of a trial, with the times by which it is known how long it was seen to say the same.

    ``past`` are the record's accepted events of the kinds `LOOKED_AT`, ``tracked_since`` is when it was first seen.
    """

    record: TrialRecord
    source: SourceInfo
    tracked_since: dt.datetime
    last_seen_at: dt.datetime
    past: Sequence[Event] = ()

    @property
    def trial(self) -> str:
        """The trial's key."""
        return self.record.trial


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """Two registries were seen to differ in a field, from ``since`` until ``until``; each side's word has its own time."""

    field: Field
    mine: str
    theirs: str
    my_word_since: dt.datetime
    their_word_since: dt.datetime
    until: dt.datetime

    @property
    def since(self) -> dt.datetime:
        """Since when both say what they say."""
        return max(self.my_word_since, self.their_word_since)

    @property
    def stands(self) -> bool:
        """Whether it was seen for long enough."""
        return self.until - self.since >= STANDS


def group(status: str | None) -> str | None:
    """What a status says to those who want to take part, None for one that leaves it open."""
    return _GROUPS.get(status or "")


def verdict(field: Field, mine: Side, theirs: Side, day: dt.date) -> Verdict:
    """How two registries stand to each other in a field."""
    if field == "recruitment_status":
        return _of_status(mine, theirs)
    return _of_results(mine, theirs, day)


def disagreement(field: Field, mine: Side, theirs: Side) -> Disagreement:
    """The disagreement of two records that differ, with the times by which it is known how long it stands."""
    return Disagreement(
        field=field,
        mine=_word(field, mine),
        theirs=_word(field, theirs),
        my_word_since=_since(field, mine),
        their_word_since=_since(field, theirs),
        until=min(mine.last_seen_at, theirs.last_seen_at),
    )


def told(field: Field, mine: Side, other: str) -> Event | None:
    """The event by which a disagreement was told that has not ended since."""
    of_these = [one for one in mine.past if _is_of(one, field, other)]
    last = max(of_these, key=lambda one: (one.detected_at, one.id), default=None)
    return None if last is None or (isinstance(last.details, MirrorDetails) and last.details.ended) else last


def _is_of(event: Event, field: Field, other: str) -> bool:
    details = event.details
    return isinstance(details, MirrorDetails) and details.home == other and bool(details.words) and field in details.fields


def _of_status(mine: Side, theirs: Side) -> Verdict:
    if not (mine.source.overall_status and theirs.source.overall_status):
        return "silent"
    said, other = group(mine.record.recruitment_status), group(theirs.record.recruitment_status)
    if said is None or other is None:
        return "silent"
    if said == other:
        return "agree"
    more, less = sorted((mine, theirs), key=lambda side: _OPENNESS.index(group(side.record.recruitment_status) or ""))
    return "silent" if _goes_on_elsewhere(more.record, less.record) else "differ"


def _goes_on_elsewhere(more: TrialRecord, less: TrialRecord) -> bool:
    """Whether the record that says that more goes on has countries of which the other one does not speak."""
    spoken = {one.country for one in less.country_status or ()} or set(less.countries or ())
    return bool(spoken) and not set(more.countries or ()) <= spoken


def _of_results(mine: Side, theirs: Side, day: dt.date) -> Verdict:
    sides = (mine, theirs)
    if facts.is_move([side.record for side in sides]):
        return "silent"
    posted = [side for side in sides if has_results(side.record)]
    if len(posted) != 1:
        return "agree" if posted or {side.record.results_state for side in sides} == {"NONE_POSTED"} else "silent"
    (without,) = (side for side in sides if side is not posted[0])
    if without.record.results_state != "NONE_POSTED" or without.record.recruitment_status == "WITHDRAWN":
        return "silent"  # a trial that never began there has no results to show
    return "differ" if _missed(without, posted[0], day) else "silent"


def _missed(without: Side, posted: Side, day: dt.date) -> bool:
    """Whether results are missing in a registry: a law asks for them there by now, or none does and the trial is over there."""
    registered = [
        RegisteredTrial(trial=side.trial, registry=side.source.title, record=side.record, duties=side.source.duties)
        for side in (without, posted)
    ]
    states = {row.state for row in over_registrations(registered, day) if row.trial == without.trial}
    if states & (_OWED_NOW | _OWED_LATER):
        return bool(states & _OWED_NOW)
    return group(without.record.recruitment_status) == "ended"


def _word(field: Field, side: Side) -> str:
    if field == "recruitment_status":
        return side.record.recruitment_status or ""
    return "POSTED" if has_results(side.record) else side.record.results_state or ""


def _since(field: Field, side: Side) -> dt.datetime:
    """Since when a record was seen to say what it says: the last event by which that became another thing."""
    changed = _status_moves(side.past) if field == "recruitment_status" else _results_moves(side.past)
    return max([side.tracked_since, *changed])


def _status_moves(past: Iterable[Event]) -> Iterator[dt.datetime]:
    for event in past:
        details = event.details
        if not isinstance(details, RecruitmentStatusDetails) or event.origin != "live":
            continue
        if group(details.old) is None or group(details.old) != group(details.new):
            yield event.detected_at


def _results_moves(past: Iterable[Event]) -> Iterator[dt.datetime]:
    return (one.detected_at for one in past if one.origin == "live" and one.kind.startswith("results_"))
