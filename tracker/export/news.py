"""What a published log has not told yet, as a message of its own: a title and Markdown, as an issue on GitHub takes it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import tzinfo
from itertools import islice

from tracker.archive import Archive
from tracker.export.markdown import NOTE, change_line, linked, quiet, text
from tracker.model.event import Event
from tracker.model.ids import split_key
from tracker.model.vocabulary import OPEN_STATUSES, SEVERITIES, rank
from tracker.render import kinds, vocabulary
from tracker.render.safe_text import one_line, plural
from tracker.render.story_view import event_label

LONGEST_TITLE = 150
MOST_TEXT = 60_000
"""Characters of a body; GitHub takes 65,536."""

_MOST_TRIALS = 100
_ROOM = 400  # for the note at the end


def news(archive: Archive, told: Collection[str], timezone: tzinfo) -> str:
    """The changes whose ids are not in ``told``, the weightiest first. Empty where nothing of them is more than minor."""
    events = sorted((event for event in archive.changes() if event.id not in told), key=lambda event: -rank(event.severity))
    if not events or not rank(events[0].severity):
        return ""
    first = events[0]
    more = f", and {plural(len(events) - 1, 'more change')}" if len(events) > 1 else ""
    title = f"{one_line(f'{kinds.headline(first)}: {event_label(first)}', LONGEST_TITLE - len(more))}{more}"
    return _message(title, _sections(events, timezone))


def welcome(archive: Archive) -> str:
    """What is followed, when a log is first published: recruiting trials on top."""
    rows = sorted(archive.present(), key=lambda row: (row.recruitment_status not in OPEN_STATUSES, row.name))
    lines = (
        f"- {linked(split_key(row.trial).number, row.url)} {text(row.name)}: {vocabulary.status(row.recruitment_status)}"
        for row in rows[:_MOST_TRIALS]
    )
    more = [f"- and {len(rows) - _MOST_TRIALS:,} more"] if len(rows) > _MOST_TRIALS else []
    begin = ["From now on an issue like this one tells what changed. These are the trials as they stand:", ""]
    return _message(f"Following {plural(len(rows), 'trial')}", [*begin, *lines, *more])


def _sections(events: list[Event], timezone: tzinfo) -> Iterator[str]:
    """The lines under a heading for each severity, as many as there is room for."""
    for severity in reversed(SEVERITIES):
        its = [event for event in events if event.severity == severity]
        if its:
            yield from (f"## {severity.capitalize()} changes", "", *(change_line(event, timezone) for event in its), "")


def _message(title: str, lines: list[str] | Iterator[str]) -> str:
    kept: list[str] = []
    room = MOST_TEXT - _ROOM
    waiting = iter(lines)
    for line in waiting:
        shown = quiet(line)
        room -= len(shown) + 1
        if room < 0:
            left = 1 + sum(1 for _ in islice(waiting, None))
            kept.append(f"- and {left:,} more lines: see the change log")
            break
        kept.append(shown)
    body = "\n".join(kept).rstrip()
    return f"{quiet(one_line(title))}\n\n{body}\n\n{NOTE}\n"
