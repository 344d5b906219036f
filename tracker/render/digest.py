"""The change-log digest and the immediate alert: stories in, subject, text and HTML out.

Stories are grouped by severity, then by trial; a long digest is cut and says where the rest is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tracker.model.alert import Content
from tracker.model.event import Event, Story
from tracker.model.record import TrialRecord
from tracker.model.vocabulary import SEVERITIES, Severity, rank
from tracker.render import markup, plain, times
from tracker.render.page import Box, Overview, Page, Section, footer
from tracker.render.safe_text import one_line, plural
from tracker.render.story_view import MOST_PARTS, StoryView, story_view

HTML_LIMIT = 100_000
"""Bytes of HTML that a message may have: from about 102 kB on, mail programs such as Gmail cut it off and hide the footer,
and with it how to stop the messages."""

MOST_SHOWN = 200
"""No more stories fit into `HTML_LIMIT`, however short."""

LONGEST_SUBJECT = 150
OVERVIEW_FROM = 4
"""From so many stories on, a table of them stands at the top."""

OVERVIEW_ROWS = 40
_SECTION_TITLES: dict[Severity, str] = {"major": "Major changes", "notable": "Notable changes", "minor": "Minor changes"}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One story to show: its events (at least one), weightiest first, the record as it stands now, and its watches."""

    story: Story
    events: tuple[Event, ...]
    record: TrialRecord | None = None
    watches: tuple[str, ...] = ()
    source_title: str = ""


