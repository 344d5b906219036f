"""Lines of Markdown that tell of changes, for files that GitHub and its like show and turn into pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import tzinfo

from tracker.model.event import Event
from tracker.model.ids import split_key
from tracker.model.views import StoryChanges
from tracker.render import kinds, times
from tracker.render.grid import markdown
from tracker.render.safe_text import web_link
from tracker.render.story_view import event_label

NOTE = "Not endorsed by the registries, not medical advice. Deadlines are estimates, not legal findings."
_TAG_MARK = re.compile(r"\{(?=[{%#])")
_MENTION = re.compile(r"@(?=\w)|(?<![\w/])#(?=\d)|\bGH-(?=\d)", re.IGNORECASE)
_IN_ADDRESS = str.maketrans({mark: f"%{ord(mark):02X}" for mark in "(){}<>@"})
_NO_WIDTH = "\u200b"


def text(words: str) -> str:
    """Words of the registry or the user in a line of Markdown; a site generator (Jekyll) finds no tag of its own in them."""
    return _TAG_MARK.sub("&#123;", markdown(words))


def quiet(line: str) -> str:
    """A line in which nobody's name is a mention and no number an issue: an issue that names people writes to them."""
    return _MENTION.sub(lambda found: found[0] + _NO_WIDTH, line)


def change_lines(found: StoryChanges, timezone: tzinfo, *, dated: bool = True) -> Iterator[str]:
    """A line for each event of a story."""
    for event in found.events:
        yield change_line(event, timezone, dated=dated)


def change_line(event: Event, timezone: tzinfo, *, dated: bool = True) -> str:
    """Severity, trial with the address of its record, and what changed."""
    label, number = event_label(event), split_key(event.trial).number
    shown = linked(number, next((link for link in event.evidence.links if web_link(link)), None))
    named = shown if number in label else f"{text(label)} ({shown})"
    day = f"{times.day(event.effective_at, timezone)} · " if dated else ""
    return f"- {day}**{event.severity}** · {named}: {text(kinds.headline(event))}"


def linked(words: str, address: str | None) -> str:
    """Words that lead to an address, if there is one that a browser may open."""
    target = web_link(address).translate(_IN_ADDRESS)
    return f"[{text(words)}]({target})" if target else text(words)
