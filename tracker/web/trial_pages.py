"""A trial as pages: its record and versions, and two versions beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tracker.archive.timeline import until as past_until
from tracker.errors import UsageError
from tracker.model.ids import split_key
from tracker.model.ledgers import Known, TimelineVersion, TrialPast
from tracker.model.links import Registration
from tracker.model.record import TrialRecord
from tracker.model.views import StoryChanges, TrialView
from tracker.model.vocabulary import Severity, rank
from tracker.render import duties, kinds, past, registrations
from tracker.render.comparison import comparison
from tracker.render.record_page import sections
from tracker.web import charts
from tracker.web.asked import Query, choice, moment, one, whole
from tracker.web.log_pages import card_of
from tracker.web.pages import Page, trial_path
from tracker.web.reading import Reading
from tracker.web.refusals import Refusal


def which(reading: Reading, query: Query) -> int | datetime:
    """The version that an address asks for: by number, by a day, or the latest."""
    if at := one(query, "at"):
        found = moment(at, reading.context, end_of_day=True)
        assert found is not None
        return (found - timedelta(microseconds=1)).astimezone(reading.timezone)
    return whole(query, "version", default=-1, least=-9_999, most=9_999)


def seen(reading: Reading, key: str, wanted_: int | datetime) -> TrialView:
    """A trial in a version. Raises Refusal for one that there is not."""
    try:
        return reading.archive.trial(key, wanted_)
    except UsageError as error:
        raise Refusal(404, str(error.message)) from None


def trial(reading: Reading, key: str, query: Query) -> Page:
    """A trial: the record as people read it, its versions, how its dates and numbers moved, and where else it is."""
    archive = reading.archive
    view = seen(reading, key, which(reading, query))
    record, current = view.record, view.number == view.versions
    versions = list(archive.timeline(key))
    until = versions[view.number].valid_from if not current else None
    mirrors = _mirrors(reading, record)
    also = archive.registrations([key]).get(key, ()) if current else ()
    followed = next(archive.records([key]), None)
    end = until or reading.context.now
    whole_past = archive.past(key) or TrialPast(trial=key, name=archive.name(record), known=Known())
    so_far = past_until(whole_past, until) if until else whole_past
    begin = next((one.valid_from for one in so_far.versions if one.number), end)
    moved = [
        charts.date_chart("Primary completion", "primary_completion_date", so_far.slips, begin, end),
        charts.date_chart("Completion", "completion_date", so_far.slips, begin, end),
        charts.date_chart("Start", "start_date", so_far.slips, begin, end),
        charts.enrollment_chart(so_far.enrollment, begin, end),
    ]
    name = archive.name(record)
    return Page(
        template="trial.html.j2",
        title=name if split_key(key).number in name else f"{name} ({split_key(key).number})",
        path=trial_path(key),
        values={
            "key": key,
            "name": name,
            "record": record,
            "current": current,
            "view": view,
            "removed_at": followed.trial.removed_at if followed else None,
            "sections": sections(record, archive.sources[split_key(key).source].info),
            "source": archive.source_title(split_key(key).source),
            "watches": archive.watches_of([key])[key],
            "deadlines": _trial_deadlines(reading, record) if current else [],
            "duties": _trial_duties(reading, record, also) if current else [],
            "timeline": timeline(whole_past.versions),
            "latest_shown": LATEST_SHOWN,
            "known": past.known(whole_past.known),
            "on": lambda at: past.day(at, reading.timezone),
            "own_history": so_far.own_history.facts if so_far.own_history else (),
            "charts": [chart for chart in moved if chart],
            "bands": charts.status_bands(so_far.statuses, end),
            "mirrors": mirrors,
            "also": [(one, registrations.line(one), archive.is_kept(one.trial)) for one in also],
            "at": one(query, "at"),
        },
    )


def _trial_deadlines(reading: Reading, record: TrialRecord) -> list[dict[str, object]]:
    found = [row.deadline for row in reading.archive.deadline_rows(record, reading.today)]
    return [
        {"due": one.due, "text": kinds.deadline(one), "away": charts.days_ahead(one.due, reading.today)}
        for one in sorted(found, key=lambda one: one.due)
    ]


def _trial_duties(reading: Reading, record: TrialRecord, also: Sequence[Registration]) -> list[tuple[str, str]]:
    """Each duty in each register, with its reasons."""
    owed = reading.archive.duties(record, reading.today, also)
    said = duties.presence(owed.where)
    return [(said, "")] * bool(said) + [(duties.line(row), duties.because(row)) for row in owed.rows]


def _mirrors(reading: Reading, record: TrialRecord) -> list[tuple[str, str]]:
    """Other records that are kept of the same number, with the titles of their sources."""
    number = record.nct_number or split_key(record.trial).number
    return [
        (key, reading.archive.source_title(split_key(key).source))
        for key in reading.archive.with_number(number)
        if key != record.trial and reading.archive.is_kept(key)
    ]


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A version on the timeline: how much changed with it, how heavy that was, and what was told."""

    version: TimelineVersion
    status: str
    sections: str
    size: int
    bar: int
    severity: Severity | None
    headlines: tuple[str, ...]
    story: str


LONGEST_BAR = 120
LATEST_SHOWN = 50
"""Versions of the timeline that are open to the eye; those before stand folded below."""


def timeline(versions: Sequence[TimelineVersion]) -> list[Moment]:
    """The versions of a trial, the latest first; a bar grows with the values that changed."""
    return [_moment(one) for one in reversed(versions)]


def _moment(one: TimelineVersion) -> Moment:
    size = sum(max(len(event.changes), 1) for event in one.events)
    heaviest = max(one.events, key=lambda event: rank(event.severity), default=None)
    return Moment(
        version=one,
        status=past.status_of(one),
        sections=past.sections(one.touched),
        size=size,
        bar=min(round(8 * size**0.6), LONGEST_BAR) if size else 2,
        severity=heaviest.severity if heaviest else None,
        headlines=tuple(kinds.headline(event) for event in one.events),
        story=one.events[0].story or one.events[0].id if one.events else "",
    )


def versions_asked(query: Query, count: int) -> tuple[int, int]:
    """The numbers of two versions: the latest and the one before unless others are asked for."""
    new = whole(query, "new", default=count, least=1, most=9_999)
    old = whole(query, "old", default=max(new - 1, 1), least=1, most=9_999)
    if max(old, new) > count:
        raise Refusal(404, f"There {'is' if count == 1 else 'are'} {count} stored version{'s' * (count != 1)} of this trial.")
    return old, new


def compare(reading: Reading, key: str, query: Query) -> Page:
    """Two versions of a trial beside each other, or in one."""
    layout = choice(query, "layout", ("inline", "side"), "inline")
    versions = list(reading.archive.timeline(key))
    old, new = versions_asked(query, len(versions))
    before, after = seen(reading, key, old), seen(reading, key, new)
    found = reading.archive.compare(before.version, after.version) if old != new else None
    card = None
    if found and found.events:
        told = StoryChanges(story=found.story, events=found.events)
        card = card_of(reading, told, after.record, ())
    name = reading.archive.name(after.record)
    return Page(
        template="compare.html.j2",
        title=f"Versions {old} and {new} of {name}",
        path=f"{trial_path(key)}/compare",
        values={
            "key": key,
            "name": name,
            "before": before,
            "after": after,
            "layout": layout,
            "versions": list(enumerate(versions, start=1)),
            "card": card,
            "sections": comparison(before.record, after.record, reading.archive.sources[split_key(key).source].info),
        },
    )
