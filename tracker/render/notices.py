"""Messages that are no change: the welcome with the present, the operator's notices, the channel test."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tracker.model.alert import Content
from tracker.model.ids import split_key
from tracker.render import markup, plain, times
from tracker.render.page import Box, Overview, Page, footer
from tracker.render.safe_text import one_line, plural
from tracker.render.tables import PresentLine

WELCOME_ROWS = 200
"""So many trials are shown at most; fewer where the message would outgrow its limit."""

MISSED_ROWS = 200
LONGEST_SUBJECT = 150
HTML_LIMIT = 100_000
"""Bytes of HTML that a welcome may have."""

_NUMBERS = 20


class WelcomeInput(msgspec.Struct, frozen=True, kw_only=True):
    """The present of one watch at its start.

    ``recruiting`` and ``nearby`` are counts; ``near`` says what nearby means ("100 km of 80331 München"), empty for
    none. ``hears`` are phrases ("major changes: at once"); ``already`` finished sentences on what
    is already true (results overdue, dates passed) and will therefore not be told as news.
    """

    watch: str
    channel: str
    rows: tuple[PresentLine, ...]
    recruiting: int
    near: str = ""
    nearby: int = 0
    hears: tuple[str, ...] = ()
    already: tuple[str, ...] = ()
    attributions: tuple[str, ...] = ()
    contact: str = ""
    at: datetime
    timezone: str = "UTC"


def welcome(given: WelcomeInput) -> Content:
    """The one-off message after a watch's first sync: what is followed now, and what will be told."""
    near = f", {given.nearby:,} within {given.near}" if given.near else ""
    counted = f"{plural(len(given.rows), 'trial')}, {given.recruiting:,} recruiting{one_line(near)}"
    notes = []
    if given.hears:
        notes.append(Box(title="You will hear of", lines=tuple(one_line(line) for line in given.hears)))
    if given.already:
        notes.append(Box(title="Already so today", lines=tuple(one_line(line) for line in given.already)))
    page = Page(
        subject=one_line(f"Now following “{given.watch}”: {counted}", LONGEST_SUBJECT),
        heading=f"Now following “{one_line(given.watch)}”",
        facts=f"{times.day(given.at, times.zone(given.timezone))} · {counted}",
        preview=counted,
        paragraphs=("This is how the registry records stand today. From now on you are told what changes in them.",),
        overview=_present(given.rows) if given.rows else None,
        notes=tuple(notes),
        footer=footer(
            why=(f"Watch “{given.watch}” is new and sends to “{given.channel}”.",),
            channel=given.channel,
            contact=given.contact,
            sources=given.attributions,
            timezone=given.timezone,
        ),
    )
    content, shown = _content(page), WELCOME_ROWS
    while given.rows and shown > 1 and len(content.html.encode()) > HTML_LIMIT:
        shown = shown * 3 // 4
        content = _content(msgspec.structs.replace(page, overview=_present(given.rows, shown)))
    return content


def operator(
    *,
    subject: str,
    sentences: Sequence[str],
    commands: Sequence[tuple[str, str]] = (),
    channel: str,
    at: datetime,
    timezone: str = "UTC",
) -> Content:
    """To the operator: what happened, in sentences, and what to type, each command with the case it is for."""
    page = Page(
        subject=one_line(f"Tracker: {subject}", LONGEST_SUBJECT),
        heading=one_line(subject),
        facts=f"To the operator · {times.moment(at, times.zone(timezone))}",
        preview=one_line(" ".join(sentences), 200),
        paragraphs=tuple(one_line(sentence) for sentence in sentences),
        commands=tuple((one_line(label), one_line(command)) for label, command in commands),
        footer=footer(
            why=(f"Channel “{channel}” stands under [operator] in config.toml.",),
            channel="",
            contact="",
            timezone=timezone,
            disclaimer="",
        ),
    )
    return _content(page)


def missed(channel: str, lost: Sequence[tuple[str, datetime]], *, at: datetime, timezone: str, contact: str) -> Content:
    """To a channel that takes messages again: the subject and time of each message that was given up meanwhile."""
    zone = times.zone(timezone)
    lines = tuple(f"{times.moment(made, zone)}: {one_line(subject)}" for subject, made in lost[:MISSED_ROWS])
    lines += (f"and {len(lost) - MISSED_ROWS:,} earlier or later ones",) if len(lost) > MISSED_ROWS else ()
    count = plural(len(lost), "message")
    page = Page(
        subject=one_line(f"You missed {count}", LONGEST_SUBJECT),
        heading=f"You missed {count}",
        facts=f"Channel “{one_line(channel)}” · {times.moment(at, zone)}",
        preview=one_line("; ".join(subject for subject, _ in lost[:3]), 200),
        paragraphs=("This channel did not take what is named here, and it was given up. The changes stand in the change log.",),
        commands=(("Whoever runs the tracker can have all of it sent after all:", "tracker outbox retry"),),
        notes=(Box(title="Not received", lines=lines),),
        footer=footer(channel="", contact=contact, timezone=timezone, disclaimer=""),
    )
    return _content(page)


def set_aside(trials: Sequence[str], *, channel: str, why: str, at: datetime, timezone: str) -> Content:
    """What stands in the outbox in place of a message that could not be written: which trials changed, and why no more."""
    numbers = tuple(one_line(split_key(trial).number) for trial in trials)
    shown = ", ".join(numbers[:_NUMBERS]) + (f" and {len(numbers) - _NUMBERS:,} more" if len(numbers) > _NUMBERS else "")
    page = Page(
        subject=one_line(f"Changes that could not be written out: {shown}", LONGEST_SUBJECT),
        heading="Changes that could not be written out",
        facts=times.moment(at, times.zone(timezone)),
        paragraphs=(
            f"What changed could not be put into words: {shown}. Please open the records.",
            one_line(why, 300),
        ),
        footer=footer(channel=channel, contact="", timezone=timezone),
    )
    return _content(page)


def test_message(channel: str, *, at: datetime, timezone: str) -> Content:
    """What ``channel test`` sends: proof that the way is open, and nothing more."""
    page = Page(
        subject=one_line(f"Tracker: test of channel “{channel}”", LONGEST_SUBJECT),
        heading="The channel works",
        facts=f"Channel “{one_line(channel)}” · {times.moment(at, times.zone(timezone))}",
        paragraphs=("This message was asked for with tracker channel test. No trial changed.",),
        footer=footer(channel="", contact="", disclaimer=""),
    )
    return _content(page)


def _content(page: Page) -> Content:
    return Content(subject=page.subject, text=plain.text(page), html=markup.html(page))


def _present(rows: Sequence[PresentLine], shown: int = WELCOME_ROWS) -> Overview:
    near = any(row.nearest for row in rows)
    columns = ("Trial", "Status", "Primary completion", "Nearest")
    cells = tuple(
        (
            one_line(f"{row.name} ({split_key(row.trial).number})" if row.name else split_key(row.trial).number),
            row.recruitment_status or "not stated",
            row.primary_completion or "not stated",
            row.nearest or "none known",
        )[: 4 if near else 3]
        for row in rows[:shown]
    )
    left = len(rows) - len(cells)
    more = f"and {left:,} more; all of them: tracker list" if left else ""
    return Overview(title="The present", columns=columns[: 4 if near else 3], rows=cells, more=more)