class DigestInput(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a digest or alert says.

    ``notes``, ``held`` and ``unread`` are finished sentences. ``held`` is one for each run that is held, ``unread`` one for
    each source or group of trials that cannot be read at present: either keeps the digest from saying "no changes".
    ``since`` and ``until`` are aware UTC; ``timezone`` is an IANA name; ``cadence`` is daily, weekly, immediate or "on
    request"; ``contact`` is where a reader can write to. ``sent_immediately`` counts the changes that the channel was told of
    in immediate messages since then: they are left out here, and "no changes" would be wrong of them.
    """

    title: str
    channel: str
    entries: tuple[Entry, ...] = ()
    notes: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    followed: int
    since: datetime | None = None
    until: datetime
    timezone: str = "UTC"
    cadence: str = "daily"
    attributions: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    contact: str = ""
    sent_immediately: int = 0


def digest(given: DigestInput) -> Content:
    """The digest: a subject that tells the weightiest story, and the same text plain and in HTML."""
    views = _views(given)
    return _content(given, views, _digest_subject(given, views))


def alert(given: DigestInput) -> Content:
    """An immediate message for one or a few stories; the subject is the weightiest headline with its trial's label."""
    views = _views(given)
    return _content(given, views, _alert_subject(given, views))


def _digest_subject(given: DigestInput, views: Sequence[StoryView]) -> str:
    held = ", ".join(f"{len(lines)} {word}" for lines, word in ((given.held, "held"), (given.unread, "not read")) if lines)
    if not views:
        quiet = f"nothing beyond {_sent_immediately(given)} told at once" if given.sent_immediately else "no changes"
        return one_line(f"{given.title}: {held or quiet}", LONGEST_SUBJECT)
    counted = _counted(views) + (f" ({held})" if held else "")
    return one_line(f"{counted}: {one_line(views[0].label, 60)} – {views[0].headline_inside}", LONGEST_SUBJECT)


def _alert_subject(given: DigestInput, views: Sequence[StoryView]) -> str:
    if not views:
        return _digest_subject(given, views)
    others = f" (and {len(views) - 1} more)" if len(views) > 1 else ""
    return one_line(f"{one_line(views[0].label, 60)}: {views[0].headline}", LONGEST_SUBJECT - len(others)) + others


def _counted(views: Sequence[StoryView]) -> str:
    changes = sum(view.events for view in views)
    return f"{plural(changes, 'change')} in {plural(len({view.trial for view in views}), 'trial')}"


def _views(given: DigestInput, longest: int = MOST_PARTS) -> list[StoryView]:
    """All stories, weightiest severity first; within one severity a trial's stories stand together."""
    timezone = times.zone(given.timezone)
    views = [
        story_view(
            entry.story,
            entry.events,
            entry.record,
            watches=entry.watches,
            source_title=entry.source_title,
            timezone=timezone,
            longest=longest,
        )
        for entry in given.entries
    ]
    first_of_trial: dict[tuple[Severity, str], int] = {}
    for position, view in enumerate(views):
        first_of_trial.setdefault((view.severity, view.trial), position)
    return sorted(views, key=lambda view: (-rank(view.severity), first_of_trial[view.severity, view.trial]))


def _content(given: DigestInput, views: list[StoryView], subject: str) -> Content:
    """Text and HTML of as many stories as the size limit allows; the weightiest stand first and stay.

    Where one story alone is too long, fewer of its events are shown.
    """
    shown, longest = min(len(views), MOST_SHOWN), MOST_PARTS
    while True:
        page = _page(given, views, shown, subject)
        html = markup.html(page)
        size = len(html.encode())
        if size <= HTML_LIMIT or (shown <= 1 and longest <= 1):
            return Content(subject=subject, text=plain.text(page), html=html)
        if shown > 1:
            shown = max(1, min(shown - 1, shown * HTML_LIMIT * 9 // (size * 10)))
        else:
            longest //= 2
            views = _views(given, longest)


def _page(given: DigestInput, views: list[StoryView], shown: int, subject: str) -> Page:
    timezone = times.zone(given.timezone)
    left = len(views) - shown
    since = f" --since {given.since.astimezone(timezone):%Y-%m-%d}" if given.since else ""
    return Page(
        subject=subject,
        heading=one_line(given.title),
        facts=_facts(given, views),
        preview=one_line("; ".join(f"{view.label}: {view.headline}" for view in views[:3]), 200),
        warnings=_warnings(given),
        overview=_overview(views) if shown >= OVERVIEW_FROM else None,
        sections=_sections(views[:shown]),
        paragraphs=() if views or given.held or given.unread else (_nothing(given),),
        more=f"and {left:,} more; all of them:" if left else "",
        more_command=f"tracker changes{since}" if left else "",
        notes=_notes(given, views),
        footer=footer(
            why=given.why,
            channel=given.channel,
            contact=given.contact,
            sources=given.attributions,
            timezone=given.timezone,
        ),
    )


def _facts(given: DigestInput, views: Sequence[StoryView]) -> str:
    timezone = times.zone(given.timezone)
    until = times.day(given.until, timezone)
    if given.cadence == "immediate":
        period = times.moment(given.until, timezone)
    else:
        period = f"{times.day(given.since, timezone)} to {until}" if given.since else until
    counted = [_counted(views)] if views else []
    return " · ".join([period, *counted, f"{plural(given.followed, 'trial')} followed"])


def _nothing(given: DigestInput) -> str:
    since = f" since {times.day(given.since, times.zone(given.timezone))}" if given.since else ""
    if given.sent_immediately:
        return f"Nothing beyond {_sent_immediately(given)} you were told of at once{since}."
    trials = "the trial" if given.followed == 1 else f"the {plural(given.followed, 'trial')}"
    return f"No changes in {trials} you follow{since}."


def _sent_immediately(given: DigestInput) -> str:
    return "the change" if given.sent_immediately == 1 else f"the {plural(given.sent_immediately, 'change')}"


def _notes(given: DigestInput, views: Sequence[StoryView]) -> tuple[Box, ...]:
    lines = [one_line(note) for note in given.notes]
    if given.sent_immediately and (views or given.held or given.unread):
        were = "change was" if given.sent_immediately == 1 else "changes were"
        count = f"{given.sent_immediately:,}{' more' if views else ''} {were}"
        lines.append(f"{count} told at once.")
    return (Box(title="Also", lines=tuple(lines)),) if lines else ()


def _warnings(given: DigestInput) -> tuple[Box, ...]:
    boxes = (
        (given.held, f"{len(given.held)} held: what is behind this is not told below"),
        (given.unread, "Not read at present: silence about these means nothing"),
    )
    return tuple(
        Box(title=title, lines=tuple(one_line(line, 400) for line in lines), warning=True) for lines, title in boxes if lines
    )


def _overview(views: Sequence[StoryView]) -> Overview:
    rows = tuple(
        (view.severity.capitalize(), one_line(view.label, 48), one_line(view.headline, 120)) for view in views[:OVERVIEW_ROWS]
    )
    left = len(views) - len(rows)
    more = f"and {left:,} more" if left else ""
    return Overview(columns=("Rated", "Trial", "What changed"), rows=rows, more=more, severities=True)


def _sections(views: Sequence[StoryView]) -> tuple[Section, ...]:
    sections = []
    for severity in reversed(SEVERITIES):
        stories = tuple(view for view in views if view.severity == severity)
        if stories:
            sections.append(Section(title=_SECTION_TITLES[severity], severity=severity, stories=stories))
    return tuple(sections)
